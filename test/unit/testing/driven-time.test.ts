import { describe, expect, test, vi } from 'vitest'
import { createDrivenTime } from '../../../src/testing/testing.ts'

const START = Date.parse('2026-11-23T08:00:00.000Z')

describe('driven time', () => {
  test('stands still until it is told to pass', async () => {
    const time = createDrivenTime({ start: START })

    const before = Date.now()
    await vi.waitUntil(() => Date.now() > before)
    expect(time.now()).toBe(START)
    await time.pass(1500)

    expect(time.now()).toBe(START + 1500)
  })

  test.each([START, new Date(START), '2026-11-23T08:00:00.000Z', '2026-11-23T10:00:00+02:00'])(
    'starts at %s',
    (start) => {
      expect(createDrivenTime({ start }).now()).toBe(START)
    },
  )

  test('starts now where nothing else is said', () => {
    const before = Date.now()

    const time = createDrivenTime()

    expect(time.now()).toBeGreaterThanOrEqual(before)
    expect(time.now()).toBeLessThanOrEqual(Date.now())
  })

  test('refuses what is no time', () => {
    expect(() => createDrivenTime({ start: 'Monday' })).toThrow('Monday is no time')
  })

  test('runs timers in their order, each at its time, and those that they set', async () => {
    const time = createDrivenTime({ start: START })
    const ran: [string, number][] = []
    const note = (name: string) => void ran.push([name, time.now() - START])

    time.after(200, () => note('second'))
    time.after(100, async () => {
      note('first')
      await Promise.resolve()
      time.after(50, () => note('set by the first'))
    })
    const cancel = time.after(120, () => note('cancelled'))
    cancel()
    time.after(1001, () => note('too late'))
    await time.pass(1000)

    expect(ran).toEqual([
      ['first', 100],
      ['set by the first', 150],
      ['second', 200],
    ])
    await time.pass(1)
    expect(ran.at(-1)).toEqual(['too late', 1001])
  })

  test('runs no timer where the clock is set, and the clock goes on from there', async () => {
    const time = createDrivenTime({ start: START })
    let ran = 0
    await time.pass(5000)
    time.after(100, () => ran++)

    time.set('2026-11-24T08:00:00Z')
    expect([time.now() - START, ran]).toEqual([24 * 3_600_000, 0])
    await time.pass(100)

    expect([time.now() - START, ran]).toEqual([24 * 3_600_000 + 100, 1])
  })

  test("passes also where the test runner's fake timers stand still", async () => {
    vi.useFakeTimers()
    try {
      const time = createDrivenTime({ start: START })
      await time.pass(1000)

      expect(time.now()).toBe(START + 1000)
    } finally {
      vi.useRealTimers()
    }
  })
})
