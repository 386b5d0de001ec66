import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { breaksBetween } from '../../../../src/schema/compat/compat.ts'
import { harmInWords } from '../../../../src/schema/compat/harm.ts'
import type { SchemaObject } from '../../../../src/schema/schema-file.ts'

const READERS = 'readers get what could not be before'
const PRODUCERS = 'producers who do as before are refused'
const BOTH = `${READERS}, ${PRODUCERS}`
const NOBODY = 'no event is refused, but whoever goes by it is misled'

/** What was changed, as `pointer: what: whom it hurts`. */
const told = (old: SchemaObject, now: SchemaObject) =>
  breaksBetween(old, now).map((found) => `${found.pointer}: ${found.what}: ${harmInWords(found)}`)

const click = {
  title: 'shop/click',
  $id: '/shop/click/1.0.0',
  $schema: 'https://json-schema.org/draft-07/schema#',
  description: 'A click.',
  type: 'object',
  additionalProperties: false,
  required: ['action'],
  properties: {
    action: { type: 'string', enum: ['buy', 'look'], maxLength: 64 },
    count: { type: 'integer', minimum: 0, maximum: 10 },
    tags: { type: 'array', items: { type: 'string' } },
  },
  examples: [{ action: 'buy' }],
}
/** The click schema with some of its properties in another form. */
const withProperties = (properties: object) => ({
  ...click,
  properties: { ...click.properties, ...properties },
})

describe('a minor version may', () => {
  test.each<[string, SchemaObject]>([
    ['be the same', click],
    ['change its $id', { ...click, $id: '/shop/click/1.1.0' }],
    ['change its description', { ...click, description: 'A click on something.' }],
    ['lose its examples', { ...click, examples: undefined }],
    ['gain a property', withProperties({ price: { type: 'number' } })],
    ['gain a keyword', { ...click, minProperties: 1 }],
    [
      'gain a keyword that narrows',
      withProperties({ tags: { type: 'array', items: { type: 'string' }, maxItems: 9 } }),
    ],
    [
      'let an enum grow',
      withProperties({ action: { ...click.properties.action, enum: ['look', 'add', 'buy'] } }),
    ],
    ['name what is required in another order, and twice', { ...click, required: ['action', 'action'] }],
  ])('%s', (_, now) => {
    expect(told(click, now)).toEqual([])
  })

  test('require something for the first time', () => {
    expect(told({ type: 'object' }, { type: 'object', required: ['a'] })).toEqual([])
  })

  test('change what a nested schema says for people', () => {
    const old = { items: { description: 'a', examples: [1], $id: '#a', type: 'string' } }

    expect(told(old, { items: { type: 'string' } })).toEqual([])
  })
})

describe('a minor version may not', () => {
  test.each<[string, SchemaObject, SchemaObject, string]>([
    [
      'lose a property of a closed object',
      { properties: { a: {} }, additionalProperties: false },
      { properties: {}, additionalProperties: false },
      '/properties/a: it is gone: readers lose the field, producers who still send it are refused',
    ],
    [
      'lose a property of a map',
      { properties: { a: {} } },
      { properties: {}, additionalProperties: { type: 'string' } },
      '/properties/a: it is gone: readers lose the field, producers who still send it may be refused',
    ],
    [
      'lose a property of an open object',
      { properties: { a: {} } },
      { properties: {} },
      '/properties/a: it is gone: readers lose the field, what producers still send is no longer checked',
    ],
    [
      'lose all properties',
      { properties: { a: {} } },
      {},
      '/properties/a: it is gone: readers lose the field, what producers still send is no longer checked',
    ],
    [
      'lose a property that is called as a member of every object',
      { properties: { constructor: {} } },
      { properties: {} },
      '/properties/constructor: it is gone: readers lose the field, what producers still send is no longer checked',
    ],
    [
      'lose a property that is called as a free keyword',
      { properties: { description: {} } },
      { properties: {} },
      '/properties/description: it is gone: readers lose the field, what producers still send is no longer checked',
    ],
    [
      'change the type of a property that is called as a free keyword',
      { properties: { examples: { type: 'array' } } },
      { properties: { examples: { type: 'string' } } },
      `/properties/examples/type: it was "array" and is "string": ${BOTH}`,
    ],
    [
      'have a slash in a pointer mean another place',
      { properties: { 'a/~b': { type: 'string' } } },
      { properties: { 'a/~b': { type: 'null' } } },
      `/properties/a~1~0b/type: it was "string" and is "null": ${BOTH}`,
    ],

    [
      'change a type',
      { type: 'string' },
      { type: 'integer' },
      `/type: it was "string" and is "integer": ${BOTH}`,
    ],
    [
      'widen a type',
      { type: 'integer' },
      { type: 'number' },
      `/type: it was "integer" and is "number": ${READERS}`,
    ],
    [
      'narrow a type',
      { type: 'number' },
      { type: 'integer' },
      `/type: it was "number" and is "integer": ${PRODUCERS}`,
    ],
    [
      'add a type',
      { type: 'string' },
      { type: ['string', 'null'] },
      `/type: it was "string" and is ["string","null"]: ${READERS}`,
    ],
    [
      'let a list of types grow',
      { type: ['string', 'null'] },
      { type: ['string', 'null', 'object'] },
      `/type: it was ["string","null"] and is ["string","null","object"]: ${READERS}`,
    ],
    [
      'take a type away',
      { type: ['string', 'null'] },
      { type: 'string' },
      `/type: it was ["string","null"] and is "string": ${PRODUCERS}`,
    ],
    [
      'order types in another way',
      { type: ['string', 'null'] },
      { type: ['null', 'string'] },
      `/type: it was ["string","null"] and is ["null","string"]: ${NOBODY}`,
    ],
    ['lose a type', { type: 'string' }, {}, `/type: it was "string" and is gone: ${READERS}`],

    [
      'require more',
      { required: ['a'] },
      { required: ['a', 'b'] },
      '/required: b is required now: producers who leave it out are refused',
    ],
    [
      'require several more',
      { required: ['a'] },
      { required: ['c', 'a', 'b'] },
      '/required: c, b are required now: producers who leave them out are refused',
    ],
    [
      'require less',
      { required: ['a', 'b'] },
      { required: ['a'] },
      '/required: b is no longer required: readers may find it missing',
    ],
    [
      'require nothing any more',
      { required: ['a', 'b'] },
      {},
      '/required: a, b are no longer required: readers may find them missing',
    ],

    [
      'take a value out of an enum',
      { enum: ['a', 'b', 'c'] },
      { enum: ['c'] },
      '/enum: "a", "b" are gone: producers who still send them are refused',
    ],
    [
      'replace a value of an enum',
      { enum: ['a'] },
      { enum: ['A'] },
      '/enum: "a" is gone: producers who still send it are refused',
    ],
    ['lose an enum', { enum: ['a'] }, {}, `/enum: it was ["a"] and is gone: ${READERS}`],
    ['change a const', { const: 'a' }, { const: 'b' }, `/const: it was "a" and is "b": ${BOTH}`],

    ['lower an upper bound', { maximum: 10 }, { maximum: 9 }, `/maximum: it was 10 and is 9: ${PRODUCERS}`],
    [
      'raise an upper bound',
      { maxLength: 64 },
      { maxLength: 65 },
      `/maxLength: it was 64 and is 65: ${READERS}`,
    ],
    ['lose an upper bound', { maxItems: 3 }, {}, `/maxItems: it was 3 and is gone: ${READERS}`],
    [
      'raise a lower bound',
      { minLength: 0 },
      { minLength: 1 },
      `/minLength: it was 0 and is 1: ${PRODUCERS}`,
    ],
    ['lower a lower bound', { minimum: 1 }, { minimum: 0 }, `/minimum: it was 1 and is 0: ${READERS}`],
    [
      'change a bound that counts in both directions',
      { multipleOf: 2 },
      { multipleOf: 3 },
      `/multipleOf: it was 2 and is 3: ${BOTH}`,
    ],
    [
      'ask for unique items',
      { uniqueItems: false },
      { uniqueItems: true },
      `/uniqueItems: it was false and is true: ${PRODUCERS}`,
    ],
    [
      'let items repeat',
      { uniqueItems: true },
      { uniqueItems: false },
      `/uniqueItems: it was true and is false: ${READERS}`,
    ],
    [
      'leave out what is so anyway',
      { uniqueItems: false },
      {},
      `/uniqueItems: it was false and is gone: ${NOBODY}`,
    ],

    [
      'change a format',
      { format: 'date-time' },
      { format: 'date' },
      `/format: it was "date-time" and is "date": ${BOTH}`,
    ],
    ['lose a format', { format: 'date-time' }, {}, `/format: it was "date-time" and is gone: ${READERS}`],
    ['change a pattern', { pattern: '^a' }, { pattern: '^b' }, `/pattern: it was "^a" and is "^b": ${BOTH}`],
    ['change the dialect', { $schema: 'a' }, { $schema: 'b' }, `/$schema: it was "a" and is "b": ${BOTH}`],
    [
      'change a reference',
      { $ref: '/a/1.0.0#' },
      { $ref: '/a/1.1.0#' },
      `/$ref: it was "/a/1.0.0#" and is "/a/1.1.0#": ${BOTH}`,
    ],

    [
      'close an object',
      { additionalProperties: true },
      { additionalProperties: false },
      '/additionalProperties: it was true and is false: producers who send further properties are refused',
    ],
    [
      'type what was free',
      { additionalProperties: true },
      { additionalProperties: {} },
      '/additionalProperties: it was true and is {}: producers who send further properties are refused',
    ],
    [
      'open an object',
      { additionalProperties: false },
      { additionalProperties: true },
      '/additionalProperties: it was false and is true: readers meet properties that could not be before',
    ],
    [
      'open an object by silence',
      { additionalProperties: false },
      {},
      '/additionalProperties: it was false and is gone: readers meet properties that could not be before',
    ],
    [
      'be silent of what is open',
      { additionalProperties: true },
      {},
      `/additionalProperties: it was true and is gone: ${NOBODY}`,
    ],
    [
      'change the values of a map',
      { additionalProperties: { type: 'string' } },
      { additionalProperties: { type: 'number' } },
      `/additionalProperties/type: it was "string" and is "number": ${BOTH}`,
    ],
    [
      'change items',
      { items: { maximum: 2 } },
      { items: { maximum: 1 } },
      `/items/maximum: it was 2 and is 1: ${PRODUCERS}`,
    ],
    ['lose items', { items: { maximum: 2 } }, {}, `/items: it was {"maximum":2} and is gone: ${READERS}`],
    [
      'take a list of items for a schema',
      { items: {} },
      { items: [{}] },
      `/items: it was {} and is [{}]: ${BOTH}`,
    ],

    [
      'rename itself',
      { title: 'shop/click' },
      { title: 'shop/tap' },
      '/title: it was "shop/click" and is "shop/tap": producers are refused on streams whose config names the old title',
    ],
    [
      'rename a property for people',
      { items: { title: 'a' } },
      { items: { title: 'b' } },
      `/items/title: it was "a" and is "b": ${NOBODY}`,
    ],
    [
      'change a default',
      { default: 1 },
      { default: 2 },
      '/default: it was 1 and is 2: readers who fill in what is absent get another value',
    ],
    ['change a keyword of one’s own', { 'x-owner': 'a' }, {}, `/x-owner: it was "a" and is gone: ${NOBODY}`],
    [
      'mistype a keyword into one that is known',
      { mexLength: 3 },
      { maxLength: 3 },
      `/mexLength: it was 3 and is gone: ${NOBODY}`,
    ],

    [
      'ask for more of allOf',
      { allOf: [{}] },
      { allOf: [{}, {}] },
      `/allOf: its length was 1 and is 2: ${PRODUCERS}`,
    ],
    [
      'offer more by anyOf',
      { anyOf: [{}] },
      { anyOf: [{}, {}] },
      `/anyOf: its length was 1 and is 2: ${READERS}`,
    ],
    [
      'offer less by anyOf',
      { anyOf: [{}, {}] },
      { anyOf: [{}] },
      `/anyOf: its length was 2 and is 1: ${PRODUCERS}`,
    ],
    ['lose anyOf', { anyOf: [{}] }, {}, `/anyOf: it was [{}] and is gone: ${READERS}`],
    [
      'change a branch of allOf',
      { allOf: [{ minimum: 1 }] },
      { allOf: [{ minimum: 2 }] },
      `/allOf/0/minimum: it was 1 and is 2: ${PRODUCERS}`,
    ],
    [
      'change a branch of oneOf, where less may match more',
      { oneOf: [{ minimum: 1 }] },
      { oneOf: [{ minimum: 2 }] },
      `/oneOf/0/minimum: it was 1 and is 2: ${BOTH}`,
    ],
    [
      'change what is ruled out',
      { not: { items: { maximum: 1 } } },
      { not: { items: { maximum: 2 } } },
      `/not/items/maximum: it was 1 and is 2: ${BOTH}`,
    ],
    [
      'lose a pattern of properties',
      { patternProperties: { '^a': {} } },
      { patternProperties: {} },
      `/patternProperties/^a: it is gone: ${BOTH}`,
    ],
    [
      'change what depends on a property',
      { dependencies: { a: ['b'] } },
      { dependencies: { a: ['c'] } },
      `/dependencies/a: it was ["b"] and is ["c"]: ${BOTH}`,
    ],
  ])('%s', (_, old, now, sentence) => {
    expect(told(old, now)).toEqual([sentence])
  })
})

test('each break is told, in the order of the old schema', () => {
  const now = { ...click, required: ['count'], properties: { count: { type: 'string', minimum: 1 } } }

  expect(breaksBetween(click, now).map(({ pointer }) => pointer)).toEqual([
    '/required',
    '/required',
    '/properties/action',
    '/properties/count/type',
    '/properties/count/minimum',
    '/properties/count/maximum',
    '/properties/tags',
  ])
})

test('a value too long for a line is cut', () => {
  expect(told({ const: 'a'.repeat(100) }, {})).toEqual([
    `/const: it was "${'a'.repeat(79)}… and is gone: ${READERS}`,
  ])
})

/** A schema whose every keyword says something. */
const schemas = fc.letrec<{ schema: SchemaObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.record({
      type: fc.constant('string'),
      enum: fc.uniqueArray(fc.string(), { minLength: 1 }),
      maxLength: fc.nat(),
    }),
    fc.record({ type: fc.constantFrom('integer', 'number'), minimum: fc.nat(), maximum: fc.nat() }),
    fc.record({
      type: fc.constant('string'),
      format: fc.constantFrom('date', 'date-time'),
      title: fc.string(),
    }),
    fc.record({ type: fc.constant('array'), items: tie('schema') }),
    fc.record({
      type: fc.constant('object'),
      description: fc.string(),
      additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
      required: fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 3 }),
      properties: fc.dictionary(fc.string(), tie('schema'), { minKeys: 1, maxKeys: 4 }),
    }),
  ),
})).schema

type Node = { [keyword: string]: unknown }

/** Every schema in a schema, itself included. */
function nodesOf(schema: Node): Node[] {
  const { properties = {}, items, additionalProperties } = schema
  const below = [...Object.values(properties as Node), items, additionalProperties]
  return [
    schema,
    ...below.filter((node) => typeof node === 'object').flatMap((node) => nodesOf(node as Node)),
  ]
}

test('a schema is compatible with itself, read anew', () => {
  fc.assert(
    fc.property(schemas, (schema) => {
      expect(told(schema, structuredClone(schema))).toEqual([])
    }),
  )
})

test('whatever is added anywhere, and however it is described, the old is kept', () => {
  fc.assert(
    fc.property(schemas, schemas, fc.string(), fc.infiniteStream(fc.boolean()), (old, added, text, draws) => {
      const now = structuredClone(old) as Node
      for (const node of nodesOf(now)) {
        const [isProperty, isText, isValue] = draws.take(3)
        const properties = node.properties as Node | undefined
        if (isProperty && properties && !Object.hasOwn(properties, text)) properties[text] = added
        if (isText)
          Object.assign(node, { description: text, examples: [text], $id: `#${text}`, 'x-new': text })
        if (isValue && node.enum) node.enum = [text, ...(node.enum as unknown[])]
      }

      expect(told(old, now)).toEqual([])
    }),
  )
})

test('whichever keyword is removed or changed, it is told where', () => {
  fc.assert(
    fc.property(schemas, fc.nat(), fc.nat(), fc.boolean(), (old, atNode, atKeyword, isRemoved) => {
      const now = structuredClone(old) as Node
      const nodes = nodesOf(now)
      const node = nodes[atNode % nodes.length]!
      const keywords = Object.keys(node).filter((keyword) => keyword !== 'description')
      const keyword = keywords[atKeyword % keywords.length]!
      // Silence says the same as `true`, and still the keyword was there.
      if (isRemoved) delete node[keyword]
      else
        node[keyword] =
          keyword === 'properties' || keyword === 'required' || keyword === 'enum' ? 1 : [{ else: 1 }]

      const pointers = breaksBetween(old, now).map(({ pointer }) => pointer)

      expect(pointers).not.toEqual([])
      for (const pointer of pointers) expect(pointer.split('/')).toContain(keyword)
    }),
  )
})
