import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import { promisify } from 'node:util'
import type { Access } from './access.ts'
import { isLoopback, subscriberOf } from './address.ts'
import type { SchemaRepository } from '../schema/repository.ts'
import { SchemaError } from '../schema/schema-error.ts'
import { type Answer, notAllowed, problem, tooMany, unavailable } from './answer.ts'
import type { Api } from './api.ts'
import type { ConfigFeed } from './config-feed.ts'
import { createGracefulStop, limitConnections, TIMEOUTS } from './connections.ts'
import type { Consumption } from './consumption/consumption.ts'
import { matches } from './etag.ts'
import { RefusedError } from './event-sink.ts'
import { codeOf, IntakeError } from './intake-error.ts'
import type { Health } from './health.ts'
import type { LiveFeed } from './live-feed.ts'
import type { Log } from './log.ts'
import { METRICS_TYPE, type Metrics } from './metrics.ts'
import { readConsoleFile } from './package-files.ts'
import type { Producers } from './producers.ts'
import type { RateLimit } from './rate-limit.ts'
import type { Receipt, Receive } from './receive.ts'
import { TooManySchemasError } from './registry.ts'
import { type BodyLimits, readBatch } from './request-body.ts'
import type { StreamConfigs } from './stream-configs.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** What the server hands requests on to. */
export interface ServerParts {
  readonly receive: Receive
  readonly configs: StreamConfigs
  readonly schemas: SchemaRepository
  readonly live: LiveFeed
  readonly configFeed: ConfigFeed
  readonly consumption: Consumption
  readonly access: Access
  readonly producers: Producers
  readonly api: Api
  /** Of posted batches; undefined where there is no limit. */
  readonly rateLimit: RateLimit | undefined
  readonly counts: () => object
  readonly health: Health
  readonly metrics: Metrics
  readonly bodyLimits: BodyLimits
  readonly waitingRoom: WaitingRoom
  readonly maxConnections: number
  readonly maxConnectionsEach: number
  readonly log: Log
}

/** What is the console's is read by the console only. */
const OWN = {
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
}

const PAGE_POLICY = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
}

const CONSOLE_TYPES: { readonly [ending: string]: string } = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  map: 'application/json',
  svg: 'image/svg+xml',
}

export interface IntakeServer {
  /** The IP address that it listens on; empty before it does. */
  address(): string
  /** How many are open. */
  connections(): Promise<number>
  /** Resolves to the URL once it listens; rejects with an IntakeError where it cannot. */
  listen(address: { host: string; port: number }): Promise<string>
  /** Takes nothing more, and resolves once it has answered what it took. */
  close(): Promise<void>
}

/** The intake's HTTP: requests in, answers out; what they mean is decided elsewhere. */
export function createIntakeServer(parts: ServerParts): IntakeServer {
  const closing = new AbortController()
  let address = ''
  const server = createServer(TIMEOUTS, (request, response) => {
    response.setHeader('x-content-type-options', 'nosniff')
    parts.metrics.request(request, response)
    void handle(request, response).catch((error: Error) => {
      if (request.destroyed && !request.complete) return // the client went away while it was sending
      const path = request.url?.split('?')[0]
      parts.log({
        level: 'error',
        message: `${request.method} ${path}: ${error.message}`,
        fields: { method: request.method, path, address: request.socket.remoteAddress },
      })
      if (!response.headersSent) send(response, problem(500, 'InternalError', error.message))
    })
  })
  const { maxConnections: most, maxConnectionsEach: mostEach, log } = parts
  limitConnections(server, { most, mostEach, log })
  const stop = createGracefulStop(server, { refuse: (response) => send(response, STOPPING) })

  return {
    address: () => address,
    connections: () => promisify(server.getConnections.bind(server))(),
    listen,
    async close() {
      closing.abort()
      parts.live.close()
      parts.configFeed.close()
      parts.consumption.close()
      await stop()
    },
  }

  async function listen({ host, port }: { host: string; port: number }): Promise<string> {
    try {
      server.listen(port, host)
      await once(server, 'listening')
    } catch (cause) {
      const message =
        codeOf(cause) === 'EADDRINUSE'
          ? `port ${port} on ${host} is in use; choose another port, or stop the program that holds it`
          : `cannot listen on ${host}, port ${port} (${(cause as Error).message}); choose another host or port`
      throw new IntakeError(message, { cause })
    }
    const listening = server.address() as AddressInfo
    address = listening.address
    const name = host.includes(':') ? `[${host}]` : host
    return `http://${name}:${listening.port}`
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request)
    if (!url) return send(response, problem(400, 'BadRequestError', 'the request has no proper path'))
    const { pathname } = url
    const isRead = request.method === 'GET' || request.method === 'HEAD'

    const health = parts.health(pathname)
    if (health) return send(response, isRead ? health : notAllowed(pathname, 'GET'))
    if (isConsoles(pathname)) return toConsole(request, response, url)

    for (const [name, value] of Object.entries(parts.producers.corsFor(request)))
      response.setHeader(name, value)
    const allowed = allowedFor(pathname)
    if (!allowed) return send(response, problem(404, 'NotFoundError', `there is nothing at ${pathname}`))
    if (request.method === 'OPTIONS')
      return send(response, { status: 200, headers: { allow: allowed }, body: allowed })
    if (allowed === 'POST' ? request.method !== 'POST' : !isRead)
      return send(response, notAllowed(pathname, allowed))
    if (allowed === 'POST') return send(response, await postedEvents(request, url))
    if (pathname === '/v1/stream-configs/live')
      return feed(request, response, () => parts.configFeed.connect(response))
    send(
      response,
      pathname === '/v1/stream-configs' ? streamConfigs(request) : schema(pathname.slice('/schemas'.length)),
    )
  }

  /** Without CORS headers, so that no other site that an analyst visits reads it. */
  async function toConsole(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    for (const [name, value] of Object.entries(OWN)) response.setHeader(name, value)
    const { pathname } = url
    const refusal = parts.access.refusalOf(request)
    if (refusal) return send(response, refusal)
    if (pathname.startsWith('/api/')) return toApi(request, response, url)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return send(response, notAllowed(pathname, 'GET'))
    if (pathname === '/') return send(response, consoleFile('index.html'))
    if (pathname.startsWith('/console/'))
      return send(response, consoleFile(pathname.slice('/console/'.length)))

    const refusalOfRead = parts.access.refusalOfRead(request)
    if (refusalOfRead) return send(response, refusalOfRead)
    if (pathname === '/v1/counts')
      return send(response, { status: 200, headers: FRESH, body: parts.counts() })
    if (pathname === '/metrics') {
      const headers = { 'content-type': METRICS_TYPE, 'cache-control': 'no-store' }
      return send(response, { status: 200, headers, body: await parts.metrics.text() })
    }
    if (pathname.startsWith('/v2/stream/')) {
      const refusal = await parts.consumption.connect(request, response, url)
      return refusal && send(response, refusal)
    }
    const lastEventId = String(request.headers['last-event-id'] ?? '')
    feed(request, response, () => parts.live.connect(response, lastEventId))
  }

  async function toApi(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const gone = new AbortController()
    const stop = () => gone.abort()
    response.on('close', stop)
    closing.signal.addEventListener('abort', stop)
    try {
      send(response, await parts.api(request, url, gone.signal))
    } catch (error) {
      if (!gone.signal.aborted) throw error
      if (closing.signal.aborted) send(response, STOPPING)
    } finally {
      closing.signal.removeEventListener('abort', stop)
    }
  }

  async function postedEvents(request: IncomingMessage, url: URL): Promise<Answer> {
    const receivedAt = new Date()
    const refusal = parts.producers.refusalOf(request)
    if (refusal) return refusal
    const address = request.socket.remoteAddress ?? ''
    const wait = isLoopback(address) ? 0 : (parts.rateLimit?.take(subscriberOf(address)) ?? 0)
    if (wait > 0) return tooMany('too many requests come from this address; send fewer', wait)
    const visit = parts.waitingRoom.enter()
    const posted = await readBatch(request, parts.bodyLimits, visit).catch((error) => {
      visit.leave()
      throw error
    })
    if ('refused' in posted) {
      visit.leave()
      return posted.refused
    }

    const { batch } = posted
    const { headers } = request
    const hasty = Boolean(url.searchParams.get('hasty'))
    const receipt = { receivedAt, sentAt: sentAt(url), headers, address, hasty }
    // Judged now, stored when the event log comes to it, which its close waits for.
    const answer = received(batch, receipt).finally(visit.leave)
    if (!hasty) return answer
    return { status: 202, statusMessage: `${batch.length} events hastily received.` }
  }

  async function received(batch: readonly unknown[], receipt: Receipt): Promise<Answer> {
    try {
      return await parts.receive(batch, receipt)
    } catch (error) {
      // JSON that is nested deeper than the stack is parsed, but can be written by nobody.
      if (error instanceof RangeError) return problem(400, 'RangeError', 'an event is nested too deeply')
      const { message } = error as Error
      if (error instanceof TooManySchemasError) return unavailable('OverloadError', message)
      if (error instanceof RefusedError) return problem(500, 'RefusedError', message)
      parts.log({
        level: 'error',
        message: `events could not be stored: ${message}`,
      })
      return unavailable('StorageError', `events cannot be stored now: ${message}`)
    }
  }

  function streamConfigs(request: IncomingMessage): Answer {
    const { body, etag } = parts.configs.served()
    const headers = { etag, 'cache-control': 'no-cache' }
    if (matches(request.headers['if-none-match'], etag)) return { status: 304, headers }
    return { status: 200, headers: { ...headers, 'content-type': 'application/json' }, body }
  }

  function schema(uri: string): Answer {
    try {
      const found = parts.schemas.find(uri)
      return found
        ? { status: 200, headers: FRESH, body: found.content }
        : problem(404, 'NotFoundError', `there is no schema ${uri}`)
    } catch (error) {
      if (error instanceof SchemaError) return problem(500, 'SchemaError', error.message)
      throw error
    }
  }

  function feed(request: IncomingMessage, response: ServerResponse, connect: () => boolean): void {
    if (closing.signal.aborted) return send(response, STOPPING)
    response.statusCode = 200
    for (const [name, value] of Object.entries(FEED)) response.setHeader(name, value)
    if (request.method === 'HEAD') return void response.end()
    if (!connect()) send(response, tooMany('too many listen already; ask again later', 60))
  }
}

const STOPPING = unavailable('StoppingError', 'the intake is being stopped; ask again when it is back')

// Of nginx, which else keeps back what is not yet much.
const FEED = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
const FRESH = { 'cache-control': 'no-cache' }

function urlOf(request: IncomingMessage): URL | undefined {
  try {
    return new URL(request.url ?? '', 'http://intake')
  } catch {
    return undefined // answered with 400
  }
}

function allowedFor(pathname: string): 'POST' | 'GET' | undefined {
  if (pathname === '/v1/events' || pathname === '/v1/events/') return 'POST'
  if (pathname === '/v1/stream-configs/live') return 'GET'
  return pathname === '/v1/stream-configs' || pathname.startsWith('/schemas/') ? 'GET' : undefined
}

/** The sender's clock, `?sent=<ms>`, where it is a time. */
function sentAt(url: URL): number | undefined {
  const sent = url.searchParams.get('sent')
  return sent && /^\d{1,16}$/.test(sent) ? Number(sent) : undefined
}

function isConsoles(pathname: string): boolean {
  return (
    ['/', '/live', '/v1/counts', '/metrics'].includes(pathname) ||
    pathname.startsWith('/console/') ||
    pathname.startsWith('/api/') ||
    pathname.startsWith('/v2/stream/')
  )
}

function consoleFile(name: string): Answer {
  const [, ending = ''] = /^[\w-]+\.(html|css|js|js\.map|svg)$/.exec(name) ?? []
  const body = ending ? readConsoleFile(name) : undefined
  if (!body) return problem(404, 'NotFoundError', `there is no ${name || 'such file'} here`)
  const type = CONSOLE_TYPES[ending.split('.').pop()!]!
  return { status: 200, headers: { ...PAGE_POLICY, ...FRESH, 'content-type': type }, body }
}

function send(response: ServerResponse, { status, statusMessage, headers, body, file }: Answer): void {
  const isObject = typeof body === 'object' && !Buffer.isBuffer(body)
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(isObject ? JSON.stringify(body) : (body ?? ''))
  const type = isObject ? { 'content-type': 'application/json' } : {}
  const length = file ? file.bytes : bytes.length
  response.writeHead(status, statusMessage, {
    ...type,
    ...headers,
    ...(status === 304 || status === 204 ? {} : { 'content-length': length }),
  })
  // Even an empty buffer would be a second piece, and both copied into one.
  if (!file) return void response.end(bytes.length > 0 ? bytes : '')
  // Who went away half way has no use of the rest.
  pipeline(createReadStream(file.path), response, () => void file.remove())
}
