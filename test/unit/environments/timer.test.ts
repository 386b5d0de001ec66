import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { edgeEnvironment } from '../../../src/environments/edge.ts'
import { nodeEnvironment } from '../../../src/environments/node.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe.each([
  ['in Node', nodeEnvironment],
  ['at the edge', edgeEnvironment],
])('%s', (_, createEnvironment) => {
  test('a timer calls back, unless it is taken back', () => {
    const platform = createEnvironment()
    const called: string[] = []

    platform.after(5, () => called.push('taken back'))()
    platform.after(5, () => called.push('first'))
    vi.advanceTimersByTime(5)

    expect(called).toEqual(['first'])
  })

  test('a wait longer than a timer can hold does not end at once', () => {
    const platform = createEnvironment()
    const called: number[] = []

    for (const ms of [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY]) platform.after(ms, () => called.push(ms))
    vi.advanceTimersByTime(60_000)

    expect(called).toEqual([])
  })
})

test('a timer holds a Node process up only where told', () => {
  const platform = nodeEnvironment()
  vi.useRealTimers()
  const created = vi.spyOn(globalThis, 'setTimeout')

  const cancels = [platform.after(1000, () => {}), platform.after(1000, () => {}, { holdProcess: true })]
  const timers = created.mock.results.map(({ value }) => value as NodeJS.Timeout)

  expect(timers.map((timer) => timer.hasRef())).toEqual([false, true])
  for (const cancel of cancels) cancel()
  created.mockRestore()
})
