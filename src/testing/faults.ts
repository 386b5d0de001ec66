import type { Event } from '../core/event.ts'

/**
 * What a faulty intake does with a request instead of accepting it: given its events, answers by `Treatment`. A
 * request for stream config has none.
 */
export type Fault = (events: readonly Event[], body: { readonly bytes: number }) => Treatment

/** What becomes of the events of a request, and of its sender. */
export interface Treatment {
  /** Which of the events it keeps. Default: none. */
  readonly accept?: readonly Event[]
  /**
   * What it answers; `'cut'` breaks the connection instead, `'hang'` never answers. Default: as if nothing were wrong,
   * which is 201, or the stream config that was asked for.
   */
  readonly answer?: Answer | 'cut' | 'hang'
  /** How long, in ms, the sender waits for that. Default: 0. */
  readonly after?: number
}

/** An object as body is sent as JSON. */
export interface Answer {
  readonly status: number
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string | object
}

/** Seconds, or the time itself, which is sent as an HTTP date and so loses what is below a second. */
export type RetryAfter = number | Date

/** Nothing is wrong: for the requests between faults. */
export function accepting(): Fault {
  return (events) => ({ accept: events })
}

/** 503: it is overloaded, or being restarted. */
export function unavailable({ retryAfter }: { retryAfter?: RetryAfter } = {}): Fault {
  return () => ({ answer: { ...problem(503, 'Service Unavailable'), headers: waiting(retryAfter) } })
}

/** 429: it has had enough of this sender. */
export function tooManyRequests({ retryAfter }: { retryAfter?: RetryAfter } = {}): Fault {
  return () => ({ answer: { ...problem(429, 'Too Many Requests'), headers: waiting(retryAfter) } })
}

/** 500: something in it is broken. */
export function internalError(): Fault {
  return () => ({ answer: problem(500, 'Internal Server Error') })
}

/** 404: nothing is there, as after a deploy that went wrong. */
export function notFound(): Fault {
  return () => ({ answer: problem(404, 'Not Found') })
}

/** 200 with JSON that breaks off in the middle; nothing is accepted. */
export function malformed(): Fault {
  const headers = { 'content-type': 'application/json' }
  return () => ({ answer: { status: 200, headers, body: '{ "streams": { "' } })
}

/** It accepts the events, and then the connection breaks: the sender never learns of it. */
export function answerLost(): Fault {
  return (events) => ({ accept: events, answer: 'cut' })
}

/** The connection breaks before anything is accepted. */
export function cut(): Fault {
  return () => ({ answer: 'cut' })
}

/** It takes the request and never answers; nothing is accepted. */
export function hang(): Fault {
  return () => ({ answer: 'hang' })
}

/** It accepts the events at once, and answers `ms` later. */
export function slow(ms: number): Fault {
  return (events) => ({ accept: events, after: ms })
}

/**
 * 207, as EventGate answers: the events for which `invalid` is true are refused for good, those for which `error` is
 * true have failed and may be sent again, the others are accepted. 400 where all are invalid, 500 where none is
 * accepted and one has failed, 201 where all are accepted.
 */
export function rejecting(which: {
  readonly invalid?: (event: Event) => boolean
  readonly error?: (event: Event) => boolean
}): Fault {
  return (events) => {
    const isInvalid = (event: Event) => which.invalid?.(event) ?? false
    const isError = (event: Event) => !isInvalid(event) && (which.error?.(event) ?? false)
    const invalid = events.filter(isInvalid).map((event) => entry('invalid', event, "'' should be valid"))
    const error = events
      .filter(isError)
      .map((event) => entry('error', event, 'the event could not be stored'))
    const accept = events.filter((event) => !isInvalid(event) && !isError(event))

    if (accept.length === events.length) return { accept }
    if (accept.length) return { accept, answer: { status: 207, body: { invalid, error } } }
    if (error.length) return { answer: { status: 500, body: { invalid, error } } }
    return { answer: { status: 400, body: { invalid } } }
  }
}

/** 413 for a body of more than `limit` bytes; a smaller one is accepted. */
export function tooLarge(limit: number): Fault {
  return (events, { bytes }) =>
    bytes > limit ? { answer: problem(413, 'PayloadTooLargeError') } : { accept: events }
}

/** Somebody on the way answers with a web page and status 200, as the wireless network of an airport does. */
export function captivePortal(): Fault {
  const body = '<!doctype html><title>Welcome</title><h1>Accept our terms to go online</h1>'
  return () => ({ answer: { status: 200, headers: { 'content-type': 'text/html' }, body } })
}

export function problem(status: number, title: string): Answer {
  return { status, body: { status, type: 'about:blank', title, detail: title } }
}

function waiting(retryAfter: RetryAfter | undefined): Record<string, string> {
  if (retryAfter === undefined) return {}
  return { 'retry-after': retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter) }
}

/** As EventGate lists an event that it did not take. */
function entry(status: 'invalid' | 'error', event: Event, message: string) {
  return { status, event, context: { message, errorsText: message } }
}
