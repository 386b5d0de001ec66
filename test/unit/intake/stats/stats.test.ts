import { expect, test } from 'vitest'
import type { PostedEvent } from '../../../../src/intake/ingest.ts'
import { createStats } from '../../../../src/intake/stats/stats.ts'
import { cameAgain, numbered, rejected } from '../stored.ts'

const NOW = Date.parse('2026-11-27T12:30:00.000Z')
const MINUTE = 60_000

const iso = (at: number) => new Date(at).toISOString()

/** Each is an event, or one with the minutes that have passed since. */
function statsOf(events: readonly (object | readonly [event: object, ago: number])[]) {
  const stats = createStats({ now: () => NOW })
  for (const each of events) {
    const [event, ago] = (Array.isArray(each) ? each : [each, 0]) as [PostedEvent, number]
    stats.add({ event, receivedAt: NOW - ago * MINUTE })
  }
  return stats
}

const event = (producer: object = {}, fields: object = {}) => ({
  $schema: '/shop/click/1.0.0',
  meta: { stream: 'shop.click', dt: iso(NOW), producer },
  ...fields,
})

const times = <Value>(count: number, value: Value): Value[] => Array(count).fill(value)

test('what is expected follows the rate that is in force, what is actual follows the events', () => {
  // At rate 0.1, one a minute for an hour; for the last five minutes at 0.5, five a minute.
  const before = Array.from({ length: 55 }, (_, index) => [event({ rate: 0.1 }), index + 5.5] as const)
  const after = Array.from({ length: 25 }, (_, index) => [event({ rate: 0.5 }), 0.1 + index / 5] as const)
  const stats = statsOf([[event(), 600], ...before, ...after])

  const { actual, expected } = stats.ofStream('shop.click', 0.5)
  expect(actual).toBe(5)
  // 54 of them × 10 + 25 × 2 in the 59 minutes that the hour has had.
  expect(expected).toBeCloseTo((0.5 * (54 * 10 + 25 * 2)) / 59)
  expect(stats.ofStream('shop.click', 0.25).expected).toBeCloseTo(expected! / 2)
  expect(stats.ofStream('shop.click', 0).expected).toBe(0)
})

test('a stream without events expects nothing that is known', () => {
  expect(statsOf([]).ofStream('shop.click', 1)).toEqual({
    perMinute: times(60, 0),
    actual: 0,
    expected: null,
    accepted: 0,
    rejected: 0,
    loss: null,
  })
})

test('accepted and rejected events count for their stream, however old they are', () => {
  const click = numbered('p', 1)
  const stats = statsOf([
    [event(), 90 * 24 * 60],
    event(),
    rejected(click),
    rejected(event()),
    rejected({ meta: {} }),
  ])

  expect(stats.ofStream('shop.click', 1)).toMatchObject({ accepted: 2, rejected: 2 })
  expect(stats.streams()).toEqual(['', 'shop.click'])
})

test("the intake's own streams are no events of their own", () => {
  expect(statsOf([rejected(event()), cameAgain(numbered('p', 1))]).streams()).toEqual(['shop.click'])
})

test('debug events count nowhere', () => {
  const debug = { sdk: 'rivulet/0.1.0', id: 'p', rate: 1, debug: true, skew_ms: 5, browser: 'Firefox 145' }
  const forced = event(debug, { dt: iso(NOW - 100) })
  const stats = statsOf([
    forced,
    rejected(forced),
    event(debug, { $schema: '/rivulet/web_vital/1.0.0', name: 'LCP', value: 1 }),
  ])

  expect(stats.streams()).toEqual([])
  expect(stats.quality()).toEqual({ rejected: [], loss: [], skew: [], delay: [] })
  expect(stats.vitals({ days: 7 })).toEqual({ pages: [] })
  expect(stats.ofStream('shop.click', 1)).toMatchObject({ accepted: 0, rejected: 0, expected: null })
})

test('rejected events are grouped by what is wrong, not by the value that was there', () => {
  const refuse = (problems: unknown, fields = {}) => ({
    ...rejected(event()),
    problems,
    message: 'all',
    ...fields,
  })
  const stats = statsOf([
    [refuse(['/action must be one of buy, sell (was "steal")']), 3],
    [
      refuse([
        '/action must be one of buy, sell (was "a (was b")',
        '/lines/0/price must be a number (was "x")',
      ]),
      2,
    ],
    [refuse(['/lines/12/price must be a number (was null)', '/lines/3/price must be a number (was {})']), 1],
    refuse(['/lines must have at most 5 items (has 7)'], { errored_schema_uri: undefined }),
    refuse('no list'),
  ])

  expect(
    stats.quality().rejected.map(({ reason, schema, count, last }) => [reason, schema, count, last]),
  ).toEqual([
    ['/lines/*/price must be a number', '/shop/click/1.0.0', 2, iso(NOW - MINUTE)],
    ['/action must be one of buy, sell', '/shop/click/1.0.0', 2, iso(NOW - 2 * MINUTE)],
    ['/lines must have at most 5 items', null, 1, iso(NOW)],
    ['all', '/shop/click/1.0.0', 1, iso(NOW)],
  ])
})

test('a group shows its last event, a long one only in part', () => {
  const of = (fields: object) =>
    statsOf([rejected(event()), rejected(event({}, fields))]).quality().rejected[0]

  expect(of({ action: 'buy' })).toMatchObject({ count: 2, example: event({}, { action: 'buy' }) })
  const long = of({ action: 'x'.repeat(50_000) })?.example
  expect(long).toMatch(/^\{"\$schema":"\/shop/)
  expect(String(long).length).toBe(4_001)
})

test('more reasons and streams than there is room for are counted together', () => {
  const refusals = Array.from({ length: 1_000 }, (_, index) => ({
    ...rejected({ meta: { stream: `shop.${index}` } }),
    problems: [`/field_${index} is not a field of its schema`],
  }))
  const stats = statsOf([...refusals, event()])
  const { rejected: groups } = stats.quality()

  expect(groups).toHaveLength(201)
  expect(groups[0]).toMatchObject({ stream: null, schema: null, reason: 'other reasons', count: 800 })
  expect(stats.streams()).toHaveLength(502)
  expect(stats.ofStream('other streams', 1).rejected).toBe(500)
  expect(stats.ofStream('shop.click', 1).accepted).toBe(1)
})

test('more streams than there is room for are counted together, as are those with a name as long as a book', () => {
  const named = (stream: string) => ({ meta: { stream, dt: iso(NOW) }, dt: iso(NOW) })
  const stats = statsOf([
    ...Array.from({ length: 2_100 }, (_, index) => named(`shop.${index}`)),
    named('x'.repeat(10_000)),
  ])

  expect(stats.streams()).toHaveLength(2_001)
  expect(stats.ofStream('other streams', 1).accepted).toBe(101)
  expect(stats.quality().delay).toHaveLength(2_001)
})

test('skew is what the intake has noted, behind and ahead', () => {
  const skews = [-4_000, -10, 0, 20, 30].map((skew_ms) => event({ skew_ms }))

  expect(statsOf(skews).quality().skew).toEqual([
    { stream: 'shop.click', count: 5, p5: -4_000, p50: 0, p95: 30, p99: 30 },
  ])
})

test('delay is from when it happened to its receipt, by client_dt where there is one', () => {
  const happened = [
    { dt: iso(NOW - 1_500) },
    { dt: iso(NOW - 2_500) },
    { dt: iso(NOW), client_dt: iso(NOW - 60_000) },
    { dt: iso(NOW + 700) },
  ]

  expect(statsOf(happened.map((fields) => event({}, fields))).quality().delay).toEqual([
    { stream: 'shop.click', count: 4, p5: -700, p50: 1_500, p95: 60_000, p99: 60_000 },
  ])
})

test('times and skews that are none are not counted', () => {
  const events = [
    event({ skew_ms: '5' }, { dt: 'yesterday' }),
    event({ skew_ms: Number.NaN }, { dt: 5 }),
    event({ skew_ms: 1e300 }, { dt: null }),
    event({ skew_ms: 0.5 }, {}),
    { ...event(), meta: { stream: 'shop.click', dt: 'now', producer: [] }, dt: iso(NOW) },
  ]

  expect(statsOf(events).quality()).toMatchObject({ skew: [], delay: [] })
})

test('an event may hold anything at all', () => {
  const odd = [null, 5, 'text', [], {}, [[]], Number.NaN]
  const events = odd.flatMap((value) => [
    { meta: value },
    { meta: { stream: value } },
    { meta: { stream: 'shop.click', dt: value, producer: value }, dt: value, $schema: value },
    {
      meta: { stream: 'rivulet.rejected' },
      errored_stream_name: value,
      problems: value,
      raw_event: value,
      message: value,
    },
    { meta: { stream: 'rivulet.rejected' }, problems: [value, value], raw_event: JSON.stringify(value) },
    { meta: { stream: 'rivulet.ledger', producer: value }, account: value, entries: value, version: value },
    { meta: { stream: 'rivulet.duplicates' }, duplicates: value },
  ])
  const stats = createStats({ now: () => NOW })
  for (const each of events)
    for (const receivedAt of [NOW, Number.NaN, 0]) stats.add({ event: each as PostedEvent, receivedAt })

  const told = [
    stats.quality(),
    stats.vitals({ days: 7 }),
    stats.streams().map((name) => stats.ofStream(name, 1)),
  ]
  expect(JSON.parse(JSON.stringify(told))).toEqual(told)
})

test('an event from the future fills no minute that is still to come', () => {
  // Sixty minutes on it is the same minute of the hour.
  const ago = [-60, -10, 0, 0.5]
  const stats = statsOf(ago.map((minutes) => [event(), minutes] as const))

  const { accepted, actual, perMinute } = stats.ofStream('shop.click', 1)
  expect([accepted, actual]).toEqual([4, 1])
  expect(perMinute.slice(-3)).toEqual([0, 1, 1])
})
