import { expect, test } from 'vitest'
import { ENDS, FAULTS, planOf } from '../../soak/plan.mjs'
import { createRandom } from '../../support/random.mjs'

const HALF_AN_HOUR = 30 * 60_000

test('the same seed plans the same, another one something else', () => {
  const plan = (seed: number) => planOf({ random: createRandom(seed), ms: HALF_AN_HOUR })

  expect(plan(7)).toEqual(plan(7))
  expect(plan(8)).not.toEqual(plan(7))
})

test('half an hour has every fault and every end of a page, whatever the seed', () => {
  for (let seed = 0; seed < 200; seed++) {
    const episodes = planOf({ random: createRandom(seed), ms: HALF_AN_HOUR })

    expect(new Set(episodes.map(({ fault }) => fault))).toEqual(new Set(FAULTS))
    expect(new Set(episodes.flatMap(({ last }) => last?.how ?? []))).toEqual(new Set(ENDS))
    expect(episodes.some(({ hidden }) => hidden)).toBe(true)
  }
})

test('faults last for 10 s at least and do not overlap, and no page ends in the second half', () => {
  for (let seed = 0; seed < 200; seed++) {
    let over = 0
    for (const { start, end, last } of planOf({ random: createRandom(seed), ms: HALF_AN_HOUR })) {
      expect(start).toBeGreaterThan(over)
      expect(end - start).toBeGreaterThanOrEqual(10_000)
      expect(end).toBeLessThanOrEqual(HALF_AN_HOUR)
      expect(last?.at ?? 0).toBeLessThan(HALF_AN_HOUR / 2)
      over = end
    }
  }
})
