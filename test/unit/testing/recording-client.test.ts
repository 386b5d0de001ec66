import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import {
  answerLost,
  captivePortal,
  createDrivenTime,
  createRecordingClient,
  hang,
  type Outcome,
  rejecting,
  unavailable,
} from '../../../src/testing/testing.ts'
import { asClick, type Schemas, schemas } from './shop-schemas.ts'

const START = '2026-11-23T08:00:00.000Z'

beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

describe('what is submitted', () => {
  test('is there right after submit, as an intake gets it', () => {
    const time = createDrivenTime({ start: START })
    const events = createRecordingClient({ schemas, time, domain: 'shop.example' })

    const id = events.submit('shop.click', { action: 'buy' })

    expect(events.submitted('shop.click')).toEqual([
      {
        $schema: '/shop/click/1.0.0',
        action: 'buy',
        dt: START,
        meta: {
          id,
          stream: 'shop.click',
          domain: 'shop.example',
          producer: { sdk: 'rivulet/0.1.0', id: expect.any(String), seq: 1, rate: 1 },
        },
      },
    ])
  })

  test('is told by stream and by fields, and in the order of submission', () => {
    const events = createRecordingClient({ schemas })

    events.submit('shop.click', { action: 'open' })
    events.submit('shop.purchase', { total: 12 })
    events.submit('shop.click', { action: 'buy' })

    expect(events.submitted().map(({ meta }) => meta.stream)).toEqual([
      'shop.click',
      'shop.purchase',
      'shop.click',
    ])
    expect(events.submitted('shop.click').map(({ action }) => action)).toEqual(['open', 'buy'])
    expect(events.submitted('shop.click', { action: 'buy' })).toHaveLength(1)
  })

  test('has the types of its schema', () => {
    const events = createRecordingClient({ schemas })

    const clicks = events.submitted('shop.click')
    const purchases = events.submitted('shop.purchase')
    expectTypeOf(clicks).items.toHaveProperty('action').toEqualTypeOf<'buy' | 'open' | 'remove'>()
    expectTypeOf(purchases).items.toHaveProperty('meta').toHaveProperty('id').toEqualTypeOf<string>()
    // @ts-expect-error: the schema has no such field
    void events.submitted('shop.click')[0]?.acton
    // @ts-expect-error: there is no such stream
    void events.submitted('shop.clock')
    // @ts-expect-error: nor such an action
    void events.submitted('shop.click', { action: 'steal' })
    // Without schemas, whatever is asked for.
    void createRecordingClient().submitted('shop.clock', { action: 'steal' })[0]?.acton
  })

  test('does not change along with what was handed over', () => {
    const events = createRecordingClient({ schemas })
    const product = { id: 'mug', tags: ['blue'] }

    events.submit('shop.click', { action: 'buy', product })
    product.tags.push('sold out')

    expect(events.submitted('shop.click')[0]?.product?.tags).toEqual(['blue'])
  })

  test('is what JSON makes of it', () => {
    const events = createRecordingClient({ schemas })

    events.submit('shop.click', { action: 'buy', at: new Date(START) })

    expect(events.submitted('shop.click')[0]?.at).toBe(START)
  })

  test('is what beforeQueue has made of it', () => {
    const events = createRecordingClient({
      schemas,
      beforeQueue: ({ product: _, ...event }) => event,
    })

    events.submit('shop.click', { action: 'buy', product: { id: 'mug' } })

    expect(events.submitted('shop.click')[0]).not.toHaveProperty('product')
  })

  test('is forgotten by clear, while the client goes on counting', () => {
    const events = createRecordingClient({ schemas })
    events.submit('shop.click', { action: 'buy' })
    events.submit('shop.click', asClick({}))

    events.clear()
    events.submit('shop.click', { action: 'open' })

    expect(events.submitted().map(({ meta }) => meta.producer.seq)).toEqual([2])
    expect(events.dropped()).toEqual([])
  })

  test('goes to every stream where no schemas are given, without the accounts of the client', async () => {
    const time = createDrivenTime()
    const events = createRecordingClient({ time })

    events.submit('any.name', { field: 1 })
    await time.pass(10 * 60_000)

    expect(events.submitted().map(({ meta, field }) => [meta.stream, field])).toEqual([['any.name', 1]])
    expect(events.intake.events()).toEqual(events.submitted())
  })
})

describe('what is dropped', () => {
  test('is there right after submit, with what was wrong', async () => {
    const events = createRecordingClient({ schemas })

    const id = events.submit('shop.click', asClick({ action: 'steal' }))

    const problems = [
      {
        path: '/action',
        keyword: 'enum',
        message:
          '/action must be one of buy, open, remove (was "steal"); see /shop/click/1.0.0#/properties/action/enum',
      },
    ]
    const expected = [{ id, stream: 'shop.click', data: { action: 'steal' }, reason: 'invalid', problems }]
    expect(events.dropped()).toEqual(expected)
    expect(events.submitted()).toEqual([])
    await events.settled()
    expect(events.dropped('shop.click')).toEqual(expected)
    expect(events.dropped('shop.purchase')).toEqual([])
  })

  test.each<[reason: string, options: object, data: object]>([
    ['unconfigured', { streamConfigs: { streams: { 'shop.purchase': {} } } }, {}],
    [
      'killed',
      { streamConfigs: { streams: { 'shop.click': { producers: { rivulet: { state: 'off' } } } } } },
      {},
    ],
    ['gpc', { gpc: true }, {}],
    ['consent', { consent: 'denied' }, {}],
    ['before-queue', { beforeQueue: () => null }, {}],
    ['unserializable', {}, { amount: 1n }],
    ['too-large', {}, { text: 'x'.repeat(100_000) }],
  ])('has its reason at once: %s', (reason, options, data) => {
    const events = createRecordingClient({ schemas, ...options })

    events.submit('shop.click', asClick({ action: 'buy', ...data }))

    expect(events.dropped().map((event) => event.reason)).toEqual([reason])
    expect(events.submitted()).toEqual([])
  })

  test('is counted where a stream has had enough of a minute, until that is over', async () => {
    const time = createDrivenTime({ start: START })
    const streamConfigs = {
      streams: { 'shop.click': { producers: { rivulet: { max_per_minute: 1 } } } },
    }
    const events = createRecordingClient({ schemas, streamConfigs, time })

    events.submit('shop.click', { action: 'open' })
    events.submit('shop.click', { action: 'buy' })
    expect(events.dropped().map(({ reason }) => reason)).toEqual(['limited'])

    await time.pass(60_000)
    events.submit('shop.click', { action: 'remove' })

    expect(events.submitted('shop.click').map(({ action }) => action)).toEqual(['open', 'remove'])
  })

  test('was submitted until it is dropped', async () => {
    const events = createRecordingClient({ schemas })
    events.submit('shop.click', { action: 'buy' })
    expect(events.submitted()).toHaveLength(1)

    events.setConsent('denied')
    await events.settled()

    expect(events.submitted()).toEqual([])
    expect(events.dropped()).toMatchObject([{ data: { action: 'buy' }, reason: 'consent' }])
  })

  test('says what cannot be used of the stream config', async () => {
    const events = createRecordingClient({
      schemas,
      streamConfigs: { streams: { 'shop.click': { sample: { unit: 'visit', rate: 1 } } } },
    })

    events.submit('shop.click', { action: 'buy' })
    await events.settled()

    expect(events.dropped()[0]?.problems[0]?.message).toContain('sample')
  })
})

describe('sampling', () => {
  const streamConfigs = { streams: { 'shop.click': { sample: { unit: 'session', rate: 0.001 } } } }

  test('is that of production, by ids that are in sample at every rate above 0', async () => {
    const time = createDrivenTime()
    const events = createRecordingClient({ schemas, streamConfigs, time })

    events.submit('shop.click', { action: 'buy' })
    await time.pass(31 * 60_000)
    events.submit('shop.click', { action: 'buy' })

    expect(events.submitted()).toHaveLength(2)
    expect(events.submitted()[0]?.meta.producer).toMatchObject({ unit: 'session', rate: 0.001 })
  })

  test('leaves out an id that the test has chosen so', () => {
    const events = createRecordingClient({ schemas, streamConfigs, ids: { session: 'ffffffff' } })

    events.submit('shop.click', { action: 'buy' })

    expect(events.dropped().map(({ reason }) => reason)).toEqual(['out-of-sample'])
  })

  test.each(['pageview', 'session', 'device'])('has an id for each unit: %s', (unit) => {
    const events = createRecordingClient({
      schemas,
      streamConfigs: { streams: { 'shop.click': { sample: { unit, rate: 0.1 } } } },
    })

    expect(events.isInSample('shop.click')).toBe(true)
  })

  test('goes by a session that expires', async () => {
    const time = createDrivenTime()
    const events = createRecordingClient({
      time,
      streamConfigs: {
        streams: { '/./': { producers: { rivulet: { provide_values: ['performer_session_id'] } } } },
      },
    })
    const session = () => {
      events.submit('shop.click')
      return events.submitted('shop.click').at(-1)?.performer
    }

    const first = session()
    expect(first).toEqual({ session_id: expect.stringMatching(/^00000000[0-9a-f]{12}$/) })
    await time.pass(29 * 60_000)
    const same = session()
    // The client's own account, which it gives after five, prolongs the visit.
    await time.pass(36 * 60_000)

    expect(same).toEqual(first)
    expect(session()).not.toEqual(first)
  })
})

describe('what nothing decides on yet', () => {
  test('waits for consent', async () => {
    const events = createRecordingClient({ schemas, consent: 'pending' })

    const id = events.submit('shop.click', { action: 'buy' })

    expect(events.submitted()).toEqual([])
    expect(events.undecided()).toEqual([{ id, stream: 'shop.click', data: { action: 'buy' } }])

    events.setConsent('granted')
    await events.settled()

    expect(events.submitted('shop.click')).toMatchObject([{ action: 'buy', meta: { id } }])
    expect(events.undecided()).toEqual([])
  })

  test('waits for its schema, and is invalid by that', async () => {
    const load = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return { schemas }
    }
    const events = createRecordingClient<Schemas>({ schemas: load })

    events.submit('shop.click', { action: 'buy' })
    events.submit('shop.click', asClick({ action: 'steal' }))
    expect(events.undecided()).toHaveLength(2)
    await events.settled()

    expect(events.submitted('shop.click')).toMatchObject([{ action: 'buy', $schema: '/shop/click/1.0.0' }])
    expect(events.dropped()).toMatchObject([{ data: { action: 'steal' }, reason: 'invalid' }])
  })

  test('goes on waiting where its schema cannot be loaded, and is asked for again', async () => {
    const time = createDrivenTime()
    let failures = 1
    const load = async () => {
      if (failures-- > 0) throw new Error('404')
      return { schemas }
    }
    const events = createRecordingClient<Schemas>({ schemas: load, time })

    events.submit('shop.click', { action: 'buy' })
    await events.settled()
    expect(events.undecided()).toHaveLength(1)
    await time.pass(30_000)

    expect(events.submitted()).toHaveLength(1)
  })
})

describe('a changed stream config', () => {
  test('is in force at once', () => {
    const events = createRecordingClient({ schemas })
    events.submit('shop.click', { action: 'open' })

    events.configure({ streams: { 'shop.click': { producers: { rivulet: { state: 'off' } } } } })
    events.submit('shop.click', { action: 'buy' })

    expect(events.dropped()).toMatchObject([{ data: { action: 'buy' }, reason: 'killed' }])
  })

  test('stays in force when the client asks for config again', async () => {
    const time = createDrivenTime()
    const events = createRecordingClient({ schemas, time })

    events.configure({ streams: { 'shop.purchase': {} } })
    await time.pass(3_600_000)
    events.submit('shop.click', { action: 'buy' })

    expect(events.dropped()).toMatchObject([{ reason: 'unconfigured' }])
  })
})

describe('delivery', () => {
  test('sends nothing anywhere', async () => {
    const fetch = vi.spyOn(globalThis, 'fetch')
    const configPush = vi.fn(() => () => {})
    const net = vi.fn()
    const streamConfigUrl = 'https://shop.example/streams'
    const events = createRecordingClient({ schemas, streamConfigUrl, configPush, net })

    events.submit('shop.click', { action: 'buy' })

    expect(await events.flush()).toBe(0)
    for (const way of [fetch, configPush, net]) expect(way).not.toHaveBeenCalled()
    expect(events.intake.events()).toEqual(events.submitted())
    await events.close()
  })

  test('meets scripted faults on driven time, each for one request', async () => {
    const time = createDrivenTime({ start: START })
    const told: Outcome[] = []
    const events = createRecordingClient({
      schemas,
      time,
      faults: [unavailable({ retryAfter: 2 }), answerLost()],
      onOutcome: (outcome) => told.push(outcome),
    })

    const id = events.submit('shop.click', { action: 'buy' })
    await time.pass(2900)
    expect(events.intake.posts.map(({ answer }) => answer)).toEqual([503])
    expect(events.outcomes()).toEqual([])
    await time.pass(3_600_000)

    expect(events.intake.posts.map(({ answer }) => answer)).toEqual([503, 'cut', 201])
    expect(events.intake.posts[1]!.at - events.intake.posts[0]!.at).toBeGreaterThanOrEqual(2000)
    expect(events.intake.timesAccepted(id)).toBe(2)
    expect(events.outcomes('shop.click')).toEqual([{ kind: 'delivered', stream: 'shop.click', id }])
    expect(told).toEqual(events.outcomes())
  })

  test('may fail in ways that are told later', async () => {
    const time = createDrivenTime()
    const events = createRecordingClient({ schemas, time, faults: [hang(), captivePortal()] })

    const id = events.submit('shop.click', { action: 'buy' })
    await time.pass(29_000)
    expect(events.intake.posts).toHaveLength(1)
    await time.pass(60_000)
    expect(events.intake.posts).toHaveLength(3)
    events.intake.fault(rejecting({ invalid: () => true }))
    events.submit('shop.click', { action: 'open' })
    await time.pass(1000)

    expect(events.outcomes()).toMatchObject([
      { kind: 'delivered', id },
      { kind: 'dropped', reason: 'refused' },
    ])
    expect(events.dropped()).toMatchObject([{ data: { action: 'open' }, reason: 'refused' }])
  })

  test('gives up what has waited for too long', async () => {
    const time = createDrivenTime()
    const streamConfigs = {
      streams: { 'shop.click': { producers: { rivulet: { max_age_seconds: 60 } } } },
    }
    const events = createRecordingClient({ schemas, streamConfigs, time })
    events.intake.fault(unavailable())

    events.submit('shop.click', { action: 'buy' })
    await time.pass(50_000)
    expect(events.submitted()).toHaveLength(1)
    await time.pass(3_600_000)

    expect(events.dropped()).toMatchObject([{ reason: 'expired' }])
    expect(events.submitted()).toEqual([])
  })

  test("goes by the test runner's fake timers where no time is given", async () => {
    vi.useFakeTimers({ now: Date.parse(START) })
    try {
      const events = createRecordingClient({ schemas })

      events.submit('shop.click', { action: 'buy' })
      await vi.advanceTimersByTimeAsync(1000)

      expect(events.submitted('shop.click')[0]?.dt).toBe(START)
      expect(events.outcomes()).toMatchObject([{ kind: 'delivered' }])
    } finally {
      vi.useRealTimers()
    }
  })
})

test('a wrong option throws, as in production', () => {
  expect(() => createRecordingClient({ consent: 'maybe' as 'granted' })).toThrow(
    'createClient: consent is maybe',
  )
})

test('the same id may be submitted twice', () => {
  const events = createRecordingClient({ schemas })
  const meta = { id: 'c0ffee' }

  events.submit('shop.click', asClick({ action: 'steal', meta }))
  events.submit('shop.click', asClick({ action: 'buy', meta }))

  expect(events.submitted()).toMatchObject([{ action: 'buy', meta }])
  expect(events.dropped()).toMatchObject([{ data: { action: 'steal' }, reason: 'invalid' }])
})

test('an event may be submitted while another one is', () => {
  const events = createRecordingClient({
    schemas,
    beforeQueue: (event) => {
      if (event.action === 'buy') events.submit('shop.purchase', { total: 1 })
      return event
    },
  })

  events.submit('shop.click', { action: 'buy' })

  expect(events.submitted()).toMatchObject([{ action: 'buy' }, { total: 1 }])
})
