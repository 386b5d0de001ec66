import type { Problem } from '../core/event.ts'
import type { StreamSchemas } from '../core/options.ts'
import { assertionError, lost, notThere, there } from './assertion.ts'
import { type Matching, shown } from './matching.ts'
import type { DroppedEvent, RecordingClient, SubmittedEvent } from './recording-client.ts'

/**
 * The first event of the stream that has these fields; fails with the nearest one where there is none. Of an object
 * only the fields that are named are looked at; a RegExp stands for texts that it matches, and matchers of vitest and
 * jest such as `expect.any(Number)` for what they match.
 */
export function expectSubmitted<Schemas extends StreamSchemas, Stream extends keyof Schemas & string>(
  events: RecordingClient<Schemas>,
  stream: Stream,
  fields: Matching<SubmittedEvent<Schemas, Stream>> = {} as Matching<SubmittedEvent<Schemas, Stream>>,
): SubmittedEvent<Schemas, Stream> {
  const [found] = events.submitted(stream, fields)
  if (found) return found
  const findings = {
    stream,
    wanted: fields as object,
    events: events.submitted(stream) as readonly object[],
    missing: [...events.dropped(stream).map(droppedInWords), ...undecidedInWords(events, stream)],
    streams: events.submitted().map(({ meta }) => meta.stream),
  }
  throw assertionError(notThere(findings, 'submitted'), expectSubmitted)
}

/** Fails where an event of the stream has these fields, and lists which. */
export function expectNotSubmitted<Schemas extends StreamSchemas, Stream extends keyof Schemas & string>(
  events: RecordingClient<Schemas>,
  stream: Stream,
  fields: Matching<SubmittedEvent<Schemas, Stream>> = {} as Matching<SubmittedEvent<Schemas, Stream>>,
): void {
  const found = events.submitted(stream, fields) as readonly object[]
  if (found.length) throw assertionError(there(stream, fields as object, found), expectNotSubmitted)
}

/** Fails where an event was dropped, of one stream where it is given, and lists which and why. */
export function expectNothingDropped<Schemas extends StreamSchemas>(
  events: RecordingClient<Schemas>,
  stream?: keyof Schemas & string,
): void {
  const lines = events.dropped(stream).map(droppedInWords)
  if (lines.length) throw assertionError(lost(lines), expectNothingDropped)
}

function droppedInWords({ stream, data, reason, problems }: DroppedEvent): string {
  const why = problems.map((problem) => `\n    ${inWords(problem, data)}`).join('')
  return `dropped as ${reason}: ${stream} ${shown(data)}${why}`
}

function undecidedInWords<Schemas extends StreamSchemas>(
  events: RecordingClient<Schemas>,
  stream: keyof Schemas & string,
): string[] {
  const { consent, trouble } = events.explain(stream)
  const why = consent === 'granted' ? trouble || 'await events.settled() before' : `consent is ${consent}`
  return events.undecided(stream).map(({ data }) => `undecided (${why}): ${stream} ${shown(data)}`)
}

/** Validators of a production build say no more than place and keyword. */
export function inWords({ path, keyword, message }: Problem, event: unknown): string {
  return message ?? `${path || 'the event'} breaks "${keyword}" (was ${shown(valueAt(path, event))})`
}

function valueAt(path: string, event: unknown): unknown {
  return path
    .split('/')
    .slice(1)
    .map((name) => name.replace(/~1/g, '/').replace(/~0/g, '~'))
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined | null)?.[name], event)
}
