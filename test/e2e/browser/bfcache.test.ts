import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { createHold, pass } from '../../support/relay.ts'
import { STREAMS } from '../../support/web-intake.ts'
import {
  actions,
  configured,
  countQueued,
  expectStored,
  newContext,
  outcomes,
  PATIENCE,
  startWeb,
  submit,
  visit,
  type Web,
} from '../../support/visit.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium({ bfcache: true })
})
afterAll(() => browser.close())

test('a page with an idle client comes back from the back/forward cache, and goes on', async () => {
  const { site, intake } = await startWeb()
  const page = await openWatched({ site })

  const ids = await submit(page, 'before')
  await outcomes(page, 1)
  await page.goto(`${site}/plain`)
  const persisted = await goBack(page)
  ids.push(...(await submit(page, 'after')))
  await expectStored(intake, ids)

  expect(persisted).toBe(true)
  expect(await outcomes(page, 2)).toHaveLength(2)
})

test('a page with events in its queue comes back, and each of them arrives', async () => {
  const { site, intake, relay } = await startWeb()
  const page = await openWatched({ site })

  // More than what may be in flight, so that some wait for the page to come back.
  const ids = await submit(page, ...actions(150, 'x'.repeat(1000)))
  await page.goto(`${site}/plain`)
  const persisted = await goBack(page)
  await expectStored(intake, ids)
  await outcomes(page, 150)

  expect(persisted).toBe(true)
  await expect.poll(() => countQueued(page), PATIENCE).toBe(0)
  const beaconed = relay.posts().flatMap((post) => (post.isBeacon ? post.ids : []))
  const heard = relay.posts().flatMap((post) => (post.isBeacon ? [] : post.ids))
  // What a beacon took goes once more, by a request whose answer is heard; nothing else goes twice.
  expect(new Set(beaconed).size).toBe(beaconed.length)
  expect(heard.sort()).toEqual([...ids].sort())
})

test('a page left while a batch is unanswered comes back, and each event is stored once', async () => {
  const { site, intake, relay } = await startWeb()
  const page = await openWatched({ site })
  const { script, release } = createHold()
  relay.onEvents(script)

  const ids = await submit(page, ...actions(20))
  await page.evaluate(() => void window.client.flush())
  await expect.poll(() => relay.posts().length, PATIENCE).toBe(1)
  await page.goto(`${site}/plain`)
  release()
  relay.onEvents(pass)
  const persisted = await goBack(page)
  ids.push(...(await submit(page, 'after')))
  await expectStored(intake, ids)
  await outcomes(page, 21)
  await expect.poll(() => countQueued(page), PATIENCE).toBe(0)

  expect(persisted).toBe(true)
  const told = await page.evaluate(() => window.outcomes.map(({ id }) => id))
  expect(told.sort()).toEqual([...ids].sort())
})

test('while a page lies in the back/forward cache, the next one can send, and that does not drive it out', async () => {
  const { site, intake, relay } = await startWeb()
  const page = await openWatched({ site })
  const { script, release } = createHold()
  relay.onEvents(script)

  const ids = await submit(page, 'first')
  await page.evaluate(() => void window.client.flush())
  await expect.poll(() => relay.posts().length, PATIENCE).toBe(1)
  relay.onEvents(pass)
  await page.goto(`${site}/second`)
  ids.push(...(await submit(page, 'second')))
  await page.evaluate(() => void window.client.flush())

  // The first page's own request has been held all the while; a beacon and this page have brought its event.
  await expectStored(intake, ids)
  release()
  // A lock still held would have had to be taken from it, which the browser does by throwing the page away.
  expect(await goBack(page)).toBe(true)
})

test('a page that listens to config pushes comes back, and takes the change that was made meanwhile', async () => {
  const more = `
    import { createConfigPush } from '/rivulet/config-push.js'
    more.configPush = createConfigPush('INTAKE/v1/stream-configs/live')`
  const { site, intake } = await startWeb({ more })
  const page = await openWatched({ site })

  await page.goto(`${site}/plain`)
  await intake.configure({
    streams: { 'web.click': { ...STREAMS['web.click'], producers: { rivulet: { state: 'off' } } } },
  })
  const persisted = await goBack(page)

  const reason = () => page.evaluate(() => window.client.explain('web.click').reason)
  await expect.poll(reason, PATIENCE).toBe('killed')
  expect(persisted).toBe(true)

  await intake.configure({ streams: STREAMS })
  await expect.poll(reason, PATIENCE).toBeUndefined()
})

/** A page that notes how it was shown. */
async function openWatched({ site }: Pick<Web, 'site'>): Promise<Page> {
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  await page.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => {
      document.documentElement.dataset.persisted = String(persisted)
    })
  })
  return page
}

/** Goes back, and tells whether the page came from the back/forward cache. */
async function goBack(page: Page): Promise<boolean> {
  // Playwright waits for a load, which a page from the cache does not have.
  await page.evaluate(() => history.back()).catch(() => 'the page is gone by now')
  await page.waitForURL('**/first', { waitUntil: 'commit' })
  await page.waitForFunction(() => window.client, undefined, PATIENCE)
  return page.evaluate(() => document.documentElement.dataset.persisted === 'true')
}
