import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LINGER } from '../../../src/core/deliver.ts'
import type { Environment } from '../../../src/core/environment.ts'
import { idsOf, startClient, type Setup, type TestClient } from '../../support/client.ts'
import { createOrigin, type Origin, type Post, type Reply } from '../../support/environment.ts'

const OTHER_INTAKE = 'https://errors.example/v1/events'
const CONFIG = {
  revision: '1',
  services: { other: OTHER_INTAKE },
  streams: { click: {}, error: { destination_event_service: 'other' } },
}
const SECOND = 1000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const start = ({ options, environment }: Setup = {}) =>
  startClient({ ...(options ? { options } : {}), environment: { config: CONFIG, ...environment } })
const submitAll = ({ client }: TestClient, count: number, stream = 'click') =>
  Array.from({ length: count }, () => client.submit(stream))
const down: Reply = { status: 503 }
/** Answers of an intake that is down until then. */
const downUntil = (end: number) => (post: Post) => (post.at < end ? down : {})

test('what a page cuts off by going is no failure of the intake, and keeps nothing of the next page back', async () => {
  let cutOff = () => {}
  const answers = ({ phase }: Post) =>
    phase === 'visible'
      ? new Promise<Reply>((resolve) => {
          cutOff = () => resolve({ status: 0, text: 'Failed to fetch' })
        })
      : {}
  const page = await start({ environment: { answers } })
  page.client.submit('click')
  await page.pass(LINGER)
  cutOff()
  await page.pass(2)
  await page.turn('gone')
  expect(page.posts.map(({ phase }) => phase)).toEqual(['visible', 'gone'])

  const next = await start({ environment: { origin: page.origin, answers } })
  const id = next.client.submit('click')
  await next.turn('gone')

  expect(next.posts.flatMap(({ events }) => events.map(({ meta }) => meta.id))).toContain(id)
})

test('what a page cut off by going goes again when it is seen again', async () => {
  let cutOff = () => {}
  let isWell = false
  const answers = ({ phase }: Post) =>
    phase === 'visible' && !isWell
      ? new Promise<Reply>((resolve) => {
          cutOff = () => resolve({ status: 0, text: 'Failed to fetch' })
        })
      : {}
  const page = await start({ environment: { answers, beacons: () => false } })
  const id = page.client.submit('click')
  await page.pass(LINGER)
  cutOff()
  await page.pass(2)
  await page.turn('gone')

  isWell = true
  await page.turn('visible')
  await page.pass(2 * LINGER)

  expect(page.outcomes).toMatchObject([{ kind: 'delivered', id }])
})

test('in 10 s of 503 with 200 events waiting there are no more than 6 requests, and then all arrive', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 3 }), async (seed, count) => {
      const origin = createOrigin()
      const answers = downUntil(origin.clock.now() + LINGER + 10 * SECOND)
      const tabs: TestClient[] = []
      for (let i = 0; i < count; i++)
        tabs.push(await start({ environment: { origin, answers, seed: seed + i } }))
      const ids = tabs.flatMap((tab) => submitAll(tab, Math.ceil(200 / count)))
      await tabs[0]!.pass(LINGER + 10 * SECOND)
      expect(tabs.flatMap(({ posts }) => posts).length).toBeLessThanOrEqual(6)

      await tabs[0]!.pass(5 * MINUTE)
      const delivered = tabs.flatMap(({ outcomes }) => outcomes.map(({ id }) => id))
      expect(delivered.sort()).toEqual(ids.sort())
    }),
    { numRuns: 100 },
  )
})

test('after a failure that one tab has met, no other tab asks before its time', async () => {
  const origin = createOrigin()
  const begun = origin.clock.now()
  const answers = ({ at }: Post) => (at < begun + MINUTE ? { status: 503, retryAfter: '60' } : {})
  const first = await start({ environment: { origin, answers } })
  const second = await start({ environment: { origin, answers } })
  submitAll(first, 1)
  await first.pass(LINGER)

  submitAll(second, 1)
  await second.pass(MINUTE - 1)
  expect(second.posts).toEqual([])
  await second.pass(3 * LINGER)

  expect([...first.posts, ...second.posts].length).toBeGreaterThan(1)
  expect(first.client.ledger()).toEqual({ click: { submitted: 1, delivered: 1 } })
})

test('a page that comes after one that met a failure waits for what is left of its time', async () => {
  const first = await start({ environment: { answers: () => ({ status: 429, retryAfter: '120' }) } })
  submitAll(first, 1)
  await first.pass(LINGER)
  first.crash()
  await first.pass(30 * SECOND)

  const second = await start({ environment: { origin: first.origin } })
  submitAll(second, 1)
  await second.pass(89 * SECOND)
  expect(second.posts).toEqual([])
  await second.pass(3 * SECOND)

  expect(second.sent()).toHaveLength(2)
})

test.for([
  ['seconds', (_: number): string => '90'],
  ['a date', (at: number): string => new Date(at + 90 * SECOND).toUTCString()],
] as const)('Retry-After in %s is kept to', async ([, retryAfter]) => {
  const origin = createOrigin()
  const answers = [{ status: 503, retryAfter: retryAfter(origin.clock.now() + LINGER) }]
  const page = await start({ environment: { origin, answers } })
  submitAll(page, 1)
  await page.pass(LINGER + 89 * SECOND)
  expect(page.posts).toHaveLength(1)
  await page.pass(2 * SECOND)

  expect(page.posts).toHaveLength(2)
})

test('no Retry-After keeps this origin silent for longer than a day', async () => {
  for (const retryAfter of ['99999999999', 'Fri, 31 Dec 9999 23:59:59 GMT']) {
    const page = await start({
      environment: { answers: () => (page.posts.length > 1 ? {} : { status: 503, retryAfter }) },
    })
    submitAll(page, 1)
    await page.pass(LINGER)
    page.crash()

    const next = await start({ environment: { origin: page.origin } })
    submitAll(next, 1)
    await next.pass(DAY + MINUTE)

    expect(next.sent().length).toBeGreaterThan(0)
  }
})

test.for([
  ['back by an hour', -HOUR],
  ['back by a year', -365 * DAY],
  ['forward by an hour', HOUR],
  ['forward by a year', 365 * DAY],
] as const)(
  'a clock that is set %s while the route rests makes no storm, and holds nothing up',
  async ([, jump]) => {
    const origin = createOrigin()
    const page = await start({
      options: { streamConfigs: CONFIG },
      environment: { origin, answers: () => (page.posts.length < 4 ? down : {}) },
    })
    submitAll(page, 1)
    await page.pass(LINGER)

    origin.clock.set(origin.clock.now() + jump)
    await page.pass(10 * SECOND)
    expect(page.posts.length).toBeLessThanOrEqual(6)
    await page.pass(10 * MINUTE)

    const late = page.client.submit('click')
    await page.pass(10 * MINUTE)
    expect(page.sent().map(({ meta }) => meta.id)).toContain(late)
    expect(page.client.ledger().click?.delivered).toBeGreaterThan(0)
  },
)

test.for<[string, Environment['memo']]>([
  ['cannot be written, and still says what it said', { read: (key) => restIs(key, ''), write: () => {} }],
  ['says of old that all is well', { read: (key) => restIs(key, '0 0 0'), write: () => {} }],
  ['holds what is none of ours', { read: (key) => restIs(key, 'abc'), write: () => {} }],
  ['is blocked', { read: () => undefined, write: () => {} }],
])('where the memo %s, a failure is still followed by a wait', async ([, memo]) => {
  // Without an end of its own a storm would never let the test fail.
  const answers = () => (page.posts.length > 100 ? {} : down)
  const page = await start({ environment: { memo, answers } })

  submitAll(page, 1)
  await page.pass(LINGER + 10 * SECOND)

  expect(page.posts.length).toBeGreaterThan(1)
  expect(page.posts.length).toBeLessThanOrEqual(6)
})

function restIs(key: string, text: string): string | undefined {
  return key.startsWith('rest') ? text : undefined
}

test('a memo that says to wait for ever holds nothing up for longer than a day', async () => {
  const origin = createOrigin()
  origin.memo.set('rest/1 https://intake.example/v1/events', `1 ${origin.clock.now()} 1e15`)
  const page = await start({ environment: { origin } })
  submitAll(page, 1)
  await page.pass(DAY + MINUTE)

  expect(page.client.ledger().click?.delivered).toBe(1)
})

test('after three failures one event tries whether the intake is back, and then ever more go', async () => {
  const page = await start({ environment: { answers: () => down } })
  const ids = submitAll(page, 40)
  await page.pass(LINGER)
  expect(page.posts.map(({ events }) => events.length)).toEqual([40])

  await page.pass(10 * MINUTE)
  const sizes = page.posts.map(({ events }) => events.length)
  expect(sizes.slice(0, 3)).toEqual([40, 40, 40])
  expect(new Set(sizes.slice(3))).toEqual(new Set([1]))
  const tried = page.posts.length

  page.answer([])
  await page.pass(10 * MINUTE)
  expect(page.posts.slice(tried).map(({ events }) => events.length)).toEqual([1, 2, 4, 8, 16, 9])
  expect(page.outcomes.map(({ id }) => id)).toEqual(ids)
})

test('what one page has learned of an intake that is down, the next one knows: it begins with one event', async () => {
  const first = await start({ environment: { answers: () => down } })
  submitAll(first, 40)
  await first.pass(20 * SECOND)
  expect(first.posts.length).toBeGreaterThan(2)
  first.crash()

  const second = await start({ environment: { origin: first.origin, answers: () => down } })
  await second.pass(10 * MINUTE)

  expect(new Set(second.posts.map(({ events }) => events.length))).toEqual(new Set([1]))
})

test.for([
  ['unavailable', 503, true, 'status 503'],
  ['unreachable', 0, false, 'status 0'],
  ['blocked', 0, true, 'status 0'],
] as const)(
  'an intake is called %s at status %i where its server answers otherwise: %s',
  async ([word, status, reachable, said]) => {
    const page = await start({ environment: { answers: () => ({ status }), reachable } })
    submitAll(page, 1)
    await page.pass(LINGER)
    expect(page.warnings).toEqual([])
    await page.pass(MINUTE)
    const troubles = page.origin.records.accounts().map(({ troubles }) => troubles)
    expect(troubles).toEqual([{ [word]: 1 }])
    await page.pass(HOUR)

    expect(page.warnings).toEqual([`events wait: https://intake.example/v1/events is ${word}, ${said}`])
  },
)

test('each change of state is one line, however long it lasts', async () => {
  const page = await start()
  for (let round = 0; round < 3; round++) {
    page.answer(() => down)
    for (let i = 0; i < 20; i++) {
      submitAll(page, 1)
      await page.pass(MINUTE)
    }
    page.answer([])
    for (let i = 0; i < 20; i++) {
      submitAll(page, 1)
      await page.pass(MINUTE)
    }
  }

  const isDown = expect.stringContaining('is unavailable')
  const isBack = expect.stringContaining('takes events again')
  expect(page.warnings).toEqual([isDown, isBack, isDown, isBack, isDown, isBack])
})

test('an intake that fails now and then is not spoken of', async () => {
  let posts = 0
  const page = await start({ environment: { answers: () => (posts++ % 2 ? {} : down) } })
  for (let i = 0; i < 30; i++) {
    submitAll(page, 1)
    await page.pass(MINUTE)
  }

  expect(page.warnings).toEqual([])
})

test.for([
  ['hangs', new Promise<Reply>(() => {})],
  ['is down', down],
] as const)(
  'a service that %s holds up no other, on this page, in another tab, or on the next page',
  async ([, reply]) => {
    const answers = ({ url }: Post) => (url.startsWith(OTHER_INTAKE) ? reply : {})
    const open = (origin: Origin) => start({ environment: { origin, answers } })
    const origin = createOrigin()
    const first = await open(origin)
    const second = await open(origin)
    submitAll(first, 1, 'error')
    await first.pass(LINGER)

    submitAll(first, 3)
    submitAll(second, 3)
    await first.pass(3 * LINGER)
    for (const tab of [first, second])
      expect(tab.client.ledger().click).toEqual({ submitted: 3, delivered: 3 })
    first.crash()
    second.crash()

    const third = await open(origin)
    submitAll(third, 3)
    await third.pass(3 * LINGER)
    expect(third.client.ledger().click).toEqual({ submitted: 3, delivered: 3 })
  },
)

test('a beacon that was refused says nothing about the intake, and the events stay', async () => {
  const page = await start({ environment: { beacons: () => false } })
  const ids = submitAll(page, 3)
  await page.turn('gone')
  expect([page.posts, page.warnings, page.outcomes]).toEqual([[], [], []])

  await page.turn('visible')
  await page.pass(LINGER)

  expect(page.posts.flatMap(idsOf)).toEqual(ids)
})
