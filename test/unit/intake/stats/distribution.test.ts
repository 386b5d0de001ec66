import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDistribution } from '../../../../src/intake/stats/distribution.ts'

const SHARES = [0.05, 0.5, 0.75, 0.95, 0.99]

function distributionOf(values: readonly (number | readonly [value: number, weight: number])[]) {
  const distribution = createDistribution()
  for (const each of values) {
    const [value, weight] = typeof each === 'number' ? [each, 1] : each
    distribution.add(value, weight)
  }
  return distribution
}

/** By sorting. */
function exactQuantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1]!
}

test('a few values are exact, negative ones too', () => {
  const distribution = distributionOf([-40, 12.5, 0, 7, 3])

  expect(distribution.quantiles([0.05, 0.2, 0.4, 0.5, 0.75, 0.8, 1])).toEqual([-40, -40, 0, 3, 7, 7, 12.5])
  expect(distribution.total()).toBe(5)
})

test('a value of weight 3 counts as three', () => {
  // 100 stands for three quarters of 4, and 200 is above them.
  expect(distributionOf([[100, 3], 200]).quantiles([0.75])).toEqual([100])
  expect(
    distributionOf([
      [100, 3],
      [200, 1.1],
    ]).quantiles([0.75]),
  ).toEqual([200])
})

test('weights that do not come out even reach their share', () => {
  expect(distributionOf(Array.from({ length: 6 }, () => [5, 1 / 0.3] as const)).quantiles([1, 0.75])).toEqual(
    [5, 5],
  )
})

test('of nothing all quantiles are 0', () => {
  expect(createDistribution().quantiles([0.5])).toEqual([0])
})

test('many values are within 1 % of what sorting finds', () => {
  const value = fc.oneof(
    fc.integer({ min: -1e9, max: 1e9 }),
    fc.double({ min: 0.01, max: 50_000, noNaN: true }),
    fc.constant(0),
  )
  fc.assert(
    fc.property(fc.array(value, { minLength: 150, maxLength: 600 }), (values) => {
      const found = distributionOf(values).quantiles(SHARES)
      for (const [index, share] of SHARES.entries()) {
        const exact = exactQuantile(values, share)
        expect(Math.abs(found[index]! - exact)).toBeLessThanOrEqual(0.0101 * Math.abs(exact) + 0.001)
      }
    }),
    { numRuns: 50 },
  )
})

test('what is taken out again was never there', () => {
  const numbers = Array.from({ length: 300 }, (_, index) => index * 1.7)
  const [kept, gone] = [numbers.slice(0, 200), numbers.slice(200)]
  const distribution = distributionOf(numbers)

  for (const value of gone) distribution.add(value, -1)

  expect(distribution.quantiles(SHARES)).toEqual(distributionOf(kept).quantiles(SHARES))
  expect(distribution.total()).toBe(200)
})

test('two that are put together are as one', () => {
  const [small, large] = [[1, 2, 3], Array.from({ length: 400 }, (_, index) => index + 0.5)]
  const sum = distributionOf(small)

  sum.addAll(distributionOf(large))

  expect(sum.quantiles(SHARES)).toEqual(distributionOf([...large, ...small]).quantiles(SHARES))
  expect(sum.total()).toBe(403)
})

test('what is no number is not counted, and what is beyond all bounds needs no more room', () => {
  const distribution = distributionOf([Number.NaN, 1, 1])
  for (let power = -300; power < 300; power += 0.05) distribution.add(10 ** power, 1e-3 + 1)

  expect(distribution.quantiles([0.01])).toEqual([0])
  expect([...distribution.entries()].length).toBeLessThan(2_100)
  expect(distribution.quantiles([1])[0]).toBeGreaterThan(9e14)
})
