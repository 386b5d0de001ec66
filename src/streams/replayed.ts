import type { Unit } from '../core/environment.ts'
import type { StreamConfig } from '../core/settings.ts'
import type { Estimator } from './estimate.ts'

/** What is known of a stream while its events pass by. */
export interface Replayed {
  readonly stream: string
  /** Undefined where no config in force was given. */
  readonly before: StreamConfig | undefined
  readonly after: StreamConfig
  /** The schema that its events have to have then, if the config names any schemas. */
  readonly title: string | undefined
  readonly needsTitle: boolean
  /** The stream in which its events are stored then. */
  readonly target: string
  /** Values that the config in force asks for and the proposed one does not. */
  readonly valuesGone: readonly string[]
  /** Its stored events, and those that the debug switch forced in, which count nowhere. */
  stored: number
  debug: number
  bytes: number
  first: number
  last: { readonly at: number; readonly rate: number }
  /** How many events were stored at each rate, and how many do not say at which. */
  readonly rates: Map<number, number>
  /** By what those were sampled of which some are missing. */
  readonly units: Set<Unit>
  unsaid: number
  /** What would be stored in it then. */
  readonly kept: Estimator
  bytesKept: number
  /** What would not be, weighted. */
  curated: number
  invalid: number
  limited: number
  held: number
  /** Events of units whose draw is not known, since they do not carry the id. */
  idless: number
  /** Events in the interval that know of their unit only the page. */
  ofParts: number
  /** Values that curation asks for and that events lack because nobody asked for them, and how many events do. */
  readonly unjudged: Map<string, number>
  /** How many events a page submitted in a minute, where that is to be limited. */
  readonly minutes: Map<string, number>
}

/** The span of the data, in ms since 1970 and in days. */
export interface Span {
  readonly first: number
  readonly last: number
  readonly days: number
}

/** The share of units of which a config lets events go. */
export function shareOf({ reason, held, sample }: StreamConfig): number {
  return reason || held ? 0 : (sample?.rate ?? 1)
}
