import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client, ClientOptions, Outcome } from 'rivulet'
import type { FaultyIntake } from 'rivulet/testing'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { type Engine, type EngineBrowser, engines, PLAIN_HOST, type Tab } from '../../support/engines.ts'
import { openFaultyIntake } from '../../support/faulty-intake.ts'
import { type Files, serveSite } from '../../support/site.ts'
import { CANNOT } from './cannot.ts'

declare global {
  interface Window {
    client: Client
    createClient: (options: ClientOptions) => Client
    outcomes: Outcome[]
    /** What the client has said on the console. */
    said: string[]
    /** What went wrong in the page: exceptions that nobody caught, and violations of its policy. */
    complaints: string[]
  }
}

/** How many events a story submits, if it has no reason for another number. */
export const MANY = 200

/** How long a condition is waited for. */
export const PATIENCE = { timeout: 15_000, interval: 50 }

/** A site whose pages have a client, and the intake that they send to. */
export interface Scene {
  readonly site: string
  readonly intake: FaultyIntake
  /** Opens a page of the site in a tab of its own. */
  open(path: string): Promise<Tab>
  /** A browser of the story's own, which it may kill; the next one finds the same profile. */
  ownBrowser(): Promise<OwnBrowser>
}

export interface OwnBrowser {
  open(path: string): Promise<Tab>
  kill(): Promise<void>
}

export interface SceneOptions {
  /** Beside the URL and the streams; as JSON, since the page is served with them. */
  readonly options?: object
  /** Of the pages. `INTAKE` in them stands for the intake's origin. */
  readonly headers?: Readonly<Record<string, string>>
  /** Served beside the pages. `OPTIONS` in them stands for what a page's client is created with. */
  readonly files?: Files
  /** Runs in each page before any other script; as text, where it is to hold something of the test's. */
  readonly before?: (() => void) | string
  /** Whose `createClient` the pages call: `rivulet/webview`'s, say. Default: `rivulet`'s. */
  readonly entry?: 'browser' | 'webview'
  /** By a host name that is no secure context. */
  readonly insecure?: boolean
}

/** Tells a story in each of the engines that the run asks for, but for those that cannot (see `CANNOT`). */
export function story(name: string, tell: (engine: Engine) => Promise<void>): void {
  for (const engine of engines) {
    const reason = CANNOT[name]?.[engine.name]
    test(`${engine.name}: ${name}`, (context) => (reason ? context.skip(reason) : tell(engine)))
  }
}

/** Sets the scene; all of it ends with the test. */
export async function startScene(engine: Engine, given: SceneOptions = {}): Promise<Scene> {
  const intake = await openFaultyIntake()
  const { origin } = new URL(intake.intakeUrl)
  const options = {
    intakeUrl: intake.intakeUrl,
    streamConfigs: { streams: { 'web.click': {} } },
    schemas: { 'web.click': { $schema: '/web/click/1.0.0' } },
    ...given.options,
  }
  const headers = Object.entries(given.headers ?? {}).map(([name, value]) => [
    name,
    value.replaceAll('INTAKE', origin),
  ])
  const files = Object.entries(given.files ?? {}).map(([path, text]) => [
    path,
    text.replaceAll('OPTIONS', JSON.stringify(options)),
  ])
  const { before = () => {}, entry = 'browser' } = given
  const address = await serveSite(
    {
      '/before.js': `${NOTES};${typeof before === 'string' ? before : `(${before})()`}`,
      '/page.js': page(options, entry),
      ...Object.fromEntries(files),
    },
    {
      headers: Object.fromEntries(headers),
      head: `${engine.agent?.head ?? ''}<script src="/before.js"></script>`,
      agent: engine.agent?.handle,
    },
  )
  const site = given.insecure ? address.replace('127.0.0.1', PLAIN_HOST) : address

  let profile: string | undefined
  return {
    site,
    intake,
    open: async (path) => {
      const tab = await (await shared(engine)).open(site + path)
      // Other stories go on with this browser.
      onTestFinished(() => tab.close().catch(() => undefined))
      return tab
    },
    ownBrowser: async () => {
      if (!profile) {
        profile = await newProfile()
        const folder = profile
        onTestFinished(() => removeProfile(folder))
      }
      const { open, kill } = await engine.start(profile)
      onTestFinished(kill)
      return { open: (path) => open(site + path), kill }
    },
  }
}

const started = new Map<Engine, Promise<EngineBrowser>>()
const atTheEnd: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of atTheEnd.reverse()) await end()
})

/** One browser for all stories of a file: each has an origin of its own, and so storage of its own. */
function shared(engine: Engine): Promise<EngineBrowser> {
  const browser = started.get(engine) ?? start()
  started.set(engine, browser)
  return browser

  async function start(): Promise<EngineBrowser> {
    const profile = await newProfile()
    atTheEnd.push(() => removeProfile(profile))
    const browser = await engine.start(profile)
    atTheEnd.push(browser.kill)
    return browser
  }
}

const newProfile = () => mkdtemp(join(tmpdir(), 'rivulet-profile-'))

// What a browser wrote last may still be on its way.
const removeProfile = (profile: string) => rm(profile, { recursive: true, force: true, maxRetries: 10 })

/** First of all in each page, since the client may speak as soon as it is there. */
const NOTES = `
  window.said = []
  window.complaints = []
  const { warn } = console
  console.warn = (...words) => {
    if (String(words[0]).startsWith('rivulet:')) window.said.push(words.join(' '))
    warn.apply(console, words)
  }
  addEventListener('error', ({ message }) => window.complaints.push(message))
  addEventListener('unhandledrejection', ({ reason }) => window.complaints.push(String(reason)))
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    window.complaints.push('violated: ' + violatedDirective + ' by ' + blockedURI))
`

function page(options: object, entry: string): string {
  return `
    import { createClient } from '/rivulet/${entry}.js'
    window.createClient = createClient
    window.outcomes = []
    const onOutcome = (outcome) => { window.outcomes.push(outcome) }
    window.client = createClient({ ...${JSON.stringify(options)}, onOutcome })
  `
}

/** Submits one event for each action, in one task, and returns their ids. */
export function submit(tab: Tab, actions: readonly string[]): Promise<string[]> {
  return tab.run((actions) => actions.map((action) => window.client.submit('web.click', { action })), actions)
}

/** As many actions, numbered. */
export const actions = (count: number, name = 'act'): string[] =>
  Array.from({ length: count }, (_, i) => `${name}-${i}`)

/** Submits and leaves in one task; returns the events' ids once the next page is there. */
export async function submitAndLeave(
  tab: Tab,
  site: string,
  actions: readonly string[],
  path = '/plain',
): Promise<string[]> {
  await tab.run(
    ([actions, url]) => {
      const ids = actions.map((action) => window.client.submit('web.click', { action }))
      localStorage.setItem('ids', JSON.stringify(ids))
      location.href = url
    },
    [actions, site + path] as const,
  )
  await arrived(tab, path)
  return tab.run(() => JSON.parse(localStorage.getItem('ids') ?? '[]'))
}

/** Waits until the tab shows this page. */
export async function arrived(tab: Tab, path: string): Promise<void> {
  const look = () => tab.run(() => (document.readyState === 'complete' ? location.pathname : ''))
  // While the page changes there is nobody to ask.
  await expect.poll(() => look().catch(String), PATIENCE).toBe(path)
}

/**
 * Leaves the page and comes back to it; resolves to whether it came from the back/forward cache, which Firefox keeps a page
 * out of at times though nothing of it is under way.
 */
export async function leaveAndComeBack(
  tab: Tab,
  site: string,
  meanwhile: () => unknown = () => {},
): Promise<boolean> {
  const path = await tab.run(() => {
    addEventListener('pageshow', ({ persisted }) => {
      document.documentElement.dataset.persisted = String(persisted)
    })
    return location.pathname
  })
  await tab.goto(`${site}/plain/away`)
  await meanwhile()
  await tab.back()
  await arrived(tab, path)
  return tab.run(() => document.documentElement.dataset.persisted === 'true')
}

/** Tells it again, in a scene of its own each time, until the page came from the back/forward cache. */
export async function untilKept(tell: () => Promise<boolean>): Promise<void> {
  const TIMES = 4
  for (let time = 0; time < TIMES; time++) if (await tell()) return
  expect.fail(`The page was left ${TIMES} times, and never came from the back/forward cache.`)
}

/**
 * Waits until the intake has these events; then it has no others, and the numbers of each client instance have no gap.
 * It keeps what arrives twice once, by `meta.id`.
 */
export async function expectAll(intake: FaultyIntake, ids: readonly string[]): Promise<void> {
  const missing = () => ids.filter((id) => !intake.timesAccepted(id)).length
  await expect.poll(missing, PATIENCE).toBe(0)

  const events = intake.events().filter(({ meta }) => meta.stream === 'web.click')
  expect(events.map(({ meta }) => meta.id).sort()).toEqual([...ids].sort())
  expect(gapsIn(events.map(({ meta }) => meta.producer))).toEqual([])
}

/**
 * Where the tabs are all seen, they take turns, and no event is sent twice. A hidden one does not wait for its turn, which
 * may be its last; only WebKit has each in a window of its own.
 */
export async function expectNoneTwice(
  intake: FaultyIntake,
  ids: readonly string[],
  tabs: readonly Tab[],
): Promise<void> {
  const seen = await Promise.all(tabs.map((tab) => tab.run(() => document.visibilityState === 'visible')))
  if (seen.every(Boolean)) expect(ids.filter((id) => intake.timesAccepted(id) > 1)).toEqual([])
}

/** Of instances that have given numbers 1 to n, those of which one is missing. */
function gapsIn(producers: readonly { id: string; seq?: number }[]): string[] {
  const instances = new Set(producers.map(({ id }) => id))
  return [...instances].filter((instance) => {
    const numbers = producers.flatMap(({ id, seq }) => (id === instance ? [seq!] : []))
    return Math.max(...numbers) !== new Set(numbers).size
  })
}

/** Waits until these events are in the page's store. */
export async function expectWritten(
  tab: Tab,
  ids: readonly string[],
  patience: { timeout: number } = PATIENCE,
): Promise<void> {
  await expect.poll(() => countWritten(tab, ids), patience).toBe(ids.length)
}

/** Waits until nothing of these events is in the page's store any more. */
export async function expectForgotten(tab: Tab, ids: readonly string[]): Promise<void> {
  await expect.poll(() => countWritten(tab, ids), PATIENCE).toBe(0)
}

/** The client's IndexedDB database, with the version of its layout. */
export const DATABASE = 'rivulet/1'

/** How many of these events are in the page's store, in whatever records. */
function countWritten(tab: Tab, ids: readonly string[]): Promise<number> {
  return tab.run(
    ([name, ids]) =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open(name)
        // Not there yet: an empty one must not stay in the client's way.
        opening.onupgradeneeded = () => opening.transaction?.abort()
        opening.onerror = () => (opening.error?.name === 'AbortError' ? resolve(0) : reject(opening.error))
        opening.onsuccess = () => {
          const database = opening.result
          const records = database.transaction('queue').objectStore('queue').getAll()
          records.onerror = () => reject(records.error)
          records.onsuccess = () => {
            database.close()
            const text = JSON.stringify(records.result)
            resolve(ids.filter((id) => text.includes(id)).length)
          }
        }
      }),
    [DATABASE, ids] as const,
  )
}
