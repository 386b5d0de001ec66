import { expect, test } from 'vitest'
import { lineAndColumn, positionOf, quoted } from '../../../../../src/intake/console/query/sql-text.ts'

test('a name is quoted whatever is in it', () => {
  expect(quoted('shop.click')).toBe('"shop.click"')
  expect(quoted('a "b"')).toBe('"a ""b"""')
})

test('an error of DuckDB leads to the place in the query that it points at', () => {
  const sql = 'SELECT *\nFROM nothere'
  const error =
    'Catalog Error: Table with name nothere does not exist!\n\nLINE 2: FROM nothere\n             ^'

  const position = positionOf(error, sql)

  expect(position).toBe(sql.indexOf('nothere'))
  expect(lineAndColumn(sql, position!)).toEqual({ line: 2, column: 6 })
})

test('of a long line, of which the error shows a part, the place is found all the same', () => {
  const before = Array.from({ length: 30 }, (_, index) => `column_${index}`).join(', ')
  const after = Array.from({ length: 30 }, (_, index) => `other_${index}`).join(', ')
  const sql = `SELECT ${before}, xyz, ${after} FROM events`
  const excerpt = sql.slice(sql.indexOf('xyz') - 40, sql.indexOf('xyz') + 40)
  const error = `Binder Error: no xyz\n\nLINE 1: ...${excerpt}...\n${' '.repeat('LINE 1: ...'.length + 40)}^`

  expect(positionOf(error, sql)).toBe(sql.indexOf('xyz'))
})

test.each([
  ['the query was stopped after 30 s', 'SELECT 1'],
  ['LINE 7: SELECT\n        ^', 'SELECT 1'],
  ['', ''],
])('an error that points nowhere in the query has no place: %j', (error, sql) => {
  expect(positionOf(error, sql)).toBeUndefined()
})

test('a caret beyond the end of its line is at the end', () => {
  expect(positionOf('LINE 1: SELECT\n                     ^', 'SELECT')).toBe(6)
})
