import { expect, test } from 'vitest'
import { fieldsOf, sqlType } from '../../../../src/intake/query/columns.ts'

const types = (...properties: object[]) =>
  Object.fromEntries(
    [...fieldsOf(properties.map((one) => ({ properties: one })))].map(([name, type]) => [
      name,
      sqlType(type),
    ]),
  )

test('each kind of field has its type', () => {
  const found = types({
    text: { type: 'string' },
    time: { type: 'string', format: 'date-time' },
    whole: { type: 'integer' },
    number: { type: 'number' },
    flag: { type: 'boolean' },
    maybe: { type: ['string', 'null'] },
    list: { type: 'array', items: { type: 'integer' } },
    object: { type: 'object', properties: { 'a "b"': { type: 'string' } } },
    map: { type: 'object', additionalProperties: { type: 'integer' } },
  })

  expect(found).toEqual({
    text: 'VARCHAR',
    time: 'TIMESTAMPTZ',
    whole: 'BIGINT',
    number: 'DOUBLE',
    flag: 'BOOLEAN',
    maybe: 'VARCHAR',
    list: 'BIGINT[]',
    object: 'STRUCT("a ""b""" VARCHAR)',
    map: 'MAP(VARCHAR, BIGINT)',
  })
})

test('what a schema leaves open is JSON', () => {
  const found = types({
    anything: {},
    always: true,
    either: { type: ['string', 'integer'] },
    open: { type: 'object' },
    free: { type: 'object', additionalProperties: true },
    empty: { type: 'object', properties: {} },
    patterns: { type: 'object', additionalProperties: { type: 'string' }, patternProperties: { '^a': {} } },
    oneOf: { oneOf: [{ type: 'string' }] },
  })

  expect(new Set(Object.values(found))).toEqual(new Set(['JSON']))
})

test('a list without a word about its items is a list of JSON', () => {
  expect(types({ list: { type: 'array' } })).toEqual({ list: 'JSON[]' })
})

test('versions are merged: fields of both, whole and broken numbers as numbers, what they disagree on as JSON', () => {
  const first = {
    count: { type: 'integer' },
    kind: { type: 'string' },
    page: { type: 'object', properties: { path: { type: 'string' } } },
  }
  const second = {
    count: { type: 'number' },
    kind: { type: 'integer' },
    page: { type: 'object', properties: { title: { type: 'string' } } },
    added: { type: 'boolean' },
  }

  expect(types(first, second)).toEqual({
    count: 'DOUBLE',
    kind: 'JSON',
    page: 'STRUCT("path" VARCHAR, "title" VARCHAR)',
    added: 'BOOLEAN',
  })
})

test('of names that differ in case only, the first has the column; within an object, all are JSON', () => {
  const found = types({
    userId: { type: 'string' },
    userid: { type: 'integer' },
    page: { type: 'object', properties: { a: { type: 'string' }, A: { type: 'string' } } },
  })

  expect(found).toEqual({ userId: 'VARCHAR', page: 'JSON' })
})

test('what is nested without end is JSON from some level on', () => {
  let nested: object = { type: 'string' }
  for (let level = 0; level < 100; level += 1) nested = { type: 'object', properties: { in: nested } }

  expect(types({ nested }).nested).toMatch(/^(STRUCT\("in" ){12}JSON\)+$/)
})
