/** How the brokers are reached, and which topics are written. */
export interface KafkaOptions {
  /** `host:port` each; one that answers tells the others. */
  readonly brokers: readonly string[]
  /** Default: false. */
  readonly tls?: boolean | undefined
  /** SASL: SCRAM-SHA-512 where a user is named. */
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Of a stream's topics, the one that begins so is written to. Default: the first. */
  readonly topicPrefix?: string | undefined
}
