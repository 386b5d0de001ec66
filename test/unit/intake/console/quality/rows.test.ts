import { expect, test } from 'vitest'
import {
  hurtsMost,
  isOfEvents,
  lossShare,
  ofStream,
  scaleOf,
  streamsIn,
} from '../../../../../src/intake/console/quality/rows.ts'

const loss = (stream: string, missing: number, unknown = 0) => ({
  stream,
  sdk: 'rivulet/0.1.0',
  browser: null,
  submitted: 100,
  delivered: 90,
  missing,
  unknown,
  duplicates: 0,
})

const spread = (stream: string, p5: number, p95: number) => ({ stream, count: 1, p5, p50: p5, p95, p99: p95 })

test('what is missing most comes first, then what is unknown', () => {
  const rows = [loss('a', 0), loss('b', 0, 3), loss('c', 1), loss('d', 10)]

  expect(rows.sort(hurtsMost).map(({ stream }) => stream)).toEqual(['d', 'c', 'b', 'a'])
})

test('the share of what is missing is of what should have arrived', () => {
  expect(lossShare({ missing: 10, delivered: 90 })).toBe(0.1)
  expect(lossShare({ missing: 0, delivered: 0 })).toBe(0)
  expect(lossShare({ missing: 3, delivered: 0 })).toBe(1)
})

test('a row of which nothing was submitted and nothing came is none', () => {
  const nothing = { ...loss('a', 0), submitted: 0, delivered: 0 }

  expect(isOfEvents(nothing)).toBe(false)
  expect(isOfEvents({ ...nothing, unknown: 1 })).toBe(true)
})

test('a report can be read for one of the streams that it names', () => {
  const rejected = { stream: null, schema: null, reason: 'r', count: 1, last: '', example: 1 }
  const quality = {
    rejected: [rejected, { ...rejected, stream: 'shop.buy' }],
    loss: [loss('shop.click', 1)],
    skew: [],
    delay: [spread('shop.click', 1, 2)],
  }

  expect(streamsIn(quality)).toEqual(['shop.buy', 'shop.click'])
  expect(ofStream(quality, 'shop.click')).toEqual({
    rejected: [],
    loss: quality.loss,
    skew: [],
    delay: quality.delay,
  })
})

test('ranges stand on one scale, on which zero has its place', () => {
  const scale = scaleOf([spread('a', -1_000, 500), spread('b', 20, 86_400_000)])

  expect(scale(-1_000)).toBe(0)
  expect(scale(86_400_000)).toBe(1)
  expect(scale(0)).toBeGreaterThan(0)
  expect(scale(500)).toBeGreaterThan(scale(0))
  expect(scale(1e12)).toBe(1)
  expect(scaleOf([spread('a', 0, 0)])(0)).toBe(0)
})
