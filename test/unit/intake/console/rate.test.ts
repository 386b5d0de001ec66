import { expect, test } from 'vitest'
import { LAST_STOP, rateAt, rateIn, stopOf } from '../../../../src/intake/console/streams/rate.ts'

test.each([
  ['0.1', 0.1],
  ['0,1', 0.1],
  ['.5', 0.5],
  ['1', 1],
  ['0', 0],
  ['1e-4', 0.0001],
  ['10 %', 0.1],
  ['0.7%', 0.007],
  ['100%', 1],
  [' 0.25 ', 0.25],
])('"%s" is the rate %d', (text, rate) => {
  expect(rateIn(text)).toBe(rate)
})

test.each(['', ' ', '.', '%', '1.1', '101 %', '-0.1', '0.1.1', 'ten', 'NaN', 'Infinity', '0x1', '1e9'])(
  '"%s" is no rate',
  (text) => {
    expect(rateIn(text)).toBe(undefined)
  },
)

test('each stop of the slider is its own rate, from none to all', () => {
  const stops = Array.from({ length: LAST_STOP + 1 }, (_, stop) => stop)

  expect(stops.map((stop) => stopOf(rateAt(stop)))).toEqual(stops)
  expect([rateAt(0), rateAt(LAST_STOP)]).toEqual([0, 1])
})

test('a rate between the stops is at the next one, but never at the ends', () => {
  expect(rateAt(stopOf(0.11))).toBe(0.1)
  expect(rateAt(stopOf(0.00000001))).toBe(0.0001)
  expect(rateAt(stopOf(0.99))).toBe(0.5)
})
