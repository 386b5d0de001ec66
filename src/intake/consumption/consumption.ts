import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createPerAddress } from '../address.ts'
import { type Answer, problem, tooMany, unavailable } from '../answer.ts'
import type { Log } from '../log.ts'
import type { EventSource, Message, Place } from './event-source.ts'
import { createStanding, type Standing } from './standing.ts'
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
  const eventsOfOne = madeOnce((messages) => {
    const { topic, partition } = messages[0]!
    return eventsOf(messages, createStanding([{ topic, partition, offset: 0 }]))
  })
  const linesOf = madeOnce((messages) => messages.map(({ json }) => `${json}\n`).join(''))
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
        const places = await source.positions(asked.topics, asked).catch((error: Error) => error)
        if (places instanceof Error) return cannotBeRead(asked.topics, places)
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
    // With an id at once, so that who is cut off before the first event misses none either.
    response.write(`:ok\n\nid: ${standing.id()}\n\n`)
    const heartbeat = setInterval(() => response.writableNeedDrain || response.write(':\n\n'), heartbeatEvery)
    try {
      for await (const messages of source.read(places, signal)) {
        // Of a single place, all readers get the same ids.
        const events = places.length === 1 ? eventsOfOne(messages) : eventsOf(messages, standing)
        standing.pass(messages.at(-1)!)
        await write(response, events, signal)
      }
    } catch (error) {
      if (signal.aborted) return
      tell(error, places)
      const { name, message } = error as Error
      response.write(`event: error\nid: ${standing.id()}\ndata: ${JSON.stringify({ name, message })}\n\n`)
    } finally {
      clearInterval(heartbeat)
      end(response)
    }
  }

  async function sendLines(response: ServerResponse, places: readonly Place[], signal: AbortSignal) {
    response.flushHeaders()
    try {
      for await (const messages of source.read(places, signal))
        await write(response, linesOf(messages), signal)
      end(response)
    } catch (error) {
      if (signal.aborted) return end(response)
      tell(error, places)
      response.destroy() // a cut line is the only word there is
    }
  }

  function cannotBeRead(topics: readonly string[], { message }: Error): Answer {
    log({ level: 'error', message: `${topics.join(', ')}: cannot be read: ${message}` })
    return unavailable('StorageError', `events cannot be read now: ${message}`)
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

/** As server-sent events; with the last, that is where the reader stands. */
function eventsOf(messages: readonly Message[], standing: Standing): string {
  const events = messages.map((message) => {
    standing.pass(message)
    return `event: message\nid: ${standing.id()}\ndata: ${message.json}\n\n`
  })
  return events.join('')
}

/** Many readers are given the same messages at the same time. */
function madeOnce(textOf: (messages: readonly Message[]) => string) {
  const made = new WeakMap<readonly Message[], Buffer>()
  return (messages: readonly Message[]): Buffer => {
    const bytes = made.get(messages) ?? Buffer.from(textOf(messages))
    made.set(messages, bytes)
    return bytes
  }
}

/** Resolves when the reader has taken it; rejects when it is told to stop. */
async function write(response: ServerResponse, text: string | Buffer, signal: AbortSignal): Promise<void> {
  if (!response.write(text)) await once(response, 'drain', { signal })
}

function end(response: ServerResponse): void {
  response.end()
  // Who takes nothing any more would hold up the closing.
  setTimeout(() => response.destroy(), FAREWELL).unref()
}
