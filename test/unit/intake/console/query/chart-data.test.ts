import { expect, test } from 'vitest'
import { anyChart, chartData, suggestChart } from '../../../../../src/intake/console/query/chart-data.ts'

const resultOf = (types: Record<string, string>, rows: unknown[][]) => ({
  columns: Object.entries(types).map(([name, type]) => ({ name, type })),
  rows,
  ms: 0,
  truncated: false,
})

const HOURLY = resultOf({ hour: 'TIMESTAMP WITH TIME ZONE', stream: 'VARCHAR', events: 'DOUBLE' }, [
  ['2026-11-27 13:00:00+00', 'shop.click', 20],
  ['2026-11-27 12:00:00+00', 'shop.click', 10],
  ['2026-11-27 12:00:00+00', 'shop.buy', 1],
])

test('numbers over time are lines, one for each category where a time stands more than once', () => {
  const choice = suggestChart(HOURLY)!
  const { xKind, xs, series, notes } = chartData(HOURLY, choice)

  expect(choice).toEqual({ x: 0, y: [2], split: 1, shape: 'line' })
  expect(xKind).toBe('time')
  expect(xs).toEqual([Date.UTC(2026, 10, 27, 12) / 1000, Date.UTC(2026, 10, 27, 13) / 1000])
  expect(series).toEqual([
    { name: 'shop.click', values: [10, 20] },
    { name: 'shop.buy', values: [1, null] },
  ])
  expect(notes).toEqual([])
})

test('text that holds nothing but times is time, and one without a zone is UTC', () => {
  const result = resultOf({ at: 'VARCHAR', events: 'BIGINT' }, [
    ['2026-11-27T12:00:00.500Z', 1],
    [null, 2],
    ['2026-11-28', 3],
    ['2026-11-29 12:00:00', '9007199254740993'],
  ])

  const { xs, series } = chartData(result, suggestChart(result)!)

  expect(xs.map((seconds) => new Date(seconds * 1000).toISOString())).toEqual([
    '2026-11-27T12:00:00.500Z',
    '2026-11-28T00:00:00.000Z',
    '2026-11-29T12:00:00.000Z',
  ])
  expect(series[0]?.values).toEqual([1, 3, 9007199254740992])
})

test('numbers by category are bars, in the order of the rows', () => {
  const result = resultOf({ stream: 'VARCHAR', events: 'DOUBLE', stored: 'BIGINT' }, [
    ['shop.click', 20, 2],
    [null, 10, 1],
  ])

  const choice = suggestChart(result)!

  expect(choice).toEqual({ x: 0, y: [1], split: null, shape: 'bars' })
  expect(chartData(result, choice)).toMatchObject({ xs: [0, 1], labels: ['shop.click', 'NULL'] })
})

test('a first column of growing numbers carries a line of the others', () => {
  const result = resultOf({ hour: 'BIGINT', events: 'DOUBLE' }, [
    [0, 5],
    [1, 3],
    [23, 4],
  ])

  expect(suggestChart(result)).toEqual({ x: 0, y: [1], split: null, shape: 'line' })
})

test.each([
  ['no rows', resultOf({ stream: 'VARCHAR', events: 'DOUBLE' }, [])],
  ['one row', resultOf({ stream: 'VARCHAR', events: 'DOUBLE' }, [['shop.click', 1]])],
  [
    'no numbers',
    resultOf({ stream: 'VARCHAR', dt: 'DATE' }, [
      ['a', '2026-11-27'],
      ['b', '2026-11-28'],
    ]),
  ],
  ['one column of numbers', resultOf({ n: 'BIGINT' }, [[1], [2]])],
  [
    'events, not sums of them',
    resultOf({ action: 'VARCHAR', n: 'BIGINT' }, [
      ['buy', 1],
      ['buy', 2],
    ]),
  ],
  [
    'nested values',
    resultOf({ s: 'VARCHAR', n: 'BIGINT', meta: 'STRUCT(id VARCHAR)' }, [
      ['a', 1, {}],
      ['b', 2, {}],
    ]),
  ],
])('no chart suggests itself for %s', (_, result) => {
  expect(suggestChart(result)).toBeUndefined()
})

test('a chart can be asked for wherever there are numbers beside another column; what shares a place is added up', () => {
  const result = resultOf({ action: 'VARCHAR', n: 'BIGINT' }, [
    ['buy', 1],
    ['buy', 2],
    ['look', 5],
  ])

  const { series, notes } = chartData(result, anyChart(result)!)

  expect(series).toEqual([{ name: 'n', values: [3, 5] }])
  expect(notes).toEqual(['Rows with the same place on the axis are added up.'])
  expect(anyChart(resultOf({ n: 'BIGINT' }, [[1]]))).toBeUndefined()
  expect(anyChart(resultOf({ a: 'VARCHAR' }, [['b']]))).toBeUndefined()
})

test('more series and categories than a reader can tell apart are left out, and it says so', () => {
  const rows = Array.from({ length: 100 }, (_, index) => [`place ${index}`, `group ${index % 20}`, index])
  const result = resultOf({ place: 'VARCHAR', group: 'VARCHAR', n: 'BIGINT' }, rows)

  const { labels, series, notes } = chartData(result, { x: 0, y: [2], split: 1, shape: 'bars' })

  expect(labels).toHaveLength(60)
  expect(series.map(({ name }) => name)).toEqual([19, 18, 17, 16, 15, 14, 13, 12].map((n) => `group ${n}`))
  expect(notes).toEqual(['The 8 largest of 20 series are shown.', 'The first 60 of 100 are shown.'])
})

test('several columns of numbers, split by a category, are a series for each pair', () => {
  const result = resultOf({ day: 'DATE', stream: 'VARCHAR', events: 'DOUBLE', stored: 'BIGINT' }, [
    ['2026-11-27', 'shop.click', 20, 2],
  ])

  const { series } = chartData(result, { x: 0, y: [2, 3], split: 1, shape: 'line' })

  expect(series.map(({ name }) => name)).toEqual(['shop.click, events', 'shop.click, stored'])
})
