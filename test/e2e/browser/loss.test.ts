import type { Browser, Page } from 'playwright'
import type { Event } from 'rivulet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readLosses } from '../../../src/intake/stored-losses.ts'
import { launchChromium } from '../../support/chromium.mjs'
import {
  actions,
  configured,
  countQueued,
  newContext,
  PATIENCE,
  startWeb,
  submit,
  visit,
  type Web,
} from '../../support/visit.ts'
import { STREAMS } from '../../support/web-intake.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** A site whose pages report what became of their events. */
async function startReportingWeb(): Promise<Web> {
  const web = await startWeb()
  await web.intake.configure({
    streams: { ...STREAMS, 'rivulet.ledger': { schema_title: 'rivulet/ledger' } },
  })
  return web
}

/** Posted events that are to be lost vanish behind the answer, as often as they come. */
function lose({ relay, intake }: Web, isLost: (event: Event) => boolean): void {
  relay.onEvents(async ({ path, body }) => {
    const events = JSON.parse(body) as Event[]
    const kept = events.filter((event) => !isLost(event))
    const answer = await fetch(`${intake.url}${path}`, { method: 'POST', body: JSON.stringify(kept) })
    return { status: answer.status, body: await answer.text() }
  })
}

/** Closes the client once all is answered for, what earlier pages left included: its account tells of that, too. */
async function closeTold(page: Page): Promise<void> {
  await expect.poll(() => countQueued(page), PATIENCE).toBe(0)
  await page.evaluate(() => window.client.close())
}

const lossesIn = async ({ intake }: Web) => {
  const { losses } = await readLosses(intake.data, { log: ({ message }) => expect.unreachable(message) })
  return losses
}

test('of a visit over three pages, what the intake loses is missed to the event once the last page is closed', async () => {
  const web = await startReportingWeb()
  // Of each page the third and the fourth, and of the second page the last one too.
  const lost = ['act-2', 'act-3', 'more-2', 'more-3', 'more-9', 'last-2', 'last-3']
  lose(web, ({ action }) => lost.includes(String(action)))
  const { page } = await visit(await newContext(browser), `${web.site}/first`)
  await configured(page)

  await submit(page, ...actions(10))
  await page.goto(`${web.site}/second`)
  await submit(page, ...actions(10, 'more'))
  await page.goto(`${web.site}/third`)
  await submit(page, ...actions(10, 'last'))
  await closeTold(page)

  const losses = await lossesIn(web)
  expect(losses).toMatchObject([
    {
      stream: 'web.click',
      sdk: 'rivulet/0.1.0',
      instances: 3,
      instances_with_unknown_end: 0,
      submitted: 30,
      kept_out: {},
      dropped: {},
      delivered: 23,
      missing_in_the_middle: 6,
      missing_at_the_end: 1,
      unknown: 0,
    },
  ])
})

test('where nothing is lost, nothing is missing, however the pages were left', async () => {
  const web = await startReportingWeb()
  const { page } = await visit(await newContext(browser), `${web.site}/first`)

  await submit(page, ...actions(10))
  await page.goto(`${web.site}/plain`)
  await page.goto(`${web.site}/second`)
  await submit(page, ...actions(10, 'more'))
  await page.reload()
  await closeTold(page)

  const losses = await lossesIn(web)
  expect(losses).toMatchObject([
    {
      submitted: 20,
      delivered: 20,
      missing_in_the_middle: 0,
      missing_at_the_end: 0,
      unknown: 0,
      instances_with_unknown_end: 0,
    },
  ])
})
