import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Event } from '../core/event.ts'
import { type Answer, type Fault, problem, type Treatment } from './faults.ts'

/** How long a fault lasts; without either, until the next `fault` or `heal`. */
export interface FaultLimits {
  /** For as many requests. */
  readonly times?: number
  /** For as many milliseconds, from the first request on. */
  readonly ms?: number
}

/** A request with events, as it came in. */
export interface Post {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly events: readonly Event[]
  /** Of the body. */
  readonly bytes: number
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  /** From `sendBeacon`, whose sender hears no answer. Known of browsers that tell (`Sec-Fetch-Mode`). */
  readonly isBeacon: boolean
  /** What it was answered with: a status; or it was cut off, or left without an answer. */
  readonly answer: number | 'cut' | 'hang'
}

export interface FaultyIntakeOptions {
  /** What it serves as stream config: the form that `streamConfigUrl` takes. Default: no streams. */
  readonly streamConfigs?: object
  /** Default: 0, a free one. */
  readonly port?: number
}

/**
 * An intake for tests, shaped like EventGate and its stream config API: it keeps in memory what it accepts, and fails
 * on demand. It checks no schema. Events arrive more than once where a client could not hear the answer, so they are
 * kept by `meta.id`.
 */
export interface FaultyIntake {
  /** For `createClient`. */
  readonly intakeUrl: string
  /** For `createClient`. */
  readonly streamConfigUrl: string
  /** What it has accepted: each `meta.id` once, in the order of arrival. */
  events(): Event[]
  /** How often it has accepted this event; 0 if never. */
  timesAccepted(id: string): number
  /** All requests with events so far, also those that were not accepted. */
  readonly posts: readonly Post[]
  /** Resolves once `condition` holds, which is tried after each request; rejects after `timeout` ms (10,000). */
  until(condition: () => boolean, options?: { readonly timeout?: number }): Promise<void>
  /** From now on this becomes of requests with events, in place of an earlier fault. */
  fault(fault: Fault, limits?: FaultLimits): void
  /** Accepts again. Requests that hang go on hanging. */
  heal(): void
  /** Serves another stream config. */
  configure(streamConfigs: object): void
  /** Refuses connections, and breaks those that are open. */
  down(): Promise<void>
  /** Takes connections again, on the same port. */
  up(): Promise<void>
  /** Ends it; a request under way is cut off. */
  close(): Promise<void>
}

/** EventGate's, and `retry-after`, which a browser would otherwise hide from the client. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'accept, x-requested-with, content-type',
  'access-control-allow-methods': 'post',
  'access-control-expose-headers': 'etag, retry-after',
}

/** EventGate's `max_body_size`, in bytes. */
const LARGEST_BODY = 102_400

interface CurrentFault extends Required<FaultLimits> {
  readonly fault: Fault
  /** When it is over, once the first request has come. */
  readonly end?: number
}

const HEALTHY: CurrentFault = {
  fault: (events) => ({ accept: events, answer: { status: 201 } }),
  times: Number.POSITIVE_INFINITY,
  ms: Number.POSITIVE_INFINITY,
}

/** Starts one on 127.0.0.1. */
export async function startFaultyIntake(options: FaultyIntakeOptions = {}): Promise<FaultyIntake> {
  const kept = new Map<string, { readonly event: Event; times: number }>()
  const posts: Post[] = []
  const onPost = new Set<() => void>()
  let streamConfigs = options.streamConfigs ?? { streams: {} }
  let revision = 1
  let current: CurrentFault = HEALTHY

  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy()) // its sender has gone away
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const down = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  await listen(options.port ?? 0)
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0]
    if (request.method === 'OPTIONS') return send(response, { status: 200 })
    if (request.method === 'POST' && path === '/v1/events') return takeEvents(request, response)
    if (request.method === 'GET' && path === '/v1/stream-configs') return serveConfig(request, response)
    send(response, problem(404, 'Not Found'))
  }

  function serveConfig(request: IncomingMessage, response: ServerResponse): void {
    const headers = { etag: `"${revision}"`, 'cache-control': 'no-cache' }
    const isKnown = request.headers['if-none-match'] === headers.etag
    send(response, isKnown ? { status: 304, headers } : { status: 200, headers, body: streamConfigs })
  }

  async function takeEvents(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const events = eventsIn(body.toString())
    const { accept = [], answer, after = 0 } = treat(events, body.length)

    for (const event of accept) {
      const known = kept.get(event.meta.id)
      if (known) known.times += 1
      else kept.set(event.meta.id, { event, times: 1 })
    }
    posts.push({
      at,
      events: events ?? [],
      bytes: body.length,
      headers: request.headers,
      isBeacon: request.headers['sec-fetch-mode'] === 'no-cors',
      answer: typeof answer === 'object' ? answer.status : answer,
    })
    for (const listener of [...onPost]) listener()

    if (after) await delay(after, undefined, { ref: false })
    if (answer === 'cut') response.destroy()
    else if (answer !== 'hang') send(response, answer)
  }

  function treat(events: readonly Event[] | undefined, bytes: number): Treatment {
    const { times, ms, end = Date.now() + ms } = current
    if (times <= 0 || Date.now() >= end) heal()
    else current = { ...current, times: times - 1, end }
    if (!events) return { answer: problem(400, 'SyntaxError') }
    if (bytes > LARGEST_BODY) return { answer: problem(413, 'PayloadTooLargeError') }
    return current.fault(events, { bytes })
  }

  function heal(): void {
    current = HEALTHY
  }

  function until(condition: () => boolean, { timeout = 10_000 } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer)
        onPost.delete(look)
        resolve()
      }
      const look = () => {
        if (condition()) finish()
      }
      const timer = setTimeout(() => {
        onPost.delete(look)
        const state = `${kept.size} events accepted in ${posts.length} requests`
        reject(new Error(`not within ${timeout} ms: ${condition} (${state})`))
      }, timeout)
      onPost.add(look)
      look()
    })
  }

  return {
    intakeUrl: `${url}/v1/events`,
    streamConfigUrl: `${url}/v1/stream-configs`,
    events: () => [...kept.values()].map(({ event }) => event),
    timesAccepted: (id) => kept.get(id)?.times ?? 0,
    posts,
    until,
    fault: (fault, limits = {}) => {
      current = { ...HEALTHY, ...limits, fault }
    },
    heal,
    configure: (next) => {
      streamConfigs = next
      revision += 1
    },
    down,
    up: async () => {
      if (!server.listening) await listen(port)
    },
    close: down,
  }
}

/** The events of a body; undefined where it is not JSON of the kind. */
function eventsIn(text: string): Event[] | undefined {
  try {
    const body: unknown = JSON.parse(text)
    const events = Array.isArray(body) ? body : [body]
    return events.every((event) => typeof event?.meta?.id === 'string') ? events : undefined
  } catch {
    return undefined // answered with 400
  }
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  const isText = typeof body === 'string'
  // On a connection that was used before and breaks, a browser sends the request again by itself, which would blur
  // what the client does: so each request has its own.
  response.writeHead(status, {
    ...CORS,
    'content-type': isText ? 'text/plain' : 'application/json',
    ...headers,
    connection: 'close',
  })
  response.end(isText ? body : JSON.stringify(body))
}
