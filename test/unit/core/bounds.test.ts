import { expect, test } from 'vitest'
import { BATCH_BYTES } from '../../../src/core/batch.ts'
import { LINGER } from '../../../src/core/deliver.ts'
import { LEDGER } from '../../../src/core/ledger.ts'
import { accountsIn, idsOf, startClient, type Setup, type TestClient, wordOf } from '../../support/client.ts'
import { createOrigin } from '../../support/environment.ts'

const rivulet = (settings: object) => ({ producers: { rivulet: settings } })
const CONFIG = {
  revision: '1',
  streams: {
    normal: {},
    high: rivulet({ priority: 'high' }),
    low: rivulet({ priority: 'low' }),
    rare: rivulet({ max_per_minute: 3 }),
    never: rivulet({ max_per_minute: 0 }),
    brief: rivulet({ max_age_seconds: 90 }),
    shy: rivulet({ storage: 'memory' }),
    [LEDGER]: {},
  },
}
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const DOWN = () => ({ status: 503, retryAfter: '30' })

const start = ({ options, environment }: Setup = {}) =>
  startClient({ ...(options ? { options } : {}), environment: { config: CONFIG, ...environment } })
const submitAll = ({ client }: TestClient, stream: string, count: number, bytes = 800) =>
  Array.from({ length: count }, () => client.submit(stream, { fill: 'x'.repeat(bytes) }))
const idsThat = ({ outcomes }: TestClient, word: string) =>
  outcomes.filter((outcome) => wordOf(outcome) === word).map(({ id }) => id)

test('over maxQueueBytes the oldest of the lowest priority are evicted, and counted', async () => {
  const page = await start({ options: { maxQueueBytes: 20_000 }, environment: { answers: DOWN } })
  const high = submitAll(page, 'high', 6)
  const low = submitAll(page, 'low', 6)
  const normal = submitAll(page, 'normal', 6)
  await page.pass(LINGER)
  expect(page.outcomes).toEqual([])

  const more = submitAll(page, 'normal', 8)
  await page.pass(LINGER)

  const evicted = idsThat(page, 'evicted')
  const oldest = [...low, ...normal]
  expect(evicted.length).toBeGreaterThan(6)
  expect(evicted).toEqual(oldest.slice(0, evicted.length))
  expect(page.origin.records.events().map(({ id }) => id)).toEqual(
    [...high, ...normal, ...more].filter((id) => !evicted.includes(id)),
  )
  expect(page.client.ledger().low).toEqual({ submitted: 6, evicted: 6 })
})

test('no more is evicted than what is too much, and what stays arrives', async () => {
  const page = await start({ options: { maxQueueBytes: 20_000 }, environment: { answers: DOWN } })
  const ids: string[] = []
  for (let i = 0; i < 60; i++) {
    ids.push(...submitAll(page, 'normal', 1))
    await page.pass(LINGER)
  }
  const evicted = idsThat(page, 'evicted')
  const bytes = page.origin.records.events().reduce((sum, event) => sum + event.bytes, 0)
  expect(bytes).toBeGreaterThan(20_000 - 3000)
  expect(bytes).toBeLessThanOrEqual(20_000)

  page.answer([])
  await page.pass(2 * MINUTE)

  expect([...evicted, ...idsThat(page, 'delivered')].sort()).toEqual(ids.sort())
})

test('what is too much is evicted as well while a request takes its time', async () => {
  const page = await start({
    options: { maxQueueBytes: 20_000 },
    environment: { answers: () => new Promise(() => {}) },
  })
  for (let i = 0; i < 10; i++) {
    submitAll(page, 'normal', 10)
    await page.pass(LINGER)
  }

  expect(page.posts).toHaveLength(1)
  const bytes = page.origin.records.events().reduce((sum, event) => sum + event.bytes, 0)
  expect(bytes).toBeGreaterThan(20_000 - 3000)
  expect(bytes).toBeLessThanOrEqual(20_000)
})

test('an account is not evicted, however full the queue', async () => {
  const page = await start({ options: { maxQueueBytes: 3000 }, environment: { answers: DOWN } })
  for (let i = 0; i < 20; i++) {
    submitAll(page, 'high', 1)
    await page.pass(2 * LINGER)
  }
  page.crash()

  const next = await start({
    options: { maxQueueBytes: 3000 },
    environment: { origin: page.origin, answers: DOWN },
  })
  submitAll(next, 'high', 15)
  await next.pass(2 * LINGER)
  expect(next.client.ledger().high?.evicted).toBeGreaterThan(10)
  next.answer([])
  await next.pass(20 * MINUTE)

  const [account] = accountsIn(next.posts).filter(({ entries }) => entries.some(({ last }) => last === 20))
  expect(account?.entries[0]).toMatchObject({ stream: 'high', submitted: 20 })
})

test('what has waited for longer than its stream allows expires, and the rest stays', async () => {
  const page = await start({ environment: { answers: DOWN } })
  const [brief] = submitAll(page, 'brief', 1)
  submitAll(page, 'normal', 1)

  await page.pass(89_000)
  expect(page.outcomes).toEqual([])
  await page.pass(MINUTE)

  expect(page.outcomes).toMatchObject([{ id: brief, reason: 'expired' }])
  expect(page.origin.records.events()).toHaveLength(1)
  expect(page.sent().filter(({ meta }) => meta.id === brief).length).toBeGreaterThan(0)
})

test.for([
  ['decided', CONFIG],
  ['undecided', undefined],
] as const)('after seven days what is %s expires, also where it waited on no page', async ([, config]) => {
  const first = await start({ environment: { answers: DOWN, config } })
  const [id] = submitAll(first, 'normal', 1)
  await first.turn('gone')
  first.crash()
  await first.pass(7 * DAY - MINUTE)
  const early = await start({ environment: { origin: first.origin, answers: DOWN, config } })
  await early.pass(LINGER)
  expect(first.origin.records.events().map((event) => event.id)).toEqual([id])
  early.crash()

  await early.pass(2 * MINUTE)
  const late = await start({ environment: { origin: first.origin } })
  await late.pass(2 * LINGER)

  expect(first.origin.records.events()).toEqual([])
  expect(late.sent().map(({ meta }) => meta.id)).not.toContain(id)
  const entries = accountsIn(late.posts).flatMap(({ entries }) => entries)
  expect(JSON.stringify([entries, late.origin.records.accounts()])).toContain('"expired"')
})

test('no more of a stream goes in a minute than max_per_minute, and the next minute counts anew', async () => {
  const page = await start()
  for (let minute = 0; minute < 3; minute++) {
    submitAll(page, 'rare', 5)
    await page.pass(MINUTE / 2)
    submitAll(page, 'rare', 1)
    await page.pass(MINUTE / 2)
  }
  submitAll(page, 'never', 1)
  await page.pass(LINGER)

  expect(page.client.ledger()).toMatchObject({
    rare: { submitted: 18, delivered: 9, limited: 9 },
    never: { submitted: 1, limited: 1 },
  })
  const seqs = page
    .sent()
    .filter(({ meta }) => meta.stream === 'rare')
    .map(({ meta }) => meta.producer.seq)
  expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('a stream kept in memory reaches neither the store nor the memo, and arrives all the same', async () => {
  const page = await start({ environment: { answers: DOWN } })
  const written = () => JSON.stringify([[...page.origin.records.stored], [...page.origin.memo]])
  const [id] = submitAll(page, 'shy', 1)
  submitAll(page, 'normal', 1)
  await page.pass(MINUTE)
  submitAll(page, 'shy', 1)
  await page.turn('hidden')
  await page.turn('gone')
  expect(page.origin.records.events().map(({ stream }) => stream)).toEqual(['normal'])
  expect(JSON.parse(page.origin.memo.get('left/1') || '[]')).not.toContainEqual(
    expect.objectContaining({ stream: 'shy' }),
  )
  expect(written()).not.toContain(id)

  page.answer([])
  await page.turn('visible')
  await page.pass(2 * MINUTE)

  expect(idsThat(page, 'delivered')).toContain(id)
  expect(page.client.ledger().shy).toEqual({ submitted: 2, delivered: 2 })
})

test('on the way out high goes before normal before low, of each the oldest first, within 60 kB', async () => {
  const page = await start()
  const order = ['low', 'normal', 'high']
  const ids: Record<string, string[]> = {}
  for (const stream of order) ids[stream] = submitAll(page, stream, 30, 1000)
  await page.turn('gone')

  const wanted = [...ids.high!, ...ids.normal!, ...ids.low!]
  const sent = page.posts.flatMap(idsOf)
  expect(sent.length).toBeGreaterThan(35)
  expect(sent).toEqual(wanted.slice(0, sent.length))
  expect(page.posts.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(BATCH_BYTES)
  expect(page.origin.records.events()).toHaveLength(90)
})

test('what does not fit on the way out arrives with the next page', async () => {
  const page = await start()
  const ids = submitAll(page, 'normal', 20, 20_000)
  await page.turn('gone')
  page.crash()
  expect(page.posts.flatMap(idsOf).length).toBeLessThan(4)

  const next = await start({ environment: { origin: page.origin } })
  await next.pass(2 * LINGER)

  const sent = next.sent().filter(({ meta }) => meta.stream !== LEDGER)
  expect(sent.map(({ meta }) => meta.id)).toEqual(ids)
})

test('while the page is seen high goes first, too', async () => {
  const page = await start()
  const low = submitAll(page, 'low', 100, 1000)
  const high = submitAll(page, 'high', 100, 1000)
  await page.pass(LINGER)

  expect(page.posts.flatMap(idsOf)).toEqual([...high, ...low])
})

test('with resend: false what a beacon took is unconfirmed and not sent again', async () => {
  const page = await start({ options: { resend: false } })
  const ids = submitAll(page, 'normal', 3)

  await page.turn('gone')
  await page.turn('visible')
  await page.pass(10 * MINUTE)

  expect(page.posts.filter(({ phase }) => phase === 'gone').flatMap(idsOf)).toEqual(ids)
  expect(page.sent().filter(({ meta }) => meta.stream === 'normal')).toHaveLength(3)
  expect(page.client.ledger().normal).toEqual({ submitted: 3, unconfirmed: 3 })
  expect(accountsIn(page.posts)[0]?.entries[0]?.settled).toEqual({ unconfirmed: [1, 3] })
})

test('with resend: false what a beacon did not take stays', async () => {
  const page = await start({ options: { resend: false }, environment: { beacons: () => false } })
  submitAll(page, 'normal', 3)

  await page.turn('gone')
  expect(page.outcomes).toEqual([])
  await page.turn('visible')
  await page.pass(2 * LINGER)

  expect(page.client.ledger().normal).toEqual({ submitted: 3, delivered: 3 })
})

test('each tab tells what became of its own events, whichever of them has sent them', async () => {
  const origin = createOrigin()
  const tabs = [await start({ environment: { origin } }), await start({ environment: { origin } })]
  const submitted = tabs.map((tab) => submitAll(tab, 'normal', 5))
  await tabs[0]!.pass(10 * LINGER)

  tabs.forEach((tab, i) => {
    expect(tab.outcomes.map(({ id }) => id).sort()).toEqual([...submitted[i]!].sort())
    expect(tab.client.ledger()).toEqual({ normal: { submitted: 5, delivered: 5 } })
  })
  expect(tabs[1]!.posts.flatMap(idsOf).length).not.toBe(5)
})

test('what version 0.1.0 has queued, which knew neither numbers nor ages, arrives', async () => {
  const origin = createOrigin()
  const event = (id: string, url: string, json: object) => {
    const text = JSON.stringify(json)
    return { id, stream: 'normal', client: 'c', url, json: text, bytes: text.length }
  }
  const meta = {
    id: 'decided',
    stream: 'normal',
    producer: { sdk: 'rivulet/0.1.0', id: 'c', seq: 3, rate: 1 },
  }
  origin.records.stored.set('1', [
    event('decided', 'https://intake.example/v1/events', { meta }),
    event('undecided', '', { at: origin.clock.now(), data: { a: 1 }, ids: {}, values: {} }),
  ])

  const page = await start({ environment: { origin } })
  await page.pass(2 * LINGER)

  expect(
    page
      .sent()
      .map(({ meta }) => meta.id)
      .sort(),
  ).toEqual(['decided', 'undecided'])
  expect(origin.records.events()).toEqual([])
})
