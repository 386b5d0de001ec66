import type { ErrorObject } from 'ajv'
import type { Judged } from './ingest.ts'

/** What an HTTP request is answered with. An object as body is sent as JSON. */
export interface Answer {
  readonly status: number
  readonly statusMessage?: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string | Buffer | object
  /** In place of a body. */
  readonly file?: SentFile
}

/** A file that is there for one answer. */
export interface SentFile {
  readonly path: string
  readonly bytes: number
  remove(): Promise<void>
}

// An event with thousands of unknown fields would be answered with megabytes.
const MOST_ERRORS = 50

/** The answer to a batch, in EventGate's words: its status, and the entries of what was not accepted. */
export function answerTo(judged: readonly Judged[]): Answer {
  const invalid = judged.flatMap((one) => (one.verdict === 'invalid' ? [invalidEntry(one)] : []))
  const error = judged.flatMap((one) => (one.verdict === 'error' ? [errorEntry(one)] : []))
  const all = judged.length
  const accepted = all - invalid.length - error.length

  if (accepted === all)
    return { status: 201, statusMessage: `All ${all} out of ${all} events were accepted.` }
  const statusMessage = `${accepted} out of ${all} events were accepted, ${invalid.length} were invalid and ${error.length} failed.`
  if (accepted > 0) return { status: 207, statusMessage, body: { invalid, error } }
  if (error.length > 0) return { status: 500, statusMessage, body: { invalid, error } }
  return { status: 400, statusMessage, body: { invalid } }
}

function invalidEntry({ event, errors }: Judged & { verdict: 'invalid' }) {
  return { status: 'invalid', event, context: contextOf(errors) }
}

/** What is wrong with an event, as EventGate tells it. */
export function contextOf(errors: readonly ErrorObject[]) {
  const told = errors.slice(0, MOST_ERRORS).map(asEventGateTells)
  const more = errors.length > MOST_ERRORS ? `, and ${errors.length - MOST_ERRORS} more` : ''
  const errorsText = told.map(({ dataPath, message }) => `'${dataPath}' ${message}`).join(', ') + more
  return { errors: told, errorsText }
}

function errorEntry({ event, message }: Judged & { verdict: 'error' }) {
  return { status: 'error', event, context: { message } }
}

/** EventGate's Ajv is version 6: it wrote `dataPath`, and "should" where version 8 says "must". */
function asEventGateTells({ keyword, instancePath, schemaPath, params, message = '' }: ErrorObject) {
  const dataPath = asDataPath(instancePath)
  return { keyword, dataPath, instancePath, schemaPath, params, message: message.replace(/^must/, 'should') }
}

/** `/a/0/b-c` is `.a[0]['b-c']`. */
function asDataPath(pointer: string): string {
  const keys = pointer.split('/').slice(1)
  return keys.map((key) => asAccess(key.replace(/~1/g, '/').replace(/~0/g, '~'))).join('')
}

function asAccess(key: string): string {
  if (/^\d+$/.test(key)) return `[${key}]`
  return /^[\w$]+$/.test(key) ? `.${key}` : `['${key}']`
}

/** EventGate's answer to what it cannot take as a whole. */
export function problem(status: number, title: string, detail: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: { status, type: 'about:blank', title, detail },
  }
}

/** The answer to a method that the path does not take. */
export function notAllowed(pathname: string, allow: string): Answer {
  const { headers, ...refusal } = problem(405, 'MethodNotAllowedError', `${pathname} takes ${allow}`)
  return { ...refusal, headers: { ...headers, allow } }
}

/** The answer to one request too many; it may come again after so many seconds. */
export function tooMany(detail: string, seconds: number): Answer {
  return comeAgain(problem(429, 'TooManyRequestsError', detail), seconds)
}

/** The answer to what cannot be taken now, through no fault of the sender's. */
export function unavailable(title: string, detail: string): Answer {
  return comeAgain(problem(503, title, detail), 5)
}

function comeAgain({ headers, ...refusal }: Answer, seconds: number): Answer {
  return { ...refusal, headers: { ...headers, 'retry-after': String(seconds) } }
}
