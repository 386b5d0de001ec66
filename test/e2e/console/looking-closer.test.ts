import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { expectSummaries, openLivePage } from './live-page.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const SESSION = 'aaaaaaaaaaaaaaaaaaaa'
const at = (second: number) => new Date(Date.UTC(2026, 10, 27, 10, 0, second)).toISOString()

test('events are narrowed by text and by session, those that arrive later too', async () => {
  const { page, post } = await openLivePage(browser)
  const performer = { session_id: SESSION }
  await post('shop.click', { action: 'look', performer }, { action: 'turn' }, { action: 'LOOK' })

  await page.getByLabel('Filter by text').fill('look')
  await expectActions(['LOOK', 'look'])
  await page.getByLabel(/^Filter by session/).fill('aaaa')
  await expectActions(['look'])

  await post('shop.buy', { action: 'look again', performer }, { action: 'look away' })
  await expectActions(['look again', 'look'])
  await page.getByLabel('Filter by text').fill('nothing like it')
  await page.getByText(/^No events by aaaa with “nothing like it” to show\./).waitFor()

  async function expectActions(actions: readonly string[]) {
    const field = page.locator('#events .field:first-child')
    await expect
      .poll(async () => (await field.allTextContents()).map((text) => text.trim()))
      .toEqual(actions.map((action) => `action ${action}`))
  }
})

test('from an event the way leads to all of its visitor, in the order in which they happened', async () => {
  const { page, post, complaints } = await openLivePage(browser)
  const [client, other] = [{ producer: { id: 'c1' } }, { producer: { id: 'c2' } }]
  const performer = { session_id: SESSION, pageview_id: 'p1' }
  await post('shop.buy', { action: 'pay', dt: at(9), meta: client, performer: { pageview_id: 'p1' } })
  await post('shop.click', { action: 'look', dt: at(1), meta: client, performer })
  await post('shop.click', { action: 'leave', dt: at(5), meta: other })
  await page.locator('#events > li').nth(2).waitFor()

  await page.locator('#events summary', { hasText: 'pay' }).click()
  await page.getByRole('link', { name: 'This visitor’s events in order' }).click()

  await page.getByRole('heading', { name: 'One visitor' }).waitFor()
  const rows = page.locator('#visit > li')
  await expect.poll(() => rows.count()).toBe(2)
  expect(await rows.first().textContent()).toContain('look')
  expect(await rows.last().textContent()).toContain('pay')
  expect(await rows.last().locator('time').textContent()).toBe('+ 8 s')

  await post('shop.click', { action: 'turn', dt: at(3), performer: { session_id: SESSION } })
  await expect.poll(() => rows.nth(1).textContent()).toContain('turn')
  await page.getByRole('link', { name: 'Back to all events' }).click()
  await expect.poll(() => page.locator('#events > li').count()).toBe(4)
  expect(complaints).toEqual([])
})

test('one event, and all that are shown, are copied as JSON, with and without the clipboard of secure pages', async () => {
  const { page, post, origin } = await openLivePage(browser)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin })
  const copied = async () => JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))
  await post('shop.click', { action: 'look' }, { action: 'turn' })
  await expectSummaries(page, ['action turn', 'action look'])

  await page.locator('#events summary').first().click()
  await page.getByRole('button', { name: 'Copy JSON' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  expect(await copied()).toMatchObject({ action: 'turn', meta: { stream: 'shop.click' } })

  // As where the console of another machine is open without TLS.
  await page.evaluate(() => {
    const { clipboard } = navigator
    Object.defineProperty(navigator, 'clipboard', { configurable: true, value: undefined })
    Object.assign(window, {
      restore: () => Object.defineProperty(navigator, 'clipboard', { value: clipboard }),
    })
  })
  await page.getByRole('button', { name: 'Copy what is shown' }).click()
  await page.getByRole('button', { name: 'Copied' }).nth(0).waitFor()
  await page.evaluate(() => (window as unknown as { restore(): void }).restore())
  await expect.poll(copied).toMatchObject([{ action: 'turn' }, { action: 'look' }])
})

test('an event that the debug switch forced in says so, and no other does', async () => {
  const { page, post } = await openLivePage(browser)

  await post('shop.click', { action: 'look' }, { action: 'turn', meta: { producer: { debug: true } } })

  await expectSummaries(page, ['action turn', 'action look'])
  expect(await page.locator('#events > li').first().textContent()).toContain('Debug, not counted')
  expect(await page.locator('#events > li').last().textContent()).not.toContain('Debug')
})

test('filters and a pause are there again after a look at one visitor', async () => {
  const { page, post } = await openLivePage(browser)
  const performer = { session_id: SESSION }
  await post('shop.click', { action: 'look', performer })
  await page.getByLabel('Filter by text').fill('look')
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.locator('#events summary').click()
  await page.getByRole('link', { name: 'This visitor’s events in order' }).click()
  await page.locator('#visit > li').waitFor()

  await post('shop.click', { action: 'look again', performer })
  await page.getByRole('link', { name: 'Back to all events' }).click()

  await page.getByRole('button', { name: 'Resume (1 new)' }).waitFor()
  expect(await page.getByLabel('Filter by text').inputValue()).toBe('look')
})
