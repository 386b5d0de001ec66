import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import type { Browser, BrowserContext, Page } from 'playwright'
import { expect } from 'vitest'
import { serveSite } from './site.ts'
import { newContext, PATIENCE } from './visit.ts'

const SCHEMAS = resolve(import.meta.dirname, '../../schemas')

/** What a collector has handed to `submit`, and the page's title at that moment. */
export interface Submitted {
  readonly stream: string
  readonly title: string
  readonly data: {
    readonly $schema: string
    readonly kind?: string
    readonly page?: { readonly path: string }
    readonly [field: string]: unknown
  }
}

/** Pages with collectors whose `events` write down what is submitted, for as long as the tab lives. */
export interface Collecting {
  readonly site: string
  readonly context: BrowserContext
  open(path: string): Promise<Page>
}

/** `script` is a part of the pages' module, which has `events` and the collectors. */
export async function startCollecting(browser: Browser, script: string): Promise<Collecting> {
  const site = await serveSite({
    '/page.js': `
      import { collectPageViews } from '/rivulet/collectors/page-views.js'
      import { collectClicks } from '/rivulet/collectors/clicks.js'
      import { collectErrors } from '/rivulet/collectors/errors.js'
      const events = {
        submit: (stream, data) => {
          const before = JSON.parse(sessionStorage.getItem('submitted') ?? '[]')
          sessionStorage.setItem('submitted', JSON.stringify([...before, { stream, title: document.title, data }]))
          return 'id'
        },
      }
      Object.assign(window, { events, collectPageViews, collectClicks, collectErrors })
      ${script}
    `,
  })
  const context = await newContext(browser)
  return {
    site,
    context,
    open: async (path) => {
      const page = await context.newPage()
      await page.goto(site + path)
      return page
    },
  }
}

/** All that was submitted in this tab up to now, each valid by its schema; what is under way is waited for. */
export async function submittedIn(page: Page): Promise<readonly Submitted[]> {
  // What waits for the task to end has its turn before this.
  const text = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        setTimeout(() => setTimeout(() => resolve(sessionStorage.getItem('submitted') ?? '[]')))
      }),
  )
  const submitted: Submitted[] = JSON.parse(text)
  for (const { stream, data } of submitted) {
    expect(problemsOf(data, stream), JSON.stringify(data)).toEqual([])
  }
  return submitted
}

/** Waits until as many events were submitted in the tab; no more than that. */
export async function expectSubmitted(page: Page, count: number): Promise<readonly Submitted[]> {
  await expect.poll(async () => (await submittedIn(page)).length, PATIENCE).toBe(count)
  return submittedIn(page)
}

const ajv = new Ajv({ strict: false })
addFormats.default(ajv)

/** By the schema that the event names, once the client has added its own fields. */
export function problemsOf(data: Submitted['data'], stream: string): string[] {
  const known = ajv.getSchema(data.$schema)
  const validate =
    known ?? ajv.compile(JSON.parse(readFileSync(join(SCHEMAS, `${data.$schema}.json`), 'utf8')))
  const isValid = validate({ ...data, dt: '2026-11-27T10:00:00.000Z', meta: { stream } })
  return isValid
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
