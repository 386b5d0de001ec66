import type { Environment } from './environment.ts'
import { inWords } from './fields.ts'
import type { DebugSwitch } from './debug.ts'
import type { Event, Outcome, Problem } from './event.ts'
import type { Curation } from './settings.ts'
import type { ConfigPush } from './stream-config.ts'

/**
 * What `createClient` takes. Wrong names, kinds and URLs throw; the contents of the data options never do. `Schemas`
 * says which streams there are and what is submitted to them, as the files of `rivulet generate` do.
 */
export interface ClientOptions<Schemas extends StreamSchemas = StreamSchemas> {
  /** Where events go whose stream names no service of its own; absolute, or relative to the page. */
  readonly intakeUrl: string
  /** Where stream config is fetched from and refreshed. Without it, `streamConfigs` is all there is. */
  readonly streamConfigUrl?: string
  /** Stream config known at start, in the form in which the URL serves it. */
  readonly streamConfigs?: object
  /**
   * Where stream config is pushed from, so that a change is in force at once: `createConfigPush(url)` of
   * `rivulet/config-push`. It is listened to with consent, and told to other tabs of the same `streamConfigUrl`. Default:
   * none; `streamConfigUrl` is asked now and then.
   */
  readonly configPush?: ConfigPush
  /**
   * Whether an event is kept by its stream's `curation`: `curate` of `rivulet/curation`. Without it, the events of a
   * stream that has a `curation` do not go.
   */
  readonly curate?: Curate
  /**
   * Whether this browser is to send all events of the stream, marked so that they count nowhere: `createDebugSwitch()`
   * of `rivulet/debug`, or any such function. Default: never.
   */
  readonly debug?: DebugSwitch
  /**
   * What is known of each stream's schema: the `schemas` of a file that `rivulet generate` has written, or a function
   * that loads such a file when a stream's first event comes: `(stream) => import(…)`. Until it is there, events wait
   * undecided, within the stream's own bounds; what cannot be loaded is asked for again after 30 s,
   * then less and less often.
   */
  readonly schemas?: Schemas | LoadSchemas<Schemas>
  /** Ids of the host's own; those not given are made here. */
  readonly ids?: { readonly pageview?: string; readonly session?: string; readonly device?: string }
  /** JSON values that stream config may ask for by name, or a function that returns them; asked at each `submit`. */
  readonly context?: Readonly<Record<string, unknown>> | (() => Readonly<Record<string, unknown>>)
  /**
   * Takes out of events what is not to be kept or sent, before anything is stored: `createRedact(…)` of
   * `rivulet/redact`. Default: nothing is taken out.
   */
  readonly redact?: Redact
  /**
   * Last look at an event before it is validated and queued: return it, changed or not, or null to drop it. `id`,
   * `stream` and `producer` in its `meta` stay as they are. What waits undecided, which it has not seen, is not stored.
   */
  readonly beforeQueue?: (event: Event) => Event | null
  /**
   * `granted`; `pending`: events are held in memory, nothing is kept on the device or read there, and nothing is sent
   * but the request for stream config, which is made in any case; `denied`: nor are they held. Events of a stream whose
   * config says `consent: exempt` go all the same, from memory. Default: `granted`. `setConsent` changes it.
   */
  readonly consent?: Consent
  /** How many bytes of events are queued at most, of all clients of this origin. Default: 5,000,000. */
  readonly maxQueueBytes?: number
  /**
   * False: what a beacon took is not sent again, for an intake that keeps no ids; its outcome is `unconfirmed`.
   * Default: true.
   */
  readonly resend?: boolean
  /**
   * Given what waits for a destination whenever that changes, as a body: a net for pages that die without a word, as
   * `rivulet/fetch-later` has one. Only for an intake that keeps one event of each id. Default: none.
   */
  readonly net?: Net
  /** Told what became of each event of this client, while its page lives. */
  readonly onOutcome?: (outcome: Outcome) => void
  /** Fill `meta.dt`, for an intake that requires it and does not fill it. Default: false. */
  readonly fillMetaDt?: boolean
}

/** Whether an event is kept: all that the curation asks for holds. */
export type Curate = (event: Event, curation: Curation) => boolean

/**
 * Returns what is left, and leaves what it is given as it is. Given an event, before and after `beforeQueue`; of one
 * that waits undecided also its data, and, where `areValues`, the context that it has at hand, by name:
 * `page_title` is to become the field `page.title`.
 */
export type Redact = <Fields extends object>(fields: Fields, areValues?: boolean) => Fields

/** Whether events may be kept on the device and sent. */
export type Consent = 'granted' | 'pending' | 'denied'

/** Sends the body to the URL when the page is gone, in place of what it was given for this URL before. */
export type Net = (url: string, body: string) => void

/** What is known of the schemas of streams, by stream. */
export type StreamSchemas = { readonly [stream: string]: StreamSchema }

/** Loads a module whose export `schemas` has at least the stream. Called once for each stream, unless it fails. */
export type LoadSchemas<Schemas extends StreamSchemas> = (
  stream: string,
) => Promise<{ readonly schemas: Schemas }>

/** What the client knows of the schema that a stream carries. `Data` is what is submitted to it. */
export interface StreamSchema<Data extends object = object> {
  /** Named in events that name none: `/title/X.Y.Z`. */
  readonly $schema?: string
  /** False where the schema has no `dt`, or leaves it to the intake. Default: true. */
  readonly dt?: boolean
  /** Whether the schema has a `client_dt`, which then gets the time of the call. Default: false. */
  readonly client_dt?: boolean
  /** Whether the schema has a `sample`, which then gets the unit and rate that let the event through. Default: false. */
  readonly sample?: boolean
  /**
   * What is wrong with an event; nothing or an empty list where it is valid. One that throws lets the event pass, and
   * is told of once.
   */
  readonly validate?: (event: Event) => readonly Problem[] | undefined
  /** Never there: it tells the compiler what `submit` takes. */
  readonly data?: Data
}

/** Of what kind each option is. */
export const OPTIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    intakeUrl: 'http URL',
    streamConfigUrl: 'http URL',
    streamConfigs: 'object',
    configPush: 'function',
    curate: 'function',
    debug: 'function',
    schemas: 'object or function',
    ids: 'object',
    context: 'object or function',
    redact: 'function',
    beforeQueue: 'function',
    consent: 'granted or pending or denied',
    maxQueueBytes: 'number',
    resend: 'boolean',
    net: 'function',
    onOutcome: 'function',
    fillMetaDt: 'boolean',
  } satisfies Record<keyof ClientOptions, string>),
)

/**
 * Throws on the first wrong option, naming it, what came and what is wanted. A platform that takes
 * more checks all of them first.
 */
export function checkOptions(options: ClientOptions, resolve: Environment['resolve'], kinds = OPTIONS): void {
  for (const [name, value] of Object.entries({ ...options, intakeUrl: options?.intakeUrl as unknown })) {
    const wanted = kinds.get(name) ?? `one of ${[...kinds.keys()]}`
    const fits =
      wanted === 'http URL'
        ? typeof value === 'string' && resolve(value)
        : value !== null &&
          !Number.isNaN(value) &&
          [typeof value, value].some((word) => wanted.split(' or ').includes(word as string))
    const leftOut = value === undefined && name !== 'intakeUrl'
    if (!fits && !leftOut) {
      throw new TypeError(`createClient: ${name} is ${inWords(value)} (${typeof value}); wanted: ${wanted}`)
    }
  }
}
