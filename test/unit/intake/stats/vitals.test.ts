import { expect, test } from 'vitest'
import { METRICS } from '../../../../src/intake/console/vitals/rows.ts'
import { createStats } from '../../../../src/intake/stats/stats.ts'

const NOW = Date.parse('2026-11-27T12:00:00.000Z')
const DAY = 86_400_000
const SCHEMA = '/rivulet/web_vital/1.0.0'

type Report = {
  name?: unknown
  value: unknown
  page?: unknown
  metric_id?: unknown
  rate?: unknown
  dt?: string
  daysAgo?: number
  stream?: string
  debug?: boolean
}

function vitalsOf(reports: readonly Report[], days = 7) {
  const stats = createStats({ now: () => NOW })
  for (const { rate, debug, daysAgo = 0, stream = 'rivulet.web_vital', ...fields } of reports) {
    const event = {
      $schema: SCHEMA,
      name: 'LCP',
      page: '/',
      ...fields,
      meta: { stream, producer: { rate, debug } },
    }
    stats.add({ event, receivedAt: NOW - daysAgo * DAY })
  }
  return stats.vitals({ days }).pages
}

const metricsOf = (reports: readonly Report[], days?: number) => vitalsOf(reports, days)[0]?.metrics

test('the 75th percentile of few values is one of them', () => {
  const values = [1_000, 2_000, 2_600, 3_000, 3_900, 4_100, 9_000, 1_500]

  // In order 1000 1500 2000 2600 3000 3900 4100 9000: the sixth of eight.
  expect(metricsOf(values.map((value) => ({ value })))).toEqual([
    {
      name: 'LCP',
      p75: 3_900,
      count: 8,
      rating: 'needs-improvement',
      good: 3 / 8,
      needsImprovement: 3 / 8,
      poor: 2 / 8,
    },
  ])
})

test('a measurement counts for as many as its rate says', () => {
  // 3,000 stands for ten, 100 for three: three quarters of 13 are in the ten.
  const reports = [{ value: 3_000, rate: 0.1 }, { value: 100 }, { value: 100 }, { value: 100 }]

  expect(metricsOf(reports)).toMatchObject([
    { p75: 3_000, count: 13, good: 3 / 13, needsImprovement: 10 / 13 },
  ])
})

test.each([
  ['LCP', 2_500, 'good'],
  ['LCP', 2_500.1, 'needs-improvement'],
  ['LCP', 4_000, 'needs-improvement'],
  ['LCP', 4_001, 'poor'],
  ['INP', 200, 'good'],
  ['INP', 500, 'needs-improvement'],
  ['INP', 501, 'poor'],
  ['CLS', 0, 'good'],
  ['CLS', 0.1, 'good'],
  ['CLS', 0.25, 'needs-improvement'],
  ['CLS', 0.26, 'poor'],
])('%s of %f is %s', (name, value, rating) => {
  expect(metricsOf([{ name, value }])).toMatchObject([{ name, p75: value, rating }])
})

test.each(METRICS)(
  'the console names the thresholds of $name by which it is rated',
  ({ name, good, poor }) => {
    const ratingOf = (value: number) => metricsOf([{ name, value }])?.[0]?.rating

    expect([good, good * 1.001, poor, poor * 1.001].map(ratingOf)).toEqual([
      'good',
      'needs-improvement',
      'needs-improvement',
      'poor',
    ])
  },
)

test('of a metric that is reported again, the latest counts, whichever comes last', () => {
  const first = { name: 'CLS', value: 0.05, metric_id: 'v6-1', dt: '2026-11-27T11:00:00.000Z' }
  const second = { ...first, value: 0.3, dt: '2026-11-27T11:05:00.000Z' }
  const of = [{ name: 'CLS', count: 1, p75: 0.3, rating: 'poor', good: 0, poor: 1 }]

  expect(metricsOf([first, second])).toMatchObject(of)
  expect(metricsOf([second, first])).toMatchObject(of)
  expect(metricsOf([first, { ...second, metric_id: 'v6-2' }])).toMatchObject([{ count: 2 }])
})

test('pages are told apart, by path or by title, the most measured first', () => {
  const reports = [
    { value: 1 },
    { value: 2, page: '/cart' },
    { value: 3, page: '/cart' },
    { value: 4, page: { path: '/list', title: 'All' } },
    { value: 5, page: { path: '/list' }, rate: 0.1 },
    { value: 6, page: { title: 'Thanks' } },
    { value: 7, page: 5 },
  ]

  expect(vitalsOf(reports).map(({ page, metrics }) => [page, metrics[0]?.count])).toEqual([
    ['/list', 11],
    ['/cart', 2],
    ['(no page)', 1],
    ['/', 1],
    ['Thanks', 1],
  ])
})

test('of a hundred pages more than are kept, the rest is one page', () => {
  const reports = Array.from({ length: 200 }, (_, index) => ({ value: index, page: `/${index}` }))
  const pages = vitalsOf([...reports, { value: 7, page: '/0' }])

  expect(pages).toHaveLength(101)
  expect(pages[0]).toMatchObject({ page: '/0', metrics: [{ count: 2 }] })
  expect(pages.at(-1)).toMatchObject({ page: 'other pages', metrics: [{ count: 100, p75: 174 }] })
})

test('only the last days count, today among them, and 28 at most', () => {
  const reports = [0, 1, 6, 7, 27, 28].map((daysAgo) => ({ value: daysAgo, daysAgo }))
  const count = (days: number) => metricsOf(reports, days)?.[0]?.count

  expect([1, 2, 7, 8, 28, 1_000, 0, Number.NaN].map(count)).toEqual([1, 2, 3, 4, 5, 5, 1, 1])
})

test('many measurements are within 1 % of the exact percentile, and may be reported again', () => {
  const values = Array.from({ length: 3_000 }, (_, index) => 500 + ((index * 7_919) % 3_000))
  const reports = values.map((value, index) => ({ value: value / 2, metric_id: `v6-${index}` }))
  const again = values.map((value, index) => ({ value, metric_id: `v6-${index}` }))

  const [lcp] = metricsOf([...reports, ...again]) ?? []

  // 500 to 3,499, each once.
  expect(lcp?.count).toBeCloseTo(3_000)
  expect(Math.abs((lcp?.p75 ?? 0) - 2_749)).toBeLessThan(28)
  expect(lcp?.good).toBeCloseTo(2_001 / 3_000)
})

test('events of other streams with the schema count too, other events and other metrics do not', () => {
  const stats = createStats({ now: () => NOW })
  stats.add({
    event: { $schema: '/shop/click/1.0.0', name: 'LCP', value: 5, meta: { stream: 'a' } },
    receivedAt: NOW,
  })

  expect(stats.vitals({ days: 7 }).pages).toEqual([])
  expect(
    metricsOf([
      { value: 3, stream: 'shop.web_vital' },
      { name: 'TTFB', value: 1 },
    ]),
  ).toMatchObject([{ count: 1 }])
})

test('what cannot be a measurement is none', () => {
  const values = ['100', -1, Number.NaN, Number.POSITIVE_INFINITY, null, undefined, {}, [5]]
  const names = [5, 'toString', '__proto__', null, {}]

  expect(
    vitalsOf([...values.map((value) => ({ value })), ...names.map((name) => ({ name, value: 1 }))]),
  ).toEqual([])
  expect(vitalsOf([{ value: 1, debug: true }])).toEqual([])
})

test('a rate that cannot be one is a weight of one', () => {
  const rates = [0, -1, 2, '0.1', Number.NaN, 5e-324, 1e-12, null]

  expect(metricsOf(rates.map((rate) => ({ value: 1, rate })))).toMatchObject([{ count: rates.length }])
})
