import { byteLength } from '../core/batch.ts'
import type { Event, Problem } from '../core/event.ts'
import type { StreamSchemas } from '../core/options.ts'
import { createFaultScript, type Faults } from './fault-script.ts'
import { problem, rejecting, type Treatment } from './faults.ts'

/** A request with events, as it came in. */
export interface Post {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly events: readonly Event[]
  /** Of the body. */
  readonly bytes: number
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  /** From `sendBeacon`, whose sender hears no answer. Known of browsers that tell (`Sec-Fetch-Mode`). */
  readonly isBeacon: boolean
  /** What it was answered with: a status; or it was cut off, or left without an answer. */
  readonly answer: number | 'cut' | 'hang'
}

/** An event that its schema refuses. */
export interface Rejected {
  readonly event: Event
  readonly problems: readonly Problem[]
}

/**
 * What an intake for tests has taken, and what it is to do with what comes. Events arrive more than once where a client
 * could not hear the answer, so they are kept by `meta.id`. `fault`, `script` and `heal` are of requests with events.
 */
export interface MemoryIntake extends Faults {
  /** What it has accepted: each `meta.id` once, in the order of arrival. */
  events(): Event[]
  /** How often it has accepted this event; 0 if never. */
  timesAccepted(id: string): number
  /** What it has refused since their schemas do, each `meta.id` once. Empty where it knows no schemas. */
  rejected(): Rejected[]
  /** All requests with events so far, also those that were not accepted. */
  readonly posts: readonly Post[]
}

export interface MemoryIntakeOptions {
  readonly now: () => number
  /** Validates events: those that are invalid are refused, as EventGate does, whatever else is wrong. */
  readonly schemas?: StreamSchemas | undefined
}

/** EventGate's `max_body_size`, in bytes. */
const LARGEST_BODY = 102_400

/** An intake without a server, which is given its requests by a call. */
export interface DirectIntake extends MemoryIntake {
  /** Takes a request, and says how it is to be answered. */
  take(body: string, headers?: Post['headers']): Required<Omit<Treatment, 'accept'>>
}

export function createMemoryIntake({ now, schemas = {} }: MemoryIntakeOptions): DirectIntake {
  const kept = new Map<string, { readonly event: Event; times: number }>()
  const rejected = new Map<string, Rejected>()
  const posts: Post[] = []
  const { fault, script, heal, next } = createFaultScript({ now })

  function treat(events: readonly Event[] | undefined, bytes: number): Treatment {
    const fault = next()
    if (!events) return { answer: problem(400, 'SyntaxError') }
    if (bytes > LARGEST_BODY) return { answer: problem(413, 'PayloadTooLargeError') }
    const { accept: wanted = [], ...treatment } = fault(events, { bytes })
    const { accept = [], ...judged } = judge(wanted, bytes)
    return { accept, ...judged, ...treatment }
  }

  /** Refuses what is invalid of the events that would be accepted. */
  function judge(events: readonly Event[], bytes: number): Treatment {
    for (const event of events) {
      const problems = schemas[event.meta.stream]?.validate?.(event) ?? []
      if (problems.length) rejected.set(event.meta.id, { event, problems })
    }
    return rejecting({ invalid: ({ meta }) => rejected.has(meta.id) })(events, { bytes })
  }

  return {
    ...{ fault, script, heal, posts },
    events: () => [...kept.values()].map(({ event }) => event),
    timesAccepted: (id) => kept.get(id)?.times ?? 0,
    rejected: () => [...rejected.values()],
    take: (body, headers = {}) => {
      const events = eventsIn(body)
      const bytes = byteLength(body)
      const { accept = [], answer = { status: 201 }, after = 0 } = treat(events, bytes)
      for (const event of accept) {
        const known = kept.get(event.meta.id)
        if (known) known.times += 1
        else kept.set(event.meta.id, { event, times: 1 })
      }
      posts.push({
        at: now(),
        events: events ?? [],
        bytes,
        headers,
        isBeacon: headers['sec-fetch-mode'] === 'no-cors',
        answer: typeof answer === 'object' ? answer.status : answer,
      })
      return { answer, after }
    },
  }
}

/** The events of a body; undefined where it is not JSON of the kind. */
function eventsIn(text: string): Event[] | undefined {
  try {
    const body: unknown = JSON.parse(text)
    const events = Array.isArray(body) ? body : [body]
    return events.every((event) => typeof event?.meta?.id === 'string') ? events : undefined
  } catch {
    return undefined // answered with 400
  }
}
