import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Conflict, mergeAllOf } from '../../../../src/schema/materialize/merge-all-of.ts'
import type { SchemaObject } from '../../../../src/schema/schema-file.ts'

class Contradiction extends Error {
  readonly conflict: Conflict
  constructor(conflict: Conflict) {
    super(conflict.pointer)
    this.conflict = conflict
  }
}

const merged = (...parts: SchemaObject[]) =>
  mergeAllOf({ ...parts[0], allOf: parts.slice(1) }, (conflict) => new Contradiction(conflict))

test.each([
  [
    'required is united and sorted',
    [{ required: ['b'] }, { required: ['c', 'a'] }],
    { required: ['a', 'b', 'c'] },
  ],
  ['required of one part keeps its order', [{}, { required: ['c', 'a'] }], { required: ['c', 'a'] }],
  [
    'of two enums what is in both is left',
    [{ enum: ['c', 'b', 'a'] }, { enum: ['a', 'c'] }],
    { enum: ['a', 'c'] },
  ],
  [
    'the higher lower limit holds',
    [
      { minimum: 1, minLength: 2 },
      { minimum: 3, minLength: 1 },
    ],
    { minimum: 3, minLength: 2 },
  ],
  [
    'the lower upper limit holds',
    [
      { maximum: 1, maxItems: 2 },
      { maximum: 3, maxItems: 1 },
    ],
    { maximum: 1, maxItems: 1 },
  ],
  [
    'of two lists of types what is in both is left',
    [{ type: ['string', 'null'] }, { type: ['string', 'integer'] }],
    { type: 'string' },
  ],
  [
    'the first words win',
    [{ description: 'own' }, { description: 'theirs', title: 'theirs' }],
    { description: 'own', title: 'theirs' },
  ],
  ['unique in one is unique', [{ uniqueItems: false }, { uniqueItems: true }], { uniqueItems: true }],
  [
    'false closes the whole',
    [{ properties: { a: {} } }, { additionalProperties: false, properties: { b: {} } }],
    { additionalProperties: false, properties: { a: {}, b: {} } },
  ],
  [
    'a map of a type stays one',
    [{ additionalProperties: { type: 'string' } }, { additionalProperties: { maxLength: 3 } }],
    { additionalProperties: { type: 'string', maxLength: 3 } },
  ],
  [
    'items are merged',
    [{ items: { type: 'string' } }, { items: { maxLength: 3 } }],
    { items: { type: 'string', maxLength: 3 } },
  ],
  [
    'an allOf within an allOf is merged',
    [{}, { allOf: [{ minimum: 1 }, { allOf: [{ minimum: 2 }] }] }],
    { minimum: 2 },
  ],
  [
    'a property that nothing may be is left out where the schema is closed',
    [{ additionalProperties: false, properties: { a: {}, b: {} } }, { properties: { a: false } }],
    { additionalProperties: false, properties: { b: {} } },
  ],
  [
    'a property may have any name',
    [{ properties: { constructor: { type: 'string' } } }, { properties: { toString: { type: 'string' } } }],
    { properties: { constructor: { type: 'string' }, toString: { type: 'string' } } },
  ],
] as [string, SchemaObject[], SchemaObject][])('%s', (_, parts, expected) => {
  expect(merged(...parts)).toEqual(expected)
})

test('properties are merged all the way down', () => {
  const common = { properties: { meta: { required: ['stream'], properties: { dt: { type: 'string' } } } } }
  const own = { properties: { meta: { required: ['dt'], properties: { dt: { maxLength: 128 } } } } }

  expect(merged(own, common)).toEqual({
    properties: {
      meta: { required: ['dt', 'stream'], properties: { dt: { type: 'string', maxLength: 128 } } },
    },
  })
})

test.each([
  ['types', { type: 'string' }, { type: 'integer' }],
  ['patterns', { pattern: '^a' }, { pattern: 'b$' }],
  ['formats', { format: 'date' }, { format: 'date-time' }],
  ['enums that share nothing', { enum: ['a'] }, { enum: ['b'] }],
  ['constants', { const: 1 }, { const: 2 }],
  ['choices', { anyOf: [{ type: 'string' }] }, { anyOf: [{ type: 'integer' }] }],
  ['keywords that nobody knows', { 'x-unit': 'ms' }, { 'x-unit': 's' }],
  ['lists of items', { items: [{ type: 'string' }] }, { items: { type: 'string' } }],
])('two %s contradict each other, and both are named', (_, own, theirs) => {
  const error = thrownBy(() => merged({ properties: { a: own } }, { properties: { a: theirs } }))

  const [keyword] = Object.keys(own)
  expect(error.conflict.pointer).toBe(`/properties/a/${keyword}`)
  expect(error.conflict.sides.map(({ schema }) => schema)).toEqual([own, theirs])
})

test('limits that leave nothing between them contradict each other', () => {
  const error = thrownBy(() => merged({ minimum: 5 }, { maximum: 3 }))

  expect(error.conflict.sides).toEqual([
    { schema: expect.objectContaining({ minimum: 5 }), keyword: 'minimum' },
    { schema: { maximum: 3 }, keyword: 'maximum' },
  ])
})

test('what is the same in both is no contradiction', () => {
  const own = { pattern: '^a', format: 'date', const: 1, type: ['string', 'null'] }

  expect(merged(own, { ...own, type: ['null', 'string'] })).toEqual(own)
})

describe('generated fragments', () => {
  const oracle = createRequire(import.meta.url)('json-schema-merge-allof')
  const oracleMerged = (schema: SchemaObject): SchemaObject =>
    oracle(schema, {
      ignoreAdditionalProperties: true,
      resolvers: { examples: oracle.options.resolvers.title },
    })

  // Of two values that allow everything, the one may be left out by the one tool and the other by the other.
  const withoutEmpty = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const entries = Object.entries(value).map(([key, child]) => [key, withoutEmpty(child)] as const)
    const empty = /^(items|additionalProperties|properties)$/
    return Object.fromEntries(
      entries.filter(([key, child]) => !empty.test(key) || !['true', '{}'].includes(JSON.stringify(child))),
    )
  }

  const optional = (fields: { [name: string]: fc.Arbitrary<unknown> }) =>
    fc.record(fields, { requiredKeys: [] })
  /** So that not all of them contradict each other. */
  const mostly = <T>(arbitrary: fc.Arbitrary<T>, seldom: T) =>
    fc.oneof({ weight: 50, arbitrary }, { weight: 1, arbitrary: fc.constant(seldom) })

  const said = { description: fc.constantFrom('a', 'b'), title: fc.constantFrom('a', 'b') }
  const text = optional({
    ...said,
    type: fc.constantFrom('string', ['string', 'null'], ['integer', 'string']),
    minLength: fc.integer({ min: 1, max: 4 }),
    maxLength: fc.integer({ min: 4, max: 9 }),
    enum: mostly(
      fc.subarray(['b', 'c', 'd']).map((others) => ['a', ...others]),
      ['e'],
    ),
    format: mostly(fc.constant('date-time'), 'date'),
    default: fc.constantFrom('a', 'b'),
  })
  const number = optional({
    ...said,
    type: mostly(fc.constant('integer'), 'number'),
    minimum: fc.integer({ min: -9, max: 0 }),
    exclusiveMaximum: fc.integer({ min: 1, max: 9 }),
    maximum: fc.integer({ min: 0, max: 9 }),
  })
  const { schema } = fc.letrec<{ schema: SchemaObject; list: SchemaObject }>((tie) => ({
    list: optional({
      type: fc.constant('array'),
      items: fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: fc.boolean() }),
      minItems: fc.integer({ min: 1, max: 3 }),
      uniqueItems: fc.constant(true),
      allOf: fc.array(optional({ items: text, maxItems: fc.integer({ min: 4, max: 9 }) }), { maxLength: 2 }),
    }) as fc.Arbitrary<SchemaObject>,
    schema: optional({
      ...said,
      type: fc.constant('object'),
      properties: optional({
        text,
        number,
        list: tie('list'),
        either: fc.oneof(text, fc.boolean()),
        below: fc.oneof({ maxDepth: 3 }, fc.constant({}), tie('schema')),
      }),
      required: fc.uniqueArray(fc.constantFrom('text', 'number', 'list'), { minLength: 1 }),
      additionalProperties: fc.oneof(fc.boolean(), text),
      propertyNames: text,
      maxProperties: fc.integer({ min: 1, max: 9 }),
      allOf: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('schema'), { maxLength: 2 })),
    }) as fc.Arbitrary<SchemaObject>,
  }))

  test("are merged as the family's tool merges them, or refused where it refuses them", () => {
    let agreed = 0
    fc.assert(
      fc.property(schema, schema, schema, (own, first, second) => {
        const whole = { ...own, allOf: [first, second] }

        const [ours, theirs] = [
          attempt(() => mergeAllOf(whole, (c) => new Contradiction(c))),
          attempt(() => oracleMerged(whole)),
        ]

        expect(withoutEmpty(ours)).toEqual(withoutEmpty(theirs))
        if (ours) agreed += 1
      }),
      { numRuns: 1000 },
    )
    expect(agreed).toBeGreaterThan(100)
  })

  test('are left as they are by a second merge', () => {
    fc.assert(
      fc.property(schema, schema, (own, other) => {
        const once = attempt(() => merged(own, other))
        fc.pre(once !== undefined)

        expect(mergeAllOf(once!, (conflict) => new Contradiction(conflict))).toEqual(once)
      }),
    )
  })
})

function attempt(work: () => SchemaObject | false): SchemaObject | undefined {
  try {
    return work() || undefined
  } catch {
    return undefined
  }
}

function thrownBy(work: () => unknown): Contradiction {
  try {
    work()
  } catch (error) {
    return error as Contradiction
  }
  throw new Error('nothing was thrown')
}
