import type { Client } from '../core/client.ts'
import { fingerprintOf } from './fingerprint.ts'
import { listen } from './listen.ts'
import { scrub } from './scrub.ts'
import { bareUrl, framesOf } from './stack.ts'
import { onInput, typedWords } from './typed-words.ts'

/** What `collectErrors` can be told. */
export interface ErrorsOptions {
  /** The stream to submit to. Default: `rivulet.error`. */
  readonly stream?: string
  /** What a stub in the page has kept before this was there; taken first. Default: none. */
  readonly early?: readonly (ErrorEvent | PromiseRejectionEvent)[]
  /**
   * Errors that are left out, by `name: message (file)`. Default: requests that were given up (`AbortError`),
   * `ResizeObserver loop`, which harms nobody, and errors of browser extensions.
   */
  readonly ignore?: RegExp
}

/** Where the package's `schemas/` has it. */
const SCHEMA = '/rivulet/error/1.0.0'

/** How many kinds of errors a page tells of at most, by fingerprint. */
const MOST_KINDS = 20

const NOISE = /^AbortError|ResizeObserver|extension:/

/**
 * Submits an event for errors that nobody caught: the first of a kind at once, and how many more there were when the
 * page is hidden. Schema: `/rivulet/error/1.0.0`. The returned function ends it.
 */
export function collectErrors(
  events: Pick<Client, 'submit'>,
  { stream = 'rivulet.error', early, ignore = NOISE }: ErrorsOptions = {},
): () => void {
  const known = new Map<string, { count: number }>()

  function onError(event: ErrorEvent & PromiseRejectionEvent): void {
    const element = event.target as HTMLImageElement & HTMLLinkElement
    const thrown = (element.localName ?? event.reason ?? event.error ?? event.message) as Partial<Error>
    let name = ''
    let words = ''
    let calls = ''
    try {
      words = `${thrown.message ?? thrown}`
      // It is a person's where a promise is rejected with what was typed.
      name = scrub(thrown.name ?? '', typedWords())
      // Chromium's begins with the message, whose lines may look like frames.
      calls = thrown.stack!.replace(words, '')
    } catch {
      // It may be anything, and throw when it is looked at: then what could be read is told.
    }
    const message = scrub(words, typedWords())
    const stack = framesOf(calls)
    const { file, line, column } = stack[0] ?? {
      file: bareUrl(event.filename ?? element.src ?? element.href ?? ''),
      line: event.lineno,
      column: event.colno,
    }
    if (`${name}: ${message} ${file}`.match(ignore)) return

    const kind = element.localName ? 'resource' : event.type === 'error' ? 'uncaught' : 'rejection'
    const fingerprint = fingerprintOf(name, message, file, calls)
    const before = known.get(fingerprint)
    const error = before ?? { kind, name, message, file, line, column, stack, fingerprint, count: 0 }
    error.count++
    if (before || known.size >= MOST_KINDS) return
    known.set(fingerprint, error)
    tell(error)
  }

  function tell(error: { count: number }): void {
    if (error.count) events.submit(stream, { $schema: SCHEMA, ...error, page: { path: location.pathname } })
    error.count = 0
  }

  const tellMore = () => known.forEach(tell)
  const end = listen({
    error: onError,
    unhandledrejection: onError,
    visibilitychange: tellMore,
    pagehide: tellMore,
    input: onInput,
  })
  early?.forEach(onError as (event: Event) => void)
  return end
}
