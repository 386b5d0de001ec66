import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { createHold, cut, pass } from '../../support/relay.ts'
import {
  actions,
  configured,
  countQueued,
  expectStored,
  newContext,
  PATIENCE,
  startWeb,
  submit,
  visit,
} from '../../support/visit.ts'

/** What may be in flight as the page goes (design, section 6). */
const UNLOAD_BUDGET = 60_000

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('events submitted right before the page is left by a link arrive, each once', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)

  const ids = await submitAndLeave(page, actions(20), `${site}/second`)

  const events = await expectStored(intake, ids)
  expect(new Set(events.map(({ page }) => page.title))).toEqual(new Set(['/first']))
})

test('they arrive also where no page of the site follows', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)

  const ids = await submitAndLeave(page, actions(20), `${site}/plain`)

  await expectStored(intake, ids)
})

test('events submitted right before a window closes itself arrive', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page: opener } = await visit(context, `${site}/plain`)
  const [popup] = await Promise.all([
    context.waitForEvent('page'),
    opener.evaluate((url) => void window.open(url), `${site}/first`),
  ])
  await popup.waitForFunction(() => window.client?.explain('web.click').config)

  const closed = popup.waitForEvent('close')
  await popup.evaluate((actions) => {
    const ids = actions.map((action) => window.client.submit('web.click', { action }))
    localStorage.setItem('ids', JSON.stringify(ids))
    window.close()
  }, actions(20))
  await closed
  const ids = await opener.evaluate(() => JSON.parse(localStorage.getItem('ids') ?? '[]'))

  expect(ids).toHaveLength(20)
  await expectStored(intake, ids)
})

test('events submitted by the page while it goes arrive: in pagehide and in visibilitychange', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)

  await page.evaluate(() => {
    addEventListener('pagehide', () => {
      localStorage.setItem('pagehide', window.client.submit('web.click', { action: 'pagehide' }))
    })
    document.addEventListener('visibilitychange', () => {
      localStorage.setItem('hidden', window.client.submit('web.click', { action: 'hidden' }))
    })
  })
  await page.goto(`${site}/plain`)
  const ids = await page.evaluate(() => [localStorage.getItem('pagehide')!, localStorage.getItem('hidden')!])

  const events = await expectStored(intake, ids)
  expect(events.map(({ action }) => action)).toEqual(['pagehide', 'hidden'])
})

test('a page that goes sends beacons: text/plain, no preflight', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)

  const ids = await submitAndLeave(page, ['buy'], `${site}/plain`)
  await expectStored(intake, ids)
  await expect.poll(() => relay.posts().some(({ isBeacon }) => isBeacon), PATIENCE).toBe(true)

  const beacon = relay.posts().find(({ isBeacon }) => isBeacon)
  expect(beacon?.ids).toEqual(ids)
  expect(beacon?.headers['content-type']).toMatch(/^text\/plain/)
  expect(relay.arrivals.map(({ method }) => method)).not.toContain('OPTIONS')
})

test('what a beacon took is sent again by the next page, since nobody heard the answer, and stored once', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)

  const ids = await submit(page, 'buy')
  await expect.poll(() => countQueued(page), PATIENCE).toBe(1)
  await page.goto(`${site}/plain`)
  await expect.poll(() => relay.posts().at(-1)?.isBeacon, PATIENCE).toBe(true)
  await page.goto(`${site}/second`)
  await expect.poll(() => relay.posts().at(-1)?.isBeacon, PATIENCE).toBe(false)

  expect(relay.posts().at(-1)?.ids).toEqual(ids)
  await expectStored(intake, ids)
  await expect.poll(() => countQueued(page), PATIENCE).toBe(0)
})

test('what is submitted right before leaving arrives with the next page where no beacon gets through', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  relay.onEvents(cut)

  const ids = await submitAndLeave(page, actions(20), `${site}/plain`)
  relay.onEvents(pass)
  await page.goto(`${site}/second`)

  await expectStored(intake, ids)
})

test('at most 60 kB are in flight when the page goes, and the rest arrives with the next page', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  const { script, release } = createHold()
  relay.onEvents(script)

  // Chromium has a limit of its own, a little higher: running into it would show as a beacon refused.
  await page.evaluate(() => {
    const beacon = navigator.sendBeacon.bind(navigator)
    navigator.sendBeacon = (url, body) => {
      const taken = beacon(url, body)
      localStorage.setItem('beacons', `${localStorage.getItem('beacons') ?? ''}${taken} `)
      return taken
    }
  })
  // Some of it is in flight by fetch, unanswered, when the rest is submitted and the page left.
  const early = await page.evaluate(
    (actions) => {
      const ids = actions.map((action) => window.client.submit('web.click', { action }))
      void window.client.flush()
      return ids
    },
    actions(20, `early ${'x'.repeat(1000)}`),
  )
  await expect.poll(() => relay.posts().length, PATIENCE).toBe(1)
  const late = await submitAndLeave(page, actions(180, `late ${'x'.repeat(1000)}`), `${site}/plain`)
  await expect.poll(() => relay.posts().some(({ isBeacon }) => isBeacon), PATIENCE).toBe(true)

  const inFlight = relay.posts().filter(({ isBeacon }) => isBeacon)
  const bytes = inFlight.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
  expect(bytes).toBeLessThanOrEqual(UNLOAD_BUDGET)
  // A budget is there to be used: the oldest events fill it but for less than one of them.
  expect(bytes).toBeGreaterThan(UNLOAD_BUDGET - 2_000)

  expect(await page.evaluate(() => localStorage.getItem('beacons'))).toBe('true ')

  release()
  relay.onEvents(pass)
  await page.goto(`${site}/second`)
  await expectStored(intake, [...early, ...late])
})

/** Submits and leaves in one task; returns the events' ids once the next page is there. */
async function submitAndLeave(page: Page, actions: readonly string[], url: string): Promise<string[]> {
  await Promise.all([
    page.waitForURL(url),
    page.evaluate(
      ([actions, url]) => {
        const ids = actions.map((action) => window.client.submit('web.click', { action }))
        localStorage.setItem('ids', JSON.stringify(ids))
        location.href = url
      },
      [actions, url] as const,
    ),
  ])
  return page.evaluate(() => JSON.parse(localStorage.getItem('ids') ?? '[]'))
}
