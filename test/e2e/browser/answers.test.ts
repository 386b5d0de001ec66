import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { cut, pass, type Reply } from '../../support/relay.ts'
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

test('an intake that is down for a whole visit gets its events on the next one', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page: first, complaints } = await visit(context, `${site}/first`)
  await configured(first)

  await relay.stop()
  const ids = await submit(first, ...actions(10))
  await expect.poll(() => countQueued(first), PATIENCE).toBe(10)
  const left = await first.evaluate(() => window.client.flush({ timeout: 500 }))
  await first.close()
  await relay.start()
  await visit(context, `${site}/second`)

  expect(left).toBe(10)
  await expectStored(intake, ids)
  expect(complaints).toEqual([])
})

test('after a 503 the same events are sent again, and stored once', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  relay.onEvents(() => {
    relay.onEvents(pass)
    return { status: 503 }
  })

  const ids = await submitNow(page, ...actions(5))
  await expectStored(intake, ids)

  expect(relay.posts().map((post) => post.ids)).toEqual([ids, ids])
  expect(await outcomes(page, 5)).toEqual(ids.map((id) => ({ kind: 'delivered', stream: 'web.click', id })))
})

test('a 429 with Retry-After is not asked again before its time, nor much later', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  relay.onEvents(() => {
    relay.onEvents(pass)
    return { status: 429, headers: { 'retry-after': '2' } }
  })

  const ids = await submit(page, 'buy')
  await page.evaluate(() => window.client.flush({ timeout: 100 }))
  ids.push(...(await submit(page, 'remove')))
  await page.evaluate(() => window.client.flush({ timeout: 100 }))
  await expectStored(intake, ids)

  const [refused, taken] = relay.posts()
  const waited = taken!.at - refused!.at
  expect(waited).toBeGreaterThanOrEqual(2_000)
  expect(waited).toBeLessThan(5_000)
})

test('where the intake stores and the answer is lost, the events are sent again under the same ids', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  relay.onEvents(async (_, store) => {
    relay.onEvents(pass)
    await store()
    return undefined
  })

  const ids = await submitNow(page, ...actions(5))
  await outcomes(page, 5)

  expect(relay.posts().map((post) => post.ids)).toEqual([ids, ids])
  await expectStored(intake, ids)
})

test('of a 207 only what it lists is dropped, as refused and with the reason', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)

  // The intake's own answer: an action must be a text.
  const [bad, ...ids] = await page.evaluate(() =>
    [7, 'buy', 'remove'].map((action) => window.client.submit('web.click', { action })),
  )
  const told = await outcomes(page, 3)
  await expectStored(intake, ids)

  expect(told.filter(({ kind }) => kind === 'delivered').map(({ id }) => id)).toEqual(ids)
  expect(told.filter(({ kind }) => kind === 'dropped')).toMatchObject([
    { id: bad, reason: 'refused', problems: [{ message: expect.stringContaining('action') }] },
  ])
  expect(relay.posts()).toHaveLength(1)
  await expect.poll(() => countQueued(page), PATIENCE).toBe(0)
})

test('what a 207 lists as an error is tried again, and the others are not', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  relay.onEvents(({ body }) => {
    relay.onEvents(pass)
    // As EventGate lists it: the event as the server changed it.
    const [event] = JSON.parse(body)
    const error = [{ status: 'error', event: { ...event, added: 1 }, context: { message: 'disk full' } }]
    return { status: 207, body: JSON.stringify({ invalid: [], error }) }
  })

  const [again, taken] = await submitNow(page, 'buy', 'remove')
  await outcomes(page, 2)

  expect(relay.posts().map(({ ids }) => ids)).toEqual([[again, taken], [again]])
  await expectStored(intake, [again!])
})

const NO_ANSWERS: Readonly<Record<string, Reply>> = {
  "a captive portal's page, with status 200": {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<title>Welcome to the airport</title>',
  },
  'a redirect to somewhere that says 200': { status: 303, headers: { location: '/v1/stream-configs' } },
  'a promise (202)': { status: 202 },
  'a login (401)': { status: 401 },
  'a page not found (404)': { status: 404 },
}

test.each(Object.entries(NO_ANSWERS))('%s is no answer: the events stay queued', async (_, reply) => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  relay.onEvents(() => {
    relay.onEvents(pass)
    return reply
  })

  const ids = await submit(page, 'buy')
  await expect.poll(() => countQueued(page), PATIENCE).toBe(1)
  const left = await page.evaluate(() => window.client.flush({ timeout: 300 }))
  await expectStored(intake, ids)

  expect(left).toBe(1)
  expect(relay.posts().map((post) => post.ids)).toEqual([ids, ids])
  expect(await outcomes(page, 1)).toEqual([{ kind: 'delivered', stream: 'web.click', id: ids[0] }])
})

test('a connection that keeps breaking is tried again after a while, not in a loop', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page, warnings } = await visit(context, `${site}/first`)
  await configured(page)
  relay.onEvents(cut)

  const ids = await submitNow(page, 'buy')
  await expect.poll(() => relay.posts().length, PATIENCE).toBe(2)
  relay.onEvents(pass)
  await expectStored(intake, ids)

  expect(relay.posts().length).toBe(3)
  expect(warnings.length).toBeLessThanOrEqual(1)
})

/** Submits, and has it sent without waiting for more. */
async function submitNow(page: Page, ...actions: readonly string[]): Promise<string[]> {
  const ids = await submit(page, ...actions)
  await page.evaluate(() => void window.client.flush())
  return ids
}
