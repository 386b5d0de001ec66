import { expect, test } from 'vitest'
import { placeIn } from '../../../../src/intake/query/place.ts'

test('a place in a query shows as its line with a caret below, whatever characters stand before it', () => {
  const sql = "SELECT '😀'\nFROM events GRUOP BY 1"
  const position = [...sql].indexOf('G')

  expect(placeIn(sql, position)).toBe('LINE 2: FROM events GRUOP BY 1\n                    ^')
})

test('a place at the end is behind the last line', () => {
  expect(placeIn('SELECT (', 8)).toBe('LINE 1: SELECT (\n                ^')
})
