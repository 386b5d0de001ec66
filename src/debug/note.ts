import type { Explanation } from '../core/client.ts'
import type { Inside, Submit } from '../core/debug.ts'
import type { Outcome } from '../core/event.ts'

/** What the switch tells the overlay: that a client is there, an event of it was submitted, or has come to its end. */
export interface Note {
  readonly inside: Inside
  /** In ms since 1970. */
  readonly at: number
  readonly seen?: Submit | Outcome
  /** What was handed over, as JSON; empty where it has none. */
  readonly text?: string
  /** What decided at that moment. */
  readonly explanation?: Explanation
}

export type Tell = (note: Note) => void
