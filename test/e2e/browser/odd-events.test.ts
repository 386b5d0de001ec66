import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EventData } from 'rivulet'
import { launchChromium } from '../../support/chromium.mjs'
import { createHold } from '../../support/relay.ts'
import {
  configured,
  expectStored,
  newContext,
  outcomes,
  startWeb,
  submit,
  visit,
} from '../../support/visit.ts'

/** Made in the page, since none of them could be sent there. */
const ODD: Readonly<Record<string, { make: () => unknown; reason: string }>> = {
  cyclic: {
    make: () => {
      const data: Record<string, unknown> = { action: 'buy' }
      data.self = data
      return data
    },
    reason: 'unserializable',
  },
  'a BigInt': { make: () => ({ action: 'buy', count: BigInt(1) }), reason: 'unserializable' },
  'a getter that throws': {
    make: () => ({
      get action() {
        throw new Error('no action')
      },
    }),
    reason: 'unserializable',
  },
  'a nested getter that throws': {
    make: () => ({
      action: 'buy',
      basket: {
        get count() {
          throw new Error('no count')
        },
      },
    }),
    reason: 'unserializable',
  },
  'a toJSON that throws': {
    make: () => ({
      action: 'buy',
      toJSON: () => {
        throw new Error('no JSON')
      },
    }),
    reason: 'unserializable',
  },
  'a proxy that refuses everything': {
    make: () =>
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
          ownKeys: () => {
            throw new Error('no')
          },
        },
      ),
    reason: 'unserializable',
  },
  'a 5 MB string': { make: () => ({ action: 'x'.repeat(5_000_000) }), reason: 'too-large' },
  'a text': { make: () => 'buy', reason: 'invalid' },
  'a number': { make: () => 7, reason: 'invalid' },
  'a list': { make: () => [{ action: 'buy' }], reason: 'invalid' },
  null: { make: () => null, reason: 'invalid' },
  'a function': { make: () => () => 'buy', reason: 'invalid' },
  'a symbol': { make: () => Symbol('buy'), reason: 'invalid' },
  'a meta that is no object': { make: () => ({ action: 7, meta: 'mine' }), reason: 'refused' },
  'no data': { make: () => undefined, reason: 'refused' },
}

const WANTED = Object.fromEntries(Object.entries(ODD).map(([name, { reason }]) => [name, reason]))

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('nothing that a page may submit by mistake throws: each ends in one named outcome', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page, complaints } = await visit(context, `${site}/first`)
  await configured(page)

  const names = await submitOdd(page)
  const good = await submit(page, 'good')
  await page.evaluate(() => window.client.flush())
  await expectStored(intake, good)

  expect(await reasons(page, names)).toEqual(WANTED)
  expect(complaints).toEqual([])
})

test('nor does it where no config is known yet', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { script, release } = createHold()
  relay.onConfig(script)
  const { page, complaints } = await visit(context, `${site}/first`)

  const names = await submitOdd(page)
  const good = await submit(page, 'good')
  release()
  await configured(page)
  await page.evaluate(() => window.client.flush())
  await expectStored(intake, good)

  expect(await reasons(page, names)).toEqual(WANTED)
  expect(complaints).toEqual([])
})

test('no arguments, a stream that is no text, and a frozen event do not throw', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page, complaints } = await visit(context, `${site}/first`)
  await configured(page)

  const [nothing, noText, frozen] = await page.evaluate(() => {
    const submit = window.client.submit as (stream?: unknown, data?: EventData) => string
    return [
      submit(),
      submit({ stream: 'web.click' }, { action: 'buy' }),
      submit('web.click', Object.freeze({ action: 'buy', meta: Object.freeze({ note: 'own' }) })),
    ]
  })
  await expectStored(intake, [frozen!])
  const told = await outcomes(page, 3)

  const reasons = told.map((outcome) => [outcome.id, outcome.kind === 'dropped' ? outcome.reason : ''])
  expect(reasons.sort()).toEqual([
    [nothing, 'unconfigured'],
    [noText, 'unconfigured'],
    [frozen, ''],
  ])
  expect(complaints).toEqual([])
})

test('texts of any script, lone surrogates and emoji arrive as they were', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  const texts = ['Straße', '日本語', 'שלום', '👩‍👩‍👧', '\u2028', '\ud800', '"\\\n\u0000']

  const ids = await submit(page, ...texts)
  const events = await expectStored(intake, ids)

  expect(events.map(({ action }) => action)).toEqual(texts)
})

/** Submits each in a task of its own, and returns the names by the ids that came back. */
async function submitOdd(page: Page): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  for (const [name, { make }] of Object.entries(ODD)) {
    const id: string = await page.evaluate(`window.client.submit('web.click', (${make})())`)
    names.set(id, name)
  }
  return names
}

/** Why each was dropped, by its name; two outcomes of one event would show as two reasons. */
async function reasons(page: Page, names: ReadonlyMap<string, string>): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const outcome of await outcomes(page, names.size + 1)) {
    const name = names.get(outcome.id)
    const reason = outcome.kind === 'dropped' ? outcome.reason : outcome.kind
    if (name) found[name] = name in found ? `${found[name]}, ${reason}` : reason
  }
  return found
}
