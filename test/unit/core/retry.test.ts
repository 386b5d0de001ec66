import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Answer } from '../../../src/core/environment.ts'
import { delayAfter, type Verdict, verdictOf } from '../../../src/core/retry.ts'
import { START } from '../../support/environment.ts'

const IDS = ['a', 'b', 'c']

function verdict(answer: Partial<Answer>, ids: readonly string[] = IDS): Verdict {
  return verdictOf({ status: 200, text: '', foreign: false, ...answer }, ids, START)
}

/** What becomes of each event, in a word. */
function fates(answer: Partial<Answer>, ids: readonly string[] = IDS): Record<string, string> {
  const { refused, again, halve } = verdict(answer, ids)
  const fateOf = (id: string) => {
    if (refused.has(id)) return 'refused'
    if (again.has(id)) return halve ? 'halved' : 'again'
    return 'delivered'
  }
  return Object.fromEntries(ids.map((id) => [id, fateOf(id)]))
}

const all = (fate: string) => ({ a: fate, b: fate, c: fate })

/** As EventGate lists what does not keep to its schema: with the event, as the server changed it. */
const invalid = (id: string) => ({
  status: 'invalid',
  event: {
    $schema: '/test/event/1.0.0',
    meta: { id, stream: 'test.event', dt: '2026-11-23T08:00:00.000Z' },
    test_string: 5,
    filled_by_the_server: true,
  },
  context: {
    errors: [
      {
        keyword: 'type',
        dataPath: '.test_string',
        schemaPath: '#/properties/test_string/type',
        params: { type: 'string' },
        message: 'should be string',
      },
    ],
    errorsText: "'.test_string' should be string",
  },
})

const failed = (id: string, message: string) => ({
  status: 'error',
  event: { meta: { id } },
  context: { message },
})

const UNKNOWN_SCHEMA = 'Failed loading schema at /nowhere/at_all/1.0.0'
const problem = (title: string) =>
  JSON.stringify({
    status: 500,
    type: 'internal_error',
    title,
    detail: 'something',
    method: 'POST',
    uri: '/v1/events',
  })

test.for([200, 201, 204])('%i delivers all', (status) => {
  expect(fates({ status })).toEqual(all('delivered'))
})

test.for([200, 201, 204])('%i from somebody else, redirected or HTML, is no answer', (status) => {
  expect(fates({ status, foreign: true })).toEqual(all('again'))
})

test('202 is a promise, not an answer', () => {
  expect(fates({ status: 202, text: '' })).toEqual(all('again'))
})

test.for([0, 100, 203, 301, 302, 304])('%i says nothing, and all are sent again', (status) => {
  expect(fates({ status })).toEqual(all('again'))
})

test.for([207, 400, 500])(
  'with %i, what is listed as invalid is refused and the rest delivered',
  (status) => {
    const text = JSON.stringify({ invalid: [invalid('b')], error: [] })

    expect(fates({ status, text })).toEqual({ a: 'delivered', b: 'refused', c: 'delivered' })
    expect(verdict({ status, text }).refused.get('b')).toBe("'.test_string' should be string")
  },
)

test.for([207, 400, 500])(
  'with %i, what is listed under error is sent again and the rest delivered',
  (status) => {
    const text = JSON.stringify({ invalid: [], error: [failed('b', 'Kafka: broker not available')] })

    expect(fates({ status, text })).toEqual({ a: 'delivered', b: 'again', c: 'delivered' })
  },
)

test.for([
  UNKNOWN_SCHEMA,
  'Field(s) $schema were missing from event and could not be extracted.',
  'schema is invalid: data.type should be equal to one of the allowed values',
  'Stream test.event is not configured',
  'Event with $schema /other/1.0.0 is not allowed in stream test.event',
])('under error, "%s" is refused for good', (message) => {
  const text = JSON.stringify({ invalid: [], error: [failed('b', message)] })

  expect(fates({ status: 207, text })).toEqual({ a: 'delivered', b: 'refused', c: 'delivered' })
  expect(verdict({ status: 207, text }).refused.get('b')).toBe(message)
})

test('all listed as invalid, without the other list, are all refused', () => {
  const text = JSON.stringify({ invalid: IDS.map(invalid) })

  expect(fates({ status: 400, text })).toEqual(all('refused'))
})

test('both lists are read in one answer', () => {
  const text = JSON.stringify({ invalid: [invalid('a')], error: [failed('c', UNKNOWN_SCHEMA)] })

  expect(fates({ status: 500, text })).toEqual({ a: 'refused', b: 'delivered', c: 'refused' })
})

test('an entry that is none of the batch makes all of it undecided, and fewer go at a time', () => {
  for (const stranger of [
    invalid('z'),
    null,
    {},
    'invalid',
    { event: null },
    { event: { meta: { id: 7 } } },
  ]) {
    const text = JSON.stringify({ invalid: [invalid('a'), stranger] })

    expect(fates({ status: 207, text })).toEqual(all('halved'))
  }
})

test('the entry of a batch of one is that of its one event', () => {
  const nameless = { status: 'invalid', event: {}, context: { errorsText: 'no meta' } }

  expect(fates({ status: 400, text: JSON.stringify({ invalid: [nameless] }) }, ['a'])).toEqual({
    a: 'refused',
  })
  expect(fates({ status: 500, text: JSON.stringify({ invalid: [], error: [null] }) }, ['a'])).toEqual({
    a: 'again',
  })
})

test.for([402, 406, 409, 410, 411, 413, 414, 415, 418, 422, 431, 499])(
  '%i halves a batch and refuses an event that comes alone',
  (status) => {
    expect(fates({ status })).toEqual(all('halved'))
    expect(fates({ status }, ['a'])).toEqual({ a: 'refused' })
  },
)

test.for(['', 'Request body was empty', '<html>', '{"error":"bad request"}', 'null', '[]', '5'])(
  '400 without lists (%s) halves a batch and refuses an event that comes alone',
  (text) => {
    expect(fates({ status: 400, text })).toEqual(all('halved'))
    expect(fates({ status: 400, text }, ['a'])).toEqual({ a: 'refused' })
  },
)

test("EventGate's 500 for a body that is too large halves the batch", () => {
  const answer = { status: 500, text: problem('PayloadTooLargeError') }

  expect(fates(answer)).toEqual(all('halved'))
  expect(fates(answer, ['a'])).toEqual({ a: 'refused' })
})

test.for([401, 403, 404, 405, 407, 408, 425, 429, 451, 503])(
  '%i says nothing about the events, not even about one alone',
  (status) => {
    expect(fates({ status })).toEqual(all('again'))
    expect(fates({ status }, ['a'])).toEqual({ a: 'again' })
    expect(verdict({ status }).suspect).not.toBe(true)
  },
)

test.for([0, 500, 502, 504, 507, 520])('%i is waited out, and an event may be its cause', (status) => {
  expect(fates({ status })).toEqual(all('again'))
  expect(fates({ status }, ['a'])).toEqual({ a: 'again' })
  expect(verdict({ status }).suspect).toBe(true)
})

test.for(['SyntaxError', 'UnsupportedMediaTypeError', 'Error'])(
  "EventGate's problem object titled %s is waited out",
  (title) => {
    expect(fates({ status: 500, text: problem(title) })).toEqual(all('again'))
  },
)

// The answers of EventGate 1.8.4, one row for each that a client of ours can be given.
test.for([
  ['all accepted', 201, '', all('delivered')],
  ['all invalid', 400, { invalid: IDS.map(invalid) }, all('refused')],
  [
    'valid and invalid',
    207,
    { invalid: [invalid('c')], error: [] },
    { a: 'delivered', b: 'delivered', c: 'refused' },
  ],
  [
    'unknown schema and valid',
    207,
    { invalid: [], error: [failed('a', UNKNOWN_SCHEMA)] },
    { a: 'refused', b: 'delivered', c: 'delivered' },
  ],
  [
    'unknown schema and invalid, none valid',
    500,
    { invalid: [invalid('a'), invalid('b')], error: [failed('c', UNKNOWN_SCHEMA)] },
    all('refused'),
  ],
  ['malformed JSON', 500, problem('SyntaxError'), all('again')],
  ['one byte over the limit', 500, problem('PayloadTooLargeError'), all('halved')],
  ['charset or encoding not known', 500, problem('UnsupportedMediaTypeError'), all('again')],
  ['hasty', 202, '', all('again')],
  ['no body came through', 400, '', all('halved')],
  ['another path', 404, '<!DOCTYPE html>', all('again')],
] as const)('EventGate, %s: %i', ([, status, body, expected]) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)

  expect(fates({ status, text })).toEqual(expected)
})

test.for([429, 503])('Retry-After of %i is read in seconds and as a date', (status) => {
  expect(verdict({ status, retryAfter: '120' }).ms).toBe(120_000)
  expect(verdict({ status, retryAfter: new Date(START + 90_000).toUTCString() }).ms).toBe(90_000)
})

test.for([null, '', '0', '-5', 'soon', new Date(START - 60_000).toUTCString()])(
  'a Retry-After of %s leaves the wait to the backoff',
  (retryAfter) => {
    expect(verdict({ status: 503, retryAfter }).ms).toBeUndefined()
  },
)

test('whatever comes as an answer, each event has one fate and nothing throws', () => {
  const entry = fc.oneof(fc.constantFrom(...IDS.map(invalid)), fc.jsonValue())
  const body = fc.oneof(
    fc.string(),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.record({ invalid: fc.array(entry), error: fc.array(entry) }).map((lists) => JSON.stringify(lists)),
  )
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 599 }), body, fc.boolean(), (status, text, foreign) => {
      const { refused, again } = verdict({ status, text, foreign })

      for (const id of IDS) expect(refused.has(id) && again.has(id)).toBe(false)
      for (const id of [...refused.keys(), ...again]) expect(IDS).toContain(id)
    }),
    { numRuns: 500 },
  )
})

test('only a 2xx, or an answer with lists, delivers anything', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 599 }), (status) => {
      const delivered = Object.values(fates({ status, text: 'no lists' })).includes('delivered')

      expect(delivered).toBe([200, 201, 204].includes(status))
    }),
  )
})

test('the wait is anywhere below a bound that doubles with each failure, up to five minutes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, random) => {
        const bound = Math.min(5 * 60_000, 1000 * 2 ** failures)
        const delay = delayAfter(failures, random)

        expect(delay).toBeGreaterThanOrEqual(0)
        expect(delay).toBeLessThan(bound)
        expect(delay).toBeCloseTo(random * bound, 6)
      },
    ),
  )
})
