import { expect, test } from 'vitest'
import { type Grounds, ingest } from '../../../src/intake/ingest.ts'
import type { CompiledSchema } from '../../../src/intake/registry.ts'
import { SchemaError } from '../../../src/schema/schema-error.ts'

const receivedAt = new Date('2026-11-22T10:00:00.500Z')

const valid = (title: string, content = {}): CompiledSchema => ({ title, content, errorsOf: () => [] })

function grounds(schemas: { [uri: string]: CompiledSchema }, others: Partial<Grounds> = {}): Grounds {
  return {
    receivedAt,
    settingsOf: () => ({ schemaTitle: 'shop/click', settings: {} }),
    schemaOf: (uri) => {
      const schema = schemas[uri]
      if (!schema) throw new SchemaError(`Failed loading schema at ${uri}`)
      return schema
    },
    validate: (event, schema) => schema.errorsOf(event),
    newId: () => 'made-here',
    ...others,
  }
}

const event = (fields: object = {}) => ({
  $schema: '/shop/click/1.0.0',
  meta: { stream: 'shop.click', id: 'a' },
  ...fields,
})

test('a batch is judged in its order, each event for itself', () => {
  const schemas = { '/shop/click/1.0.0': valid('shop/click') }

  const judged = ingest([event(), event({ $schema: '/no/1.0.0' }), 5, [event()], event()], grounds(schemas))

  expect(judged.map(({ verdict }) => verdict)).toEqual(['accepted', 'error', 'error', 'error', 'accepted'])
})

test('a schema whose meta is closed is not given fields that it would refuse', () => {
  const closed = (fields: object) => ({
    properties: { meta: { additionalProperties: false, properties: fields } },
  })
  const metaWith = (fields: object) => {
    const schemas = { '/shop/click/1.0.0': valid('shop/click', closed(fields)) }
    const [judged] = ingest([event({ meta: { stream: 'shop.click' } })], grounds(schemas))
    return (judged!.event as { meta: object }).meta
  }

  expect(metaWith({ stream: {} })).toEqual({ stream: 'shop.click' })
  expect(metaWith({ stream: {}, dt: {}, id: {} })).toEqual({
    stream: 'shop.click',
    dt: receivedAt.toISOString(),
    id: 'made-here',
  })
})

test('dt of a legacy schema is the time of receipt, where the event has a client_dt', () => {
  const schemas = {
    '/analytics/legacy/test/1.0.0': valid('analytics/legacy/test'),
    '/shop/click/1.0.0': valid('shop/click'),
  }
  const settingsOf = (stream: string) => ({ schemaTitle: stream, settings: {} })
  const legacy = (fields: object) =>
    event({ $schema: '/analytics/legacy/test/1.0.0', meta: { stream: 'analytics/legacy/test' }, ...fields })

  const judged = ingest(
    [
      legacy({ client_dt: '2026-01-01T00:00:00Z' }),
      legacy({}),
      event({ client_dt: '2026-01-01T00:00:00Z', meta: { stream: 'shop/click' } }),
    ],
    grounds(schemas, { settingsOf }),
  )

  expect(judged.map((one) => (one.event as { dt?: string }).dt)).toEqual([
    receivedAt.toISOString(),
    undefined,
    undefined,
  ])
})

test('an event without a stream that its schema lets pass is still not accepted', () => {
  const schemas = { '/shop/click/1.0.0': valid('shop/click') }

  const judged = ingest(
    [event({ meta: {} }), event({ meta: undefined }), event({ meta: { stream: '' } })],
    grounds(schemas),
  )

  expect(judged).toMatchObject(
    Array(3).fill({
      verdict: 'error',
      message: 'The stream is not configured here: the event has no "meta.stream"',
    }),
  )
})

test('an error that is not about a schema is not taken for one', () => {
  const schemaOf = () => {
    throw new TypeError('a bug')
  }

  expect(() => ingest([event()], grounds({}, { schemaOf }))).toThrow(TypeError)
})
