import type { ErrorObject } from 'ajv'
import type { StoredEvent } from './day-files.ts'
import { isObject, type Judged } from './ingest.ts'
import { problemsInWords } from './problems.ts'

/** The stream in which rejected events are kept. The intake writes it; it needs no config. */
export const REJECTED_STREAM = 'rivulet.rejected'

// Of an event that is wrong in a thousand places, the first tell enough.
const MOST_PROBLEMS = 50

/** The reasons of a rejection, in words a person understands. */
export function problemsOf(judged: Exclude<Judged, { verdict: 'accepted' }>): string[] {
  return judged.verdict === 'error' ? [judged.message] : allInWords(judged.errors)
}

function allInWords(errors: readonly ErrorObject[]): string[] {
  const told = problemsInWords(errors.slice(0, MOST_PROBLEMS))
  return errors.length > told.length ? [...told, `and ${errors.length - told.length} more`] : told
}

/** The event of `rivulet.rejected` that keeps a rejected one. Its schema is schemas/rivulet/rejected. */
export function rejectionOf(
  { event, verdict }: Judged,
  { problems, id, receivedAt }: { problems: readonly string[]; id: string; receivedAt: Date },
) {
  const posted = isObject(event) ? event : {}
  const stream = isObject(posted.meta) ? posted.meta.stream : undefined
  const dt = receivedAt.toISOString()
  return {
    $schema: '/rivulet/rejected/1.0.0',
    meta: { stream: REJECTED_STREAM, id, dt },
    dt,
    kind: verdict,
    message: problems.join('; '),
    problems,
    ...(typeof stream === 'string' ? { errored_stream_name: stream } : {}),
    ...(typeof posted.$schema === 'string' ? { errored_schema_uri: posted.$schema } : {}),
    raw_event: JSON.stringify(event),
  }
}

/** The event that was rejected, as an event of `rivulet.rejected` keeps it; empty where it was no object. */
export function rejectedEvent({ raw_event }: StoredEvent): StoredEvent {
  try {
    const event: unknown = JSON.parse(String(raw_event))
    return isObject(event) ? event : {}
  } catch {
    return {} // someone edited the file
  }
}
