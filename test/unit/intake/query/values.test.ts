import { expect, test } from 'vitest'
import { openData } from './asked.ts'

async function answerTo(sql: string): Promise<unknown> {
  const { rows } = await openData({ files: {} })
  return (await rows(`SELECT ${sql}`))[0]![0]
}

test.each([
  ['1::TINYINT', 1],
  ['42::BIGINT', 42],
  ['9007199254740991', 9007199254740991],
  ['9007199254740993', '9007199254740993'],
  ['-9007199254740993', '-9007199254740993'],
  ['42::HUGEINT', 42],
  ['170141183460469231731687303715884105727::HUGEINT', '170141183460469231731687303715884105727'],
  ['18446744073709551615::UBIGINT', '18446744073709551615'],
  ['sum(i) FROM range(3) t(i)', 3],
  ['1.50::DECIMAL(10, 2)', 1.5],
  ['-0.07::DECIMAL(10, 2)', -0.07],
  ['1234567890123456.78::DECIMAL(18, 2)', '1234567890123456.78'],
  ['0.1::DOUBLE', 0.1],
  ["'NaN'::DOUBLE", 'NaN'],
  ["'-Infinity'::DOUBLE", '-Infinity'],
  ['true', true],
  ['NULL', null],
  ["'text'", 'text'],
  ["TIMESTAMPTZ '2026-11-22 10:00:00+02'", '2026-11-22T08:00:00.000Z'],
  ["TIMESTAMPTZ '2026-11-22 10:00:00.123456Z'", '2026-11-22T10:00:00.123456Z'],
  ["TIMESTAMPTZ '1969-12-31 23:59:59.9999Z'", '1969-12-31T23:59:59.999900Z'],
  ["'infinity'::TIMESTAMPTZ", 'infinity'],
  ["TIMESTAMP '2026-11-22 10:00:00.5'", '2026-11-22T10:00:00.5'],
  ["DATE '2026-11-22'", '2026-11-22'],
  ["TIME '10:00:00'", '10:00:00'],
  ['INTERVAL 90 MINUTES', '01:30:00'],
  ["'\\xAA\\x00b'::BLOB", '\\xAA\\x00b'],
  ["'019aaa00-0000-7000-8000-000000000001'::UUID", '019aaa00-0000-7000-8000-000000000001'],
  ["'b'::ENUM('a', 'b')", 'b'],
  ["{'a': 1, 'b': {'c': [1, NULL]}}", { a: 1, b: { c: [1, null] } }],
  ['[9007199254740993, 1]', ['9007199254740993', 1]],
  ["['NaN'::DOUBLE, 1]", ['NaN', 1]],
  ["MAP {'a': 1}", { a: 1 }],
  ['MAP {1: 2}', [{ key: 1, value: 2 }]],
  ['array_value(1, 2)', [1, 2]],
  ['\'{"a":[1,{"b":null}]}\'::JSON', { a: [1, { b: null }] }],
  ['\'"text"\'::JSON', 'text'],
  ["{'j': '{\"a\":1}'::JSON}", { j: { a: 1 } }],
  ['[\'{"a":1}\'::JSON]', [{ a: 1 }]],
  ["MAP {'m': '[1]'::JSON}", { m: [1] }],
  ["'1'::JSON->'$.none'", null],
  ["MAP {'__proto__': 1}", JSON.parse('{"__proto__":1}')],
])('%s is %j', async (sql, value) => {
  expect(await answerTo(sql)).toEqual(value)
})

test('columns have the names and the types of SQL', async () => {
  const { ask } = await openData({ files: {} })

  const { columns } = await ask("SELECT 1 AS a, '1'::JSON AS b, now() AS c, [1] AS a, 1.5 AS d")

  expect(columns).toEqual([
    { name: 'a', type: 'INTEGER' },
    { name: 'b', type: 'JSON' },
    { name: 'c', type: 'TIMESTAMP WITH TIME ZONE' },
    { name: 'a', type: 'INTEGER[]' },
    { name: 'd', type: 'DECIMAL(2,1)' },
  ])
})
