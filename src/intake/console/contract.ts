/**
 * What the console and its server say to each other: JSON over `/api/…`, on the server that serves the page. Types
 * only. A refusal is a problem object, `{ title, detail }`, with a 4xx or 5xx status. Times are ISO 8601, durations ms.
 */

import type { Unit } from '../../core/environment.ts'

export type { Unit } from '../../core/environment.ts'

export type State = 'on' | 'hold' | 'off'

/** `GET /api/session`; answered without a token. */
export interface Session {
  /** Whether the rest of the API wants a token that this browser has not given. */
  readonly needsToken: boolean
  /** Whether SQL can be asked; else how to make it so. */
  readonly query: { readonly ready: true } | { readonly ready: false; readonly hint: string }
  readonly version: string
}
// `POST /api/session` with `{ token }` answers 204 and sets an HttpOnly, SameSite=Strict cookie; 401 where it is wrong.

/** `GET /api/streams`. Minutes are of the intake's clock, the last one not yet over. */
export interface Streams {
  readonly revision: string
  /** Of the config, for `If-Match`. */
  readonly etag: string
  /** Where the config is, and why it cannot be written from here, if so. */
  readonly file: string
  readonly readOnly?: string
  readonly streams: readonly StreamRow[]
}

export interface StreamRow {
  readonly stream: string
  /** The entry of the config that it has its settings from, where that is a pattern. Changes are made to that entry. */
  readonly pattern?: string
  readonly schemaTitle: string | null
  /** False where no entry of the config is about it: its events are refused, and there is nothing to change. */
  readonly isConfigured: boolean
  readonly state: State
  /** Why its settings cannot be used. */
  readonly problem?: string
  /** Null where every unit is kept. */
  readonly unit: Unit | null
  readonly rate: number
  /** Accepted in each of the last 60 minutes, oldest first. */
  readonly perMinute: readonly number[]
  /** Events a minute over the last 5 full minutes. */
  readonly actual: number
  /** What the present rate makes of the weighted events of the last hour, a minute; null where there were none. */
  readonly expected: number | null
  /** Since the intake has stored events, debug events left out. */
  readonly accepted: number
  readonly rejected: number
  /** Counted events from submitted ones, by the ledger: what is missing; null where no account tells. */
  readonly loss: { readonly numbered: number; readonly missing: number } | null
  /** The last revision that changed the stream. */
  readonly lastChange: Revision | null
}

export interface Revision {
  readonly revision: string
  readonly at: string
  /** Null where the file was edited by other means. */
  readonly author: string | null
  readonly reason: string | null
}

/** A change to one stream; what is left out stays. `sample: null` keeps every unit. */
export interface StreamChange {
  readonly stream: string
  readonly state?: State
  readonly sample?: { readonly unit: Unit; readonly rate: number } | null
}

/** What `POST /api/simulate` answers to `{ changes: StreamChange[] }`, or to `{ revision }`, to go back to. */
export type { Amount, SimulatedStream, Simulation } from '../../streams/simulate.ts'

/** `PUT /api/config`, with `If-Match`; author and reason are not empty: 200 `{ revision, etag }`; 412 where somebody else was faster; 428 without it. */
export interface ConfigChange {
  readonly changes: readonly StreamChange[]
  readonly author: string
  readonly reason: string
}
// `POST /api/revert`, with `If-Match`, `{ revision, author, reason }`: the config of that revision becomes a new one.

/** `GET /api/history`, the newest 1,000, newest first. */
export interface History {
  readonly revisions: readonly (Revision & { readonly changes: readonly Difference[] })[]
}

/** A setting that a revision changed; a JSON pointer into the config, and JSON before and after, null where absent. */
export interface Difference {
  readonly path: string
  readonly before: string | null
  readonly after: string | null
}

/** `GET /api/quality`. */
export interface Quality {
  readonly rejected: readonly {
    readonly stream: string | null
    readonly schema: string | null
    /** The path and rule that is broken, in words, without values. */
    readonly reason: string
    readonly count: number
    readonly last: string
    readonly example: unknown
  }[]
  /** By stream, SDK and browser family. `null` where events do not say. */
  readonly loss: readonly {
    readonly stream: string
    readonly sdk: string | null
    readonly browser: string | null
    readonly submitted: number
    readonly delivered: number
    readonly missing: number
    readonly unknown: number
    readonly duplicates: number
  }[]
  /** `meta.producer.skew_ms`, and from `dt` to `meta.dt`, by stream. */
  readonly skew: readonly Distribution[]
  readonly delay: readonly Distribution[]
}

/** In ms. */
export interface Distribution {
  readonly stream: string
  readonly count: number
  readonly p5: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** `GET /api/vitals?days=7`: by page and metric, weighted. */
export interface Vitals {
  readonly pages: readonly {
    readonly page: string
    readonly metrics: readonly {
      readonly name: 'LCP' | 'INP' | 'CLS'
      readonly p75: number
      /** Weighted number of measurements. */
      readonly count: number
      readonly rating: 'good' | 'needs-improvement' | 'poor'
      /** Shares, by web.dev's thresholds. */
      readonly good: number
      readonly needsImprovement: number
      readonly poor: number
    }[]
  }[]
}

/** `POST /api/query` with `{ sql }`. */
export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** JSON values; what JSON cannot hold (64-bit integers beyond 2^53, timestamps, intervals) as text. */
  readonly rows: readonly (readonly unknown[])[]
  readonly ms: number
  /** Whether there are more rows than are shown. */
  readonly truncated: boolean
}
// `POST /api/query/csv` and `/api/query/parquet` with `{ sql }` answer the file.

/** `GET /api/views`: what can be asked about. */
export interface Views {
  readonly views: readonly {
    readonly name: string
    /** The same view, by a name that needs no quotes. */
    readonly alias?: string
    readonly columns: readonly { readonly name: string; readonly type: string }[]
  }[]
}

/** `GET /api/queries`; `PUT /api/queries/NAME` with `{ sql }`, and `DELETE`. Files `NAME.sql` in the data folder. */
export interface SavedQueries {
  readonly queries: readonly { readonly name: string; readonly sql: string }[]
}
