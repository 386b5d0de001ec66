/** How the brokers are reached. */
export interface KafkaOptions {
  /** `host:port` each; one that answers tells the others. */
  readonly brokers: readonly string[]
  /** Default: false. */
  readonly tls?: boolean | undefined
  /** SASL: SCRAM-SHA-512 where a user is named. */
  readonly user?: string | undefined
  readonly password?: string | undefined
}
