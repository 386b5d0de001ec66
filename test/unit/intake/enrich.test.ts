import fc from 'fast-check'
import type { IncomingHttpHeaders } from 'node:http'
import { expect, test } from 'vitest'
import { createValidate } from '../../../src/intake/enrich.ts'
import type { PostedEvent } from '../../../src/intake/ingest.ts'
import { createSchemaRegistry } from '../../../src/intake/registry.ts'
import { openSchemaRepository } from '../../../src/schema/repository.ts'
import { folderOf } from '../../support/folder.ts'

const TEXT = { type: 'string' }
const HEADERS = { type: 'object', additionalProperties: TEXT }
const META = { type: 'object', properties: { stream: TEXT, request_id: TEXT } }

/** A schema with as much of `meta` and `http` as is given. */
const schemaOf = (properties: object) => ({ type: 'object', additionalProperties: false, properties })
const REQUEST = schemaOf({
  meta: META,
  http: { type: 'object', properties: { request_headers: HEADERS, client_ip: TEXT } },
})

const withHeaders = (fields: unknown) => ({
  producers: { eventgate: { enrich_fields_from_http_headers: fields } },
})

/** What becomes of an event of a stream with these settings in a request, and what is wrong with it then. */
async function enriched(
  event: PostedEvent,
  {
    schema = REQUEST,
    settings = {},
    headers = {},
    address = '192.0.2.1',
  }: { schema?: object; settings?: object; headers?: IncomingHttpHeaders; address?: string } = {},
) {
  const compiled = await compiledFrom(schema)
  const settingsOfStream = settings as { [setting: string]: unknown }
  const errors = createValidate({ headers, address })(event, compiled, settingsOfStream)
  return { event, errors: errors.map(({ keyword }) => keyword) }
}

async function compiledFrom(schema: object) {
  const folder = await folderOf({ 'a/b/1.0.0.json': { title: 'a/b', $id: '/a/b/1.0.0', ...schema } })
  return createSchemaRegistry(openSchemaRepository([folder])).get('/a/b/1.0.0')
}

const event = () => ({ meta: { stream: 'a.b' } })
const TOLD = { 'x-request-id': 'r-1', 'user-agent': 'Lynx', 'x-theme': 'dark' }

test('request id, user agent and client address are filled in where the schema has fields for them', async () => {
  const { event: filled, errors } = await enriched(event(), { headers: TOLD })

  expect(filled).toEqual({
    meta: { stream: 'a.b', request_id: 'r-1' },
    http: { request_headers: { 'user-agent': 'Lynx' }, client_ip: '192.0.2.1' },
  })
  expect(errors).toEqual([])
})

test.for<[what: string, schema: object]>([
  ['has neither field', schemaOf({ meta: { type: 'object' } })],
  ['is open and names neither', { type: 'object' }],
  [
    'is open below',
    schemaOf({ meta: { type: 'object', additionalProperties: true }, http: { type: 'object' } }),
  ],
])('where the schema %s, nothing is', async ([, schema]) => {
  expect((await enriched(event(), { schema, headers: TOLD })).event).toEqual(event())
})

test.for<[what: string, fields: unknown, filled: object]>([
  [
    'a header for another field',
    { 'http.request_headers.theme': 'X-Theme' },
    { theme: 'dark', 'user-agent': 'Lynx' },
  ],
  ['false for a field', { 'http.request_headers.user-agent': false }, {}],
  ['no header, for whatever reason', { 'http.request_headers.user-agent': 5 }, {}],
  ['a header that is not sent', { 'http.request_headers.a': 'x-none' }, { 'user-agent': 'Lynx' }],
  [
    'a field that is none',
    { 'http.request_headers': 'x-theme', '': 'x-theme', '__proto__.a': 'x-theme' },
    { 'user-agent': 'Lynx' },
  ],
  [
    'a secret',
    { 'http.request_headers.a': 'Authorization', 'http.request_headers.b': 'cookie' },
    { 'user-agent': 'Lynx' },
  ],
  ['an empty map', {}, { 'user-agent': 'Lynx' }],
  ['an empty map as PHP has it', [], { 'user-agent': 'Lynx' }],
  ['false for all', false, {}],
  ['a list', ['x-theme'], {}],
])('the settings may name %s', async ([, fields, expected]) => {
  const headers = { ...TOLD, authorization: 'Bearer secret', cookie: 'id=secret' }
  const { event: filled, errors } = await enriched(event(), { settings: withHeaders(fields), headers })

  expect((filled.http as { request_headers?: object }).request_headers ?? {}).toEqual(expected)
  expect(errors).toEqual([])
})

test("the caller's own values stay, and so does what else is in the way", async () => {
  const own = {
    meta: { request_id: 'mine' },
    http: { request_headers: { 'user-agent': 'mine' }, client_ip: 'mine' },
  }
  expect((await enriched(structuredClone(own), { headers: TOLD })).event).toEqual(own)

  const odd = { meta: 'text', http: 5 }
  expect((await enriched({ ...odd }, { headers: TOLD })).event).toEqual(odd)
})

test('a value is cut after 400 characters', async () => {
  const { event: filled } = await enriched(event(), { headers: { 'x-request-id': 'x'.repeat(1000) } })

  expect((filled.meta as { request_id: string }).request_id).toBe('x'.repeat(400))
})

test.for<[what: string, headers: IncomingHttpHeaders, address: string, told: string | undefined]>([
  [
    'x-client-ip before all',
    { 'x-client-ip': '192.0.2.7', 'x-forwarded-for': '192.0.2.8' },
    '127.0.0.1',
    '192.0.2.7',
  ],
  [
    'the leftmost of x-forwarded-for',
    { 'x-forwarded-for': ' 192.0.2.8, 10.0.0.1' },
    '127.0.0.1',
    '192.0.2.8',
  ],
  ['an address of IPv6', { 'x-forwarded-for': '2001:db8::1' }, '127.0.0.1', '2001:db8::1'],
  ["the socket's where nobody tells", {}, '192.0.2.9', '192.0.2.9'],
  ["the socket's where they tell something else", { 'x-client-ip': 'unknown' }, '192.0.2.9', '192.0.2.9'],
  ['an address of IPv4 as such, also on a socket of IPv6', {}, '::ffff:192.0.2.9', '192.0.2.9'],
  ['none where there is none', {}, '', undefined],
])('the client address is %s', async ([, headers, address, told]) => {
  const { event: filled } = await enriched(event(), { headers, address })

  expect(filled.http).toEqual(told && { client_ip: told })
})

test('an event that is invalid by itself is told without what the request would have filled in', async () => {
  const { event: filled, errors } = await enriched({ ...event(), colour: 'red' }, { headers: TOLD })

  expect(filled).toEqual({ ...event(), colour: 'red' })
  expect(errors).toEqual(['additionalProperties'])
})

test('of two values, the one that the schema forbids is left out, and the other not', async () => {
  const http = {
    type: 'object',
    properties: {
      request_headers: { ...HEADERS, maxProperties: 1 },
      client_ip: { type: 'string', maxLength: 3 },
    },
  }
  const { event: filled } = await enriched(event(), {
    schema: schemaOf({ meta: META, http }),
    settings: withHeaders({ 'http.request_headers.theme': 'x-theme' }),
    headers: TOLD,
  })

  expect(filled).toEqual({
    meta: { stream: 'a.b', request_id: 'r-1' },
    http: { request_headers: { 'user-agent': 'Lynx' } },
  })
})

test('whatever a request brings, a valid event stays valid, and gets no field that its schema has not', async () => {
  const schemas = [
    { request_id: { ...TEXT, pattern: '^[a-z]*$', maxLength: 5 } },
    { request_id: { type: 'integer' } },
    {},
  ].flatMap((meta) =>
    [
      { request_headers: { ...HEADERS, maxProperties: 1 }, client_ip: { ...TEXT, pattern: ':' } },
      { request_headers: { ...HEADERS, propertyNames: { maxLength: 3 } } },
      { request_headers: { type: 'object', required: ['accept'], properties: { 'user-agent': TEXT } } },
    ].map((http) => ({
      ...schemaOf({
        meta: { type: 'object', additionalProperties: false, properties: { stream: TEXT, ...meta } },
        http: {
          type: 'object',
          additionalProperties: false,
          properties: { method: { ...TEXT, default: 'POST' }, ...http },
        },
      }),
      required: ['meta'],
    })),
  )
  const compiled = await Promise.all(schemas.map(compiledFrom))
  const header = fc.oneof(fc.string(), fc.constantFrom('abc', 'é'.repeat(500), '::1', '192.0.2.1'))
  const headers = fc.dictionary(
    fc.constantFrom('x-request-id', 'user-agent', 'x-client-ip', 'x-theme', '__proto__'),
    header,
  )
  const fields = fc.oneof(
    fc.dictionary(
      fc.constantFrom(
        'http',
        'http.request_headers',
        'http.request_headers.a',
        'meta.stream',
        'meta.request_id',
      ),
      fc.oneof(fc.constantFrom('x-theme', 'user-agent', false), fc.jsonValue()),
    ),
    fc.jsonValue(),
  )
  const own = fc.constantFrom(
    {},
    { http: {} },
    { http: { request_headers: {} } },
    { http: { request_headers: { a: 'own' } } },
  )

  fc.assert(
    fc.property(fc.constantFrom(...compiled), headers, fields, own, (schema, headers, fields, own) => {
      const plain = structuredClone({ ...event(), ...own })
      fc.pre(schema.errorsOf(plain).length === 0)
      const filled = structuredClone({ ...event(), ...own })

      const errors = createValidate({ headers, address: '192.0.2.1' })(filled, schema, withHeaders(fields))

      expect(errors).toEqual([])
      expect(schema.errorsOf(filled)).toEqual([])
      // What was there before is there still.
      expect(filled).toMatchObject(event())
      expect(filled).toMatchObject(own)
    }),
    { numRuns: 500 },
  )
})
