import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addRun, countOf, firstNumbers, highestOf, type Runs, without } from '../../../src/intake/runs.ts'

const run = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.nat(6))
  .map(([from, more]) => [from, from + more] as const)
const someRuns = fc.array(run, { maxLength: 12 })

const numbersOf = (runs: Runs): number[] => {
  const numbers: number[] = []
  for (let index = 0; index < runs.length; index += 2)
    for (let number = runs[index]!; number <= runs[index + 1]!; number++) numbers.push(number)
  return numbers
}

function setOf(added: readonly (readonly [number, number])[]): Runs {
  const runs: number[] = []
  for (const [from, to] of added) addRun(runs, from, to)
  return runs
}

const sorted = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b)

test('in whichever order runs are added, the set holds their numbers once, in as few runs as there can be', () => {
  fc.assert(
    fc.property(someRuns, (added) => {
      const runs: number[] = []
      const numbers = new Set<number>()

      for (const [from, to] of added) {
        const before = numbers.size
        for (const number of numbersOf([from, to])) numbers.add(number)
        expect(addRun(runs, from, to)).toBe(numbers.size - before)
      }

      expect(numbersOf(runs)).toEqual(sorted(numbers))
      expect(countOf(runs)).toBe(numbers.size)
      expect(highestOf(runs)).toBe(Math.max(0, ...numbers))
      for (let index = 2; index < runs.length; index += 2)
        expect(runs[index]! - runs[index - 1]!).toBeGreaterThan(1)
    }),
    { numRuns: 1000 },
  )
})

test('a set without another has the numbers that the other lacks', () => {
  fc.assert(
    fc.property(someRuns, someRuns, (these, those) => {
      const [left, right] = [setOf(these), setOf(those)]
      const others = new Set(numbersOf(right))

      expect(numbersOf(without(left, right))).toEqual(numbersOf(left).filter((number) => !others.has(number)))
    }),
    { numRuns: 1000 },
  )
})

test('the first numbers are one run, or none', () => {
  expect(firstNumbers(3)).toEqual([1, 3])
  expect(firstNumbers(0)).toEqual([])
})
