import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request as it reached the relay. */
export interface Arrival {
  readonly method: string
  readonly path: string
  /** Milliseconds since 1970, by this machine's clock. */
  readonly at: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Of the events in the body, their `meta.id`. */
  readonly ids: readonly string[]
  /** Sent by `sendBeacon`: nobody can read the answer. */
  readonly isBeacon: boolean
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What the relay does with a request: hands it on by `pass`, replies itself, or cuts the connection (undefined). */
export type Script = (
  arrival: Arrival,
  pass: () => Promise<Reply | undefined>,
) => Promise<Reply | undefined> | Reply | undefined

/** A server between the pages and a real intake, which can be told to behave badly. */
export interface Relay {
  readonly url: string
  /** All requests so far, in their order, preflights included. */
  readonly arrivals: readonly Arrival[]
  /** The POST requests among them. */
  posts(): readonly Arrival[]
  /** What happens to posted events from now on; by default they pass. */
  onEvents(script: Script): void
  /** What happens to requests for the stream config from now on; by default they pass. */
  onConfig(script: Script): void
  /** Stops listening: a request is refused before it has begun. */
  stop(): Promise<void>
  /** Listens again, on the same port. */
  start(): Promise<void>
}

/** EventGate's own, without which a page may not read an answer. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'accept, x-requested-with, content-type',
  'access-control-expose-headers': 'etag, retry-after',
}

export const pass: Script = (_, pass) => pass()
export const cut: Script = () => undefined

/** Starts one in front of the server at `target`; it ends with the test. */
export async function startRelay(target: string): Promise<Relay> {
  const arrivals: Arrival[] = []
  let events = pass
  let config = pass

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    // A page that is killed while it sends leaves half a request, which counts as none.
    const isWhole = await once(request, 'end').then(
      () => true,
      () => false,
    )
    if (!isWhole) return void response.destroy()
    const { method = '', url = '', headers } = request
    const body = Buffer.concat(chunks).toString()
    const arrival: Arrival = {
      method,
      path: url.split('?')[0] ?? '',
      at: Date.now(),
      headers,
      body,
      ids: idsIn(body),
      isBeacon: method === 'POST' && headers['sec-fetch-mode'] === 'no-cors',
    }
    arrivals.push(arrival)
    const script = method === 'POST' ? events : config
    const reply = await script(arrival, () => hand(`${target}${url}`, arrival))
    if (!reply) return void response.destroy()
    // A browser itself repeats a request on a used connection that breaks; a fresh one each keeps it out of the way.
    response.writeHead(reply.status, { ...CORS, ...reply.headers, connection: 'close' })
    response.end(reply.body)
  })
  const start = async (port = 0) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const stop = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  await start()
  onTestFinished(stop)
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    posts: () => arrivals.filter(({ method }) => method === 'POST'),
    onEvents: (script) => {
      events = script
    },
    onConfig: (script) => {
      config = script
    },
    stop,
    start: () => start(port),
  }
}

/** A script that holds requests back until they are released, and what was held. */
export function createHold(): { script: Script; release(): void } {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return {
    script: async (_, pass) => {
      await released
      return pass()
    },
    release,
  }
}

async function hand(url: string, { method, body, headers }: Arrival): Promise<Reply | undefined> {
  const type = headers['content-type'] ?? ''
  const options = method === 'POST' ? { method, body, headers: { 'content-type': type } } : {}
  // At the end of a test the intake is gone before its pages: they find nobody there.
  const response = await fetch(url, options).catch(() => undefined)
  if (!response) return undefined
  const given = ['content-type', 'etag', 'retry-after'].flatMap((name) => {
    const value = response.headers.get(name)
    return value ? [[name, value]] : []
  })
  return { status: response.status, headers: Object.fromEntries(given), body: await response.text() }
}

function idsIn(body: string): string[] {
  if (!body) return []
  const events: { meta: { id: string } }[] = JSON.parse(body)
  return events.map(({ meta }) => meta.id)
}
