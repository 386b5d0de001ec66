import type { Environment } from './environment.ts'
import type { DropReason } from './event.ts'
import { type Fields, fieldsOf } from './fields.ts'
import { delayAfter } from './retry.ts'
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
  /** Absent: every unit is kept. */
  readonly sample?: Sample | undefined
  readonly provideValues: readonly string[]
  /** Events of one minute and page, at most. */
  readonly maxPerMinute: number
  /** In ms: what is queued for longer expires. */
  readonly longestWait: number
  /** Who goes first when not all can: 1 before 0 before -1. */
  readonly priority?: number | undefined
  /** Its events are kept in memory only. */
  readonly volatile: boolean
}

/** The newest good config, refreshed behind the reader's back. */
export interface StreamConfigs {
  /** Undefined while there is no config that may decide. */
  of(stream: string): StreamConfig | undefined
  /** Why the last config that came was not taken; empty where it was. */
  trouble(): string
  /** Asks for the newest. */
  refresh(): void
  close(): void
}

/** What stream configs work with. */
export interface StreamConfigsOptions {
  /** Known at the start. It is data: where it is malformed it counts as none. */
  readonly given?: unknown
  readonly url?: string | undefined
  /** Destination of streams that name no other service. */
  readonly intakeUrl: string
  readonly environment: Environment
  /** Whether anything may be asked for. */
  allowed(): boolean
  /** Called when a config came. */
  onConfig(): void
}

/** Of a stream, under `producers`, as far as they are known here. It is data, and may be anything. */
interface Settings {
  readonly state?: unknown
  readonly provide_values?: unknown
  readonly priority?: string
  readonly storage?: string
  readonly max_per_minute?: number
  readonly max_age_seconds?: number
}

const PRIORITIES = ['low', 'normal', 'high']

const REFRESH_SECONDS = 300
const LONGEST_AGE = 7 * 24 * 3_600_000
/** What is longer is something else, and parsing it would be felt. */
const LONGEST_TEXT = 1_000_000

/** Config from where it can be had: kept from the last visit, given, and fetched, of which the newest is in force. */
export function createStreamConfigs({
  given,
  url,
  intakeUrl,
  environment,
  allowed,
  onConfig,
}: StreamConfigsOptions): StreamConfigs {
  const { memo, now, after, warn } = environment
  // The 1 is the version of the layout: when a config was fetched, and the config.
  const memoKey = `config/1 ${url}`
  let streams: Map<string, StreamConfig> | undefined
  let revision: string | undefined
  let refreshSeconds = REFRESH_SECONDS
  let trouble = ''
  let failures = 0
  let cancel = () => {}
  let closed = false

  /** Puts a config into force unless it is none, or older than the one that is: then it throws. */
  function adopt(config: unknown): void {
    // As EventStreamConfig's API serves it, or the bare map.
    const { streams: wrapped, ...top } = fieldsOf(config)
    const found = Object.entries(fieldsOf(wrapped ?? top))
    if (!found.length) throw new Error('no streams in it')
    const { services, revision: next, refresh_seconds } = wrapped ? top : ({} as Fields)
    // Without a revision, what came last is newest.
    if (next && revision && digitsOf(next).localeCompare(digitsOf(revision), 'en', { numeric: true }) < 0) {
      throw new Error(`revision ${next} is older than ${revision}`)
    }
    revision = next ? String(next) : undefined
    refreshSeconds = Math.max(1, Number(refresh_seconds) || REFRESH_SECONDS)
    streams = new Map(found.map(([name, settings]) => [name, configOf(settings, fieldsOf(services))]))
  }

  function configOf(found: unknown, services: Fields = {}): StreamConfig {
    const settings = fieldsOf(found)
    const { metrics_platform_client, rivulet } = fieldsOf(settings.producers)
    const {
      state = 'on',
      provide_values,
      priority = 'normal',
      storage = 'durable',
      max_per_minute = Infinity,
      max_age_seconds = LONGEST_AGE / 1000,
    } = { ...fieldsOf(metrics_platform_client), ...fieldsOf(rivulet) } as Settings
    const sample = sampleOf(settings.sample)
    const service = services[String(settings.destination_event_service)]
    const url = environment.resolve(typeof service === 'string' ? service : intakeUrl)
    const wrong =
      (found !== settings && 'settings') ||
      (settings.sample && !sample && 'sample') ||
      (state !== 'on' && 'state') ||
      (!PRIORITIES.includes(priority) && 'priority') ||
      (!['durable', 'memory'].includes(storage) && 'storage') ||
      (!isAmount(max_per_minute) && 'max_per_minute') ||
      (!isAmount(max_age_seconds) && 'max_age_seconds') ||
      (!url && 'destination_event_service')
    return {
      reason: state === 'off' ? 'killed' : wrong ? 'unconfigured' : undefined,
      why: wrong ? `${wrong}: ${JSON.stringify(found)}` : '',
      revision,
      url: url ?? '',
      sample,
      provideValues: Array.isArray(provide_values) ? provide_values : [],
      maxPerMinute: max_per_minute,
      longestWait: max_age_seconds * 1000,
      priority: PRIORITIES.indexOf(priority) - 1,
      volatile: storage === 'memory',
    }
  }

  async function refresh(): Promise<void> {
    if (!url || !allowed()) return
    // Without consent, it could not be looked at before.
    if (!streams && !failures) take(recall)
    const { status, text } = await environment.get(url)
    take(() => {
      if (status !== 200 || text.length > LONGEST_TEXT) {
        throw new Error(`status ${status}, ${text.length} characters: ${text.slice(0, 99)}`)
      }
      const config = JSON.parse(text)
      adopt(config)
      memo.write(memoKey, JSON.stringify([now(), config]))
      onConfig()
    })
    cancel()
    if (closed) return
    cancel = after(streams ? refreshSeconds * 1000 : delayAfter(failures, environment.random()), refresh)
  }

  function recall(): void {
    const [at, config] = JSON.parse(memo.read(memoKey) ?? '[0]')
    if (now() - at < LONGEST_AGE) adopt(config)
  }

  /** What is no config changes nothing. One line in the console for each change of state. */
  function take(work: () => void): void {
    try {
      work()
      trouble = ''
      failures = 0
    } catch (cause) {
      if (!trouble) warn('stream config not taken', cause)
      trouble = String(cause)
      failures++
    }
  }

  const unknown: StreamConfig = { ...configOf({}), reason: 'unconfigured', why: 'not in the config' }

  // What the last visit left decides at once, unless the page brings something newer.
  take(recall)
  if (given) take(() => adopt(given))
  void refresh()
  const stop = environment.onPhase((phase) => {
    if (phase === 'visible') void refresh()
  })
  return {
    of: (stream) => (streams || !url ? (streams?.get(stream) ?? unknown) : undefined),
    trouble: () => trouble,
    refresh,
    close: () => {
      closed = true
      stop()
      cancel()
    },
  }
}

/** Revisions compare by their runs of digits. */
function digitsOf(revision: unknown): string {
  return String(revision).replace(/\D+/g, ' ').trim()
}

function isAmount(found: unknown): boolean {
  return typeof found === 'number' && found >= 0
}

/** Undefined where it is none. */
function sampleOf(found: unknown): Sample | undefined {
  const { unit, rate } = fieldsOf(found) as Partial<Sample>
  const known = /^(pageview|session|device)$/.test(String(unit))
  return known && typeof rate === 'number' && rate >= 0 && rate <= 1 ? ({ unit, rate } as Sample) : undefined
}
