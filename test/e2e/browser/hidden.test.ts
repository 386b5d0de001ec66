import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { profileFolder, startOwnChromium } from '../../support/own-chromium.ts'
import { configured, expectStored, startWeb, submit, visit } from '../../support/visit.ts'

declare global {
  interface Window {
    /** How each event request left the page: by `fetch`, with or without keepalive, or as a beacon of a type. */
    ways: string[]
  }
}

test('a hidden page sends at once, by fetch with keepalive, and hears the answer', async () => {
  const { site, intake, relay } = await startWeb()
  const { context } = await startOwnChromium(await profileFolder())
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  await watchWays(page)

  const ids = await submit(page, 'buy')
  const submitted = Date.now()
  const other = await context.newPage()
  await page.waitForFunction(() => document.visibilityState === 'hidden', undefined, { polling: 50 })
  await expectStored(intake, ids)

  expect(await page.evaluate(() => window.ways)).toEqual(['fetch, keepalive'])
  await page.waitForFunction(() => window.outcomes.length, undefined, { polling: 50 })
  expect(await page.evaluate(() => window.outcomes)).toMatchObject([{ kind: 'delivered' }])
  expect(relay.posts()).toHaveLength(1)
  expect(relay.posts()[0]?.at).toBeLessThan(submitted + 1000)
  await other.close()
})

test('an event submitted while the page is hidden goes at once too', async () => {
  const { site, intake, relay } = await startWeb()
  const { context } = await startOwnChromium(await profileFolder())
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  await watchWays(page)
  await context.newPage()
  await page.waitForFunction(() => document.visibilityState === 'hidden', undefined, { polling: 50 })

  const ids = await submit(page, 'buy')
  await expectStored(intake, ids)

  expect(await page.evaluate(() => window.ways)).toEqual(['fetch, keepalive'])
  expect(relay.posts()).toHaveLength(1)
})

test('a hidden page has at most 60 kB in flight, and goes on with the rest as answers come', async () => {
  const { site, intake, relay } = await startWeb()
  const { context } = await startOwnChromium(await profileFolder())
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  let inFlight = 0
  let most = 0
  relay.onEvents(async ({ body }, pass) => {
    inFlight += Buffer.byteLength(body)
    most = Math.max(most, inFlight)
    const reply = await pass()
    inFlight -= Buffer.byteLength(body)
    return reply
  })

  const ids = await submit(page, ...Array.from({ length: 150 }, (_, i) => `${i} ${'x'.repeat(1000)}`))
  await context.newPage()
  await expectStored(intake, ids)

  expect(most).toBeLessThanOrEqual(60_000)
})

test('where keepalive is refused, a hidden page sends a beacon', async () => {
  const { site, intake, relay } = await startWeb()
  const { context } = await startOwnChromium(await profileFolder())
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  await page.evaluate(() => {
    const { fetch } = window
    window.fetch = (url, options) =>
      options?.keepalive ? Promise.reject(new TypeError('Failed to fetch')) : fetch(url, options)
  })

  const ids = await submit(page, 'buy')
  await context.newPage()
  await expectStored(intake, ids)

  expect(relay.posts()[0]?.isBeacon).toBe(true)
})

/** Notes how each event request leaves the page. */
async function watchWays(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.ways = []
    const { fetch } = window
    window.fetch = (url, options) => {
      if (options?.method === 'POST') window.ways.push(`fetch${options.keepalive ? ', keepalive' : ''}`)
      return fetch(url, options)
    }
    const beacon = navigator.sendBeacon.bind(navigator)
    navigator.sendBeacon = (url, body) => {
      window.ways.push(`beacon, ${typeof body}`)
      return beacon(url, body)
    }
  })
}
