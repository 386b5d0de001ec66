import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { configured, expectStored, newContext, outcomes, startWeb, visit } from '../../support/visit.ts'

declare global {
  interface Window {
    longTasks: { start: number; duration: number }[]
  }
}

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('5,000 events in one task are all stored, each once, and no long task follows the caller’s own', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)

  const { ids, end } = await page.evaluate(() => {
    window.longTasks = []
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries())
        window.longTasks.push({ start: startTime, duration })
    }).observe({ type: 'longtask' })
    const ids = Array.from({ length: 5000 }, (_, i) => window.client.submit('web.click', { action: `${i}` }))
    return { ids, end: performance.now() }
  })
  const events = await expectStored(intake, ids)
  const told = await outcomes(page, 5000)
  const longTasks = await page.evaluate(() => window.longTasks)

  expect(events.map(({ meta }) => meta.producer.seq)).toEqual(Array.from({ length: 5000 }, (_, i) => i + 1))
  expect(told.every(({ kind }) => kind === 'delivered')).toBe(true)
  expect(new Set(told.map(({ id }) => id)).size).toBe(5000)
  expect(relay.posts().flatMap((post) => post.ids)).toEqual(ids)
  expect(Math.max(...relay.posts().map(({ body }) => Buffer.byteLength(body)))).toBeLessThanOrEqual(60_000)
  expect(longTasks.filter(({ start }) => start > end)).toEqual([])
})
