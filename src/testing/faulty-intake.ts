import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { StreamSchemas } from '../core/options.ts'
import { createFaultScript, type Faults } from './fault-script.ts'
import { type Answer, problem, type Treatment } from './faults.ts'
import { createMemoryIntake, type MemoryIntake } from './memory-intake.ts'

export interface FaultyIntakeOptions {
  /** What it serves as stream config: the form that `streamConfigUrl` takes. Default: no streams. */
  readonly streamConfigs?: object
  /** The `schemas` of a file that `rivulet generate` has written, to refuse what is invalid. Default: none. */
  readonly schemas?: StreamSchemas | undefined
  /** Default: 0, a free one. */
  readonly port?: number
}

/**
 * An intake for tests, shaped like EventGate and its stream config API: it keeps in memory what it accepts, and fails
 * on demand.
 */
export interface FaultyIntake extends MemoryIntake {
  /** For `createClient`. */
  readonly intakeUrl: string
  /** For `createClient`. */
  readonly streamConfigUrl: string
  /** Resolves once `condition` holds, which is tried after each request; rejects after `timeout` ms (10,000). */
  until(condition: () => boolean, options?: { readonly timeout?: number }): Promise<void>
  /** What becomes of requests for stream config, and how many there were. */
  readonly configRequests: Faults & { count(): number }
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

/** Starts one on 127.0.0.1. */
export async function startFaultyIntake(options: FaultyIntakeOptions = {}): Promise<FaultyIntake> {
  const now = () => Date.now()
  const { take, ...intake } = createMemoryIntake({ now, schemas: options.schemas })
  const { next: nextConfigFault, ...configFaults } = createFaultScript({ now })
  const listeners = new Set<() => void>()
  let streamConfigs = options.streamConfigs ?? { streams: {} }
  let revision = 1
  let configRequests = 0

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

  function serveConfig(request: IncomingMessage, response: ServerResponse): Promise<void> {
    configRequests += 1
    const headers = { etag: `"${revision}"`, 'cache-control': 'no-cache' }
    const isKnown = request.headers['if-none-match'] === headers.etag
    const served = isKnown ? { status: 304, headers } : { status: 200, headers, body: streamConfigs }
    return give(response, { answer: served, ...nextConfigFault()([], { bytes: 0 }) })
  }

  async function takeEvents(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    return give(response, take(Buffer.concat(chunks).toString(), request.headers))
  }

  async function give(response: ServerResponse, { answer = 'hang', after = 0 }: Treatment): Promise<void> {
    for (const listener of [...listeners]) listener()
    if (after) await delay(after, undefined, { ref: false })
    if (answer === 'cut') response.destroy()
    else if (answer !== 'hang') send(response, answer)
  }

  function until(condition: () => boolean, { timeout = 10_000 } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer)
        listeners.delete(look)
        resolve()
      }
      const look = () => {
        if (condition()) finish()
      }
      const timer = setTimeout(() => {
        listeners.delete(look)
        const state = `${intake.events().length} events accepted in ${intake.posts.length} requests`
        reject(new Error(`not within ${timeout} ms: ${condition} (${state})`))
      }, timeout)
      listeners.add(look)
      look()
    })
  }

  return {
    intakeUrl: `${url}/v1/events`,
    streamConfigUrl: `${url}/v1/stream-configs`,
    ...intake,
    until,
    configRequests: { ...configFaults, count: () => configRequests },
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
