import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { errorEventOf } from '../../../src/intake/error-event.ts'
import type { Judged, PostedEvent, StreamSettings } from '../../../src/intake/ingest.ts'

const receivedAt = new Date('2026-11-27T10:00:00.000Z')

const CONFIG: { [stream: string]: { schema_title: string; destination_event_service?: unknown } } = {
  'shop.click': { schema_title: 'shop/click' },
  'shop.log': { schema_title: 'shop/click', destination_event_service: 'logging' },
  'shop.odd': { schema_title: 'shop/click', destination_event_service: 5 },
  'shop.other': { schema_title: 'shop/click', destination_event_service: 'other' },
  'rivulet.error.validation': { schema_title: 'error' },
  'logging.error.validation': { schema_title: 'error' },
  'other.error.validation': { schema_title: 'shop/click' },
}

function settingsOf(stream: string): StreamSettings {
  const settings = CONFIG[stream]
  return settings ? { schemaTitle: settings.schema_title, settings } : { problem: 'not configured' }
}

const ERRORS = [
  { keyword: 'type', instancePath: '/a/0', schemaPath: '', params: {}, message: 'must be string' },
  {
    keyword: 'required',
    instancePath: '',
    schemaPath: '',
    params: {},
    message: "must have required property 'b'",
  },
]

const errorEventFor = (event: PostedEvent, verdict: 'invalid' | 'error' = 'invalid', config = settingsOf) =>
  errorEventOf({ verdict, event, errors: ERRORS, message: '' } as Judged, {
    settingsOf: config,
    newId: () => 'e-1',
    receivedAt,
  })

const event = (meta: object = {}) => ({
  $schema: '/shop/click/1.0.0',
  meta: { stream: 'shop.click', ...meta },
  a: [5],
})

test('an invalid event becomes an error event in the form of the family', () => {
  const meta = { id: 'i', uri: 'https://shop.example/', domain: 'shop.example', request_id: 'r-1' }

  expect(errorEventFor(event(meta))).toEqual({
    $schema: '/error/2.1.0',
    meta: { ...meta, stream: 'rivulet.error.validation', id: 'e-1', dt: '2026-11-27T10:00:00.000Z' },
    dt: '2026-11-27T10:00:00.000Z',
    emitter_id: 'rivulet',
    error_type: 'ValidationError',
    message: "'.a[0]' should be string, '' should have required property 'b'",
    errored_schema_uri: '/shop/click/1.0.0',
    errored_stream_name: 'shop.click',
    raw_event: JSON.stringify(event(meta)),
  })
})

test('what the event does not say is "unknown"', () => {
  expect(errorEventFor({ $schema: '/shop/click/1.0.0' })).toMatchObject({
    meta: { uri: 'unknown', domain: 'unknown', request_id: 'unknown' },
    errored_schema_uri: '/shop/click/1.0.0',
    errored_stream_name: 'unknown',
  })
})

test.for<[what: string, event: PostedEvent, stream: string | undefined]>([
  ["of the stream's service", event({ stream: 'shop.log' }), 'logging.error.validation'],
  ['of Rivulet, where the stream names none', event(), 'rivulet.error.validation'],
  [
    'of Rivulet, where it names nothing that can be one',
    event({ stream: 'shop.odd' }),
    'rivulet.error.validation',
  ],
  ['of Rivulet, where the event has no stream', { $schema: '/a/1.0.0' }, 'rivulet.error.validation'],
  ['that is of another schema: none', event({ stream: 'shop.other' }), undefined],
  ["for a tester's event, which counts nowhere: none", event({ producer: { debug: true } }), undefined],
])('it goes to the stream %s', ([, event, stream]) => {
  const errorEvent = errorEventFor(event)

  expect(errorEvent?.meta.stream).toBe(stream)
  expect(errorEvent?.emitter_id).toBe(stream?.replace('.error.validation', ''))
})

test('without such a stream in the config, or for what no schema was asked about, there is none', () => {
  expect(errorEventFor(event(), 'invalid', () => ({ problem: 'not configured' }))).toBeUndefined()
  expect(errorEventFor(event(), 'error')).toBeUndefined()
})

test('where it cannot be stored there is none, so that it holds up no others', () => {
  const judged = { verdict: 'invalid', event: event(), errors: ERRORS } as Judged
  const refusalOf = (_: PostedEvent, stream: string) => `"${stream}" has no topic`

  expect(errorEventOf(judged, { settingsOf, newId: () => 'e-1', receivedAt, refusalOf })).toBeUndefined()
})

test("whatever the event, the error event is valid by the family's schema", () => {
  const text = { type: 'string' }
  const time = { ...text, format: 'date-time', maxLength: 128 }
  const ajv = new Ajv({ strict: false })
  ajvFormats.default(ajv, { mode: 'fast' })
  // As far as it says what a value may be.
  const isValid = ajv.compile({
    type: 'object',
    additionalProperties: false,
    required: ['$schema', 'dt', 'emitter_id', 'message', 'meta'],
    properties: {
      ...Object.fromEntries(
        [
          '$schema',
          'emitter_id',
          'error_type',
          'errored_schema_uri',
          'errored_stream_name',
          'message',
          'raw_event',
        ].map((field) => [field, text]),
      ),
      dt: time,
      meta: {
        type: 'object',
        required: ['stream'],
        properties: {
          id: text,
          dt: time,
          request_id: text,
          domain: { ...text, minLength: 1 },
          stream: { ...text, minLength: 1 },
          uri: { ...text, format: 'uri-reference', maxLength: 8192 },
        },
      },
    },
  })
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string(),
    fc.constantFrom('', ' ', '\\', 'a\\b', '#a#b', '//', 'x'.repeat(9000), 'https://shop.example/?a=b#c'),
  )
  const meta = fc.record(
    { stream: value, uri: value, domain: value, request_id: value },
    { requiredKeys: [] },
  )

  fc.assert(
    fc.property(value, fc.oneof(meta, value), (schema, meta) => {
      const errorEvent = errorEventFor({ $schema: schema, meta })

      expect(isValid(errorEvent), JSON.stringify(isValid.errors)).toBe(true)
    }),
    { numRuns: 1000 },
  )
})
