import { expect, test } from 'vitest'
import { serialize } from '../../../../src/schema/materialize/serialize.ts'

const SCHEMA = {
  properties: { b: { maxLength: 9, type: 'string' }, a: { type: 'integer' } },
  minProperties: 1,
  examples: [{ b: 'x', a: 1 }],
  $schema: 'https://json-schema.org/draft-07/schema#',
  description: 'B before A',
  title: 'shop/click',
  required: ['b', 'a'],
}

test('keywords have an order, names are sorted, lists stay as they are', () => {
  expect(serialize(SCHEMA, 'json')).toBe(`{
  "title": "shop/click",
  "description": "B before A",
  "$schema": "https://json-schema.org/draft-07/schema#",
  "required": [
    "b",
    "a"
  ],
  "properties": {
    "a": {
      "type": "integer"
    },
    "b": {
      "type": "string",
      "maxLength": 9
    }
  },
  "examples": [
    {
      "a": 1,
      "b": "x"
    }
  ],
  "minProperties": 1
}
`)
})

test('YAML has no line ends of its own, no aliases, and quotes what older readers take for no text', () => {
  const same = { maxLength: 9 }
  const schema = {
    description: 'word '.repeat(40).trim(),
    properties: { a: same, b: same },
    examples: [{ dt: '2026-11-22T10:00:00Z', on: 'on', version: '1.0' }],
  }

  expect(serialize(schema, 'yaml')).toBe(`description: ${'word '.repeat(40).trim()}
properties:
  a:
    maxLength: 9
  b:
    maxLength: 9
examples:
  - dt: "2026-11-22T10:00:00Z"
    "on": "on"
    version: "1.0"
`)
})
