import type { ServerResponse } from 'node:http'
import { createPerAddress } from './address.ts'

/** Server-sent events to many readers. */
export interface EventStream {
  send(message: string): void
  /** Sends to this response until it closes, these messages first; false where there are too many readers. */
  connect(response: ServerResponse, first: readonly string[]): boolean
  /** How many listen. */
  readers(): number
  close(): void
}

const HEARTBEAT_EVERY = 15_000
/** A reader that is further behind is cut off: it comes back by itself. */
const MOST_BYTES_BEHIND = 2_000_000
/** Of one address beyond this machine: an office, where each browser listens once an origin. */
const MOST_READERS_EACH = 1_000
const MOST_READERS = 10_000

export function createEventStream({
  mostEach = MOST_READERS_EACH,
  mostReaders = MOST_READERS,
}: {
  mostEach?: number
  mostReaders?: number
} = {}): EventStream {
  // With how many bytes each may be behind: it has to read what comes first, however much.
  const readers = new Map<ServerResponse, number>()
  const perAddress = createPerAddress(mostEach)

  const heartbeat = setInterval(() => send(':\n\n'), HEARTBEAT_EVERY)
  heartbeat.unref()

  return {
    send,
    connect(response, first) {
      const address = response.req.socket.remoteAddress ?? ''
      if (readers.size >= mostReaders || !perAddress.enter(address)) return false
      response.write([':ok\n\n', ...first].join(''))
      readers.set(response, MOST_BYTES_BEHIND + response.writableLength)
      response.on('close', () => {
        readers.delete(response)
        perAddress.leave(address)
      })
      return true
    },
    readers: () => readers.size,
    close() {
      clearInterval(heartbeat)
      for (const reader of readers.keys()) reader.end()
    },
  }

  function send(message: string): void {
    for (const [reader, most] of readers) {
      if (reader.writableLength > most) reader.destroy()
      else reader.write(message)
    }
  }
}
