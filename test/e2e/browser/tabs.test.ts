import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { createHold, cut, pass } from '../../support/relay.ts'
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
} from '../../support/visit.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('of two tabs, each event is sent once, whichever sends it', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  // One after the other: tabs that open in the same moment may begin a session each, and agree within a minute.
  const one = await visit(context, `${site}/one`)
  await configured(one.page)
  const ids = await submit(one.page, 'first')
  const two = await visit(context, `${site}/two`)
  await configured(two.page)

  for (let round = 0; round < 10; round++) {
    const submitted = await Promise.all([
      submit(one.page, ...actions(10, `one-${round}`)),
      submit(two.page, ...actions(10, `two-${round}`)),
    ])
    ids.push(...submitted.flat())
    // Both want to send at the same time.
    await Promise.all([one, two].map(({ page }) => page.evaluate(() => void window.client.flush())))
  }
  const events = await expectStored(intake, ids)

  const sent = relay.posts().flatMap((post) => post.ids)
  expect(sent.sort()).toEqual(ids.sort())
  expect(new Set(events.map(({ performer }) => performer.session_id)).size).toBe(1)
  const pageviews = new Set(events.map(({ page, performer }) => `${page.title} ${performer.pageview_id}`))
  expect(pageviews.size).toBe(2)
  expect(new Set(events.map(({ performer }) => performer.pageview_id)).size).toBe(2)
})

test('a tab sends the events of another, which hears of their outcome, and nobody else does', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const [one, two] = await Promise.all([visit(context, `${site}/one`), visit(context, `${site}/two`)])
  await Promise.all([configured(one.page), configured(two.page)])

  const ids = await submit(one.page, ...actions(10))
  await expect.poll(() => countQueued(one.page), PATIENCE).toBe(10)
  await two.page.evaluate(() => window.client.flush({ timeout: 0 }))
  await expectStored(intake, ids)

  const told = await outcomes(one.page, ids.length)
  expect(told.map(({ kind, id }) => [kind, id]).sort()).toEqual(ids.map((id) => ['delivered', id]).sort())
  expect(await two.page.evaluate(() => window.outcomes)).toEqual([])
  expect(await one.page.evaluate(() => window.client.ledger())).toEqual({
    'web.click': { submitted: 10, delivered: 10 },
  })
  expect(await two.page.evaluate(() => window.client.ledger())).toEqual({})
  expect(relay.posts()).toHaveLength(1)
})

test('a tab sends what another one has left behind', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const [one, two] = await Promise.all([visit(context, `${site}/one`), visit(context, `${site}/two`)])
  await Promise.all([configured(one.page), configured(two.page)])
  relay.onEvents(cut)

  const left = await submit(one.page, ...actions(10))
  await expect.poll(() => countQueued(one.page), PATIENCE).toBe(10)
  await one.page.close()
  relay.onEvents(pass)
  const own = await submit(two.page, 'own')

  await expectStored(intake, [...left, ...own])
})

test('a tab closed while it sends leaves the rest to the other: nothing lost, nothing stored twice', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const [one, two] = await Promise.all([visit(context, `${site}/one`), visit(context, `${site}/two`)])
  await Promise.all([configured(one.page), configured(two.page)])
  const { script, release } = createHold()
  relay.onEvents(script)

  const ids = await submit(one.page, ...actions(100, 'x'.repeat(1000)))
  await expect.poll(() => countQueued(one.page), PATIENCE).toBe(100)
  await expect.poll(() => relay.posts().length, PATIENCE).toBe(1)
  ids.push(...(await submit(two.page, 'own')))
  await one.page.close()
  release()
  relay.onEvents(pass)

  await expectStored(intake, ids)
  await expect.poll(() => countQueued(two.page), PATIENCE).toBe(0)
})

test('while one tab waits for its answer, the other does not send', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const [one, two] = await Promise.all([visit(context, `${site}/one`), visit(context, `${site}/two`)])
  await Promise.all([configured(one.page), configured(two.page)])
  const { script, release } = createHold()
  relay.onEvents(script)

  const ids = await submit(one.page, 'one')
  await one.page.evaluate(() => void window.client.flush())
  await expect.poll(() => relay.posts().length, PATIENCE).toBe(1)
  ids.push(...(await submit(two.page, 'two')))
  const left = await two.page.evaluate(() => window.client.flush({ timeout: 500 }))
  const sentMeanwhile = relay.posts().length
  release()
  await expectStored(intake, ids)

  expect(left).toBe(1)
  expect(sentMeanwhile).toBe(1)
  expect(relay.posts().map((post) => post.ids)).toEqual([[ids[0]], [ids[1]]])
})
