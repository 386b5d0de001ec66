import { differences, partOf, shown } from './matching.ts'

/** What an expectation is about. */
export interface Findings {
  readonly stream: string
  /** Of the event. */
  readonly wanted: object
  /** Events of the stream that are there. */
  readonly events: readonly object[]
  /** Events of the stream that are not, each with the reason. */
  readonly missing: readonly string[]
  /** Names of the streams of all events that are there. */
  readonly streams: readonly string[]
}

/** What failed, in the shape of `node:assert`'s AssertionError, which vitest, jest and node:test show with a diff. */
export interface Failure {
  readonly message: string
  readonly actual: unknown
  readonly expected: unknown
  readonly operator: string
}

/** At most as many are listed. */
const MOST = 10

/** The error; its stack begins where `from` was called, so that the test's own line is shown. */
export function assertionError(failure: Failure, from: (...given: never[]) => unknown): Error {
  const error = Object.assign(new Error(failure.message), {
    name: 'AssertionError',
    code: 'ERR_ASSERTION',
    generatedMessage: false,
    ...failure,
  })
  // Known to V8 only.
  ;(Error as { captureStackTrace?: (error: Error, from: unknown) => void }).captureStackTrace?.(error, from)
  return error
}

/** That no event is as wanted: what is there instead, and how the nearest one differs. */
export function notThere({ stream, wanted, events, missing, streams }: Findings, how: string): Failure {
  const [nearest] = events
    .map((event) => ({ event, differs: differences(wanted, event) }))
    .sort((a, b) => a.differs.length - b.differs.length)
  const others = streams.filter((name) => name !== stream)
  const lines = [
    `no event of ${described(stream, wanted)} was ${how}`,
    ...(nearest ? [`  the nearest of ${events.length} of ${stream}:`] : []),
    ...(nearest?.differs ?? []).map(
      ({ path, found, wanted }) => `    ${path} is ${shown(found)}, wanted ${shown(wanted)}`,
    ),
    ...listed(missing),
    ...(others.length ? [`  to other streams: ${counted(others)}`] : []),
    ...(nearest || missing.length || others.length ? [] : ['  nothing was, to any stream']),
  ]
  return {
    message: lines.join('\n'),
    actual: nearest && partOf(nearest.event, wanted),
    expected: wanted,
    operator: 'expectSubmitted',
  }
}

/** That there are events which should not be. */
export function there(stream: string, wanted: object, events: readonly { meta?: unknown }[]): Failure {
  const lines = [
    `${events.length} of ${described(stream, wanted)} should not have been submitted`,
    ...listed(events.map(({ meta: _, ...event }) => shown(event))),
  ]
  return { message: lines.join('\n'), actual: events, expected: [], operator: 'expectNotSubmitted' }
}

/** That events were dropped. */
export function lost(missing: readonly string[]): Failure {
  const lines = [
    `${missing.length === 1 ? 'an event was' : `${missing.length} events were`} dropped`,
    ...listed(missing),
  ]
  return { message: lines.join('\n'), actual: missing.length, expected: 0, operator: 'expectNothingDropped' }
}

function described(stream: string, wanted: object): string {
  return Object.keys(wanted).length ? `${stream} with ${shown(wanted)}` : stream
}

function listed(lines: readonly string[]): string[] {
  const more = lines.length - MOST
  return [...lines.slice(0, MOST).map((line) => `  ${line}`), ...(more > 0 ? [`  and ${more} more`] : [])]
}

/** `shop.click (2), shop.purchase (1)`. */
function counted(names: readonly string[]): string {
  return [...new Set(names)]
    .map((name) => `${name} (${names.filter((other) => other === name).length})`)
    .join(', ')
}
