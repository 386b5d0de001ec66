import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type SchemaLookup, openLookup } from '../../../../src/schema/materialize/lookup.ts'
import { createMaterializer } from '../../../../src/schema/materialize/materialize.ts'
import { SchemaError } from '../../../../src/schema/schema-error.ts'
import type { SchemaObject } from '../../../../src/schema/schema-file.ts'
import { serialize } from '../../../../src/schema/materialize/serialize.ts'
import { type Source, sourceOf } from '../../../../src/schema/source.ts'
import { head, folderOf } from '../../../support/folder.ts'

/** What becomes of /a/own/1.0.0, where the others are what it may refer to, by title. */
async function materialized(own: SchemaObject, others: { [title: string]: SchemaObject } = {}) {
  const {
    title: _title,
    $id: _id,
    $schema: _schema,
    ...content
  } = await createMaterializer(lookupOf(others))(
    sourceOf('a/own/current.json', JSON.stringify({ ...head('a/own'), ...own })),
  )
  return content
}

function lookupOf(schemas: { [title: string]: SchemaObject }): SchemaLookup {
  const sources = Object.entries(schemas).map(([title, schema]) => {
    const source = sourceOf(`${title}/current.json`, JSON.stringify({ ...head(title), ...schema }))
    return [`/${title}/1.0.0`, source] as [string, Source]
  })
  const byUri = new Map(sources)
  return { places: ['here', 'there'], find: async (uri) => byUri.get(uri) }
}

const TEXT = { type: 'string', maxLength: 9 }
const BOUNDS = { minimum: -9007199254740991, maximum: 9007199254740991 }

test('a reference gives way to what it leads to', async () => {
  const others = { 'a/part': { properties: { x: TEXT }, required: ['x'] } }

  expect(await materialized({ allOf: [{ $ref: '/a/part/1.0.0#' }] }, others)).toEqual(others['a/part'])
  expect(await materialized({ allOf: [{ $ref: '/a/part/1.0.0' }] }, others)).toEqual(others['a/part'])
  expect(await materialized({ properties: { y: { $ref: '/a/part/1.0.0#/properties/x' } } }, others)).toEqual({
    properties: { y: TEXT },
  })
  expect(
    await materialized(
      { properties: { $ref: '/a/part/1.0.0#/properties' }, required: { $ref: '/a/part/1.0.0#/required' } },
      others,
    ),
  ).toEqual(others['a/part'])
})

test.each(['#/definitions/text', './#/definitions/text', '/a/own/1.0.0#/definitions/text'])(
  'a reference may lead into the schema itself: %s',
  async (ref) => {
    const own = { definitions: { text: TEXT }, properties: { x: { $ref: ref } } }

    expect(await materialized(own)).toEqual({ definitions: { text: TEXT }, properties: { x: TEXT } })
  },
)

test('a pointer has its signs escaped, and passes through references', async () => {
  const own = {
    definitions: { 'a/b~c %': { $ref: '/a/part/1.0.0#' } },
    properties: { x: { $ref: '#/definitions/a~1b~0c%20%25/properties/x' } },
  }

  const { properties } = await materialized(own, { 'a/part': { properties: { x: TEXT } } })

  expect(properties).toEqual({ x: TEXT })
})

test('what stands beside a reference wins over what it leads to', async () => {
  const own = { properties: { x: { $ref: '/a/part/1.0.0#/properties/x', maxLength: 5, description: 'own' } } }

  expect(await materialized(own, { 'a/part': { properties: { x: TEXT } } })).toEqual({
    properties: { x: { type: 'string', maxLength: 5, description: 'own' } },
  })
})

test('what it leads to may have references and allOf of its own', async () => {
  const others = {
    'a/part': { allOf: [{ $ref: '/a/deep/1.0.0#' }], properties: { x: { type: 'integer' } } },
    'a/deep': { properties: { y: TEXT }, additionalProperties: false },
  }

  const made = await materialized({ allOf: [{ $ref: '/a/part/1.0.0#' }], properties: { z: TEXT } }, others)

  expect(made).toEqual({
    additionalProperties: false,
    properties: { x: { type: 'integer', ...BOUNDS }, y: TEXT, z: TEXT },
  })
})

test('every number has bounds, wherever it stands; its own stay', async () => {
  const made = await materialized({
    properties: {
      list: { type: 'array', items: { type: 'integer', minimum: 0 } },
      map: { type: 'object', additionalProperties: { type: 'number', maximum: 1e300 } },
      either: { anyOf: [{ type: 'number' }, { type: 'string' }] },
    },
  })

  expect(made.properties).toMatchObject({
    list: { items: { type: 'integer', minimum: 0, maximum: BOUNDS.maximum } },
    map: { additionalProperties: { type: 'number', minimum: BOUNDS.minimum, maximum: 1e300 } },
    either: { anyOf: [{ type: 'number', ...BOUNDS }, { type: 'string' }] },
  })
})

test("an example is the schema's own, and may refer to the schema", async () => {
  const others = { 'a/part': { properties: { x: TEXT }, examples: [{ x: 'part' }] } }
  const allOf = [{ $ref: '/a/part/1.0.0#' }]

  const none = await materialized({ allOf }, others)
  const own = await materialized({ allOf, examples: [{ $schema: { $ref: '#/$id' }, x: 'own' }] }, others)

  expect(none).not.toHaveProperty('examples')
  expect(own.examples).toEqual([{ $schema: '/a/own/1.0.0', x: 'own' }])
})

test('in an example, what looks like a reference to elsewhere is data', async () => {
  const examples = [{ $ref: '/a/none/1.0.0#' }]

  expect(await materialized({ examples })).toEqual({ examples })
})

test.each([
  [
    'a schema that is nowhere',
    { $ref: '/a/none/1.0.0#' },
    '"$ref" leads to /a/none/1.0.0, which is no schema in here, there;',
  ],
  [
    'a part that is not there',
    { $ref: '/a/part/1.0.0#/properties/none' },
    'that schema has nothing there; correct it',
  ],
  [
    'a part of itself that is not there',
    { $ref: '#/definitions/none' },
    'the schema has nothing there; correct it',
  ],
  ['no version', { $ref: '/a/part/latest#' }, 'names no version of a schema; correct it'],
  [
    'no schema of a repository',
    { $ref: 'http://json-schema.org/draft-07/schema#' },
    'names no version of a schema',
  ],
  [
    'itself',
    { $ref: '#/properties/x' },
    'goes round in a loop, #/properties/x → #/properties/x; take one of them out',
  ],
  ['what is around it', { $ref: '#' }, 'goes round in a loop, # → #;'],
])('a reference to %s is an error with file and line', async (_, x, message) => {
  const text = JSON.stringify({ ...head('a/own'), properties: { x } }, null, 2)
  const lookup = lookupOf({ 'a/part': { properties: {} } })

  const error = await failure(createMaterializer(lookup)(sourceOf('a/own/current.json', text)))

  expect(error.what).toContain(message)
  const line = text.split('\n').findIndex((each) => each.includes('$ref')) + 1
  expect(error.place).toEqual({ file: 'a/own/current.json', line })
})

test('a loop of schemas is one error, whichever of them is asked for', async () => {
  const schemas = {
    'a/b': { allOf: [{ $ref: '/a/c/1.0.0#' }] },
    'a/c': { allOf: [{ $ref: '/a/d/1.0.0#' }] },
    'a/d': { allOf: [{ $ref: '/a/b/1.0.0#' }] },
  }
  const lookup = lookupOf(schemas)
  const materialize = createMaterializer(lookup)

  const errors = []
  for (const title of Object.keys(schemas))
    errors.push(await failure(materialize((await lookup.find(`/${title}/1.0.0`))!)))

  expect(errors[0]!.what).toContain(
    'a/b/current.json → a/c/current.json → a/d/current.json → a/b/current.json',
  )
  expect(errors[0]!.place!.file).toBe('a/d/current.json')
  expect(new Set(errors).size).toBe(1)
})

test('schemas of a loop that are asked for at once all come to an error', async () => {
  const lookup = lookupOf({ 'a/b': { $ref: '/a/c/1.0.0#' }, 'a/c': { $ref: '/a/b/1.0.0#' } })
  const materialize = createMaterializer(lookup)
  const sources = [(await lookup.find('/a/b/1.0.0'))!, (await lookup.find('/a/c/1.0.0'))!]

  const errors = await Promise.all(sources.map((source) => failure(materialize(source))))

  for (const { what } of errors) expect(what).toContain('goes round in a loop')
})

test('a contradiction names both sides, and the line', async () => {
  const text = JSON.stringify(
    { ...head('a/own'), allOf: [{ $ref: '/a/part/1.0.0#' }], properties: { x: { type: 'integer' } } },
    null,
    2,
  )

  const error = await failure(
    createMaterializer(lookupOf({ 'a/part': { properties: { x: TEXT } } }))(sourceOf('current.json', text)),
  )

  expect(error.what).toBe(
    '"allOf" cannot be merged at /properties/x/type: "type" is "integer" in #/properties/x, and "type" is "string" in /a/part/1.0.0#; make them agree, or take one out',
  )
  expect(error.place!.line).toBe(text.split('\n').findIndex((line) => line.includes('$ref')))
})

test.each([
  ['another dialect', { $schema: 'https://json-schema.org/draft/2020-12/schema' }, 'write it in draft-07'],
  ['no dialect', { $schema: undefined }, '"$schema" is missing; write it in draft-07'],
  [
    'an unknown type',
    { type: 'objekt' },
    'is no draft-07 schema: /type must be equal to one of the allowed values',
  ],
  ['properties that are none', { properties: [] }, 'is no draft-07 schema: /properties must be object'],
  ['an allOf that lets nothing through', { allOf: [false] }, '"allOf" has false in it'],
])('%s is an error', async (_, own, message) => {
  expect((await failure(materialized(own))).what).toContain(message)
})

test('what grows without end is an error in time', async () => {
  const names = Array.from({ length: 40 }, (_, index) => [
    `d${index}`,
    {
      properties: { a: { $ref: `#/definitions/d${index + 1}` }, b: { $ref: `#/definitions/d${index + 1}` } },
    },
  ])
  const deep = JSON.parse(`${'{"not":'.repeat(300)}{}${'}'.repeat(300)}`)

  const wide = failure(materialized({ definitions: { ...Object.fromEntries(names), d40: TEXT } }))

  expect((await wide).what).toContain('grows beyond 50,000 parts')
  expect((await failure(materialized(deep))).what).toContain('is nested more than 200 levels deep')
})

test('a reference is looked up in the folders in their order', async () => {
  const first = await folderOf({ 'a/x/1.0.0.json': { ...head('a/x'), description: 'first' } })
  const second = await folderOf({
    'a/x/1.0.0.json': { ...head('a/x'), description: 'second' },
    'a/y/1.0.0.yaml': 'title: a/y\ndescription: second\n',
  })
  const lookup = openLookup([first, second])

  expect((await lookup.find('/a/x/1.0.0'))?.content.description).toBe('first')
  expect((await lookup.find('/a/y/1.0.0'))?.path).toBe(join(second, 'a/y/1.0.0.yaml'))
  expect(await lookup.find('/a/z/1.0.0')).toBeUndefined()
})

const leaf = fc.oneof(
  fc.record(
    { type: fc.constantFrom('integer', 'number'), minimum: fc.integer() },
    { requiredKeys: ['type'] },
  ),
  fc.record(
    { type: fc.constant('string'), enum: fc.uniqueArray(fc.string(), { minLength: 1 }) },
    { requiredKeys: ['type'] },
  ),
  fc.constant({ $ref: '/a/part/1.0.0#/properties/x' }),
)
const ownSchema = fc.record(
  {
    type: fc.constant('object'),
    description: fc.string(),
    properties: fc.dictionary(fc.string(), leaf),
    required: fc.uniqueArray(fc.string()),
    additionalProperties: fc.oneof(fc.boolean(), leaf),
    allOf: fc.constant([{ $ref: '/a/part/1.0.0#' }]),
    examples: fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
  },
  { requiredKeys: [] },
)
const part = { 'a/part': { properties: { x: { type: 'integer', description: 'x' } }, required: ['x'] } }

test('the same schema gives the same bytes, and a version gives itself', async () => {
  await fc.assert(
    fc.asyncProperty(ownSchema, async (own) => {
      fc.pre(!('x' in (own.properties ?? {})))
      const source = (content: SchemaObject) => sourceOf('current.json', JSON.stringify(content))
      const schema = source({ ...head('a/own'), ...own })

      const once = await createMaterializer(lookupOf(part))(schema)
      const again = await createMaterializer(lookupOf(part))(schema)
      const twice = await createMaterializer(lookupOf({}))(source(once))

      for (const ending of ['json', 'yaml'] as const) {
        expect(serialize(again, ending)).toBe(serialize(once, ending))
        expect(serialize(twice, ending)).toBe(serialize(once, ending))
        expect(sourceOf(`x.${ending}`, serialize(once, ending)).content).toEqual(once)
      }
    }),
  )
})

async function failure(work: Promise<unknown>): Promise<SchemaError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(SchemaError)
  return error as SchemaError
}
