import { check, constantFrom, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { compareRevisions, nextRevision } from '../../../src/intake/revision.ts'

test.each([
  ['2026-11-22.10', '2026-11-22.9', 1],
  ['2026-11-22.3', '2026-11-22.3', 0],
  ['2026-11-22', '2026-11-22.1', -1],
  ['v10', 'v9', 1],
  ['release 7', '7', 0],
  ['', '0', -1],
  ['99999999999999999998', '99999999999999999999', -1],
])('%s against %s', (a, b, order) => {
  expect(compareRevisions(a, b)).toBe(order)
  expect(compareRevisions(b, a)).toBe(order === 0 ? 0 : -order)
})

test.each([
  [undefined, '2026-11-22.1'],
  ['2026-11-21.7', '2026-11-22.1'],
  ['2026-11-22', '2026-11-22.1'],
  ['2026-11-22.1', '2026-11-22.2'],
  ['2026-11-22.9', '2026-11-22.10'],
  ['2027-01-01.3', '2027-01-01.4'],
  ['3000 (from the office)', '3001 (from the office)'],
  ['no digits', '2026-11-22.1'],
])('after %s comes %s', (last, next) => {
  expect(nextRevision(last, '2026-11-22')).toBe(next)
})

test('the next revision is higher, whatever the last one was', () => {
  const digits = string({ unit: constantFrom('0', '1', '9', '-', '.', 'a') })

  const result = check(
    property(digits, (last) => compareRevisions(nextRevision(last, '2026-11-22'), last) > 0),
  )

  expect(result.counterexample).toBeNull()
})
