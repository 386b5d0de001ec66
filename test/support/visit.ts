import type { BrowserContext, Page } from 'playwright'
import type { Client, ClientOptions, Outcome } from 'rivulet'
import { expect, onTestFinished } from 'vitest'
import { type Relay, startRelay } from './relay.ts'
import { serveSite } from './site.ts'
import { type StoredEvent, startWebIntake, type WebIntake } from './web-intake.ts'

declare global {
  interface Window {
    /** The page's client, and what it has said of its events. */
    client: Client
    outcomes: Outcome[]
    createClient: (options: ClientOptions) => Client
    options: ClientOptions
  }
}

/** A site whose pages have a client, and the intake that they send to, through a relay. */
export interface Web {
  readonly site: string
  readonly relay: Relay
  readonly intake: WebIntake
  /** What the pages' client is created with, but for its callback. */
  readonly options: ClientOptions
}

/** A page that was opened, and what it said against itself. */
export interface Visit {
  readonly page: Page
  /** What the client wrote to the console. */
  readonly warnings: readonly string[]
  /** Exceptions that nobody caught, errors in the console and violations of the page's policy. */
  readonly complaints: readonly string[]
}

export interface WebOptions {
  /** Options of the client beside the URLs: as JSON, since a page is served with them. */
  readonly options?: Partial<ClientOptions>
  /**
   * Lines of the pages' module that make the options which JSON cannot hold: they assign to `more`, and import from
   * `/rivulet/…`. `INTAKE` in them stands for the intake's URL.
   */
  readonly more?: string
  /** Headers of the pages; `RELAY` in them stands for the relay's URL. */
  readonly headers?: Readonly<Record<string, string>>
}

/** How long a condition is waited for. */
export const PATIENCE = { timeout: 20_000, interval: 50 }

const SCHEMA = { $schema: '/web/click/1.0.0' }

/** Starts all three; they end with the test. */
export async function startWeb({ options = {}, more = '', headers = {} }: WebOptions = {}): Promise<Web> {
  const intake = await startWebIntake()
  const relay = await startRelay(intake.url)
  const all = {
    intakeUrl: `${relay.url}/v1/events`,
    streamConfigUrl: `${relay.url}/v1/stream-configs`,
    schemas: { 'web.click': SCHEMA, 'web.view': SCHEMA },
    ...options,
  }
  const script = `
    import { createClient } from '/rivulet/browser.js'
    const more = {}
    ${more.replaceAll('INTAKE', intake.url)}
    window.createClient = createClient
    window.outcomes = []
    window.options = { ...${JSON.stringify(all)}, ...more, onOutcome: (outcome) => { window.outcomes.push(outcome) } }
    window.client = createClient(window.options)
  `
  const filled = Object.entries(headers).map(([name, value]) => [name, value.replaceAll('RELAY', relay.url)])
  const site = await serveSite({ '/page.js': script }, { headers: Object.fromEntries(filled) })
  return { site, relay, intake, options: all }
}

/** Opens a page; its client is there when this resolves. */
export async function visit(context: BrowserContext, url: string): Promise<Visit> {
  const page = await context.newPage()
  const warnings: string[] = []
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.text().startsWith('rivulet:')) warnings.push(message.text())
    // A request that fails is told by the browser itself, whatever the page does.
    else if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  page.on('pageerror', ({ message }) => complaints.push(message))
  await page.goto(url)
  return { page, warnings, complaints }
}

/** Submits one event for each action, in one task, and returns their ids. */
export function submit(page: Page, ...actions: readonly string[]): Promise<string[]> {
  return page.evaluate(
    (actions) => actions.map((action) => window.client.submit('web.click', { action })),
    actions,
  )
}

/** As many actions, numbered. */
export const actions = (count: number, name = 'act'): string[] =>
  Array.from({ length: count }, (_, i) => `${name}-${i}`)

/** Waits until exactly these events are stored, each once, whatever their order; returns them in that of the ids. */
export async function expectStored(intake: WebIntake, ids: readonly string[]): Promise<StoredEvent[]> {
  const wanted = [...ids].sort()
  await expect.poll(async () => idsOf(await intake.stored()), PATIENCE).toEqual(wanted)
  const events = await intake.stored()
  return wanted.map((id) => events.find(({ meta }) => meta.id === id)!)
}

/** The ids of events, in order. */
export const idsOf = (events: readonly StoredEvent[]): string[] => events.map(({ meta }) => meta.id).sort()

/** Waits until the page's client has told of as many outcomes, and returns them. */
export async function outcomes(page: Page, count: number): Promise<Outcome[]> {
  await page.waitForFunction((count) => window.outcomes.length >= count, count, PATIENCE)
  return page.evaluate(() => window.outcomes)
}

/** Waits until the stream config has been taken, and what was waiting for it sent. */
export async function configured(page: Page): Promise<void> {
  await page.waitForFunction(() => window.client.explain('web.click').config, undefined, PATIENCE)
  await page.evaluate(() => window.client.flush())
}

/** The client's IndexedDB database, with the version of its layout. */
export const DATABASE = 'rivulet/1'

/** How many events are in the page's store, in all its records; the clients' accounts of them are not counted. */
export function countQueued(page: Page): Promise<number> {
  return page.evaluate(
    (name) =>
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
            // The accounts of clients are kept beside the events.
            resolve(records.result.flat().filter(({ stream }) => stream !== 'rivulet.ledger').length)
          }
        }
      }),
    DATABASE,
  )
}

/** A context of its own, closed with the test. */
export async function newContext(browser: {
  newContext(): Promise<BrowserContext>
}): Promise<BrowserContext> {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  return context
}
