import { expect, test, onTestFinished } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { openLivePage } from './live-page.ts'

const MOST_ROWS = 500

test('a burst of 5,000 events leaves 500 rows with the newest on top, and a quiet stream its own', async () => {
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const { page, post } = await openLivePage(browser)
  await post('shop.buy', { action: 'pay' })

  const numbers = Array.from({ length: 5000 }, (_, number) => number)
  while (numbers.length > 0) {
    const batch = numbers.splice(0, 250)
    await post('shop.click', ...batch.map((number) => ({ action: 'look', amount: number })))
  }

  const clicks = page.getByRole('button', { name: 'shop.click' })
  await expect.poll(() => clicks.textContent(), { timeout: 30_000 }).toContain('5,000 accepted')
  const rows = page.locator('#events > li')
  expect(await rows.count()).toBe(MOST_ROWS)
  expect(await rows.first().textContent()).toContain('4999')
  expect(await rows.last().textContent()).toContain('4500')

  await page.getByRole('button', { name: 'shop.buy' }).click()
  await expect.poll(() => rows.count()).toBe(1)
  expect(await rows.first().textContent()).toContain('pay')
})
