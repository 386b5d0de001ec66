import { expect, test } from 'vitest'
import { createMinutes } from '../../../../src/intake/stats/minutes.ts'

const MINUTE = 60_000
const NOW = Date.parse('2026-11-27T12:30:30.000Z')

/** Times are minutes before now. */
function minutesOf(...events: readonly { ago: number; weight?: number; times?: number }[]) {
  const minutes = createMinutes()
  for (const { ago, weight = 1, times = 1 } of events)
    for (let left = times; left > 0; left--) minutes.add({ at: NOW - ago * MINUTE, weight })
  return minutes.at(NOW)
}

test('each of the last 60 minutes has its count, the last one not yet over', () => {
  const { perMinute } = minutesOf({ ago: 0 }, { ago: 0.25 }, { ago: 1 }, { ago: 59 }, { ago: 59.9 })

  expect(perMinute).toHaveLength(60)
  expect([perMinute[59], perMinute[58], perMinute[0]]).toEqual([2, 1, 1])
  expect(perMinute.reduce((sum, count) => sum + count, 0)).toBe(4)
})

test('a minute of an hour ago does not count as one of now, in whichever order they come', () => {
  expect(minutesOf({ ago: 60, times: 9 }, { ago: 0 }).perMinute.at(-1)).toBe(1)
  expect(minutesOf({ ago: 0 }, { ago: 60, times: 9 }).perMinute.at(-1)).toBe(1)
  expect(minutesOf({ ago: 60, times: 9 }).perMinute.at(-1)).toBe(0)
})

test('actual is of the last five full minutes', () => {
  // 10 + 20 in five minutes; what is older, and what is of this minute, is left out.
  const events = [
    { ago: 50 },
    { ago: 6, times: 7 },
    { ago: 5, times: 10 },
    { ago: 1, times: 20 },
    { ago: 0, times: 99 },
  ]

  expect(minutesOf(...events).actual).toBe(6)
})

test('a stream that began two minutes ago is not averaged over five', () => {
  expect(minutesOf({ ago: 2, times: 10 }, { ago: 1, times: 20 }).actual).toBe(15)
  expect(minutesOf({ ago: 0, times: 10 }).actual).toBe(0)
})

test('weighted is what they stand for, a minute of the hour', () => {
  // An old stream: 59.5 minutes of this hour are over. 119 × 10 stand for 1,190.
  expect(minutesOf({ ago: 300 }, { ago: 30, weight: 10, times: 119 }).weighted).toBeCloseTo(20, 10)
})

test('weighted is over the minutes since the stream began, one at least', () => {
  expect(minutesOf({ ago: 10, weight: 2, times: 40 }, { ago: 3, weight: 2, times: 10 }).weighted).toBe(10)
  expect(minutesOf({ ago: 0.1, times: 3 }).weighted).toBe(3)
})

test('nothing in the last hour is no rate', () => {
  expect(minutesOf({ ago: 61 }).weighted).toBeNull()
  expect(minutesOf().weighted).toBeNull()
  expect(minutesOf({ ago: Number.NaN }).perMinute).toEqual(Array(60).fill(0))
})
