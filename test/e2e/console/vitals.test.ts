import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { openConsole } from './console-page.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

/** On a machine that may be busy. */
const SOON = { timeout: 20_000 }

const STREAM = 'rivulet.web_vital'
const STREAMS = { [STREAM]: { schema_title: 'rivulet/web_vital' } }
const MARKUP = '<img src=x onerror="document.title = 1">'

const vital = (name: string, value: number, page = '/') => ({
  $schema: '/rivulet/web_vital/1.0.0',
  dt: new Date().toISOString(),
  name,
  value,
  page,
})

const openVitals = () => openConsole(browser, { at: '#/vitals', streams: STREAMS })

test('before there are vitals, the page says how to collect them', async () => {
  const { page, complaints } = await openVitals()

  await page.getByText('collectWebVitals(events)').waitFor()
  await page.getByText('"rivulet.web_vital": { "schema_title": "rivulet/web_vital" }').waitFor()
  expect(complaints).toEqual([])
})

test('each page has its 75th percentiles, rated in words by the thresholds of web.dev', async () => {
  const { page, post } = await openVitals()
  await post(STREAM, ...[1000, 2000, 2400, 9000].map((value) => vital('LCP', value)))
  await post(STREAM, ...[100, 100, 300, 700].map((value) => vital('INP', value)))
  await post(STREAM, ...[0.3, 0.3, 0.3, 0].map((value) => vital('CLS', value)))
  await page.reload()

  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: '/', exact: true }) })
  const cells = row.getByRole('cell')
  await cells.first().waitFor()
  const [lcp, inp, cls] = await cells.allInnerTexts()

  expect(lcp).toMatch(/2\.4 s\s+Good/)
  expect(lcp).toMatch(/75 %\s+good,\s+· 0 %\s+needs improvement,\s+· 25 %\s+poor,/)
  expect(lcp).toContain('4 measured')
  expect(inp).toMatch(/300 ms\s+Needs improvement/)
  expect(cls).toMatch(/0\.3\s+Poor/)
})

test('what was kept at a rate of 0.1 counts tenfold', async () => {
  const { page, post } = await openVitals()
  await post(
    STREAM,
    { ...vital('LCP', 1000), meta: { producer: { sdk: 'x/1', rate: 0.1 } } },
    vital('LCP', 5000),
  )
  await page.reload()

  const cell = page.getByRole('cell').first()
  await cell.waitFor()
  expect(await cell.textContent()).toMatch(/1 s\s+Good/)
  expect(await cell.textContent()).toContain('11 measured')
})

test('pages are found by name, and ordered by what is worst', async () => {
  const { page, post } = await openVitals()
  await post(STREAM, vital('LCP', 1000, '/'), vital('LCP', 1000, '/'), vital('LCP', 5000, '/cart'))
  await post(STREAM, vital('LCP', 3000, '/product/jug'))
  await page.reload()
  const names = () => page.getByRole('rowheader').allInnerTexts()
  await expect.poll(names, SOON).toEqual(['/', '/cart', '/product/jug'])

  await page.getByRole('combobox', { name: 'Order' }).selectOption('Worst LCP first')
  await expect.poll(names, SOON).toEqual(['/cart', '/product/jug', '/'])

  await page.getByRole('searchbox', { name: 'Page contains' }).fill('JUG')
  await expect.poll(names, SOON).toEqual(['/product/jug'])
  await page.getByText('1 of 3 pages').waitFor()

  await page.getByRole('searchbox', { name: 'Page contains' }).fill('nothing')
  await page.getByText('None of the 3 pages contains “nothing”.').waitFor()
})

test('the time that is looked back on can be chosen', async () => {
  const { page, post } = await openVitals()
  await post(STREAM, vital('LCP', 1000))
  await page.reload()
  await page.getByRole('rowheader').waitFor()

  const answer = page.waitForResponse((response) => response.url().endsWith('/api/vitals?days=28'))
  await page.getByRole('combobox', { name: 'Time' }).selectOption('Last 28 days')

  expect((await answer).status()).toBe(200)
  await page.getByRole('rowheader').waitFor()
})

test('markup in the name of a page shows as text, and the page fits a phone', async () => {
  const { page, post, complaints } = await openVitals()
  await page.setViewportSize({ width: 375, height: 700 })
  await post(STREAM, vital('LCP', 1000, `/${MARKUP}`), vital('CLS', 1, `/${'long'.repeat(50)}`))
  await page.reload()

  await expect.poll(() => page.getByRole('rowheader').allInnerTexts(), SOON).toContain(`/${MARKUP}`)
  expect(await page.locator('img, main script').count()).toBe(0)
  expect(await page.title()).toBe('Vitals · Rivulet intake')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
  expect(complaints).toEqual([])
})
