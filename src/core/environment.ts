import type { DropReason, Fate } from './event.ts'
import type { RecordStore } from './queue.ts'
import type { StreamConfig } from './settings.ts'

/**
 * What a platform gives: clock, ids, context, storage, requests, signals. Browser and Node each fill it in; the
 * core reaches for nothing else. Unless a member says otherwise, it does not throw.
 */
export interface Environment {
  /** Why nothing that is submitted here ever goes; undefined where it may. */
  readonly reason?: DropReason
  /** Becomes `meta.domain`; left out where there is none. */
  readonly domain?: string | undefined
  /**
   * Ids by sampling unit, undefined where there is none. Each is made when it is first asked for; one that no stream
   * needs is not kept on the device for that.
   */
  readonly ids: Readonly<Record<Unit, (isNeeded?: boolean) => string | undefined>>
  /** Values that stream config may ask for by name (`provide_values`), each found when it is asked for. */
  readonly context: Readonly<Record<string, () => unknown>>
  /** Where the queue survives the page; without it the queue is in memory only. */
  readonly records?: RecordStore
  /** Small texts that survive the page, such as the last good stream config. */
  readonly memo: { read(key: string): string | null | undefined; write(key: string, text: string): void }
  /** Deletes all that survives the page: records, memo, ids. */
  forget(): void

  /** Milliseconds since 1970, by the device's clock. */
  now(): number
  /** From 0 up to, not including, 1. */
  random(): number
  /** A UUIDv7 that begins with `at`, in ms since 1970. Later calls give greater ones. */
  eventId(at: number): string
  /** The URL in full; undefined where it is none, or not http. */
  resolve(url: string): string | undefined
  /** Calls back after `ms`; the returned function takes it back. Keeps a process alive only where told. */
  after(ms: number, callback: () => void, options?: { holdProcess: boolean }): () => void
  /** Does it behind the task of now, or at once where that is the last. Default: as a microtask. */
  soon?(work: () => void): void
  /** What is at the URL, revalidated with its server. */
  get(url: string): Promise<Answer>
  /**
   * Sends `body` as `text/plain`, in the way that the phase allows, before it returns; without credentials, but for
   * what a browser adds to a beacon by itself. `unheard` where nobody can hear the answer (a beacon's), `unsent` where
   * it was not sent at all.
   */
  post(url: string, body: string): Promise<Answer | 'unheard' | 'unsent'>
  /** Whether anything at all is heard from the URL's server. */
  answers(url: string): Promise<boolean>
  /**
   * Runs `work` while no other tab or client of this origin runs one of that name. Lets go when the page goes, and
   * begins nothing then; `isMine` tells the work whether it still has its turn.
   */
  alone(name: string, work: (isMine: () => boolean) => Promise<void>): Promise<void>
  /** To the other clients of this origin, in this tab and others, as far as their pages are not gone. */
  tell(told: Told): void
  /** Calls back with what others tell. The returned function ends it. */
  onTold(listener: (told: Told) => void): () => void
  /** Whether the visitor's browser asks for privacy (Global Privacy Control). */
  gpc(): boolean
  phase(): Phase
  /** Calls back with each new phase. The returned function ends it. */
  onPhase(listener: (phase: Phase) => void): () => void
  /** What is in force of a stream's settings where somebody else has a part in them. Default: all as it is. */
  inForce?(config: StreamConfig): StreamConfig
  /** A line for the developer's console. */
  warn(message: string, cause?: unknown): void
}

/** What sampling can go by. */
export type Unit = 'pageview' | 'session' | 'device'

/**
 * Of a page's life: not shown yet, and it may never be; seen; hidden, and it may live on; gone, though it may come back
 * from the back/forward cache, or frozen.
 */
export type Phase = 'prerendered' | 'visible' | 'hidden' | 'gone'

/** What one client tells another. Another version of it may say what this one does not understand. */
export interface Told {
  /** What became of an event, for the client that it was submitted to. */
  readonly outcome?: { readonly id: string; readonly stream: string; readonly fate: Fate }
  /** The stream config that came from a URL, as text. */
  readonly config?: { readonly url: string; readonly text: string }
}

/** What a server said. */
export interface Answer {
  /** 0 where no answer came; the text says why. */
  readonly status: number
  readonly text: string
  /** Redirected or HTML: somebody else's page, such as a captive portal's. */
  readonly foreign: boolean
  /** The `Retry-After` header, where it can be read. */
  readonly retryAfter?: string | null
}
