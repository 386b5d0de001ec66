import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { expect, onTestFinished } from 'vitest'
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

const STREAMS = { 'shop.click': { schema_title: 'shop/click' }, 'shop.buy': { schema_title: 'shop/click' } }

/** Fields of an event beside those that every event has. */
export type Fields = { readonly [name: string]: unknown }

/** An intake with the streams `shop.click` and `shop.buy`, and its live page open in a browser. */
export interface LivePage {
  readonly page: Page
  /** What the page said against itself: errors, also of scripts, and violations of its CSP. */
  readonly complaints: readonly string[]
  readonly origin: string
  /** Posts events of a stream in one request. */
  post(stream: string, ...events: readonly Fields[]): Promise<void>
  stopIntake(): Promise<void>
  /** Starts the intake again, on the same port and data. */
  startAgain(): Promise<void>
}

/** Opens the live page of an intake of its own; both end with the test. */
export async function openLivePage(browser: Browser): Promise<LivePage> {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-live-page-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const files = await writeFiles(folder)

  let intake = await startIntake({ ...files, port: 0 })
  onTestFinished(() => intake.close())
  const origin = intake.url

  const page = await browser.newPage()
  onTestFinished(() => page.close())
  const complaints = listenForComplaints(page)
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
      console.error(`CSP: ${violatedDirective}`),
    )
  })
  await page.goto(origin)
  await page.getByText('Connected', { exact: true }).waitFor()

  return {
    page,
    complaints,
    origin,
    async post(stream, ...events) {
      const body = JSON.stringify(
        events.map((event) => ({ $schema: SCHEMA.$id, meta: { stream }, ...event })),
      )
      await fetch(`${origin}/v1/events`, { method: 'POST', body })
    },
    stopIntake: () => intake.close(),
    async startAgain() {
      intake = await startIntake({ ...files, port: Number(new URL(origin).port) })
    },
  }
}

/** The summaries of the rows, as they read from the top, once there are as many as these. */
export async function expectSummaries(page: Page, summaries: readonly string[]): Promise<void> {
  const fields = page.locator('#events > li .fields')
  await expect
    .poll(async () => (await fields.allInnerTexts()).map(plain), { timeout: 15_000 })
    .toEqual(summaries)
}

const plain = (text: string): string => text.replace(/\s+/g, ' ').trim()

async function writeFiles(folder: string) {
  const schemas = join(folder, 'schemas')
  await mkdir(join(schemas, 'shop/click'), { recursive: true })
  await writeFile(join(schemas, 'shop/click/1.0.0.json'), JSON.stringify(SCHEMA))
  const streams = join(folder, 'streams.json')
  await writeFile(streams, JSON.stringify({ streams: STREAMS }))
  return { data: join(folder, 'data'), schemas: [schemas], streams }
}

function listenForComplaints(page: Page): readonly string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', ({ message }) => complaints.push(message))
  return complaints
}
