import type { Explanation } from '../core/client.ts'
import type { Inside } from '../core/debug.ts'
import type { Outcome } from '../core/event.ts'
import type { QueuedEvent } from '../core/queue.ts'
import type { Note } from './note.ts'

/** A submit, and what has become of it so far. */
export interface Seen {
  readonly inside: Inside
  readonly id: string
  readonly stream: string
  /** In ms since 1970: of the call, and of its end. */
  readonly at: number
  endedAt?: number
  /** As it was handed over, as JSON; empty where it has none. */
  readonly given: string
  /** As it is sent, as JSON, once it is decided on. */
  sent?: string
  /** Where it waits. */
  queued?: QueuedEvent | undefined
  outcome?: Outcome
  /** What has decided on it; until then, what would. */
  explanation: Explanation | undefined
  /** Whether its stream is on hold by now. */
  held: boolean
  /** Grows with each change. */
  version: number
}

/** The last submits of all clients of a page, newest first. */
export interface Records {
  /** The clients that were heard of. */
  readonly insides: readonly Inside[]
  note(note: Note): void
  /** Looks up where those that have not come to their end are by now. */
  look(): void
  seen(): readonly Seen[]
  clear(): void
}

/** What is heard of Rivulet's own accounts is no submit of the page's. */
const LEDGER = 'rivulet.ledger'

/** Records of the last `most` submits. */
export function createRecords(most = 500): Records {
  const insides: Inside[] = []
  /** Oldest first. */
  let all: Seen[] = []

  function note({ inside, at, seen, text = '', explanation }: Note): void {
    if (!insides.includes(inside)) insides.push(inside)
    if (!seen || seen.stream === LEDGER) return
    if ('kind' in seen) return conclude(inside, seen, at, explanation)
    const { id, stream } = seen
    all.push({ inside, id, stream, at: seen.at, given: text, explanation, held: false, version: 0 })
    // Now and then, since it moves them all.
    if (all.length > most * 1.2) all = all.slice(-most)
  }

  /** Of several with one id, the oldest that has no outcome: the caller may give the same id twice. */
  function conclude(
    inside: Inside,
    outcome: Outcome,
    at: number,
    explanation: Explanation | undefined,
  ): void {
    const record = all.find((one) => one.id === outcome.id && one.inside === inside && !one.outcome)
    if (!record) return
    Object.assign(record, { outcome, endedAt: at, queued: undefined, version: record.version + 1 })
    // What has decided on a queued event was said when it was submitted.
    if (!record.sent || !record.explanation) record.explanation = explanation
  }

  function look(): void {
    const open = all.filter(({ outcome }) => !outcome)
    if (!open.length) return
    const queued = new Map(insides.flatMap((inside) => inside.queued().map((event) => [event.id, event])))
    for (const record of open) {
      const event = queued.get(record.id)
      const now = record.inside.explain(record.stream)
      const held = Boolean(now.config?.held)
      const isDecided = record.sent !== undefined
      const isSame = event === record.queued && held === record.held
      if (isSame && (isDecided || isAlike(now, record.explanation))) continue
      Object.assign(record, { queued: event, held, version: record.version + 1 })
      if (!isDecided) record.explanation = now
      if (event?.url) record.sent = event.json
    }
  }

  return {
    insides,
    note,
    look,
    seen: () => all.slice(-most).reverse(),
    clear: () => {
      all = []
    },
  }
}

function isAlike(now: Explanation, before: Explanation | undefined): boolean {
  return now.config === before?.config && now.consent === before?.consent && now.trouble === before?.trouble
}
