import type { ServerResponse } from 'node:http'
import { createEventStream } from './event-stream.ts'

/** What the console's Live page shows of an event. */
export type LiveRecord =
  | {
      readonly kind: 'accepted'
      readonly stream: string
      readonly received_at: string
      readonly event: unknown
      /** Forced into the sample by the debug switch: it is shown, and counts nowhere. */
      readonly debug?: true
    }
  | {
      readonly kind: 'rejected'
      readonly stream: string
      readonly received_at: string
      /** In words a person understands. */
      readonly problems: readonly string[]
      readonly event: unknown
      readonly debug?: true
    }

/** Whether an event is stored no more, by a text with its JSON, and its time of receipt in ms since 1970. */
export type IsGone = (json: string, receivedAt: number) => boolean

/** Server-sent events to whoever watches: the most recent records at first, then each as it happens. */
export interface LiveFeed {
  publish(record: LiveRecord): void
  /**
   * Sends to this response until it closes; false where there are too many readers. A reader that comes back names the
   * last message it got.
   */
  connect(response: ServerResponse, lastEventId?: string): boolean
  /** Sends no more of the records that are gone. */
  forget(isGone: IsGone): void
  /** How many listen. */
  readers(): number
  close(): void
}

interface Numbered {
  readonly count: number
  readonly record: LiveRecord
}

/** How many records a new reader gets at first. */
export const MOST_RECENT = 200

/** A feed that begins with records of before, oldest first. */
export function createLiveFeed(before: readonly LiveRecord[] = []): LiveFeed {
  // Counts begin anew with the process, so ids name the process too.
  const run = Date.now().toString(36)
  const readers = createEventStream()
  let count = 0
  let recent: Numbered[] = []
  for (const record of before.slice(-MOST_RECENT)) remember(record)

  return {
    publish(record) {
      const numbered = remember(record)
      if (readers.readers() > 0) readers.send(messageOf(numbered))
    },
    connect(response, lastEventId = '') {
      const [ofRun, last] = lastEventId.split('.')
      const seen = ofRun === run ? Number(last) : 0
      const missed = recent.filter(({ count }) => count > seen)
      return readers.connect(response, missed.map(messageOf))
    },
    forget(isGone) {
      recent = recent.filter(({ record }) => !isGone(JSON.stringify(record), Date.parse(record.received_at)))
    },
    readers: readers.readers,
    close: readers.close,
  }

  function remember(record: LiveRecord): Numbered {
    count += 1
    const numbered = { count, record }
    recent.push(numbered)
    if (recent.length > MOST_RECENT) recent.shift()
    return numbered
  }

  function messageOf({ count, record: { kind, ...data } }: Numbered): string {
    return `event: ${kind}\nid: ${run}.${count}\ndata: ${JSON.stringify(data)}\n\n`
  }
}
