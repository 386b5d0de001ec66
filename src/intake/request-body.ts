import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { type Answer, problem, unavailable } from './answer.ts'
import { codeOf } from './intake-error.ts'
import type { Visit } from './waiting-room.ts'

/** What a request carries: a text, empty where its type is none that the intake reads; or why it is refused. */
export type RequestBody = { readonly text: string } | { readonly refused: Answer }

/** What a posted body may be. */
export interface BodyLimits {
  /** After inflation. */
  readonly bytes: number
  readonly events: number
}

/** The events of a body, one at least; or why it is refused. */
export type PostedBatch = { readonly batch: readonly unknown[] } | { readonly refused: Answer }

const TYPES = new Set(['application/json', 'text/plain', 'application/reports+json'])
const INFLATE = { gzip: promisify(gunzip), deflate: promisify(inflate) }
/** Of a body over the limit so much is read to the end: a browser that is cut off sees a network error, and no 413. */
const MOST_READ_IN_VAIN = 10_000_000

const EMPTY_BODY: Answer = {
  status: 400,
  statusMessage: 'Request body was empty, or of a type that is not read here.',
}
const UNCOUNTED: Visit = { hasRoomFor: () => true, take: () => true, leave() {} }
const NO_ROOM = unavailable('OverloadError', 'too many events wait to be stored; send them again')

/** Reads a request's body; its bytes count as `visit`'s until that leaves. Rejects where the client goes away. */
export async function readBatch(
  request: IncomingMessage,
  limits: BodyLimits,
  visit: Visit,
): Promise<PostedBatch> {
  const body = await readBody(request, limits.bytes, visit)
  if ('refused' in body) return body
  const batch = batchIn(body.text)
  if (!batch)
    return { refused: problem(400, 'SyntaxError', 'the body is no JSON object and no array of them') }
  if (batch.length === 0) return { refused: EMPTY_BODY }
  if (batch.length > limits.events) return { refused: tooLarge(`over ${limits.events} events`) }
  return { batch }
}

/** Reads a request's body, of at most `limit` bytes after inflation. */
export async function readBody(
  request: IncomingMessage,
  limit: number,
  visit: Visit = UNCOUNTED,
): Promise<RequestBody> {
  const bytes = await readAll(request, limit, visit)
  if (bytes === 'no room') return { refused: NO_ROOM }
  if (bytes === 'too large') return { refused: tooManyBytes(limit) }

  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';')
  if (!TYPES.has(type.trim())) return { text: '' }
  const charset = parameters.flatMap(
    (parameter) => /^\s*charset\s*=\s*"?([^"\s]*)/.exec(parameter)?.[1] ?? [],
  )[0]
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    return {
      refused: problem(415, 'UnsupportedMediaTypeError', `charset ${charset} is not read here; send utf-8`),
    }

  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase()
  if (encoding === 'identity') return { text: bytes.toString() }
  if (encoding === 'gzip' || encoding === 'deflate') return inflated(bytes, encoding, limit, visit)
  return {
    refused: problem(
      415,
      'UnsupportedMediaTypeError',
      `content-encoding ${encoding} is not read here; send gzip, deflate or none`,
    ),
  }
}

/** By the events of the stream: its iterator costs several times as much. */
function readAll(
  request: IncomingMessage,
  limit: number,
  visit: Visit,
): Promise<Buffer | 'too large' | 'no room'> {
  // What is announced need not come, so it only tells who is refused before anything of it does.
  const announced = Number(request.headers['content-length'] ?? 0)
  if (!visit.hasRoomFor(Math.min(announced, limit))) return Promise.resolve('no room')

  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let length = 0
    request.on('data', onData)
    request.on('end', () => resolve(length > limit ? 'too large' : Buffer.concat(chunks)))
    request.on('error', reject)

    function onData(chunk: Buffer): void {
      length += chunk.length
      if (length > MOST_READ_IN_VAIN) {
        request.pause()
        return resolve('too large')
      }
      if (length > limit) {
        chunks = []
      } else if (visit.take(chunk.length)) {
        chunks.push(chunk)
      } else {
        // The rest is read, and not kept: another request may follow it.
        chunks = []
        request.off('data', onData)
        resolve('no room')
      }
    }
  })
}

async function inflated(
  bytes: Buffer,
  encoding: 'gzip' | 'deflate',
  limit: number,
  visit: Visit,
): Promise<RequestBody> {
  try {
    const inflatedBytes = await INFLATE[encoding](bytes, { maxOutputLength: limit })
    return visit.take(inflatedBytes.length) ? { text: inflatedBytes.toString() } : { refused: NO_ROOM }
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') return { refused: tooManyBytes(limit) }
    return {
      refused: problem(400, 'BadRequestError', `the body is no ${encoding}: ${(error as Error).message}`),
    }
  }
}

/** The events of a body: none where there is nothing in it, undefined where it is no JSON object or array. */
function batchIn(text: string): readonly unknown[] | undefined {
  // Trimmed, since some put a byte order mark in front.
  const json = text.trim()
  if (json === '') return []
  let body: unknown
  try {
    body = JSON.parse(json)
  } catch {
    return undefined // answered with 400
  }
  if (Array.isArray(body)) return body
  if (typeof body !== 'object' || body === null) return undefined
  return Object.keys(body).length === 0 ? [] : [body]
}

function tooManyBytes(limit: number): Answer {
  const answer = tooLarge(`over ${limit} bytes`)
  // What is left of the body is not read, so no further request can follow it.
  return { ...answer, headers: { ...answer.headers, connection: 'close' } }
}

function tooLarge(measure: string): Answer {
  return problem(413, 'PayloadTooLargeError', `the body is ${measure}; send fewer events at once`)
}
