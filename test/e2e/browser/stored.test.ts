import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { expectStored, newContext, outcomes, startWeb, submit, visit } from '../../support/visit.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('what a page submits is stored, with meta, dt and the client that it comes from', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)

  const before = Date.now()
  const { page, complaints, warnings } = await visit(context, `${site}/shop`)
  const ids = await submit(page, 'buy', 'remove')
  const submitted = Date.now()
  const [first, second] = await expectStored(intake, ids)

  expect(first).toMatchObject({
    $schema: '/web/click/1.0.0',
    action: 'buy',
    meta: {
      id: ids[0],
      stream: 'web.click',
      domain: '127.0.0.1',
      producer: { sdk: expect.stringMatching(/^rivulet\/\d+\.\d+\.\d+$/), seq: 1, rate: 1 },
    },
    page: { title: '/shop' },
  })
  const [dt, received] = [Date.parse(first!.dt), Date.parse(first!.meta.dt)]
  expect(first?.dt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(dt).toBeGreaterThanOrEqual(before)
  expect(dt).toBeLessThanOrEqual(submitted)
  expect(received).toBeGreaterThanOrEqual(dt)
  expect(second?.meta.producer).toMatchObject({ id: first?.meta.producer.id, seq: 2 })
  expect(first?.meta.producer.revision).toEqual(expect.any(String))
  expect([...complaints, ...warnings]).toEqual([])
})

test('page view and session ids have the form that the schemas of the family check', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)

  const { page } = await visit(context, `${site}/shop`)
  const ids = await submit(page, 'buy')
  const [event] = await expectStored(intake, ids)

  expect(event?.performer.pageview_id).toMatch(/^[0-9a-f]{20}$/)
  expect(event?.performer.session_id).toMatch(/^[0-9a-f]{20}$/)
  expect(event?.performer.pageview_id).not.toBe(event?.performer.session_id)
  expect(event?.meta.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('a stored event has the outcome `delivered`, told once, and leaves the queue', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)

  const { page } = await visit(context, `${site}/shop`)
  const [id] = await submit(page, 'buy')
  await expectStored(intake, [id!])

  expect(await outcomes(page, 1)).toEqual([{ kind: 'delivered', stream: 'web.click', id }])
  expect(await page.evaluate(() => window.client.flush())).toBe(0)
  expect(relay.posts().map(({ ids }) => ids)).toEqual([[id]])
})

test('events go as text/plain without a preflight and without cookies, and tell when they were sent', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  await context.addCookies([{ name: 'secret', value: '1', url: relay.url }])

  const { page } = await visit(context, `${site}/shop`)
  const [event] = await expectStored(intake, await submit(page, 'buy'))

  const [post] = relay.posts()
  expect(event?.meta.producer.skew_ms).toBeTypeOf('number')
  expect(post?.headers['content-type']).toMatch(/^text\/plain/)
  expect(post?.headers.cookie).toBeUndefined()
  expect(relay.arrivals.map(({ method }) => method)).not.toContain('OPTIONS')
})

test('a click submitted by the script tag is stored like one of the module', async () => {
  const { site, intake, options } = await startWeb()
  const context = await newContext(browser)

  const { page } = await visit(context, `${site}/plain`)
  await page.addScriptTag({ url: '/rivulet/script.js' })
  const id = await page.evaluate((options) => {
    const { rivulet } = window as unknown as { rivulet: Pick<Window, 'createClient'> }
    return rivulet.createClient(options).submit('web.click', { action: 'buy' })
  }, options)

  await expectStored(intake, [id])
})
