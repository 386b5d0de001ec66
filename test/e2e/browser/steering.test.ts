import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { STREAMS, type WebIntake } from '../../support/web-intake.ts'
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

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const PUSHED = `
  import { createConfigPush } from '/rivulet/config-push.js'
  more.configPush = createConfigPush('INTAKE/v1/stream-configs/live')`

/** Replaces what the intake says of `web.click`. */
function configure(intake: WebIntake, settings: object, top: object = {}): Promise<void> {
  const { 'web.click': click } = STREAMS
  const rivulet = { ...click.producers.rivulet, ...settings }
  return intake.configure({
    ...top,
    streams: { ...STREAMS, 'web.click': { ...click, producers: { rivulet } } },
  })
}

const reasonIn = (page: Page) => () => page.evaluate(() => window.client.explain('web.click').reason)

async function openTabs(context: BrowserContext, site: string, count: number): Promise<Page[]> {
  const pages: Page[] = []
  for (let i = 0; i < count; i++) {
    const { page } = await visit(context, `${site}/tab-${i}`)
    await configured(page)
    pages.push(page)
  }
  return pages
}

describe('a config that is pushed', () => {
  test('reaches all open tabs of the origin over one connection, without a reload', async () => {
    const { site, intake } = await startWeb({ more: PUSHED })
    const context = await newContext(browser)
    const connections: string[] = []
    context.on('request', (request) => {
      if (request.url().endsWith('/live')) connections.push(request.url())
    })
    const pages = await openTabs(context, site, 3)

    await configure(intake, { state: 'off' })

    for (const page of pages) await expect.poll(reasonIn(page), PATIENCE).toBe('killed')
    expect(connections).toHaveLength(1)
  })

  test('reaches the other tab when the one that listened is closed', async () => {
    const { site, intake } = await startWeb({ more: PUSHED })
    const [one, two] = await openTabs(await newContext(browser), site, 2)
    await one!.close()

    await configure(intake, { state: 'off' })

    await expect.poll(reasonIn(two!), PATIENCE).toBe('killed')
  })
})

test('without push, tabs take a change with their next refresh, and do not each ask for it', async () => {
  const { site, intake, relay } = await startWeb()
  await configure(intake, {}, { refresh_seconds: 2 })
  const pages = await openTabs(await newContext(browser), site, 4)
  const requests = () =>
    relay.arrivals.filter(({ path }) => path === '/v1/stream-configs').map(({ at }) => at)
  const before = requests().length
  await expect.poll(() => requests().length, PATIENCE).toBeGreaterThanOrEqual(before + 5)
  const times = requests().slice(before, before + 5)

  await configure(intake, { state: 'off' }, { refresh_seconds: 2 })
  for (const page of pages) await expect.poll(reasonIn(page), PATIENCE).toBe('killed')

  // Four rounds of one tab take 7 s; if each tab asked, five requests would come within two.
  expect(times[4]! - times[0]!).toBeGreaterThan(4000)
})

test('what a stream holds back stays queued over a reload, and goes when the stream is on again', async () => {
  const { site, intake } = await startWeb({ more: PUSHED })
  await configure(intake, { state: 'hold' })
  const { page } = await visit(await newContext(browser), `${site}/one`)
  await configured(page)
  const ids = await submit(page, 'a', 'b')
  await expect.poll(() => countQueued(page), PATIENCE).toBe(2)
  await page.reload()
  await page.waitForFunction(() => window.client)
  await page.evaluate(() => window.client.flush({ timeout: 500 }))
  expect(await intake.stored()).toEqual([])

  await configure(intake, {})

  await expectStored(intake, ids)
})

test('what is queued of a stream that is switched off is taken, and counted', async () => {
  const { site, intake } = await startWeb({ more: PUSHED })
  await configure(intake, { state: 'hold' })
  const { page } = await visit(await newContext(browser), `${site}/one`)
  await configured(page)
  await submit(page, 'a', 'b')

  await configure(intake, { state: 'off' })

  expect(await outcomes(page, 2)).toMatchObject([{ reason: 'killed' }, { reason: 'killed' }])
  await expect.poll(() => countQueued(page), PATIENCE).toBe(0)
})

test('the debug switch in the URL sends what is out of sample, marked, for that page only', async () => {
  const more = `
    import { createDebugSwitch } from '/rivulet/debug.js'
    more.debug = createDebugSwitch()`
  const { site, intake } = await startWeb({ more })
  await intake.configure({
    streams: { ...STREAMS, 'web.click': { ...STREAMS['web.click'], sample: { unit: 'session', rate: 0 } } },
  })
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/one?rivulet_debug=web.click`)
  await configured(page)
  const ids = await submit(page, 'tried')
  const [event] = await expectStored(intake, ids)
  expect(event?.meta.producer).toMatchObject({ debug: true })
  expect(event?.meta.producer).not.toHaveProperty('seq')

  await page.goto(`${site}/one`)
  await configured(page)
  await submit(page, 'not sent')
  expect(await outcomes(page, 1)).toMatchObject([{ reason: 'out-of-sample' }])

  await page.evaluate(() => {
    localStorage.setItem('rivulet_debug', '*')
    window.client.setConsent('denied') // which deletes what Rivulet keeps, and not what the tester has set
  })
  await page.reload()
  await configured(page)
  expect(await page.evaluate(() => window.client.explain('web.click'))).toMatchObject({
    goes: true,
    debug: true,
  })
})

test('curation keeps what it asks for', async () => {
  const more = `
    import { curate } from '/rivulet/curation.js'
    more.curate = curate`
  const { site, intake } = await startWeb({ more })
  await configure(intake, { curation: { page_title: { contains: 'tab' } } })
  const [tab] = await openTabs(await newContext(browser), site, 1)
  const kept = await submit(tab!, 'kept')
  await expectStored(intake, kept)

  await tab!.evaluate(() => {
    document.title = 'another'
  })
  await submit(tab!, 'dropped')

  expect((await outcomes(tab!, 2))[1]).toMatchObject({ reason: 'curated' })
})

test('a browser that asks for privacy (GPC) sends what ignores that, and nothing else', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  await context.addInitScript(() => {
    Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })
  })
  const { page } = await visit(context, `${site}/one`)
  await configured(page)
  await submit(page, 'dropped')
  expect(await outcomes(page, 1)).toMatchObject([{ reason: 'gpc' }])

  await configure(intake, { gpc: 'ignore' })
  await page.reload()
  await configured(page)

  await expectStored(intake, await submit(page, 'kept'))
})
