import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { contextOf } from '../../src/intake/answer.ts'
import { createSchemaRegistry } from '../../src/intake/registry.ts'
import { openSchemaRepository } from '../../src/schema/repository.ts'

/** An event as it was posted. */
export interface PostedEvent {
  readonly $schema?: unknown
  readonly meta?: { readonly id?: string; readonly stream?: string; readonly dt?: string }
  readonly [field: string]: unknown
}

/** A request for `/v1/events`, and what it was answered with. */
export interface Exchange {
  readonly events: readonly PostedEvent[]
  readonly bytes: number
  readonly headers: IncomingHttpHeaders
  readonly status: number
}

export interface ScriptedEventGate {
  readonly url: string
  /** All that it has accepted, in order: it keeps no ids, so copies too. */
  readonly accepted: readonly PostedEvent[]
  /** The requests with events, preflights left out. */
  readonly exchanges: readonly Exchange[]
  /** Why an event cannot be produced, such as an error of Kafka's; undefined where it can, as at first for all. */
  produce(failing: (event: PostedEvent) => string | undefined): void
  /** Events at which the whole request fails, as by a bug in EventGate; at first none. */
  crash(at: (event: PostedEvent) => boolean): void
}

interface Reply {
  readonly status: number
  readonly text?: string
  readonly type?: string
  readonly headers?: { readonly [name: string]: string }
  readonly statusMessage?: string
}

const TYPES = ['application/json', 'text/plain', 'application/reports+json']
const INFLATE: { readonly [encoding: string]: typeof gunzip.__promisify__ } = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
}
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'accept, x-requested-with, content-type',
  'access-control-allow-methods': 'post',
  'access-control-expose-headers': 'etag',
}

/**
 * A server that answers as EventGate 1.8.4 does with its default factory, on a free port until the test ends: it knows
 * no streams, fills nothing in, keeps no ids, and says 500 for most mistakes. Whether it does, the table of
 * eventgate-agreement.ts says, which was held against a real one.
 */
export async function startEventGate(
  schemaFolder: string,
  { maxBodyBytes = 102_400 }: { readonly maxBodyBytes?: number } = {},
): Promise<ScriptedEventGate> {
  const registry = createSchemaRegistry(openSchemaRepository([schemaFolder]))
  const accepted: PostedEvent[] = []
  const exchanges: Exchange[] = []
  let failing: (event: PostedEvent) => string | undefined = () => undefined
  let isCrash: (event: PostedEvent) => boolean = () => false

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://eventgate')
    if (!/^\/v1\/events\/?$/.test(pathname)) return send(response, elsewhere(request, pathname))
    if (request.method === 'OPTIONS')
      return send(response, { status: 200, text: 'POST', headers: { allow: 'POST' } })
    if (request.method !== 'POST') return send(response, elsewhere(request, pathname))
    // A page that goes while it sends leaves half a request.
    const body = await bodyOf(request).catch(() => undefined)
    if (!body) return void response.destroy()

    const parsed = await parse(body, request.headers, maxBodyBytes)
    const events = 'events' in parsed ? parsed.events : []
    const reply = 'events' in parsed ? take(events, Boolean(searchParams.get('hasty'))) : parsed
    exchanges.push({ events, bytes: body.length, headers: request.headers, status: reply.status })
    send(response, reply)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })

  function take(events: readonly PostedEvent[], isHasty: boolean): Reply {
    if (events.some(isCrash)) return problem('TypeError', 'something is undefined')
    const judged = events.map(judge)
    const invalid = judged.filter(({ status }) => status === 'invalid')
    const error = judged.filter(({ status }) => status === 'error')
    accepted.push(...judged.filter(({ status }) => status === 'success').map(({ event }) => event))

    const failures = invalid.length + error.length
    if (isHasty) return { status: 202, statusMessage: `${events.length} events hastily received.` }
    if (failures === 0)
      return {
        status: 201,
        statusMessage: `All ${events.length} out of ${events.length} events were accepted.`,
      }
    if (invalid.length === events.length) return json(400, { invalid })
    return json(failures === events.length ? 500 : 207, { invalid, error })
  }

  /** Writes the schema's defaults into the event, which comes back so. */
  function judge(event: PostedEvent) {
    const failed = (message: string) => ({ status: 'error', event, context: { message } })
    if (event?.$schema === undefined)
      return failed('Field(s) $schema were missing from event and could not be extracted.')
    try {
      const errors = registry.get(String(event.$schema)).errorsOf(event)
      if (errors.length > 0) return { status: 'invalid', event, context: contextOf(errors) }
    } catch (error) {
      return failed((error as Error).message)
    }
    const message = failing(event)
    return message ? failed(message) : { status: 'success', event }
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted,
    exchanges,
    produce: (next) => {
      failing = next
    },
    crash: (at) => {
      isCrash = at
    },
  }
}

function elsewhere({ method }: IncomingMessage, pathname: string): Reply {
  if (method === 'GET' && pathname === '/v1/_test/events') return { status: 201 }
  return { status: 404, text: '<!DOCTYPE html>\n<title>Error</title>', type: 'text/html; charset=utf-8' }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function parse(
  body: Buffer,
  { 'content-type': contentType = '', 'content-encoding': encoding = 'identity' }: IncomingHttpHeaders,
  limit: number,
): Promise<{ readonly events: readonly PostedEvent[] } | Reply> {
  const [type = '', charset = 'utf-8'] = contentType.toLowerCase().split(/;\s*charset=/)
  if (body.length === 0 || !TYPES.includes(type)) return EMPTY
  if (!charset.startsWith('utf-'))
    return problem('UnsupportedMediaTypeError', `unsupported charset "${charset}"`)
  if (encoding !== 'identity' && !INFLATE[encoding])
    return problem('UnsupportedMediaTypeError', `unsupported content encoding "${encoding}"`)
  let text: string
  try {
    const bytes = INFLATE[encoding] ? await INFLATE[encoding](body) : body
    if (bytes.length > limit) return problem('PayloadTooLargeError', 'request entity too large')
    text = new TextDecoder(charset).decode(bytes)
  } catch (error) {
    return problem('Error', (error as Error).message)
  }
  // A byte order mark is gone by now.
  if (!/^\s*[[{]/.test(text)) return problem('SyntaxError', 'Unexpected token in JSON at position 0')
  try {
    const content = JSON.parse(text)
    const isEmpty = Object.keys(content).length === 0
    return isEmpty ? EMPTY : { events: Array.isArray(content) ? content : [content] }
  } catch (error) {
    return problem('SyntaxError', (error as Error).message)
  }
}

const EMPTY: Reply = {
  status: 400,
  statusMessage: 'Request body was empty. Must provide JSON encoded events.',
}

function problem(title: string, detail: string): Reply {
  return json(500, { status: 500, type: 'internal_error', title, detail, method: 'POST', uri: '/v1/events' })
}

function json(status: number, content: object): Reply {
  return { status, text: JSON.stringify(content), type: 'application/json; charset=utf-8' }
}

function send(response: ServerResponse, { status, text = '', type, headers, statusMessage }: Reply): void {
  response.writeHead(status, statusMessage, {
    ...CORS,
    ...(type ? { 'content-type': type } : {}),
    ...headers,
  })
  response.end(text)
}
