/** What a feature team hands to `submit`: the fields of its schema. `$schema`, `dt` and `meta` may be left out. */
export type EventData = { readonly meta?: GivenMeta; readonly [field: string]: unknown }

/** What may be told of an event beside its data. It stays as it is, under each other name, too. */
export interface GivenMeta {
  /** The id of the event that it follows from, as `submit` has returned it; or of several. */
  readonly cause?: string | readonly string[] | undefined
  /** The request in which it came about: one id through all services. */
  readonly request_id?: string | undefined
  readonly [field: string]: unknown
}

/** An event as the intake gets it. `meta` and `dt` are Rivulet's, the rest is the caller's. */
export interface Event {
  $schema?: string
  dt?: string | undefined
  meta: EventMeta
  [field: string]: unknown
}

/** What the platform, not the schema's team, needs to know. Other keys of the caller's stay. */
export interface EventMeta {
  /** Made once, at `submit`, and kept through every retry: what is sent twice can be kept once. */
  id: string
  stream: string
  domain?: string | undefined
  producer: Producer
  cause?: string | readonly string[] | undefined
  request_id?: string | undefined
  [field: string]: unknown
}

/** What an analyst needs to weight an event and to see a gap. */
export interface Producer {
  /** Name and version of this SDK. */
  sdk: string
  /** The client instance. */
  id: string
  /** Counts from 1 per instance and stream, without gaps; given after sampling and validation. */
  seq?: number
  /** The unit by which the stream is sampled; absent where it is not. */
  unit?: string | undefined
  rate: number
  /** Revision of the config that decided. */
  revision?: string | undefined
  /** Forced into the sample by the debug switch: it stands for nothing, has no `seq`, and is to be counted nowhere. */
  debug?: true
}

/** One thing wrong with an event: where, and which rule of its schema says so. */
export interface Problem {
  /** JSON pointer into the event; '' is the event itself. */
  readonly path: string
  /** The schema's keyword that is not kept (`required`, `type`, …), or a word for what else was wrong. */
  readonly keyword: string
  readonly message?: string
}

/** Why an event did not, or will never, reach the intake. */
export type DropReason =
  | 'unconfigured' // no config for the stream, or one that cannot be used
  | 'killed' // the stream's state is `off`
  | 'out-of-sample'
  | 'no-id' // sampled by a unit for which there is no id
  | 'curated' // what its stream's `curation` asks for does not hold
  | 'invalid' // not what its schema asks for, or no object at all
  | 'before-queue' // the host's `beforeQueue` returned null or another event, or threw
  | 'unserializable' // cyclic, a BigInt, a getter or a `redact` that throws
  | 'too-large' // over 90 kB of JSON
  | 'no-page' // submitted where there is no page, as on a server that renders one
  | 'closed' // submitted after `close()`, or unsent then and in memory only
  | 'consent' // it is denied, or was withdrawn while the event was queued
  | 'gpc' // the visitor's browser asks for privacy, and the stream respects it
  | 'limited' // more of its stream in one minute and page than `max_per_minute`
  | 'evicted' // the queue was full, and this one of the lowest priority the oldest
  | 'expired' // queued for longer than `max_age_seconds`, or for a week without a config
  | 'refused' // by the intake, for good
  | 'unconfirmed' // with `resend: false`: a beacon took it, which nobody answers for

/** What became of an event. Every submitted event comes to exactly one. */
export type Outcome = Fate & { readonly stream: string; readonly id: string }

/** An outcome, without saying of which event. */
export type Fate =
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'dropped'
      readonly reason: DropReason
      readonly problems?: readonly Problem[] | undefined
    }
