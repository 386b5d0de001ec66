import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { createHold, cut, pass } from '../../support/relay.ts'
import {
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
import { STREAMS } from '../../support/web-intake.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('events wait undecided while the config is on its way, and are decided when it comes', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { script, release } = createHold()
  relay.onConfig(script)

  const { page } = await visit(context, `${site}/first`)
  const ids = await submit(page, 'buy', 'remove')
  const ofNoStream = await page.evaluate(() => window.client.submit('web.unknown', { action: 'buy' }))
  await expect.poll(() => countQueued(page), PATIENCE).toBe(3)
  const before = await page.evaluate(() => ({
    goes: window.client.explain('web.click').goes,
    outcomes: window.outcomes.length,
  }))
  release()
  const stored = await expectStored(intake, ids)

  expect(before).toEqual({ goes: undefined, outcomes: 0 })
  expect(stored.map(({ action }) => action)).toEqual(['buy', 'remove'])
  const told = await outcomes(page, 3)
  expect(told.filter(({ kind }) => kind === 'dropped')).toMatchObject([
    { id: ofNoStream, reason: 'unconfigured' },
  ])
})

test('a page left before its config came: decided on the next page, with the first page in it', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  relay.onConfig(cut)

  const { page } = await visit(context, `${site}/first`)
  const early = await submit(page, 'early')
  await expect.poll(() => countQueued(page), PATIENCE).toBe(1)
  const submittedBy = new Date().toISOString()
  relay.onConfig(pass)
  await page.goto(`${site}/second`)
  const late = await submit(page, 'late')
  const [first, second] = await expectStored(intake, [...early, ...late])

  expect(first?.page.title).toBe('/first')
  expect(second?.page.title).toBe('/second')
  expect(first?.performer.pageview_id).not.toBe(second?.performer.pageview_id)
  // No stream is known to need a session yet, so its id is in the event's record, and not kept for the next page.
  expect(first?.performer.session_id).toMatch(/^[0-9a-f]{20}$/)
  expect(first?.performer.session_id).not.toBe(second?.performer.session_id)
  expect(first!.dt <= submittedBy).toBe(true)
})

test('sampling by page view goes by the page of the event, not by the page that decides', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const sample = { unit: 'pageview', rate: 0.5 }
  await intake.configure({ streams: { 'web.click': { ...STREAMS['web.click'], sample } } })
  relay.onConfig(cut)

  // As many pages as it takes for both answers to be sure to come up (all alike: 1 in 2^23).
  const { page } = await visit(context, `${site}/0`)
  const ids = await submit(page, '0')
  for (let i = 1; i < 24; i++) {
    await expect.poll(() => countQueued(page), PATIENCE).toBe(i)
    await page.goto(`${site}/${i}`)
    ids.push(...(await submit(page, String(i))))
  }
  await expect.poll(() => countQueued(page), PATIENCE).toBe(24)
  relay.onConfig(pass)
  await page.goto(`${site}/last`)
  await configured(page)
  await expect.poll(() => countQueued(page), PATIENCE).toBe(0)

  const stored = await intake.stored()
  expect(stored.length).toBeGreaterThan(0)
  expect(stored.length).toBeLessThan(24)
  const draws = stored.map(({ performer }) => Number.parseInt(performer.pageview_id.slice(0, 8), 16))
  expect(Math.max(...draws) / 0xffff_ffff).toBeLessThan(0.5)
})

test('with the config down on a second visit, the kept one decides at once', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page: firstVisit } = await visit(context, `${site}/first`)
  await configured(firstVisit)
  await firstVisit.close()
  relay.onConfig(cut)

  const { page, warnings } = await visit(context, `${site}/second`)
  const goes = await page.evaluate(() => window.client.explain('web.click').goes)
  await expectStored(intake, await submit(page, 'buy'))

  expect(goes).toBe(true)
  expect(warnings).toHaveLength(1)
})

test('a change of the config reaches the next page, and switches a stream off', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)

  const off = { schema_title: 'web/click', producers: { rivulet: { state: 'off' } } }
  await intake.configure({ streams: { ...STREAMS, 'web.click': off } })
  await page.goto(`${site}/second`)
  await page.waitForFunction(
    () => window.client.explain('web.click').reason === 'killed',
    undefined,
    PATIENCE,
  )
  const [id] = await submit(page, 'buy')

  expect(await outcomes(page, 1)).toMatchObject([{ kind: 'dropped', reason: 'killed', id }])
})
