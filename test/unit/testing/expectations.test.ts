import { AssertionError } from 'node:assert'
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import {
  createRecordingClient,
  expectNothingDropped,
  expectNotSubmitted,
  expectSubmitted,
} from '../../../src/testing/testing.ts'
import { asClick, type Schemas, schemas } from './shop-schemas.ts'

beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

describe('expectSubmitted', () => {
  test('returns the first event that matches, with the types of its schema', () => {
    const events = createRecordingClient({ schemas })
    events.submit('shop.click', { action: 'open' })
    const id = events.submit('shop.click', { action: 'buy', product: { id: 'mug' } })
    events.submit('shop.click', { action: 'buy', product: { id: 'jug' } })

    const event = expectSubmitted(events, 'shop.click', { action: 'buy' })

    expect(event.meta.id).toBe(id)
    expectTypeOf(event.action).toEqualTypeOf<'buy' | 'open' | 'remove'>()
    expect(expectSubmitted(events, 'shop.click').action).toBe('open')
  })

  test('takes patterns and matchers, and of the schema no other fields', () => {
    const events = createRecordingClient({ schemas })
    events.submit('shop.click', { action: 'buy', product: { id: 'mug', tags: ['new'] } })

    expectSubmitted(events, 'shop.click', {
      product: { id: /^m/, tags: [expect.any(String)] },
      meta: { id: expect.any(String), stream: 'shop.click' },
    })
    // @ts-expect-error: no such action
    void (() => expectSubmitted(events, 'shop.click', { action: 'steal' }))
    // @ts-expect-error: no such field
    void (() => expectSubmitted(events, 'shop.click', { acton: 'buy' }))
    // @ts-expect-error: no such stream
    void (() => expectSubmitted(events, 'shop.clock'))
  })

  test('says how the nearest event differs', () => {
    const events = createRecordingClient({ schemas })
    events.submit('shop.click', { action: 'open', product: { id: 'jug' } })
    events.submit('shop.click', { action: 'buy', product: { id: 'jug' } })
    events.submit('shop.purchase', { total: 1 })

    const error = failureOf(() =>
      expectSubmitted(events, 'shop.click', { action: 'buy', product: { id: 'mug' } }),
    )

    expect(error.message).toBe(
      [
        'no event of shop.click with {"action":"buy","product":{"id":"mug"}} was submitted',
        '  the nearest of 2 of shop.click:',
        '    /product/id is "jug", wanted "mug"',
        '  to other streams: shop.purchase (1)',
      ].join('\n'),
    )
    expect(error.actual).toEqual({ action: 'buy', product: { id: 'jug' } })
    expect(error.expected).toEqual({ action: 'buy', product: { id: 'mug' } })
  })

  test('lists what was dropped of the stream, and why', () => {
    const events = createRecordingClient({ schemas })
    events.submit('shop.click', asClick({ action: 'steal' }))
    events.submit('shop.purchase', { total: 1 })

    const error = failureOf(() => expectSubmitted(events, 'shop.click', { action: 'buy' }))

    expect(error.message).toBe(
      [
        'no event of shop.click with {"action":"buy"} was submitted',
        '  dropped as invalid: shop.click {"action":"steal"}',
        '    /action must be one of buy, open, remove (was "steal"); see /shop/click/1.0.0#/properties/action/enum',
        '  to other streams: shop.purchase (1)',
      ].join('\n'),
    )
  })

  test('says place and value where the validators are those of a production build', () => {
    const events = createRecordingClient({
      schemas: { 'shop.click': { validate: () => [{ path: '/product/~1id', keyword: 'type' }] } },
    })
    events.submit('shop.click', { product: { '/id': 7 } })

    const error = failureOf(() => expectSubmitted(events, 'shop.click'))

    expect(error.message).toContain('/product/~1id breaks "type" (was 7)')
  })

  test('says what is undecided, and what for', async () => {
    const pending = createRecordingClient({ schemas, consent: 'pending' })
    pending.submit('shop.click', { action: 'buy' })
    const loading = createRecordingClient<Schemas>({ schemas: async () => ({ schemas }) })
    loading.submit('shop.click', { action: 'buy' })

    const withoutConsent = failureOf(() => expectSubmitted(pending, 'shop.click'))
    const withoutSchema = failureOf(() => expectSubmitted(loading, 'shop.click'))

    expect(withoutConsent.message).toContain('undecided (consent is pending): shop.click {"action":"buy"}')
    expect(withoutSchema.message).toContain('undecided (await events.settled() before): shop.click')
    await loading.settled()
    expectSubmitted(loading, 'shop.click')
  })

  test('says so where nothing was submitted at all', () => {
    const error = failureOf(() => expectSubmitted(createRecordingClient(), 'shop.click'))

    expect(error.message).toBe('no event of shop.click was submitted\n  nothing was, to any stream')
  })

  test('lists ten, and how many more', () => {
    const events = createRecordingClient({ schemas })
    for (let i = 0; i < 12; i++) events.submit('shop.click', asClick({ action: i }))

    const lines = failureOf(() => expectSubmitted(events, 'shop.click')).message.split('\n')

    expect(lines.filter((line) => line.includes('dropped as'))).toHaveLength(10)
    expect(lines.at(-1)).toBe('  and 2 more')
  })
})

describe('expectNotSubmitted', () => {
  test('passes where what was submitted does not match, or was dropped', () => {
    const events = createRecordingClient({ schemas })
    events.submit('shop.click', { action: 'open' })
    events.submit('shop.purchase', { total: 'much' as never })

    expectNotSubmitted(events, 'shop.click', { action: 'buy' })
    expectNotSubmitted(events, 'shop.purchase')
  })

  test('lists what should not be there', () => {
    const events = createRecordingClient({ schemas })
    events.submit('shop.click', { action: 'buy' })

    const error = failureOf(() => expectNotSubmitted(events, 'shop.click', { action: 'buy' }))

    expect(error.message).toMatch(
      /^1 of shop\.click with \{"action":"buy"\} should not have been submitted\n {2}\{.*"action":"buy"/,
    )
  })
})

describe('expectNothingDropped', () => {
  test('passes where all went, of the stream that is asked for', () => {
    const events = createRecordingClient({ schemas })
    events.submit('shop.click', { action: 'buy' })
    expectNothingDropped(events)

    events.submit('shop.click', asClick({}))

    expectNothingDropped(events, 'shop.purchase')
  })

  test('lists what was dropped, and why', () => {
    const events = createRecordingClient({ schemas, ids: { session: 'ffffffff' } })
    events.submit('shop.click', asClick({}))

    const error = failureOf(() => expectNothingDropped(events))

    expect(error.message).toBe(
      'an event was dropped\n  dropped as invalid: shop.click {}\n    /action is missing; see /shop/click/1.0.0#/required',
    )
  })
})

test('what fails has the shape of an AssertionError of Node, and begins at the line of the test', () => {
  const error = failureOf(() => expectSubmitted(createRecordingClient(), 'shop.click', { action: 'buy' }))

  const own = new AssertionError({ message: 'x', actual: 1, expected: 2, operator: 'strictEqual' })
  expect(Object.keys(error)).toEqual(expect.arrayContaining(Object.keys(own)))
  expect([error.name, error.code]).toEqual([own.name, own.code])
  expect(error.stack?.split('\n').find((line) => line.includes('    at '))).toContain('expectations.test.ts')
})

interface Failure extends Error {
  readonly code: string
  readonly actual: unknown
  readonly expected: unknown
}

function failureOf(work: () => unknown): Failure {
  try {
    work()
  } catch (error) {
    return error as Failure
  }
  throw new Error('it passes')
}
