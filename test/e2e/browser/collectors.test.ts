import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { STREAMS } from '../../support/web-intake.ts'
import { countQueued, newContext, PATIENCE, startWeb, visit } from '../../support/visit.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const provide_values = ['page_title', 'performer_session_id', 'performer_pageview_id']
const settings = (schema_title: string) => ({ schema_title, producers: { rivulet: { provide_values } } })
const COLLECTED = {
  'rivulet.page_view': settings('rivulet/page_view'),
  'rivulet.click': settings('rivulet/click'),
  'rivulet.error': settings('rivulet/error'),
}

/** Typed by a person, and nowhere else. */
const TYPED = 'Zanzibarra'

const PAGE = `
  import { collectPageViews } from '/rivulet/collectors/page-views.js'
  import { collectClicks } from '/rivulet/collectors/clicks.js'
  import { collectErrors } from '/rivulet/collectors/errors.js'
  window.collect = (client) => {
    collectPageViews(client)
    collectClicks(client, { text: true })
    collectErrors(client)
  }
  window.search = (text) => {
    history.pushState({ text }, '', '/results?q=' + text)
    setTimeout(() => { throw new Error('No results for ' + text) })
    void Promise.reject(new Error('Cannot load /results?q=' + text))
    document.body.append(Object.assign(new Image(), { src: '/no.png?q=' + text }))
  }`

const FORM = `<form data-rivulet-click="form"><input><button type="button" data-rivulet-click="search">Go</button></form>`

test('what the collectors submit is stored, valid, with the context of its stream; what was typed is in none of it', async () => {
  const { intake, page } = await openCollecting(COLLECTED)

  await page.click('input')
  await page.keyboard.type(TYPED)
  await page.evaluate(() => {
    document.querySelector('button')?.addEventListener('click', () => {
      const field = document.querySelector('input')!
      ;(window as unknown as { search(text: string): void }).search(field.value)
      field.value = ''
    })
  })
  await page.click('button')
  const stored = async (stream: string) =>
    (await intake.stored(stream)).map(({ message, page, element }) => ({ message, page, element }))
  await expect.poll(async () => (await stored('rivulet.error')).length, PATIENCE).toBe(3)
  await expect.poll(async () => (await stored('rivulet.page_view')).length, PATIENCE).toBe(2)

  expect((await stored('rivulet.click')).map(({ element }) => element)).toEqual([
    { kind: 'field', name: 'form' },
    { kind: 'button', name: 'search' },
  ])
  expect((await stored('rivulet.error')).map(({ message }) => message).sort()).toEqual([
    'Cannot load /results…',
    'No results for …',
    'img',
  ])
  expect((await stored('rivulet.page_view')).map(({ page }) => page)).toEqual([
    { path: '/shop', title: '/shop' },
    { path: '/results', title: '/shop' },
  ])
  expect(await intake.stored('rivulet.rejected')).toEqual([])
  const all = (await Promise.all(Object.keys(COLLECTED).map((stream) => intake.stored(stream)))).flat()
  expect(JSON.stringify(all)).not.toContain(TYPED)
})

test('where a stream is not configured, or off, nothing of it is queued', async () => {
  const { intake, page } = await openCollecting({
    'rivulet.page_view': { ...COLLECTED['rivulet.page_view'], producers: { rivulet: { state: 'off' } } },
  })
  await page.waitForFunction(() => window.client.explain('rivulet.click').reason, undefined, PATIENCE)

  await page.click('button')
  await page.evaluate(`search('x')`)
  await page.waitForFunction(
    () => window.client.ledger()['rivulet.error']?.unconfigured === 3,
    undefined,
    PATIENCE,
  )
  await page.evaluate(() => window.client.flush())

  expect(await page.evaluate(() => window.client.ledger())).toMatchObject({
    'rivulet.page_view': { submitted: 2, killed: 2 },
    'rivulet.click': { submitted: 1, unconfigured: 1 },
    'rivulet.error': { submitted: 3, unconfigured: 3 },
  })
  expect(await countQueued(page)).toBe(0)
  expect(await intake.stored('rivulet.error')).toEqual([])
})

async function openCollecting(streams: object) {
  const { site, intake } = await startWeb({ more: PAGE })
  await intake.configure({ streams: { ...STREAMS, ...streams } })
  const { page } = await visit(await newContext(browser), `${site}/shop`)
  await page.evaluate((html) => {
    document.body.innerHTML = html
    ;(window as unknown as { collect(client: unknown): void }).collect(window.client)
  }, FORM)
  return { intake, page }
}
