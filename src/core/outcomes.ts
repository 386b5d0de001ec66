import type { Environment } from './environment.ts'
import type { Fate, Outcome } from './event.ts'
import { type Counts, count, LEDGER, outcomeOf } from './ledger.ts'

/** Tells of each submitted event what became of it, once. */
export interface Outcomes {
  /** An event was submitted here. */
  submitted(id: string, stream: string): void
  /** An event has come to its end here, whichever client it was submitted to. */
  conclude(id: string, stream: string, fate: Fate): void
  /** Whether the event was submitted here and has not come to its end. */
  awaits(id: string): boolean
  /** Of the events submitted here. */
  counts(): Counts
  close(): void
}

/** What outcomes work with. */
export interface OutcomesOptions {
  readonly environment: Pick<Environment, 'tell' | 'onTold'>
  /** The host's, called behind the task. */
  readonly onOutcome?: ((outcome: Outcome) => void) | undefined
}

/** Outcomes of one client; those of others are told to them, wherever they are. */
export function createOutcomes({ environment, onOutcome }: OutcomesOptions): Outcomes {
  /** By id, how many were submitted here and have not come to their end: the caller may give the same id twice. */
  const awaited = new Map<string, number>()
  const counts = new Map<string, Record<string, number>>()

  function tally(stream: string, outcome: string): void {
    const found = counts.get(stream) ?? {}
    counts.set(stream, found)
    count(found, outcome)
  }

  function own(id: string, stream: string, fate: Fate): boolean {
    const times = awaited.get(id)
    if (!times) return false
    if (times > 1) awaited.set(id, times - 1)
    else awaited.delete(id)
    // The host is told of what it has submitted, and that is no account.
    if (stream === LEDGER) return true
    tally(stream, outcomeOf(fate))
    // Behind the task, so that `submit` has returned the id before it is spoken of.
    if (onOutcome) void Promise.resolve().then(() => onOutcome({ ...fate, stream, id }))
    return true
  }

  const stopHearing = environment.onTold(({ outcome }) => {
    if (outcome?.fate?.kind) own(outcome.id, outcome.stream, outcome.fate)
  })
  return {
    submitted: (id, stream) => {
      awaited.set(id, 1 + (awaited.get(id) ?? 0))
      if (stream !== LEDGER) tally(stream, 'submitted')
    },
    conclude: (id, stream, fate) => {
      if (!own(id, stream, fate)) environment.tell({ outcome: { id, stream, fate } })
    },
    awaits: (id) => awaited.has(id),
    counts: () => Object.fromEntries([...counts].map(([stream, found]) => [stream, { ...found }])),
    close: stopHearing,
  }
}
