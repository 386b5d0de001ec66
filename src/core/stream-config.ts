import type { Environment } from './environment.ts'
import { delayAfter } from './retry.ts'
import { type Config, isOlder, readConfig, type StreamConfig } from './settings.ts'

/** The newest good config, refreshed behind the reader's back. */
export interface StreamConfigs {
  /** Undefined while there is no config that may decide. */
  of(stream: string): StreamConfig | undefined
  /** Why the last config that came was not taken; empty where it was. */
  trouble(): string
  /** When the config in force came from its URL, in ms since 1970; 0 where it was given, or there is none. */
  since(): number
  /** What may be asked for has changed: asks for the newest, and listens anew to what is pushed. */
  restart(): void
  close(): void
}

/**
 * Calls back with each stream config that is pushed, as text, until the returned function ends it. Where `alone` may
 * make it wait for its turn, one tab of an origin listens for all.
 */
export type ConfigPush = (
  environment: Pick<Environment, 'after' | 'alone' | 'onPhase' | 'phase'>,
  onConfig: (text: string) => void,
) => () => void

/** What stream configs work with. */
export interface StreamConfigsOptions {
  /** Known at the start. It is data: where it is malformed it counts as none. */
  readonly given?: unknown
  readonly url?: string | undefined
  /** Begins to listen to what is pushed, where that may be. */
  readonly push?: (...given: Parameters<ConfigPush>) => ReturnType<ConfigPush> | undefined
  /** Destination of streams that name no other service. */
  readonly intakeUrl: string
  readonly environment: Environment
  /** Whether anything may be asked for. */
  allowed(): boolean
  /** Called when a config came. */
  onConfig(): void
}

const LONGEST_AGE = 7 * 24 * 3_600_000
/** What is longer is something else, and parsing it would be felt. */
const LONGEST_TEXT = 1_000_000

/**
 * Config from where it can be had: kept from the last visit, given, fetched, pushed, and told by other tabs, of which the
 * newest is in force.
 */
export function createStreamConfigs({
  given,
  url = '',
  push,
  intakeUrl,
  environment,
  allowed,
  onConfig,
}: StreamConfigsOptions): StreamConfigs {
  const { memo, now, random, after, tell, warn, inForce = (config) => config } = environment
  // The 1 is the version of the layout: when a config was fetched, and the config.
  const memoKey = `config/1 ${url}`
  const base = { intakeUrl, resolve: environment.resolve }
  let latest = ''
  // Without a URL, what is given is all there will be.
  let config: Config | undefined = url ? undefined : readConfig({ streams: { '': {} } }, base)
  let since = 0
  let trouble = ''
  let failures = 0
  let cancel = () => {}
  let closed = false

  /** Puts a config into force unless it is none, or older than the one that is: then it throws. */
  function adopt(found: unknown, at = 0): void {
    const next = readConfig(found, base)
    // Without a revision, what came last is newest.
    if (next.revision && config?.revision && isOlder(next.revision, config.revision)) {
      throw new Error(`revision ${next.revision} is older than ${config.revision}`)
    }
    config = next
    since = at
  }

  async function refresh(): Promise<void> {
    if (!url || !allowed()) return
    // Without consent, it could not be looked at before.
    if (!config && !failures) take(recall)
    const { status, text } = await environment.get(url)
    if (!closed) share(text, status)
  }

  /** What came here is in force in all tabs of this origin, from this one request. */
  function share(text: string, status?: number): void {
    // The tab that asked last is the first to ask again, and tells the others before it is their turn.
    if (receive(text, 900, status)) tell({ config: { url, text } })
  }

  /** At each connection comes what is there, which mostly has just been asked for. */
  function pushed(text: string): void {
    if (text !== latest) share(text)
  }

  /** Whether it is in force now. For the next one it waits as many ms for each second between two requests. */
  function receive(text: string, patience: number, status = 200): boolean {
    const taken = take(() => {
      if (status !== 200 || text.length > LONGEST_TEXT) {
        throw new Error(`status ${status}, ${text.length} characters: ${text.slice(0, 99)}`)
      }
      const found = JSON.parse(text)
      adopt(found, now())
      memo.write(memoKey, JSON.stringify([since, found]))
      latest = text
      onConfig()
    })
    cancel()
    const ms = config && Math.max(1000, config.refreshSeconds * patience)
    cancel = after(ms ?? delayAfter(failures, random()), refresh)
    return taken
  }

  function recall(): void {
    const [at, found] = JSON.parse(memo.read(memoKey) ?? '[0]')
    if (now() - at < LONGEST_AGE) adopt(found, at)
  }

  /** What is no config changes nothing, which is false. One line in the console for each change of state. */
  function take(work: () => void): boolean {
    try {
      work()
      trouble = ''
      failures = 0
    } catch (cause) {
      if (!trouble) warn('stream config not taken', cause)
      trouble = String(cause)
      failures++
    }
    return !trouble
  }

  // What the last visit left decides at once, unless the page brings something newer.
  take(recall)
  if (given) take(() => adopt(given))
  void refresh()
  let stopPush = push?.(environment, pushed)
  const stops = [
    environment.onPhase((phase) => {
      if (phase === 'visible') void refresh()
    }),
    environment.onTold(({ config }) => {
      if (url && config?.url === url) receive(config.text, 1000)
    }),
  ]
  return {
    of: (stream) => config && inForce(config.of(stream)),
    trouble: () => trouble,
    since: () => since,
    restart: () => {
      if (closed) return
      stopPush?.()
      stopPush = push?.(environment, pushed)
      void refresh()
    },
    close: () => {
      closed = true
      stopPush?.()
      for (const stop of stops) stop()
      cancel()
    },
  }
}
