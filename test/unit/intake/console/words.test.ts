import { expect, test } from 'vitest'
import {
  bytesText,
  countText,
  dateText,
  durationText,
  percentText,
  shareText,
} from '../../../../src/intake/console/format.ts'
import { hashOf, routeOf } from '../../../../src/intake/console/route.ts'

test('numbers read well at every size, and a share is 0 or 100 % only where it is', () => {
  expect([0, 0.1234, 42.6, 1234.5, 1e9].map(countText)).toEqual([
    '0',
    '0.123',
    '42.6',
    '1,235',
    '1,000,000,000',
  ])
  expect([0, 0.0001, 0.1, 1 / 3, 1].map(percentText)).toEqual([
    '0 %',
    '0.01 %',
    '10 %',
    '33.3333333333 %',
    '100 %',
  ])
  expect([0, 0.00001, 0.0123, 0.99999, 1].map(shareText)).toEqual([
    '0 %',
    '< 0.01 %',
    '1.23 %',
    '> 99.99 %',
    '100 %',
  ])
  expect([0, 999, 8_640_000, 1e15].map(bytesText)).toEqual(['0 bytes', '999 bytes', '8.64 MB', '1,000 TB'])
  expect([-3, 900, 2_500, 90_000, 7_200_000, 864e5].map(durationText)).toEqual([
    '-3 ms',
    '900 ms',
    '2.5 s',
    '1.5 min',
    '2 h',
    '1 d',
  ])
})

test('what is no time reads as it was given', () => {
  expect(dateText('yesterday')).toBe('yesterday')
})

test('a route is read as it is written, whatever is in it', () => {
  const id = '../a b/%<c>'

  expect(routeOf(hashOf('live', 'session', id))).toEqual({ page: 'live', rest: ['session', id] })
  expect(routeOf('')).toEqual({ page: 'streams', rest: [] })
  expect(routeOf('#/query/')).toEqual({ page: 'query', rest: [] })
  expect(routeOf('#live')).toEqual({ page: 'live', rest: [] })
  expect(routeOf('#/live/%E0%A4')).toEqual({ page: 'live', rest: ['%E0%A4'] })
})
