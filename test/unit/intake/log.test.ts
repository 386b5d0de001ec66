import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type LogLine, withoutFloods } from '../../../src/intake/log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const full: LogLine = { level: 'error', message: 'the disk is full', fields: { path: '/data' } }

test('what is said at each request is told a few times, then counted, and told anew later', () => {
  const told: LogLine[] = []
  const log = withoutFloods((line) => void told.push(line))

  for (let request = 0; request < 1_000; request += 1) log(full)
  expect(told).toEqual(Array(5).fill(full))

  vi.advanceTimersByTime(10_000)
  expect(told.slice(5)).toEqual([{ ...full, message: 'the disk is full (995 times more in 10 s)' }])

  log(full)
  expect(told.slice(6)).toEqual([full])
})

test('what is said a few times is told each time, and nothing of it counted', () => {
  const told: LogLine[] = []
  const log = withoutFloods((line) => void told.push(line))

  for (let time = 0; time < 5; time += 1) log(full)
  vi.advanceTimersByTime(60_000)

  expect(told).toEqual(Array(5).fill(full))
})

test('another message, and information, is told beside a flood', () => {
  const told: LogLine[] = []
  const log = withoutFloods((line) => void told.push(line))

  for (let request = 0; request < 10; request += 1) log(full)
  log({ level: 'error', message: 'other' })
  for (let time = 0; time < 10; time += 1) log({ level: 'info', message: 'is good again' })

  expect(told.slice(5).map(({ message }) => message)).toEqual(['other', ...Array(10).fill('is good again')])
})
