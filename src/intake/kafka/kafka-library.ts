import type { BaseOptions } from '@platformatic/kafka'
import { codeOf, IntakeError } from '../intake-error.ts'
import type { KafkaOptions } from './kafka-options.ts'

export type KafkaLibrary = typeof import('@platformatic/kafka')

/** Loaded only where Kafka is asked for, since the package is optional. */
export async function loadKafka(): Promise<KafkaLibrary> {
  try {
    return await import('@platformatic/kafka')
  } catch (cause) {
    const isMissing = codeOf(cause) === 'ERR_MODULE_NOT_FOUND'
    const message = isMissing
      ? 'Kafka needs the package @platformatic/kafka; add it beside rivulet with npm install @platformatic/kafka@1'
      : `the package @platformatic/kafka cannot be loaded (${(cause as Error).message}); install it anew`
    throw new IntakeError(message, { cause })
  }
}

const CONNECT_WITHIN = 3_000
const ANSWER_WITHIN = 5_000

/** What all clients have in common. No call of theirs waits for much longer than `ANSWER_WITHIN`. */
export function clientOptions({ brokers, tls, user, password }: KafkaOptions) {
  return {
    clientId: 'rivulet-intake',
    bootstrapBrokers: [...brokers],
    ...(tls ? { tls: {}, tlsServerName: true } : {}),
    ...(user === undefined
      ? {}
      : { sasl: { mechanism: 'SCRAM-SHA-512', username: user, password: password ?? '' } }),
    connectTimeout: CONNECT_WITHIN,
    requestTimeout: ANSWER_WITHIN,
    // The broker's own time for what it is asked; it is to tell of it before we give up.
    timeout: ANSWER_WITHIN - 1_000,
    retries: false,
  } satisfies BaseOptions & { requestTimeout: number }
}

interface Client {
  readonly connections: Iterable<readonly [string, { readonly socket: { destroy(): void } | undefined }]>
  close(): Promise<void>
}

/** Ends a client at once: what it waits for fails. A connection that hangs would hold up an orderly end. */
export function abandon(client: Client | undefined): void {
  if (!client) return
  for (const [, { socket }] of client.connections) socket?.destroy()
  void client.close().catch(() => undefined) // it is given up in any case
}

/** The errors that an error is made of. */
export function partsOf(error: unknown): readonly (Error & { [field: string]: unknown })[] {
  const { errors } = error as { errors?: readonly unknown[] }
  const parts = (errors ?? []).filter(Boolean).flatMap(partsOf)
  return parts.length > 0 ? parts : [error as Error & { [field: string]: unknown }]
}

/** What went wrong, in one line. */
export function inWords(error: unknown): string {
  const words = partsOf(error).map(({ message, cause }) =>
    cause instanceof Error ? `${message.replace(/\.$/, '')}: ${inWords(cause)}` : message,
  )
  return [...new Set(words)].join('; ').replace(/\.$/, '')
}
