import type { LogRecord } from './event-sink.ts'
import { isObject, type PostedEvent } from './ingest.ts'
import { producerOf } from './producer.ts'

/** The stream that tells how many events came again. The intake writes it; it needs no config. */
export const DUPLICATES_STREAM = 'rivulet.duplicates'

/** How many events of one stream and client were not stored, because they were stored before. */
export interface Duplicates {
  readonly stream: string
  readonly sdk?: string | undefined
  readonly instance?: string | undefined
  readonly count: number
}

/**
 * The event of `rivulet.duplicates` that counts those of one batch; undefined where they are debug events, which count
 * nowhere. Its schema is schemas/rivulet/duplicates.
 */
export function noteOfDuplicates(
  records: readonly LogRecord[],
  { id, receivedAt }: { id: string; receivedAt: Date },
): LogRecord | undefined {
  const byClient = new Map<string, Duplicates>()
  for (const { stream, event } of records) {
    const { sdk, instance, isDebug } = producerOf(event)
    if (isDebug) continue
    const key = JSON.stringify([stream, sdk, instance])
    byClient.set(key, { stream, sdk, instance, count: 1 + (byClient.get(key)?.count ?? 0) })
  }
  if (byClient.size === 0) return undefined
  const dt = receivedAt.toISOString()
  const event = {
    $schema: '/rivulet/duplicates/1.0.0',
    meta: { stream: DUPLICATES_STREAM, id, dt },
    dt,
    duplicates: [...byClient.values()],
  }
  return { stream: DUPLICATES_STREAM, id, receivedAt, event }
}

/** What an event of `rivulet.duplicates` counts. */
export function duplicatesIn({ duplicates }: PostedEvent): readonly Duplicates[] {
  return Array.isArray(duplicates)
    ? duplicates.filter(isObject).map((each) => each as unknown as Duplicates)
    : []
}
