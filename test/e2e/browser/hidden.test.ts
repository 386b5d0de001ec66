import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { profileFolder, startOwnChromium } from '../../support/own-chromium.ts'
import { createHold, pass } from '../../support/relay.ts'
import { actions, configured, expectStored, PATIENCE, startWeb, submit, visit } from '../../support/visit.ts'

declare global {
  interface Window {
    /** How each event request left the page: by `fetch`, with or without keepalive, or as a beacon of a type. */
    ways: string[]
    /** Of the bodies of these requests. */
    bytes: number
  }
}

test('a hidden page sends at once, by fetch with keepalive, and hears the answer', async () => {
  const { site, intake, relay } = await startWeb()
  const { context } = await startOwnChromium(await profileFolder())
  const other = await context.newPage()
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  await watchWays(page)

  const ids = await submit(page, 'buy')
  const submitted = Date.now()
  await other.bringToFront()
  await hidden(page)
  await expectStored(intake, ids)

  expect(await page.evaluate(() => window.ways)).toEqual(['fetch, keepalive'])
  await page.waitForFunction(() => window.outcomes.length, undefined, { polling: 50 })
  expect(await page.evaluate(() => window.outcomes)).toMatchObject([{ kind: 'delivered' }])
  expect(relay.posts()).toHaveLength(1)
  expect(relay.posts()[0]?.at).toBeLessThan(submitted + 1000)
})

test('an event submitted while the page is hidden goes at once too', async () => {
  const { site, intake, relay } = await startWeb()
  const { context } = await startOwnChromium(await profileFolder())
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  await watchWays(page)
  await context.newPage()
  await hidden(page)

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
  const { script, release } = createHold()
  relay.onEvents(script)
  await watchWays(page)
  await context.newPage()
  await hidden(page)

  // Each submit finds the page hidden, and would be sent at once; nothing has been answered yet.
  const ids: string[] = []
  for (let round = 0; round < 5; round++) {
    ids.push(...(await submit(page, ...actions(30, `${round} ${'x'.repeat(1000)}`))))
  }
  await page.evaluate(() => window.client.flush({ timeout: 300 }))
  const bytes = await page.evaluate(() => window.bytes)
  release()
  await expectStored(intake, ids)

  expect(bytes).toBeGreaterThan(0)
  expect(bytes).toBeLessThanOrEqual(60_000)
  expect(await page.evaluate(() => window.ways)).not.toContain('beacon, string')
})

test('where keepalive is refused, a hidden page sends a beacon', async () => {
  const { site, intake, relay } = await startWeb()
  const { context } = await startOwnChromium(await profileFolder())
  const other = await context.newPage()
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  await page.evaluate(() => {
    const { fetch } = window
    window.fetch = (url, options) =>
      options?.keepalive ? Promise.reject(new TypeError('Failed to fetch')) : fetch(url, options)
  })

  const ids = await submit(page, 'buy')
  await other.bringToFront()
  await expectStored(intake, ids)

  expect(relay.posts()[0]?.isBeacon).toBe(true)
})

test('a hidden page that is frozen in mid-send gives its turn to others, and goes on when it is resumed', async () => {
  const { site, intake, relay } = await startWeb()
  const { context } = await startOwnChromium(await profileFolder())
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  const { script, release } = createHold()
  relay.onEvents(script)
  const ids = await submit(page, 'first')
  await expect.poll(() => relay.posts().length, PATIENCE).toBe(1)
  const other = await visit(context, `${site}/second`)
  await configured(other.page)
  const devtools = await context.newCDPSession(page)

  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
  relay.onEvents(pass)
  ids.push(...(await submit(other.page, 'second')))
  await expectStored(intake, ids)
  release()
  await devtools.send('Page.setWebLifecycleState', { state: 'active' })
  ids.push(...(await submit(page, 'third')))

  await expectStored(intake, ids)
})

/** Notes how each event request leaves the page. */
async function watchWays(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.ways = []
    window.bytes = 0
    const { fetch } = window
    window.fetch = (url, options) => {
      if (options?.method === 'POST') {
        window.ways.push(`fetch${options.keepalive ? ', keepalive' : ''}`)
        window.bytes += new Blob([String(options.body)]).size
      }
      return fetch(url, options)
    }
    const beacon = navigator.sendBeacon.bind(navigator)
    navigator.sendBeacon = (url, body) => {
      window.ways.push(`beacon, ${typeof body}`)
      return beacon(url, body)
    }
  })
}

/** Waits until the page knows that it is hidden; it is not painted any more, so it is asked now and then. */
async function hidden(page: Page): Promise<void> {
  await page.waitForFunction(() => document.visibilityState === 'hidden', undefined, { polling: 50 })
}
