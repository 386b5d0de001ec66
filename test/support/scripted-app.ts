import { createClient } from '../../src/core/client.ts'
import type { Event, Outcome } from '../../src/core/event.ts'
import type { ClientOptions } from '../../src/core/options.ts'
import type { AppMessage, Connect } from '../../src/environments/bridge.ts'
import { createWebviewClient } from '../../src/environments/webview.ts'
import type { TestClient } from './client.ts'
import {
  createOrigin,
  createTestEnvironment,
  type Origin,
  type TestEnvironmentOptions,
  URLS,
} from './environment.ts'

export const SESSION = '3f0c51a2b7d94e60aa12'
export const DEVICE = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d'

/** What an app says that knows all of the protocol. */
export const HELLO = {
  type: 'hello',
  capabilities: ['ack', 'config', 'consent', 'ids'],
  ids: { session: SESSION, device: DEVICE },
  consent: 'granted',
} satisfies AppMessage

/** What a page says. */
export interface PageMessage {
  readonly type: 'hello' | 'events'
  readonly url?: string
  readonly events?: readonly Event[]
}

/** An app, scripted. It outlives its pages. */
export interface App {
  /** For each page of it in turn; it speaks to the last one. */
  readonly connect: Connect
  readonly origin: Origin
  /** All that pages have said. */
  readonly said: readonly PageMessage[]
  /** On its disk, by `meta.id`. */
  readonly taken: ReadonlyMap<string, Event>
  /** By `meta.id`, how often it was handed the event. */
  timesHanded(id: string): number
  say(message: AppMessage): void
  /** From now on it does this with what it hears. */
  behave(script: Partial<Script>): void
}

/** What an app does with what it hears. */
export interface Script {
  /** False: there is no app, or it is dead. */
  readonly isThere: boolean
  /** Its answer to a page's hello; undefined: none. */
  readonly hello: AppMessage | undefined
  /** In ms. */
  readonly helloAfter: number
  /** What it does with events: by default it writes them, and acks them. */
  readonly onEvents: (events: readonly Event[], app: Keeper) => void
}

/** What a script for events is written in. */
export interface Keeper {
  /** Writes events to the disk. */
  write(events: readonly Event[]): void
  /** In `ms`, at once by default. */
  ack(events: readonly Event[], ms?: number): void
  say(message: AppMessage, ms?: number): void
}

export const takesAll: Script['onEvents'] = (events, { write, ack }) => {
  write(events)
  ack(events)
}

export function createApp(given: Partial<Script> = {}, origin = createOrigin()): App {
  let script: Script = { isThere: true, hello: HELLO, helloAfter: 0, onEvents: takesAll, ...given }
  const said: PageMessage[] = []
  const taken = new Map<string, Event>()
  let hear = (_: AppMessage) => {}

  const say = (message: AppMessage) => hear(structuredClone(message))
  const later = (message: AppMessage, ms = 0) => {
    const page = hear
    // It speaks to the page that it has heard, which may have gone.
    origin.clock.after(ms, () => page(structuredClone(message)))
  }
  const keeper: Keeper = {
    write: (events) => {
      for (const event of events) if (!taken.has(event.meta.id)) taken.set(event.meta.id, event)
    },
    ack: (events, ms) => later({ type: 'ack', acks: acksOf(events) }, ms),
    say: later,
  }

  function receive(message: PageMessage): void {
    said.push(message)
    if (message.type === 'hello' && script.hello) later(script.hello, script.helloAfter)
    if (message.events) script.onEvents(message.events, keeper)
  }

  return {
    origin,
    said,
    taken,
    connect: (onMessage) => {
      hear = onMessage
      return (message) => {
        if (script.isThere) receive(structuredClone(message) as PageMessage)
        return script.isThere
      }
    },
    timesHanded: (id) =>
      said.flatMap(({ events = [] }) => events).filter(({ meta }) => meta.id === id).length,
    say,
    behave: (next) => {
      script = { ...script, ...next }
    },
  }
}

export function acksOf(events: readonly Event[]): Record<string, true> {
  return Object.fromEntries(events.map(({ meta }) => [meta.id, true as const]))
}

export interface PageSetup {
  readonly options?: Partial<ClientOptions>
  readonly environment?: TestEnvironmentOptions
  readonly helloTimeout?: number
}

/** A page in the app, and what became of its events. Not even a moment has passed. */
export function openPage(
  app: App,
  { options = {}, environment = {}, helloTimeout }: PageSetup = {},
): TestClient {
  const test = createTestEnvironment({ origin: app.origin, ...environment })
  const outcomes: Outcome[] = []
  const client = createWebviewClient(
    { ...URLS, onOutcome: (outcome) => outcomes.push(outcome), ...options },
    test.environment,
    createClient,
    app.connect,
    helloTimeout,
  )
  return { ...test, client, outcomes }
}
