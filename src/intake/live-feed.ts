import type { ServerResponse } from 'node:http'

/** What the live page shows of an event. */
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

/** Server-sent events to whoever watches: the most recent records at first, then each as it happens. */
export interface LiveFeed {
  publish(record: LiveRecord): void
  /** Sends to this response until it closes. A reader that comes back names the last message it got. */
  connect(response: ServerResponse, lastEventId?: string): void
  close(): void
}

/** How many records a new reader gets at first. */
export const MOST_RECENT = 200
const HEARTBEAT_EVERY = 15_000
/** A reader that is further behind is cut off: it comes back by itself, and gets the most recent records. */
const MOST_BYTES_BEHIND = 2_000_000

/** A feed that begins with records of before, oldest first. */
export function createLiveFeed(before: readonly LiveRecord[] = []): LiveFeed {
  // Counts begin anew with the process, so ids name the process too.
  const run = Date.now().toString(36)
  const readers = new Set<ServerResponse>()
  let count = 0
  const recent: { count: number; message: string }[] = []
  for (const record of before.slice(-MOST_RECENT)) remember(record)

  const heartbeat = setInterval(() => {
    for (const reader of readers) send(reader, ':\n\n')
  }, HEARTBEAT_EVERY)
  heartbeat.unref()

  return {
    publish(record) {
      const message = remember(record)
      for (const reader of readers) send(reader, message)
    },
    connect(response, lastEventId = '') {
      const [ofRun, last] = lastEventId.split('.')
      const seen = ofRun === run ? Number(last) : 0
      response.write(':ok\n\n')
      for (const { count, message } of recent) if (count > seen) response.write(message)
      readers.add(response)
      response.on('close', () => readers.delete(response))
    },
    close() {
      clearInterval(heartbeat)
      for (const reader of readers) reader.end()
    },
  }

  function remember({ kind, ...data }: LiveRecord): string {
    count += 1
    const message = `event: ${kind}\nid: ${run}.${count}\ndata: ${JSON.stringify(data)}\n\n`
    recent.push({ count, message })
    if (recent.length > MOST_RECENT) recent.shift()
    return message
  }

  function send(reader: ServerResponse, text: string): void {
    reader.write(text)
    if (reader.writableLength > MOST_BYTES_BEHIND) reader.destroy()
  }
}
