import { expect, test } from 'vitest'
import {
  cellText,
  columnWidths,
  fullText,
  kindOf,
  rowsInSight,
} from '../../../../../src/intake/console/query/cells.ts'

test.each([
  ['BIGINT', 'number'],
  ['UINTEGER', 'number'],
  ['DECIMAL(18,3)', 'number'],
  ['DOUBLE', 'number'],
  ['DATE', 'time'],
  ['TIMESTAMP WITH TIME ZONE', 'time'],
  ['TIMESTAMP_S', 'time'],
  ['VARCHAR', 'category'],
  ['BOOLEAN', 'category'],
  ["ENUM('a', 'b')", 'category'],
  ['TIME', 'category'],
  ['VARCHAR[]', 'nested'],
  ['DECIMAL(18,3)[]', 'nested'],
  ['STRUCT(a BIGINT)', 'nested'],
  ['MAP(VARCHAR, BIGINT)', 'nested'],
  ['JSON', 'nested'],
])('a column of type %s holds a %s', (type, kind) => {
  expect(kindOf(type)).toBe(kind)
})

test('values read as they are, without the noise of doubles', () => {
  expect(cellText(null)).toBe('NULL')
  expect(cellText('')).toBe('')
  expect(cellText(10.1 + 20.2)).toBe('30.3')
  expect(cellText(false)).toBe('false')
  expect(cellText({ a: [1, 'b'] })).toBe('{"a":[1,"b"]}')
})

test('in full, JSON has lines, and what only looks like it stays as it is', () => {
  expect(fullText({ a: 1 })).toBe('{\n  "a": 1\n}')
  expect(fullText('[1]')).toBe('[\n  1\n]')
  expect(fullText('{no json')).toBe('{no json')
  expect(fullText('3')).toBe('3')
})

test('a column is as wide as its name and its texts, up to a bound', () => {
  const rows = Array.from({ length: 5_000 }, (_, index) => [index, 'x'.repeat(1_000)])
  const columns = [
    { name: 'n', type: 'BIGINT' },
    { name: 'text', type: 'VARCHAR' },
  ]

  expect(columnWidths({ columns, rows, ms: 0, truncated: false })).toEqual([8, 42])
})

test('of a long table the rows in sight are drawn, and some around them', () => {
  const table = { count: 10_000, rowHeight: 32 }

  expect(rowsInSight({ top: 0, height: 640 }, table)).toEqual({ from: 0, to: 35 })
  expect(rowsInSight({ top: 32_000, height: 640 }, table)).toEqual({ from: 985, to: 1035 })
  expect(rowsInSight({ top: 1e9, height: 640 }, table)).toEqual({ from: 10_000, to: 10_000 })
})
