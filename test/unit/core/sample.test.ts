import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drawOf, reasonToLeave } from '../../../src/core/sample.ts'

/** Ids as the schemas of the family want them: 20 lower-case hexadecimal digits. */
const ids = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 20, maxLength: 20 })
const rates = fc.double({ min: 0, max: 1, noNaN: true })
const stays = (id: string, rate: number) => reasonToLeave(rate, drawOf(id)) === undefined

test('a unit is in sample as the formula of the family says', () => {
  fc.assert(
    fc.property(ids, rates, (id, rate) => {
      const expected = rate === 1 || Number.parseInt(id.slice(0, 8), 16) / 4294967295 < rate

      expect(stays(id, rate)).toBe(expected)
    }),
  )
})

test('the same id gives the same answer each time', () => {
  fc.assert(
    fc.property(ids, rates, (id, rate) => {
      const first = stays(id, rate)

      expect(stays(id, rate)).toBe(first)
    }),
  )
})

test('only the first 32 bits of an id decide', () => {
  fc.assert(
    fc.property(ids, ids, rates, (id, other, rate) => {
      expect(stays(id.slice(0, 8) + other.slice(8), rate)).toBe(stays(id, rate))
    }),
  )
})

test('who is in sample stays in it when the rate goes up', () => {
  fc.assert(
    fc.property(ids, rates, rates, (id, a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a]

      expect(stays(id, high) || !stays(id, low)).toBe(true)
    }),
  )
})

test.for(['00000000000000000000', '80000000000000000000', 'fffffffeffffffffffff', 'ffffffffffffffffffff'])(
  'rate 1 keeps %s and rate 0 does not',
  (id) => {
    expect(stays(id, 1)).toBe(true)
    expect(stays(id, 0)).toBe(false)
  },
)

test('a draw is at least 0 and at most 1', () => {
  expect(drawOf('00000000000000000000')).toBe(0)
  expect(drawOf('ffffffffffffffffffff')).toBe(1)
  expect(drawOf('7fffffff000000000000')).toBeCloseTo(0.5, 9)
})

test('an id that begins with no hexadecimal digit is in no sample but that of rate 1', () => {
  expect(drawOf('visitor 7')).toBeNaN()
  expect(reasonToLeave(0.999, drawOf('visitor 7'))).toBe('out-of-sample')
  expect(reasonToLeave(1, drawOf('visitor 7'))).toBeUndefined()
})

test('without an id the reason is that there is none, whatever the rate', () => {
  expect(reasonToLeave(1, undefined)).toBe('no-id')
  expect(reasonToLeave(0, undefined)).toBe('no-id')
})

test.for([0.001, 0.01, 0.1, 0.5, 0.9])(
  'the share of random ids that rate %f keeps is within five standard deviations of it',
  (rate) => {
    // A false alarm once in 1.7 million runs.
    const count = 100_000
    const random = new Uint32Array(count).map(() => (Math.random() * 2 ** 32) >>> 0)
    const kept = random.reduce(
      (sum, bits) => sum + Number(stays(bits.toString(16).padStart(8, '0'), rate)),
      0,
    )

    expect(Math.abs(kept - count * rate)).toBeLessThan(5 * Math.sqrt(count * rate * (1 - rate)))
  },
)
