import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { cut, pass } from '../../support/relay.ts'
import { countQueued, expectStored, newContext, PATIENCE, startWeb, visit } from '../../support/visit.ts'

declare global {
  interface Window {
    /** By client, the ids of the events that it was told of. */
    heard: string[][]
  }
}

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('two clients of a page share the queue, send each event once, and each hears of all its own', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  // What waits undecided for a config, either client may decide on, under its own name.
  await page.waitForFunction(() => window.client.explain('web.click').goes, undefined, PATIENCE)

  const ids = await page.evaluate(async () => {
    window.heard = [[], []]
    const clients = window.heard.map((list) =>
      window.createClient({ ...window.options, onOutcome: ({ id }) => void list.push(id) }),
    )
    const ids = clients.map((client) =>
      Array.from({ length: 20 }, () => client.submit('web.click', { action: 'buy' })),
    )
    await Promise.all(clients.map((client) => client.flush()))
    return ids
  })
  const events = await expectStored(intake, ids.flat())

  await page.waitForFunction(() => window.heard.flat().length >= 40, undefined, PATIENCE)
  const heard = await page.evaluate(() => window.heard)
  expect(heard.map((list) => list.sort())).toEqual(ids.map((list) => list.sort()))
  expect(new Set(events.map(({ meta }) => meta.producer.id)).size).toBe(2)
  expect(new Set(events.map(({ performer }) => performer.session_id)).size).toBe(1)
  const sent = relay.posts().flatMap((post) => post.ids)
  expect(sent.sort()).toEqual(ids.flat().sort())
})

test('each counts its own: seq from 1 without gaps, and flush tells of its own events only', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await page.waitForFunction(() => window.client.explain('web.click').goes, undefined, PATIENCE)
  relay.onEvents(cut)

  const { ids, left } = await page.evaluate(async () => {
    const clients = [window.createClient(window.options), window.createClient(window.options)]
    const ids = [2, 3].map((count, i) =>
      Array.from({ length: count }, () => clients[i]!.submit('web.click', { action: String(i) })),
    )
    const left = await Promise.all(clients.map((client) => client.flush({ timeout: 100 })))
    return { ids, left }
  })
  await expect.poll(() => countQueued(page), PATIENCE).toBe(5)
  relay.onEvents(pass)
  const events = await expectStored(intake, ids.flat())

  expect(left).toEqual([2, 3])
  const seqsOf = (own: readonly string[] = []) =>
    events.filter(({ meta }) => own.includes(meta.id)).map(({ meta }) => meta.producer.seq)
  expect(ids.map(seqsOf)).toEqual([
    [1, 2],
    [1, 2, 3],
  ])
})

test('a closed client drops what comes later, and the other goes on', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await page.waitForFunction(() => window.client.explain('web.click').goes, undefined, PATIENCE)

  const { before, after, other } = await page.evaluate(async () => {
    const second = window.createClient(window.options)
    const before = window.client.submit('web.click', { action: 'before' })
    await window.client.close()
    const after = window.client.submit('web.click', { action: 'after' })
    const other = second.submit('web.click', { action: 'other' })
    return { before, after, other }
  })
  await expectStored(intake, [before, other])

  const told = await page.evaluate(() => window.outcomes)
  expect(told.filter(({ id }) => id === after)).toMatchObject([{ kind: 'dropped', reason: 'closed' }])
})
