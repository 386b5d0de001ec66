import type { Environment } from './environment.ts'
import type { DropReason } from './event.ts'
import { attempt, type Fields, fieldsOf } from './fields.ts'
import type { Sample } from './sample.ts'

/** What is in force for one stream. */
export interface StreamConfig {
  /** Why none of its events goes: it is switched off, or its settings cannot be used. */
  readonly reason?: DropReason | undefined
  /** What about the settings is the cause. */
  readonly why: string
  readonly revision?: string | undefined
  /** Where its events go. */
  readonly url: string
  /** Its events are queued, and stay there until that changes. */
  readonly held: boolean
  /** The stream that its events go to instead: where they go and how they are queued, that one's settings say. */
  readonly target?: string | undefined
  /** Absent: every unit is kept. */
  readonly sample?: Sample | undefined
  readonly provideValues: readonly string[]
  /** What has to hold for an event to be kept, by the name of a value, then by operator. */
  readonly curation?: Curation | undefined
  /** Events of one minute and page, at most. */
  readonly maxPerMinute: number
  /** In ms: what is queued for longer expires. */
  readonly longestWait: number
  /** Who goes first when not all can: 1 before 0 before -1. */
  readonly priority?: number | undefined
  /** Its events are kept in memory only. */
  readonly volatile: boolean
  /** Its events go without consent, from memory. */
  readonly exempt: boolean
  /** Its events go also where the visitor's browser asks for privacy (Global Privacy Control). */
  readonly ignoresGpc: boolean
}

/** Operators and operands, by the name of a value. It is data, and its operands may be anything. */
export type Curation = { readonly [value: string]: { readonly [operator: string]: unknown } }

/** A stream config, read. */
export interface Config {
  readonly revision?: string | undefined
  readonly refreshSeconds: number
  /** By its name, else by the first pattern that it matches; `unconfigured` where there is none. */
  of(stream: string): StreamConfig
}

/** What URLs in a config are read by. */
export interface Base extends Pick<Environment, 'resolve'> {
  /** Destination of streams that name no other service. */
  readonly intakeUrl: string
}

/** Of a stream, under `producers`, as far as they are known here. It is data, and may be anything. */
interface Settings {
  readonly state?: unknown
  readonly provide_values?: unknown
  readonly curation?: unknown
  readonly stream_name?: unknown
  readonly sampling?: unknown
  readonly priority?: unknown
  readonly storage?: unknown
  readonly max_per_minute?: number
  readonly max_age_seconds?: number
  readonly consent?: unknown
  readonly gpc?: unknown
}

const PRIORITIES: readonly unknown[] = ['low', 'normal', 'high']

/** The words that a setting knows. */
const WORDS: Readonly<Record<string, readonly unknown[]>> = {
  state: ['on', 'hold', 'off'],
  priority: PRIORITIES,
  storage: ['durable', 'memory'],
  consent: ['required', 'exempt'],
  gpc: ['respect', 'ignore'],
} satisfies Partial<Record<keyof Settings, readonly unknown[]>>

const REFRESH_SECONDS = 300
const LONGEST_AGE_SECONDS = 7 * 24 * 3600

/** Reads a config as EventStreamConfig's API serves it, or the bare map of streams. Throws where there is none in it. */
export function readConfig(config: unknown, base: Base): Config {
  const { streams: wrapped, ...top } = fieldsOf(config)
  const found = Object.entries(fieldsOf(wrapped ?? top))
  if (!found.length) throw new Error('no streams in it')
  const { services, revision: written, refresh_seconds } = wrapped ? top : ({} as Fields)
  const revision = written ? String(written) : undefined

  function streamConfig(found: unknown): StreamConfig {
    const stream = fieldsOf(found)
    const { metrics_platform_client, rivulet } = fieldsOf(stream.producers)
    const settings: Fields & Settings = { ...fieldsOf(metrics_platform_client), ...fieldsOf(rivulet) }
    const {
      state,
      provide_values,
      curation,
      stream_name,
      sampling,
      priority = 'normal',
      storage,
      max_per_minute = Infinity,
      max_age_seconds = LONGEST_AGE_SECONDS,
      consent,
      gpc,
    } = settings
    const share = stream.sample ?? sampling
    const sample = sampleOf(share)
    const service = fieldsOf(services)[String(stream.destination_event_service)]
    const url = base.resolve(typeof service === 'string' ? service : base.intakeUrl)
    const wrong =
      (found !== stream && 'settings') ||
      (share && !sample && 'sample') ||
      Object.keys(WORDS).find(
        (name) => settings[name] !== undefined && !WORDS[name]?.includes(settings[name]),
      ) ||
      (!isAmount(max_per_minute) && 'max_per_minute') ||
      (!isAmount(max_age_seconds) && 'max_age_seconds') ||
      (!url && 'destination_event_service')
    return {
      reason: state === 'off' ? 'killed' : wrong ? 'unconfigured' : undefined,
      why: wrong ? `${wrong}: ${JSON.stringify(found)}` : '',
      revision,
      url: url ?? '',
      held: state === 'hold',
      target: stream_name ? String(stream_name) : undefined,
      sample,
      provideValues: Array.isArray(provide_values) ? provide_values : [],
      curation: curation ? (fieldsOf(curation) as Curation) : undefined,
      maxPerMinute: max_per_minute,
      longestWait: max_age_seconds * 1000,
      priority: PRIORITIES.indexOf(priority) - 1,
      volatile: storage === 'memory',
      exempt: consent === 'exempt',
      ignoresGpc: gpc === 'ignore',
    }
  }

  const streams = new Map(found.map(([name, settings]) => [name, streamConfig(settings)]))
  const patterns = [...streams].map(([name, config]) => ({ pattern: patternIn(name), config }))
  const unknown: StreamConfig = { ...streamConfig({}), reason: 'unconfigured', why: 'not in the config' }
  return {
    revision,
    refreshSeconds: Math.max(1, Number(refresh_seconds) || REFRESH_SECONDS),
    of: (stream) => {
      const config = find(stream)
      return config.target ? redirected(config, find(config.target)) : config
    },
  }

  function find(stream: string): StreamConfig {
    return streams.get(stream) ?? patterns.find(({ pattern }) => pattern?.test(stream))?.config ?? unknown
  }
}

/** By one hop, as in the family: whether the target has a target is not looked at. */
function redirected(config: StreamConfig, target: StreamConfig): StreamConfig {
  const { url, priority, longestWait, volatile, held, reason, why } = target
  return {
    ...config,
    ...{ url, priority, longestWait, volatile },
    held: config.held || held,
    reason: config.reason ?? reason,
    why: config.why || (why && `stream_name: ${why}`),
  }
}

/** A name `/…/flags` stands for all that it matches, as in EventStreamConfig; what JavaScript cannot read, for none. */
export function patternIn(name: string): RegExp | undefined {
  const [whole, source = '', flags] = /^\/(.*)\/([imsu]*)$/.exec(name) ?? []
  // PCRE knows more; `rivulet streams lint` tells of it.
  return whole ? attempt(() => new RegExp(source, flags)) : undefined
}

/** Whether `a` is an older revision than `b`: they compare by their runs of digits, as numbers. */
export function isOlder(a: string, b: string): boolean {
  return digitsOf(a).localeCompare(digitsOf(b), 'en', { numeric: true }) < 0
}

function digitsOf(revision: string): string {
  return revision.replace(/\D+/g, ' ').trim()
}

function isAmount(found: unknown): found is number {
  return typeof found === 'number' && found >= 0
}

/** Undefined where it is none. */
function sampleOf(found: unknown): Sample | undefined {
  const { unit, rate } = fieldsOf(found) as Partial<Sample>
  const isUnit = /^(pageview|session|device)$/.test(String(unit))
  return isUnit && isAmount(rate) && rate <= 1 ? ({ unit, rate } as Sample) : undefined
}
