import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { focused, openConsole } from './console-page.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const TOKEN = 'a-token-for-this-test'
const MARKUP = `<img src=x onerror="document.title='ran'"></script><script>document.title='ran'</script>`

test('an intake with a token asks for it, says when it is wrong, and knows the browser from then on', async () => {
  const { page, openAnother } = await openConsole(browser, { token: TOKEN })
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  const token = page.getByLabel('Token')

  await token.fill('a-token-that-is-wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('That is not the token of this intake.').waitFor()

  await token.fill(TOKEN)
  await page.keyboard.press('Enter')
  await page.getByRole('rowheader', { name: 'shop.click' }).waitFor()
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.reload()
  await page.getByRole('rowheader', { name: 'shop.click' }).waitFor()
  expect(await page.evaluate(() => document.cookie)).toBe('')
  // Another browser context is another browser.
  const stranger = await openAnother()
  await stranger.getByRole('heading', { name: 'Sign in' }).waitFor()
})

test('going to another page moves the focus to its heading and names the document', async () => {
  const { page, complaints } = await openConsole(browser)

  for (const title of ['Live', 'Quality', 'Query', 'Vitals', 'Streams']) {
    await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: title }).click()
    await page.getByRole('heading', { name: title, level: 1 }).waitFor()
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    expect(await focused(page)).toBe(title)
    expect(await page.title()).toBe(`${title} · Rivulet intake`)
    expect(await page.locator('[aria-current=page]').textContent()).toBe(title)
  }
  expect(complaints).toEqual([])
})

test('markup in names, settings, authors and reasons is text, on every page, and the CSP has nothing to report', async () => {
  const { page, complaints, post } = await openConsole(browser, {
    streams: {
      [MARKUP]: { schema_title: MARKUP },
      'shop.click': { schema_title: 'shop/click', sample: MARKUP },
    },
  })
  await post(MARKUP, { action: MARKUP })
  await page.getByRole('rowheader', { name: MARKUP }).first().waitFor()

  const hold = page.locator('tr', { hasText: 'onerror' }).first()
  await hold.getByRole('combobox').first().selectOption('Hold')
  await hold.getByRole('button', { name: 'Review…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Your name').fill(MARKUP.slice(0, 100))
  await dialog.getByLabel('Reason, for the history').fill(MARKUP)
  await dialog.getByRole('button', { name: 'Save as new revision' }).click()
  await page.getByText(/is changed: revision/).waitFor()
  for (const at of [
    '#/streams/history',
    '#/live',
    `#/live/session/${encodeURIComponent(MARKUP)}`,
    '#/quality',
  ]) {
    await page.evaluate((at) => location.assign(at), at)
    await page.locator('main').getByText('onerror').first().waitFor({ state: 'attached' })
    expect(await page.locator('img, main script').count()).toBe(0)
  }

  expect(await page.title()).not.toBe('ran')
  expect(complaints).toEqual([])
})

test.each([
  '#/streams',
  '#/streams/history',
  '#/live',
  '#/live/session/none',
  '#/quality',
  '#/query',
  '#/vitals',
])('at %s a phone scrolls down only', async (at) => {
  const { page, post } = await openConsole(browser)
  await post('shop.click', { action: 'a'.repeat(300) }, { amount: 'b'.repeat(300) })
  await page.setViewportSize({ width: 375, height: 667 })

  await page.evaluate((at) => location.assign(at), at)
  await expect.poll(() => page.locator('main > *').count()).toBeGreaterThan(1)

  await expect
    .poll(() => page.evaluate(() => document.documentElement.scrollWidth - innerWidth))
    .toBeLessThanOrEqual(0)
})
