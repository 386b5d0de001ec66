import type { Browser } from 'playwright'
import { type ClientOptions, createClient, type Outcome } from 'rivulet'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { type ScriptedEventGate, startEventGate } from '../../support/eventgate.ts'
import { serveSite } from '../../support/site.ts'
import { newContext, PATIENCE, visit } from '../../support/visit.ts'
import { shopFolder } from '../intake/temp-intake.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** A client, wherever it runs. */
interface Sender {
  /** Submits events in one task, has them sent, and returns their ids. */
  submit(...events: readonly object[]): Promise<string[]>
  /** What became of events, by id and in a word, once it is known of so many. */
  fates(count: number): Promise<{ [id: string]: string }>
  ledger(): Promise<object>
}

const STREAM = 'shop.click'
const CLICK = { $schema: '/shop/click/1.0.0', action: 'buy' }
const INVALID = { ...CLICK, action: 'steal' }
const UNKNOWN_SCHEMA = { ...CLICK, $schema: '/nowhere/at_all/1.0.0' }

const optionsFor = ({ url }: ScriptedEventGate, more: Partial<ClientOptions>): ClientOptions => ({
  intakeUrl: `${url}/v1/events`,
  streamConfigs: { streams: { [STREAM]: {} } },
  fillMetaDt: true,
  ...more,
})

/** A page with a client, and the context and site that it is of. */
async function openPage(options: ClientOptions) {
  const site = await serveSite({
    '/page.js': `
      import { createClient } from '/rivulet/browser.js'
      window.outcomes = []
      const onOutcome = (outcome) => { window.outcomes.push(outcome) }
      window.client = createClient({ ...${JSON.stringify(options)}, onOutcome })
    `,
  })
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  return { site, context, page }
}

async function senderInChromium(options: ClientOptions): Promise<Sender> {
  const { page } = await openPage(options)
  return {
    submit: (...events) =>
      page.evaluate((events) => {
        const ids = events.map((event) => window.client.submit('shop.click', event))
        void window.client.flush()
        return ids
      }, events),
    fates: async (count) => {
      await page.waitForFunction((count) => window.outcomes.length >= count, count, PATIENCE)
      return fatesIn(await page.evaluate(() => window.outcomes))
    },
    ledger: () => page.evaluate(() => window.client.ledger()),
  }
}

async function senderInNode(options: ClientOptions): Promise<Sender> {
  const told: Outcome[] = []
  const client = createClient({ ...options, exitTimeout: 0, onOutcome: (outcome) => told.push(outcome) })
  onTestFinished(() => client.close())
  return {
    submit: async (...events) => {
      const ids = events.map((event) => client.submit(STREAM, event))
      void client.flush()
      return ids
    },
    fates: async (count) => {
      await expect.poll(() => told.length, PATIENCE).toBeGreaterThanOrEqual(count)
      return fatesIn(told)
    },
    ledger: async () => client.ledger(),
  }
}

const fatesIn = (outcomes: readonly Outcome[]) =>
  Object.fromEntries(outcomes.map((outcome) => [outcome.id, wordFor(outcome)]))

function wordFor(outcome: Outcome): string {
  if (outcome.kind === 'delivered') return 'delivered'
  return [outcome.reason, ...(outcome.problems ?? []).map(({ message }) => message)].join(': ')
}

const fateOfAll = (ids: readonly string[], fate: string) => Object.fromEntries(ids.map((id) => [id, fate]))
const acceptedBy = ({ accepted }: ScriptedEventGate) => accepted.map(({ meta }) => meta?.id)
const statusesOf = ({ exchanges }: ScriptedEventGate) => exchanges.map(({ status }) => status)

async function startScripted(options?: { readonly maxBodyBytes?: number }): Promise<ScriptedEventGate> {
  const { schemas } = await shopFolder()
  return startEventGate(schemas[0]!, options)
}

const NO_SCHEMA = 'refused: Failed loading schema at /nowhere/at_all/1.0.0'
const MISSING = 'refused: Field(s) $schema were missing from event and could not be extracted.'
const NO_ACTION = "refused: '.action' should be equal to one of the allowed values"

describe.each([
  ['Chromium', senderInChromium],
  ['Node', senderInNode],
])('a client in %s, with a plain EventGate,', (_, open) => {
  test('delivers each event once, with a meta.dt that it fills in', async () => {
    const eventgate = await startScripted()
    const sender = await open(optionsFor(eventgate, {}))

    const ids = await sender.submit(CLICK, CLICK, CLICK)

    expect(await sender.fates(3)).toEqual(fateOfAll(ids, 'delivered'))
    expect(acceptedBy(eventgate)).toEqual(ids)
    expect(eventgate.accepted.map(({ meta }) => Date.parse(meta?.dt ?? ''))).not.toContain(Number.NaN)
    expect(statusesOf(eventgate)).toEqual([201])
    expect(eventgate.exchanges[0]!.headers['content-type']).toMatch(/^text\/plain/)
  })

  test('without fillMetaDt is refused what requires it, for good, and counts that', async () => {
    const eventgate = await startScripted()
    const sender = await open(optionsFor(eventgate, { fillMetaDt: false }))

    const ids = await sender.submit(CLICK, CLICK)

    const fate = "refused: '.meta' should have required property 'dt'"
    expect(await sender.fates(2)).toEqual(fateOfAll(ids, fate))
    expect(await sender.ledger()).toEqual({ [STREAM]: { submitted: 2, refused: 2 } })
    expect(statusesOf(eventgate)).toEqual([400])
  })

  test('loses of a mixed batch what it forbids, and sends nothing again', async () => {
    const eventgate = await startScripted()
    const sender = await open(optionsFor(eventgate, {}))

    const [first, invalid, unknown, last] = await sender.submit(CLICK, INVALID, UNKNOWN_SCHEMA, CLICK)

    expect(await sender.fates(4)).toEqual({
      ...fateOfAll([first!, last!], 'delivered'),
      [invalid!]: NO_ACTION,
      [unknown!]: NO_SCHEMA,
    })
    expect(acceptedBy(eventgate)).toEqual([first, last])
    expect(statusesOf(eventgate)).toEqual([207])
  })

  test.each([
    ['an unknown schema', [UNKNOWN_SCHEMA], [NO_SCHEMA]],
    ['an event without $schema', [{ action: 'buy' }], [MISSING]],
    ['an unknown schema beside what is invalid', [INVALID, UNKNOWN_SCHEMA], [NO_ACTION, NO_SCHEMA]],
  ])('takes its 500 to %s for a refusal', async (_, events, fates) => {
    const eventgate = await startScripted()
    const sender = await open(optionsFor(eventgate, {}))

    const ids = await sender.submit(...events)

    expect(await sender.fates(ids.length)).toEqual(Object.fromEntries(ids.map((id, i) => [id, fates[i]])))
    expect(statusesOf(eventgate)).toEqual([500])
  })

  test('sends again what could not be produced, and only that', async () => {
    const eventgate = await startScripted()
    const sender = await open(optionsFor(eventgate, {}))
    eventgate.produce(({ count }) => (count === 7 ? 'Local: Message timed out' : undefined))

    const ids = await sender.submit(CLICK, { ...CLICK, count: 7 }, CLICK)
    const [first, failed, last] = ids
    await sender.fates(2)
    eventgate.produce(() => undefined)

    expect(await sender.fates(3)).toEqual(fateOfAll(ids, 'delivered'))
    expect(acceptedBy(eventgate)).toEqual([first, last, failed])
    expect(statusesOf(eventgate)).toEqual([207, 201])
  })

  test('halves what its 500 says is too large, until only what is too large alone is refused', async () => {
    const eventgate = await startScripted({ maxBodyBytes: 10_000 })
    const sender = await open(optionsFor(eventgate, {}))
    const noteOf = (length: number) => ({ ...CLICK, note: 'x'.repeat(length) })

    const ids = await sender.submit(...[2_000, 2_000, 2_000, 20_000, 2_000, 2_000].map(noteOf))

    const large = ids[3]!
    expect(await sender.fates(6)).toEqual({
      ...fateOfAll(ids, 'delivered'),
      [large]: expect.stringMatching(/^refused/),
    })
    expect([...acceptedBy(eventgate)].sort()).toEqual(ids.filter((id) => id !== large).sort())
  })
})

test('an event at which EventGate breaks holds up no other, and goes once that is mended', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0) // the shortest waits
  onTestFinished(() => void vi.restoreAllMocks())
  vi.spyOn(console, 'warn').mockImplementation(() => {}) // that events wait
  const eventgate = await startScripted()
  const sender = await senderInNode(optionsFor(eventgate, {}))
  eventgate.crash(({ count }) => count === 13)

  const ids = await sender.submit({ ...CLICK, count: 13 }, CLICK)
  const [poison, other] = ids
  expect(await sender.fates(1)).toEqual({ [other!]: 'delivered' })
  eventgate.crash(() => false)

  expect(await sender.fates(2)).toEqual(fateOfAll(ids, 'delivered'))
  expect(acceptedBy(eventgate)).toEqual([other, poison])
})

test('what a beacon took is sent again on the next page under the same id, for EventGate to pass on both', async () => {
  const eventgate = await startScripted()
  const { context, site, page } = await openPage(optionsFor(eventgate, {}))

  const id = await page.evaluate(() => {
    const id = window.client.submit('shop.click', { $schema: '/shop/click/1.0.0', action: 'buy' })
    location.href = '/plain'
    return id
  })
  await expect.poll(() => eventgate.accepted.length, PATIENCE).toBe(1)
  await visit(context, `${site}/second`)

  await expect.poll(() => acceptedBy(eventgate), PATIENCE).toEqual([id, id])
})

test('with resend: false it is not, and counts as unconfirmed', async () => {
  const eventgate = await startScripted()
  const { context, site, page } = await openPage(optionsFor(eventgate, { resend: false }))

  const id = await page.evaluate(() => {
    const id = window.client.submit('shop.click', { $schema: '/shop/click/1.0.0', action: 'buy' })
    location.href = '/plain'
    return id
  })
  await expect.poll(() => eventgate.accepted.length, PATIENCE).toBe(1)
  const { page: second } = await visit(context, `${site}/second`)
  const left = await second.evaluate(async () => {
    window.client.submit('shop.click', { $schema: '/shop/click/1.0.0', action: 'remove' })
    return window.client.flush()
  })

  expect(left).toBe(0)
  expect(acceptedBy(eventgate).filter((one) => one === id)).toHaveLength(1)
})
