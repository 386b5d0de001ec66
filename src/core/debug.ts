import type { Explanation } from './client.ts'
import type { EventData, Outcome } from './event.ts'
import type { Counts } from './ledger.ts'
import type { ClientOptions } from './options.ts'
import type { QueuedEvent } from './queue.ts'
import type { Route } from './route.ts'

/** What tells a client which streams this browser is to send in full; `createDebugSwitch()` makes one. */
export interface DebugSwitch {
  /** Whether all events of the stream are to go, marked so that they count nowhere. */
  (stream: string): boolean
  /** Called once by each client. What it returns is told of each submit and each outcome of that client. */
  readonly watch?: (inside: Inside) => (seen: Submit | Outcome) => void
}

/**
 * A look into one client, which changes nothing. What `watch` does with it may throw; the client goes on. It shows what a
 * client is made of, which any version may change.
 */
export interface Inside {
  /** Its instance, as its events name it. */
  readonly client: string
  readonly options: ClientOptions
  explain(stream: string): Explanation
  ledger(): Counts
  /** All that waits in the queue of this origin, as far as this page knows of it, oldest first. */
  queued(): readonly QueuedEvent[]
  /** The ways to destinations that something was sent on, by URL. */
  readonly routes: ReadonlyMap<string, Route>
  /** When the config in force came from its URL, in ms since 1970; 0 where it was given at the start, or there is none. */
  configSince(): number
}

/** An event as it was handed over. */
export interface Submit {
  readonly id: string
  readonly stream: string
  /** In ms since 1970. */
  readonly at: number
  /** The caller's object itself. */
  readonly data: EventData
}
