import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { cut, pass, type Script } from '../../support/relay.ts'
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

const json = { 'content-type': 'application/json' }
const BAD: Readonly<Record<string, Script>> = {
  'a login page': () => ({
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<!doctype html><title>Log in</title>',
  }),
  nothing: () => ({ status: 200, headers: json, body: '' }),
  'a 404': () => ({ status: 404, headers: json, body: '{"streams":{}}' }),
  'a list': () => ({ status: 200, headers: json, body: '[]' }),
  null: () => ({ status: 200, headers: json, body: 'null' }),
  '10 MB': () => ({
    status: 200,
    headers: json,
    body: JSON.stringify({ streams: { ...STREAMS, 'web.other': { note: 'x'.repeat(10_000_000) } } }),
  }),
  'a broken connection': cut,
}

describe.each(Object.entries(BAD))('%s instead of a stream config', (_, script) => {
  test('leaves the last good one in force, and is told once', async () => {
    const { site, intake, relay } = await startWeb()
    const context = await newContext(browser)
    const { page: before } = await visit(context, `${site}/first`)
    await configured(before)
    await before.close()
    relay.onConfig(script)

    const { page, warnings, complaints } = await visit(context, `${site}/second`)
    await page.waitForFunction(() => window.client.explain('web.click').trouble, undefined, PATIENCE)
    const ids = await submit(page, 'buy')
    const asked = relay.arrivals.length
    await seeAgain(page)
    await expect
      .poll(() => relay.arrivals.slice(asked).some(({ method }) => method === 'GET'), PATIENCE)
      .toBe(true)
    ids.push(...(await submit(page, 'remove')))
    await page.evaluate(() => window.client.flush())
    await expectStored(intake, ids)

    expect(warnings).toHaveLength(1)
    expect(complaints).toEqual([])
  })

  test('on a first visit decides nothing: events wait for a good one', async () => {
    const { site, intake, relay } = await startWeb()
    const context = await newContext(browser)
    relay.onConfig(script)

    const { page, warnings, complaints } = await visit(context, `${site}/first`)
    const ids = await submit(page, 'buy')
    await page.waitForFunction(() => window.client.explain('web.click').trouble, undefined, PATIENCE)
    await expect.poll(() => countQueued(page), PATIENCE).toBe(1)
    const explained = await page.evaluate(() => window.client.explain('web.click'))
    relay.onConfig(pass)
    await seeAgain(page)
    await expectStored(intake, ids)

    expect(explained).toMatchObject({ stream: 'web.click', trouble: expect.stringMatching(/\w/) })
    expect(explained.goes).toBeUndefined()
    expect(await page.evaluate(() => window.client.explain('web.click').trouble)).toBe('')
    expect(warnings).toHaveLength(1)
    expect(complaints).toEqual([])
  })
})

const MALFORMED: Readonly<Record<string, unknown>> = {
  'no settings but a text': 'on',
  'a sample without rate': { schema_title: 'web/click', sample: { unit: 'session' } },
  'a rate above 1': { schema_title: 'web/click', sample: { unit: 'session', rate: 2 } },
  'an unknown unit': { schema_title: 'web/click', sample: { unit: 'person', rate: 1 } },
}

test('however often the config fails, and in however many ways, one line is written until it is good again', async () => {
  const { site, relay } = await startWeb()
  const context = await newContext(browser)
  const { page, warnings } = await visit(context, `${site}/first`)
  await configured(page)
  const trouble = () => page.evaluate(() => window.client.explain('web.click').trouble)

  for (const round of [1, 2]) {
    for (const script of Object.values(BAD)) {
      const asked = relay.arrivals.length
      relay.onConfig(script)
      await seeAgain(page)
      await expect.poll(() => relay.arrivals.length, PATIENCE).toBeGreaterThan(asked)
      await expect.poll(trouble, PATIENCE).toMatch(/\w/)
    }
    expect(warnings).toHaveLength(round)
    relay.onConfig(pass)
    await seeAgain(page)
    await expect.poll(trouble, PATIENCE).toBe('')
  }
})

test.each(Object.entries(MALFORMED))(
  'a stream that has %s is off, and the other streams go on',
  async (_, settings) => {
    const { site, intake, relay } = await startWeb()
    const context = await newContext(browser)
    const body = JSON.stringify({ streams: { 'web.click': settings, 'web.view': STREAMS['web.view'] } })
    relay.onConfig(() => ({ status: 200, headers: json, body }))

    const { page, complaints } = await visit(context, `${site}/first`)
    await page.waitForFunction(() => window.client.explain('web.view').goes, undefined, PATIENCE)
    const [off] = await submit(page, 'buy')
    const on = await page.evaluate(() => window.client.submit('web.view', { action: 'look' }))
    await expect
      .poll(async () => (await intake.stored('web.view')).map(({ meta }) => meta.id), PATIENCE)
      .toEqual([on])

    const explained = await page.evaluate(() => window.client.explain('web.click'))
    expect(explained).toMatchObject({ goes: false, reason: 'unconfigured' })
    expect(explained.config?.why).toMatch(/sample|settings/)
    expect(await outcomes(page, 2)).toContainEqual(
      expect.objectContaining({ kind: 'dropped', reason: 'unconfigured', id: off }),
    )
    expect(complaints).toEqual([])
  },
)

/** The page as it comes back into view, when it asks for the config again. */
async function seeAgain(page: Page): Promise<void> {
  await page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
  })
}
