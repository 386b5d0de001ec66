import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { type Answer, problem } from './answer.ts'
import { codeOf } from './intake-error.ts'

/** What a request carries: a text, empty where its type is none that the intake reads; or why it is refused. */
export type RequestBody = { readonly text: string } | { readonly refused: Answer }

const TYPES = new Set(['application/json', 'text/plain', 'application/reports+json'])
const INFLATE = { gzip: promisify(gunzip), deflate: promisify(inflate) }
/** Of a body over the limit so much is read to the end: a browser that is cut off sees a network error, and no 413. */
const MOST_READ_IN_VAIN = 10_000_000

/** Reads a request's body, of at most `limit` bytes after inflation. */
export async function readBody(request: IncomingMessage, limit: number): Promise<RequestBody> {
  const bytes = await readAll(request, limit)
  if (bytes === 'too-large') return { refused: tooLarge(limit) }

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
  if (encoding === 'gzip' || encoding === 'deflate') return inflated(bytes, encoding, limit)
  return {
    refused: problem(
      415,
      'UnsupportedMediaTypeError',
      `content-encoding ${encoding} is not read here; send gzip, deflate or none`,
    ),
  }
}

async function readAll(request: IncomingMessage, limit: number): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= limit) chunks.push(chunk)
    if (length > MOST_READ_IN_VAIN) break
  }
  return length > limit ? 'too-large' : Buffer.concat(chunks)
}

async function inflated(bytes: Buffer, encoding: 'gzip' | 'deflate', limit: number): Promise<RequestBody> {
  try {
    const inflatedBytes = await INFLATE[encoding](bytes, { maxOutputLength: limit })
    return { text: inflatedBytes.toString() }
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') return { refused: tooLarge(limit) }
    return {
      refused: problem(400, 'BadRequestError', `the body is no ${encoding}: ${(error as Error).message}`),
    }
  }
}

function tooLarge(limit: number): Answer {
  const answer = problem(
    413,
    'PayloadTooLargeError',
    `the body is over ${limit} bytes; send fewer events at once`,
  )
  // What is left of the body is not read, so no further request can follow it.
  return { ...answer, headers: { ...answer.headers, connection: 'close' } }
}
