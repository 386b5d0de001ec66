import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type Answer, answerTo } from './answer.ts'
import { browserOf } from './browser.ts'
import { noteOfDuplicates } from './duplicates.ts'
import { createValidate } from './enrich.ts'
import { errorEventOf } from './error-event.ts'
import { idOf } from './event-log.ts'
import type { EventSink, LogRecord, NoteOf } from './event-sink.ts'
import { type Judged, ingest, type PostedEvent } from './ingest.ts'
import type { LiveFeed, LiveRecord } from './live-feed.ts'
import type { Metrics } from './metrics.ts'
import { isDebugEvent } from './producer.ts'
import type { SchemaRegistry } from './registry.ts'
import { problemsOf, REJECTED_STREAM, rejectionOf } from './rejection.ts'
import type { Stats } from './stats/stats.ts'
import type { StreamConfigs } from './stream-configs.ts'
import type { Tally } from './tally.ts'

/** How a batch arrived, and when it was sent by the sender's clock, where that is told. */
export interface Receipt {
  readonly receivedAt: Date
  readonly sentAt?: number | undefined
  readonly headers: IncomingHttpHeaders
  /** The sender's, as far as the socket tells it. */
  readonly address: string
  /** Nobody waits for the answer. */
  readonly hasty: boolean
}

/** Judges a batch, stores all of it, and only then answers and tells of it. Rejects if it cannot be stored. */
export type Receive = (batch: readonly unknown[], receipt: Receipt) => Promise<Answer>

export function createReceive({
  configs,
  registry,
  sink,
  tally,
  stats,
  live,
  metrics,
}: {
  configs: StreamConfigs
  registry: SchemaRegistry
  sink: EventSink
  tally: Tally
  stats: Stats
  live: LiveFeed
  metrics: Metrics
}): Receive {
  return async (batch, { receivedAt, sentAt, headers, address, hasty }) => {
    const userAgent = headers['user-agent']
    const grounds = {
      receivedAt,
      sentAt,
      browser: userAgent === undefined ? undefined : browserOf(userAgent),
      settingsOf: configs.lookUp(),
      schemaOf: registry.get,
      validate: createValidate({ headers, address }),
      newId: randomUUID,
      refusalOf: sink.refusalOf,
    }
    const judged = ingest(batch, grounds)
    const errorEvents = judged.flatMap((one) => errorEventOf(one, grounds) ?? [])

    const at = { receivedAt, received_at: receivedAt.toISOString() }
    const entries = [
      ...judged.map((one) => entryOf(one, at)),
      ...errorEvents.map((event) => acceptedEntry(event.meta.stream, event, at)),
    ]
    const noteOf: NoteOf = (duplicates) => noteOfDuplicates(duplicates, { receivedAt, id: randomUUID() })
    const records = entries.map(({ record }) => record)
    const stored = new Set(await sink.append(records, { noteOf, hasty }))
    for (const { event } of stored) stats.add({ event, receivedAt: receivedAt.getTime() })

    metrics.judged(judged)
    for (const { record, shown } of entries) {
      if (!stored.has(record)) {
        metrics.duplicate(shown.stream) // stored, counted and shown before
        continue
      }
      tally.count(shown)
      live.publish(shown)
    }
    return answerTo(judged)
  }
}

/** When a batch arrived, for its records and for those who watch. */
interface Arrived {
  readonly receivedAt: Date
  readonly received_at: string
}

interface Entry {
  readonly record: LogRecord
  readonly shown: LiveRecord
}

/** What is stored of a judged event, and what is shown of it. */
function entryOf(judged: Judged, at: Arrived): Entry {
  if (judged.verdict === 'accepted') return acceptedEntry(judged.stream, judged.event, at)
  const { receivedAt, received_at } = at
  const { event } = judged
  const problems = problemsOf(judged)
  const rejection = rejectionOf(judged, { problems, id: randomUUID(), receivedAt })
  const stream = rejection.errored_stream_name ?? ''
  return {
    record: { stream: REJECTED_STREAM, id: rejection.meta.id, receivedAt, event: rejection },
    shown: {
      kind: 'rejected',
      stream,
      received_at,
      problems,
      event,
      ...debugIn(event),
    },
  }
}

function acceptedEntry(stream: string, event: PostedEvent, at: Arrived): Entry {
  const { receivedAt, received_at } = at
  return {
    record: { stream, id: idOf(event), receivedAt, event },
    shown: { kind: 'accepted', stream, received_at, event, ...debugIn(event) },
  }
}

const debugIn = (event: unknown) => (isDebugEvent(event) ? { debug: true as const } : {})
