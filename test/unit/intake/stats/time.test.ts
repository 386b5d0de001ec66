import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timeOf } from '../../../../src/intake/stats/time.ts'

test('it reads what Date.parse reads, and as it does', () => {
  const written = [
    '2026-11-27T14:05:06.789Z',
    '2026-11-27T14:05:06Z',
    '2026-11-27T14:05:06.789+02:00',
    '2026-02-31T00:00:00.000Z',
    '2026-13-01T00:00:00.000Z',
    '2026-11-27T24:00:00.000Z',
    '2026-11-27T25:00:00.000Z',
    '2026-11-27T23:60:00.000Z',
    '2026-11-27T1x:05:06.789Z',
    '2026-11-27T14-05-06.789Z',
    '----------T14:05:06.789Z',
    'yesterday',
    '',
  ]

  expect(written.map(timeOf)).toEqual(written.map(Date.parse))
})

test('it reads any time that a Date writes', () => {
  fc.assert(
    fc.property(fc.array(fc.date({ noInvalidDate: true })), (dates) => {
      expect(dates.map((date) => timeOf(date.toISOString()))).toEqual(dates.map((date) => date.getTime()))
    }),
  )
})

test('what is no text is no time', () => {
  expect([undefined, null, 5, {}, ['2026-11-27T14:05:06.789Z']].map(timeOf)).toEqual([
    NaN,
    NaN,
    NaN,
    NaN,
    NaN,
  ])
})
