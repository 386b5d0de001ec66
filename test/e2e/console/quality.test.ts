import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { openConsole, refresh } from './console-page.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

/** On a machine that may be busy. */
const SOON = { timeout: 20_000 }

const MARKUP = '<img src=x onerror="document.title = 1"><script>document.title = 2</script>'

/** The rows of a table by its name, cell by cell. */
async function rowsOf(page: Page, table: string): Promise<string[][]> {
  const rows = await page.getByRole('table', { name: table }).locator('tbody tr').all()
  return Promise.all(rows.map(async (row) => row.locator('th, td').allInnerTexts()))
}

test('before there are events, each section says what will show in it', async () => {
  const { page, complaints } = await openConsole(browser, { at: '#/quality' })

  await page.getByText('Nothing was rejected.').waitFor()
  await page.getByText('No events to count yet.').waitFor()
  await page.getByText('No delays yet.').waitFor()
  await page.getByText('No skew yet.').waitFor()
  expect(complaints).toEqual([])
})

test('rejected events are grouped by reason, and a reason opens to an example by keyboard', async () => {
  const { page, post } = await openConsole(browser, { at: '#/quality' })
  await post('shop.click', { amount: 1 }, { amount: 2 }, { action: 'look', amount: 'three' })
  await post('shop.buy', { amount: 3 })
  await page.reload()

  await expect
    .poll(async () => (await rowsOf(page, 'Rejected events by reason')).map((row) => row.slice(0, 4)), SOON)
    .toEqual([
      ['2', expect.stringContaining('action'), 'shop.click', '/shop/click/1.0.0'],
      ['1', expect.stringContaining('action'), 'shop.buy', '/shop/click/1.0.0'],
      ['1', expect.stringContaining('amount'), 'shop.click', '/shop/click/1.0.0'],
    ])

  const reason = page.getByRole('table', { name: 'Rejected events by reason' }).getByRole('button').first()
  await reason.focus()
  await page.keyboard.press('Enter')

  expect(await reason.getAttribute('aria-expanded')).toBe('true')
  const example = JSON.parse(String(await page.locator('.example pre').textContent()))
  expect(example).toMatchObject({ meta: { stream: 'shop.click' }, amount: 2 })
})

test('what is read anew leaves open what the reader has opened', async () => {
  const { page, post } = await openConsole(browser, { at: '#/quality' })
  await post('shop.click', { amount: 1 })
  await page.reload()
  await page.locator('.expander').click()

  await post('shop.click', { amount: 2 }, { amount: 3 })
  await refresh(page)

  await expect.poll(async () => (await rowsOf(page, 'Rejected events by reason'))[0]?.[0], SOON).toBe('3')
  expect(await page.locator('.example pre').isVisible()).toBe(true)
})

test('a gap in the numbers of a client shows as missing, with its browser and SDK, and what is worst comes first', async () => {
  const { page, origin, post } = await openConsole(browser, { at: '#/quality' })
  const numbered = (id: string, ...seqs: number[]) =>
    seqs.map((seq) => ({ action: 'look', meta: { producer: { sdk: 'rivulet/0.1.0', id, seq } } }))
  await post('shop.buy', ...numbered('one', 1, 2))
  // From the page, so that the intake sees the browser.
  await page.evaluate(
    ([url, body]) => fetch(url!, { method: 'POST', body: body! }),
    [
      `${origin}/v1/events`,
      JSON.stringify(
        numbered('two', 1, 4).map(({ meta, ...event }) => ({
          $schema: '/shop/click/1.0.0',
          meta: { ...meta, stream: 'shop.click' },
          ...event,
        })),
      ),
    ],
  )
  await page.reload()

  await expect
    .poll(
      async () => (await rowsOf(page, 'Loss by stream, browser and SDK')).map((row) => row.slice(0, 5)),
      SOON,
    )
    .toEqual([
      // What drives a headless Chromium is a program.
      ['shop.click', '2', '50 %', 'bot', 'rivulet/0.1.0'],
      ['shop.buy', '0', '0 %', expect.any(String), 'rivulet/0.1.0'],
    ])
})

test('the page asks for the ledger where it is not configured, and only there', async () => {
  const without = await openConsole(browser, { at: '#/quality' })
  const advice = '"rivulet.ledger": { "schema_title": "rivulet/ledger" }'
  await without.page.getByText(advice).waitFor()

  await without.edit({
    'shop.click': { schema_title: 'shop/click' },
    'rivulet.ledger': { schema_title: 'rivulet/ledger' },
  })
  await expect
    .poll(async () => {
      await without.page.reload()
      await without.page.getByRole('heading', { name: 'Loss' }).waitFor()
      return without.page.getByText(advice).count()
    }, SOON)
    .toBe(0)
})

test('delays and clock skew are told by stream, in units that people use', async () => {
  const { page, origin } = await openConsole(browser, { at: '#/quality' })
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString()
  const event = { $schema: '/shop/click/1.0.0', meta: { stream: 'shop.click' }, action: 'look', dt: hourAgo }
  const sent = Date.now() + 120_000 // by a clock that is two minutes ahead
  const body = JSON.stringify([{ ...event, meta: { ...event.meta, producer: { sdk: 'x/1' } } }])
  await fetch(`${origin}/v1/events?sent=${sent}`, { method: 'POST', body })
  await page.reload()

  await expect
    .poll(async () => (await rowsOf(page, 'Delay by stream'))[0]?.slice(3), SOON)
    .toEqual(Array(4).fill('1 h'))
  const [skew] = await rowsOf(page, 'Clock skew by stream')
  expect(skew?.[0]).toBe('shop.click')
  expect(skew?.[4]).toMatch(/^-(2|1\.9\d*) min$/)
})

test('all can be read for one stream', async () => {
  const { page, post } = await openConsole(browser, { at: '#/quality' })
  await post('shop.click', { amount: 1 })
  await post('shop.buy', { amount: 1 })
  await page.reload()

  await page.getByRole('combobox', { name: 'Stream' }).selectOption('shop.buy')

  const rows = await rowsOf(page, 'Rejected events by reason')
  expect(rows.map((row) => row[2])).toEqual(['shop.buy'])
})

test('markup in rejected events shows as text, and the page fits a phone', async () => {
  const { page, post, complaints } = await openConsole(browser, { at: '#/quality' })
  await page.setViewportSize({ width: 375, height: 700 })
  await post(MARKUP, { action: MARKUP })
  await post('shop.click', { [MARKUP]: MARKUP })
  await page.reload()
  await page.locator('.expander').first().waitFor()
  for (const expander of await page.locator('.expander').all()) await expander.click()

  expect(await page.locator('main').textContent()).toContain(JSON.stringify(MARKUP))
  expect(await page.locator('img, main script').count()).toBe(0)
  expect(await page.title()).toBe('Quality · Rivulet intake')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
  expect(complaints).toEqual([])
})
