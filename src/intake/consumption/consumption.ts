import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createPerAddress } from '../address.ts'
import { type Answer, problem, tooMany } from '../answer.ts'
import type { Log } from '../log.ts'
import type { EventSource, Place } from './event-source.ts'
import { createStanding } from './standing.ts'
import { EVENTS, readStreamRequest } from './stream-request.ts'

/** `GET /v2/stream/a,b`: stored events to those who read them, in EventStreams' form. */
export interface Consumption {
  /**
   * Sends what is asked for, no faster than it is read, until the reader goes or this closes. Resolves then, or to the
   * answer where nothing can be sent.
   */
  connect(request: IncomingMessage, response: ServerResponse, url: URL): Promise<Answer | undefined>
  /** How many read. */
  readers(): number
  /** Ends all responses, so that readers come back where they were. */
  close(): void
}

const HEARTBEAT_EVERY = 15_000
/** Written at once. */
const FULL = 64 * 1024
/** How long a reader may take for the end, in ms. */
const FAREWELL = 2_000
// It comes back in a header, of which Node takes 16 kB in all.
const LONGEST_ID = 12_000
// Each takes up to half a megabyte while it catches up.
const MOST_READERS = 500
const MOST_READERS_EACH = 100

export function createConsumption({
  source,
  log,
  heartbeatEvery = HEARTBEAT_EVERY,
  most = MOST_READERS,
  mostEach = MOST_READERS_EACH,
}: {
  source: EventSource
  log: Log
  heartbeatEvery?: number
  most?: number
  mostEach?: number
}): Consumption {
  const perAddress = createPerAddress(mostEach)
  const readers = new Set<AbortController>()

  return {
    async connect(request, response, url) {
      const asked = readStreamRequest(url, request.headers, source.topicsOf)
      if ('refused' in asked) return asked.refused
      const address = request.socket.remoteAddress ?? ''
      if (readers.size >= most || !perAddress.enter(address))
        return tooMany('too many read already; ask again later', 60)
      const reader = new AbortController()
      const { signal } = reader
      readers.add(reader)
      response.on('close', () => reader.abort())
      try {
        const places = await source.positions(asked.topics, asked)
        const stray = asked.positions?.find((position) => !places.some((place) => isOf(place, position)))
        if (stray) return noPartition(stray)
        if (createStanding(places).id().length > LONGEST_ID) return TOO_MANY_STREAMS
        response.writeHead(200, { ...HEADERS, 'content-type': `${asked.type}; charset=utf-8` })
        if (request.method === 'HEAD') return void response.end()
        // Who is gone without a word is found out.
        request.socket.setKeepAlive(true, heartbeatEvery)
        if (asked.type === EVENTS) await sendEvents(response, places, signal)
        else await sendLines(response, places, signal)
      } finally {
        readers.delete(reader)
        perAddress.leave(address)
      }
    },
    readers: () => readers.size,
    close() {
      for (const reader of readers) reader.abort()
    },
  }

  async function sendEvents(response: ServerResponse, places: readonly Place[], signal: AbortSignal) {
    const standing = createStanding(places)
    const outlet = createOutlet(response, signal)
    // With an id at once, so that who is cut off before the first event misses none either.
    outlet.write(`:ok\n\nid: ${standing.id()}\n\n`)
    const heartbeat = setInterval(() => response.writableNeedDrain || outlet.write(':\n\n'), heartbeatEvery)
    try {
      for await (const message of source.read(places, signal)) {
        standing.pass(message)
        outlet.write(`event: message\nid: ${standing.id()}\ndata: ${message.json}\n\n`)
        await outlet.ready()
      }
    } catch (error) {
      if (signal.aborted) return
      tell(error, places)
      const { name, message } = error as Error
      outlet.write(`event: error\nid: ${standing.id()}\ndata: ${JSON.stringify({ name, message })}\n\n`)
    } finally {
      clearInterval(heartbeat)
      outlet.end()
    }
  }

  async function sendLines(response: ServerResponse, places: readonly Place[], signal: AbortSignal) {
    const outlet = createOutlet(response, signal)
    response.flushHeaders()
    try {
      for await (const { json } of source.read(places, signal)) {
        outlet.write(`${json}\n`)
        await outlet.ready()
      }
      outlet.end()
    } catch (error) {
      if (signal.aborted) return outlet.end()
      tell(error, places)
      response.destroy() // a cut line is the only word there is
    }
  }

  function tell(error: unknown, places: readonly Place[]): void {
    const topics = [...new Set(places.map(({ topic }) => topic))].join(', ')
    log({ level: 'error', message: `${topics}: a reader was cut off: ${(error as Error).message}` })
  }
}

const HEADERS = { 'cache-control': 'no-store', 'x-accel-buffering': 'no' }

const TOO_MANY_STREAMS = problem(
  400,
  'TooManyStreamsError',
  `an id that names the place in each of these streams is longer than ${LONGEST_ID} characters, and could not come back as Last-Event-ID; ask for fewer`,
)

const noPartition = ({ topic, partition }: { topic: string; partition: number }) =>
  problem(
    400,
    'InvalidLastEventIdError',
    `Last-Event-ID names partition ${partition} of ${topic}, which is not there; it is of another intake`,
  )

const isOf = (place: Place, { topic, partition }: { topic: string; partition: number }) =>
  place.topic === topic && place.partition === partition

/** Writes together what comes in one turn of the event loop. */
function createOutlet(response: ServerResponse, signal: AbortSignal) {
  let text = ''
  let soon: NodeJS.Immediate | undefined

  function flush(): void {
    clearImmediate(soon)
    soon = undefined
    if (text !== '') response.write(text)
    text = ''
  }

  return {
    write(part: string): void {
      text += part
      if (text.length >= FULL) flush()
      else soon ??= setImmediate(flush)
    },
    /** Resolves when the reader has taken what was written; rejects when it is told to stop. */
    async ready(): Promise<void> {
      if (response.writableNeedDrain) await once(response, 'drain', { signal })
    },
    end(): void {
      flush()
      response.end()
      // Who takes nothing any more would hold up the closing.
      setTimeout(() => response.destroy(), FAREWELL).unref()
    },
  }
}
