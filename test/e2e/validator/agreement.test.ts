import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ingest } from '../../../src/intake/ingest.ts'
import { createSchemaRegistry } from '../../../src/intake/registry.ts'
import { readSchemaFile, type SchemaObject } from '../../../src/schema/schema-file.ts'
import { mutated, mutations, valuesOf } from '../../support/events-of.ts'
import { asEvent, generatedFor } from '../../support/generated.ts'

// What a page says of an event is what the intake says of its JSON, which judges by Ajv.

const ROOT = resolve(import.meta.dirname, '../../..')

/** Every keyword that a page checks, at places where they are easily mixed up. */
const EVERYTHING = {
  type: 'object',
  required: ['$schema', 'meta', 'constructor', 'filled_in'],
  properties: {
    $schema: { type: 'string' },
    meta: {
      type: 'object',
      required: ['stream', 'dt'],
      properties: { stream: { type: 'string' }, dt: { type: 'string', format: 'date-time' } },
    },
    constructor: { type: 'string', minLength: 1, maxLength: 5 },
    ['__proto__']: { type: 'integer', minimum: 1 },
    filled_in: { type: 'string', default: 'x' },
    pattern: { type: 'string', pattern: '^[a-z/]+$', maxLength: 20 },
    format: { enum: ['a', 1, null, { pattern: 'x', b: [1] }] },
    only: { const: 'this' },
    either: { type: ['string', 'integer', 'null'] },
    never: false,
    always: true,
    when: { type: 'string', format: 'date-time', maxLength: 128 },
    day: { type: 'string', format: 'date' },
    where: { type: 'string', format: 'uri-reference' },
    id: { type: 'string', format: 'uuid' },
    unknown_format: { type: 'string', format: 'colour' },
    list: {
      type: 'array',
      minItems: 1,
      maxItems: 3,
      uniqueItems: true,
      items: { type: 'object', additionalProperties: { type: 'integer' } },
    },
    map: {
      type: 'object',
      additionalProperties: { type: 'string', maxLength: 3 },
      propertyNames: { maxLength: 4, pattern: '^[a-z]' },
      minProperties: 1,
      maxProperties: 2,
    },
    open: { type: 'object', properties: { a: { type: 'number', minimum: -1.5, maximum: 1.5 } } },
    closed: { type: 'object', additionalProperties: false, properties: { a: { type: 'boolean' } } },
  },
  additionalProperties: { type: ['string', 'number'] },
}

function schemasIn(folder: string): Record<string, SchemaObject> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = paths.filter(
    (path) => /\d+\.\d+\.\d+\.(json|yaml)$/.test(path) && !/fragment|stream_config/.test(path),
  )
  return Object.fromEntries(
    files.map((path) => {
      const content = readSchemaFile(join(folder, path))
      const title = path.replace(/[^\w]+/g, '_').replace(/_(json|yaml)$/, '')
      return [title, { ...content, title, $id: `/${title}/1.0.0` }]
    }),
  )
}

const real = process.env.RIVULET_TEST_SCHEMAS
if (!real) console.log('RIVULET_TEST_SCHEMAS is not set: agreement is not tried on real schemas')
const contents: Record<string, SchemaObject> = {
  everything: EVERYTHING,
  ...schemasIn(join(ROOT, 'schemas')),
  ...schemasIn(join(ROOT, 'examples/shop/schemas')),
  ...(real ? schemasIn(join(real, 'jsonschema')) : {}),
}

describe.each(['validator', 'validator.development'] as const)('the %s', async (build) => {
  const generated = await generatedFor(contents, build)
  // The development build tells of each invalid event there.
  beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
  afterAll(() => {
    vi.restoreAllMocks()
    return generated.remove()
  })
  const registry = createSchemaRegistry(generated.repository)

  /** The event as the client hands it over, whatever else is in it. */
  function completed(event: unknown, title: string): { [field: string]: unknown } {
    const { meta, ...fields } = Object(event)
    const known = { ...Object(meta), id: 'id', stream: title }
    // The intake fills in what is there but empty, too.
    if (!known.dt) delete known.dt
    return { ...fields, $schema: `/${title}/1.0.0`, meta: known }
  }

  function isAccepted(event: unknown, title: string): boolean {
    const [judged] = ingest([JSON.parse(JSON.stringify(event))], {
      receivedAt: new Date('2026-11-24T10:00:00Z'),
      settingsOf: () => ({ schemaTitle: title, settings: {} }),
      schemaOf: registry.get,
      validate: (event, schema) => schema.errorsOf(event),
      newId: () => 'new',
    })
    return judged?.verdict === 'accepted'
  }

  const isValid = (event: unknown, title: string) =>
    generated.schemas[title]!.validate(asEvent(event))?.length === 0

  test.each(Object.keys(contents))('agrees with the intake on events of %s', (title) => {
    const events = fc.tuple(valuesOf(contents[title]!), mutations())
    const seen = { valid: 0, invalid: 0 }

    fc.assert(
      fc.property(events, ([value, changes]) => {
        const event = completed(mutated(value, changes), title)
        const valid = isValid(event, title)
        seen[valid ? 'valid' : 'invalid']++

        expect(valid).toBe(isAccepted(event, title))
      }),
      { numRuns: 300, seed: 20_261_124 },
    )
    expect(Math.min(seen.valid, seen.invalid)).toBeGreaterThan(5)
  })

  test.each(Object.keys(contents))('is never laxer on what is no JSON in events of %s', (title) => {
    fc.assert(
      fc.property(valuesOf(contents[title]!), mutations({ ofAnyValue: true }), (value, changes) => {
        const event = completed(mutated(value, changes), title)

        if (isValid(event, title)) expect(isAccepted(event, title)).toBe(true)
      }),
      { numRuns: 200, seed: 20_261_124 },
    )
  })
})
