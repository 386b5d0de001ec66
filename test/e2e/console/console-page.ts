import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { onTestFinished } from 'vitest'
import { startIntake } from 'rivulet/intake'

const SCHEMA = {
  $id: '/shop/click/1.0.0',
  $schema: 'https://json-schema.org/draft-07/schema#',
  title: 'shop/click',
  type: 'object',
  required: ['action'],
  properties: {
    $schema: { type: 'string' },
    meta: { type: 'object', properties: { stream: { type: 'string' } }, required: ['stream'] },
    action: { type: 'string' },
    amount: { type: 'integer' },
  },
  examples: [
    { $schema: '/shop/click/1.0.0', meta: { stream: 'shop.click', id: '1' }, action: "it's bought" },
  ],
}

const STREAMS: StreamSettings = {
  'shop.click': { schema_title: 'shop/click' },
  'shop.buy': { schema_title: 'shop/click' },
}

type StreamSettings = { readonly [stream: string]: object }

/** Fields of an event beside those that every event has. */
export type Fields = { readonly meta?: object; readonly [name: string]: unknown }

interface ConsoleOptions {
  /** The page that is opened, `#/live`. Default: none, as a person types the address. */
  readonly at?: string
  /** Default: `shop.click` and `shop.buy`, which take everything. */
  readonly streams?: StreamSettings
  readonly token?: string
}

/** An intake of its own, and its console open in a browser. */
export interface ConsolePage {
  readonly page: Page
  /** What its pages said against themselves: errors, also of scripts, and violations of their CSP. */
  readonly complaints: readonly string[]
  readonly origin: string
  /** Another page of the console, as another person has it. */
  openAnother(at?: string): Promise<Page>
  /** Posts events of a stream in one request. */
  post(stream: string, ...events: readonly Fields[]): Promise<void>
  /** What the config file says of its streams now. */
  settings(): Promise<{ readonly [stream: string]: { readonly [setting: string]: unknown } }>
  /** Edits the config file by hand. */
  edit(streams: StreamSettings): Promise<void>
  /** Makes the config file read-only. */
  lock(): Promise<void>
  stopIntake(): Promise<void>
  /** Starts the intake again, on the same port and data. */
  startAgain(): Promise<void>
}

/** Opens the console of an intake of its own; both end with the test. */
export async function openConsole(browser: Browser, options: ConsoleOptions = {}): Promise<ConsolePage> {
  const { at = '', streams = STREAMS, token } = options
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-console-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const files = await writeFiles(folder)
  const edit = (streams: StreamSettings) => writeFile(files.streams, JSON.stringify({ streams }))
  await edit(streams)

  let intake = await startIntake({ ...files, port: 0, token })
  onTestFinished(() => intake.close())
  const origin = intake.url

  const complaints: string[] = []
  const openAnother = async (at = '') => {
    const page = await browser.newPage()
    onTestFinished(() => page.close())
    listenForComplaints(page, complaints)
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
        console.error(`CSP: ${violatedDirective}`),
      )
    })
    await page.goto(`${origin}/${at}`)
    await page.locator('main h1').waitFor()
    return page
  }

  const page = await openAnother(at)
  if (token === undefined) await page.getByText('Connected', { exact: true }).waitFor()
  return {
    page,
    complaints,
    origin,
    openAnother,
    async post(stream, ...events) {
      const body = events.map(({ meta, ...fields }) => ({
        $schema: SCHEMA.$id,
        meta: { stream, ...meta },
        ...fields,
      }))
      await fetch(`${origin}/v1/events`, { method: 'POST', body: JSON.stringify(body) })
    },
    settings: async () => JSON.parse(await readFile(files.streams, 'utf8')).streams,
    edit,
    lock: () => chmod(files.streams, 0o444),
    stopIntake: () => intake.close(),
    async startAgain() {
      intake = await startIntake({ ...files, port: Number(new URL(origin).port), token })
    },
  }
}

/** Has the page read what it shows anew, as it does by itself every few seconds and when it comes to the front. */
export function refresh(page: Page): Promise<void> {
  return page.evaluate(() => void document.dispatchEvent(new Event('visibilitychange')))
}

/** Where the focus is, by what a screen reader calls it. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? ''
  })
}

async function writeFiles(folder: string) {
  const schemas = join(folder, 'schemas')
  await mkdir(join(schemas, 'shop/click'), { recursive: true })
  await writeFile(join(schemas, 'shop/click/1.0.0.json'), JSON.stringify(SCHEMA))
  return { data: join(folder, 'data'), schemas: [schemas], streams: join(folder, 'streams.json') }
}

function listenForComplaints(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', ({ message }) => complaints.push(message))
}
