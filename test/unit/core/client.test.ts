import { validate as isUuid } from 'uuid'
import { expect, test } from 'vitest'
import { type Client, createClient, SDK } from '../../../src/core/client.ts'
import type { EventData, Outcome } from '../../../src/core/event.ts'
import { LINGER } from '../../../src/core/deliver.ts'
import type { ClientOptions } from '../../../src/core/options.ts'
import { createRedact } from '../../../src/entries/redact.ts'
import { startClient as startAnyClient, type Setup, wordOf } from '../../support/client.ts'
import { createTestEnvironment, START, URLS } from '../../support/environment.ts'

const REVISION = '2026-11-22.3'
const CONFIG = {
  revision: REVISION,
  streams: {
    'shop.click': {},
    'shop.view': {},
    'shop.sampled': { sample: { unit: 'session', rate: 0.5 } },
    'shop.device': { sample: { unit: 'device', rate: 1 } },
    'shop.off': { producers: { rivulet: { state: 'off' } } },
    'shop.cart': { producers: { rivulet: { provide_values: ['page_title', 'shop_currency'] } } },
  },
}
const IN_SAMPLE = '00000000000000000000'
const OUT_OF_SAMPLE = 'ffffffffffffffffffff'

/** A client that has its config, and what became of its events. */
const startClient = ({ environment, ...setup }: Setup = {}) =>
  startAnyClient({ ...setup, environment: { config: CONFIG, ...environment } })

const circular = () => {
  const data: Record<string, unknown> = {}
  data.self = data
  return data
}
const throwing = (thrown: unknown) => ({
  get action(): string {
    throw thrown
  },
})
const fail = () => {
  throw new Error('trap')
}
const hostileProxy = () =>
  new Proxy(
    {},
    {
      get: fail,
      has: fail,
      ownKeys: fail,
      getOwnPropertyDescriptor: fail,
      getPrototypeOf: fail,
      isExtensible: fail,
    },
  )
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** What is given, and the outcome; a last word where it is another one for an event that waits for the config. */
const HOSTILE: [string, () => unknown[], string, string?][] = [
  ['no arguments', () => [], 'unconfigured'],
  ['no data', () => ['shop.click'], 'delivered'],
  ['undefined', () => ['shop.click', undefined], 'delivered'],
  ['null', () => ['shop.click', null], 'invalid'],
  ['a number', () => ['shop.click', 7], 'invalid'],
  ['a string', () => ['shop.click', 'buy'], 'invalid'],
  ['a boolean', () => ['shop.click', true], 'invalid'],
  ['a symbol', () => ['shop.click', Symbol('buy')], 'invalid'],
  ['a function', () => ['shop.click', () => 'buy'], 'invalid'],
  ['a BigInt', () => ['shop.click', 7n], 'invalid'],
  ['an array', () => ['shop.click', [{ action: 'buy' }]], 'invalid'],
  ['a cyclic object', () => ['shop.click', circular()], 'unserializable'],
  [
    'a getter that throws what throws when it is looked at',
    () => ['shop.click', throwing(hostileProxy())],
    'unserializable',
  ],
  ['a BigInt in a field', () => ['shop.click', { price: 7n }], 'unserializable'],
  ['a getter that throws', () => ['shop.click', throwing(new Error('no'))], 'unserializable'],
  ['a getter that throws a symbol', () => ['shop.click', throwing(Symbol('no'))], 'unserializable'],
  [
    'a getter that throws what has no words',
    () => ['shop.click', throwing(Object.create(null))],
    'unserializable',
  ],
  ['a Proxy that throws on everything', () => ['shop.click', hostileProxy()], 'unserializable'],
  ['a revoked Proxy', () => ['shop.click', revoked()], 'unserializable'],
  ['a Proxy as meta', () => ['shop.click', { meta: hostileProxy() }], 'unserializable'],
  ['a string of 5 MB', () => ['shop.click', { text: 'x'.repeat(5_000_000) }], 'too-large'],
  ['just over 90 kB', () => ['shop.click', { text: '€'.repeat(30_000) }], 'too-large'],
  ['a frozen object', () => ['shop.click', Object.freeze({ meta: Object.freeze({}) })], 'delivered'],
  ['an object without prototype', () => ['shop.click', Object.create(null)], 'delivered'],
  ['a Map', () => ['shop.click', new Map([['action', 'buy']])], 'delivered'],
  ['a toJSON that throws', () => ['shop.click', { at: { toJSON: fail } }], 'unserializable'],
  ['a toJSON of its own that throws', () => ['shop.click', { toJSON: fail }], 'unserializable'],
  [
    'a toJSON of its own that gives nothing',
    () => ['shop.click', { toJSON: () => undefined }],
    'unserializable',
    'invalid',
  ],
  ['meta as a string', () => ['shop.click', { meta: 'mine' }], 'delivered'],
  ['meta as an array', () => ['shop.click', { meta: ['mine'] }], 'delivered'],
  ['meta as null', () => ['shop.click', { meta: null }], 'delivered'],
  ['an id that is no string', () => ['shop.click', { meta: { id: 7 } }], 'delivered'],
  ['an empty id', () => ['shop.click', { meta: { id: '' } }], 'delivered'],
  [
    'fields named as those of every object',
    () => ['shop.click', JSON.parse('{"__proto__":{"a":1}}')],
    'delivered',
  ],
  ['a symbol as stream', () => [Symbol('shop.click'), {}], 'unconfigured'],
  ['an object as stream', () => [{ name: 'shop.click' }, {}], 'unconfigured'],
  ['a function as stream', () => [fail, {}], 'unconfigured'],
  ['a Proxy as stream', () => [hostileProxy(), {}], 'unconfigured'],
  ['the name of what every object has as stream', () => ['constructor', {}], 'unconfigured'],
  ['__proto__ as stream', () => ['__proto__', {}], 'unconfigured'],
]

const submitAnything = (client: Client, given: unknown[]) =>
  (client.submit as (...given: unknown[]) => string)(...given)

test.for(HOSTILE)('submit, given %s, returns an id and ends in one outcome', async ([, given, expected]) => {
  const { client, outcomes, pass } = await startClient()

  const id = submitAnything(client, given())
  await pass(LINGER)

  expect(isUuid(id)).toBe(true)
  expect(outcomes.map(({ id }) => id)).toEqual([id])
  expect(wordOf(outcomes[0])).toBe(expected)
})

test.for(HOSTILE)(
  'submit before any config, given %s, returns an id and ends in one outcome',
  async ([, given, decided, expected = decided]) => {
    const { client, outcomes, pass, warnings, serve } = await startClient({
      environment: { config: 'no JSON' },
    })
    const told = warnings.length

    const id = submitAnything(client, given())
    await pass(LINGER)
    serve(CONFIG)
    await pass(10 * LINGER)

    expect(isUuid(id)).toBe(true)
    expect(outcomes.map(({ id }) => id)).toEqual([id])
    expect(wordOf(outcomes[0])).toBe(expected)
    expect(warnings).toHaveLength(told)
  },
)

test('what cannot be taken does not stand in the way of what follows', async () => {
  const { client, sent, pass } = await startClient()

  for (const [, given] of HOSTILE) submitAnything(client, given())
  const id = client.submit('shop.view', { action: 'buy' })
  await pass(LINGER)

  expect(sent().map(({ meta }) => meta.id)).toContain(id)
})

test('a dropped event names what was wrong with it', async () => {
  const { client, outcomes, pass } = await startClient()

  client.submit('shop.click', { price: 7n })
  await pass(0)

  expect(outcomes[0]).toMatchObject({
    kind: 'dropped',
    stream: 'shop.click',
    problems: [{ path: '', keyword: 'unserializable', message: expect.stringContaining('BigInt') }],
  })
})

test('the intake gets the event as it was at the call', async () => {
  const { client, sent, pass } = await startClient()
  const data = { cart: { items: [{ sku: 'a', count: 1 }] } }

  client.submit('shop.click', data)
  data.cart.items[0]!.count = 2
  data.cart.items.push({ sku: 'b', count: 1 })
  await pass(LINGER)

  expect(sent()[0]).toMatchObject({ cart: { items: [{ sku: 'a', count: 1 }] } })
  expect(sent()[0]?.cart).toEqual({ items: [{ sku: 'a', count: 1 }] })
})

test('an event that waits for the config goes out as it was at the call', async () => {
  const { client, sent, pass, serve } = await startClient({ environment: { config: undefined } })
  const data = { cart: { count: 1 } }

  client.submit('shop.click', data)
  data.cart.count = 2
  serve(CONFIG)
  await pass(10 * LINGER)

  expect(sent()[0]).toMatchObject({ cart: { count: 1 }, dt: new Date(START).toISOString() })
})

test("the caller's object is not touched", async () => {
  const { client, pass } = await startClient({ options: { context: { shop_currency: 'EUR' } } })
  const data = { page: { id: 7 }, meta: { request_id: 'r' } }

  client.submit('shop.cart', data)
  await pass(LINGER)

  expect(data).toEqual({ page: { id: 7 }, meta: { request_id: 'r' } })
})

test("the caller's meta.id is the event's, and the other keys of its meta stay", async () => {
  const { client, sent, outcomes, pass } = await startClient()

  const id = client.submit('shop.click', { meta: { id: 'mine', request_id: 'r', stream: 'other' } })
  await pass(LINGER)

  expect(id).toBe('mine')
  expect(sent()[0]?.meta).toMatchObject({ id: 'mine', request_id: 'r', stream: 'shop.click' })
  expect(outcomes).toEqual([{ kind: 'delivered', stream: 'shop.click', id: 'mine' }])
})

test.for([CONFIG, undefined])(
  'an event keeps its cause and request, with a config known at start: %o',
  async (config) => {
    const { client, sent, pass, serve } = await startClient({
      options: { redact: createRedact({ paths: ['meta.note'] }), ids: { session: OUT_OF_SAMPLE } },
      environment: { config },
    })

    const sampledOut = client.submit('shop.sampled')
    const meta = { cause: [sampledOut, 'other'], request_id: 'r', note: 'taken out' }
    client.submit('shop.click', { meta })
    client.submit('shop.click', { meta: { cause: sampledOut } })
    await pass(LINGER)
    serve(CONFIG)
    await pass(10 * LINGER)

    expect(sampledOut).toSatisfy(isUuid)
    expect(sent().map(({ meta: { cause, request_id, note } }) => ({ cause, request_id, note }))).toEqual([
      { cause: [sampledOut, 'other'], request_id: 'r' },
      { cause: sampledOut },
    ])
  },
)

test('an event carries what let it through: unit, rate, revision', async () => {
  const { client, sent, pass } = await startClient({ options: { ids: { session: IN_SAMPLE } } })

  client.submit('shop.sampled')
  client.submit('shop.click')
  await pass(LINGER)

  expect(sent()[0]?.meta.producer).toEqual({
    sdk: SDK,
    id: expect.any(String),
    seq: 1,
    unit: 'session',
    rate: 0.5,
    revision: REVISION,
  })
  expect(sent()[1]?.meta.producer).toEqual({
    sdk: SDK,
    id: sent()[0]?.meta.producer.id,
    seq: 1,
    rate: 1,
    revision: REVISION,
  })
})

test('seq counts from 1 without gaps per stream, and what is dropped takes no number', async () => {
  const validate = (event: EventData) =>
    event.action === 'bad' ? [{ path: '/action', keyword: 'enum' }] : undefined
  const { client, sent, pass } = await startClient({
    options: {
      schemas: { 'shop.click': { validate } },
      beforeQueue: (event) => (event.action === 'secret' ? null : event),
    },
  })

  for (const data of [
    { action: 'buy' },
    { action: 'bad' },
    { price: 7n },
    { text: 'x'.repeat(100_000) },
    { action: 'secret' },
    { action: 'buy' },
  ]) {
    client.submit('shop.click', data)
    client.submit('shop.view')
  }
  client.submit('shop.click', { action: 'buy' })
  await pass(LINGER)

  const seqsOf = (stream: string) =>
    sent()
      .filter(({ meta }) => meta.stream === stream)
      .map(({ meta }) => meta.producer.seq)
  expect(seqsOf('shop.click')).toEqual([1, 2, 3])
  expect(seqsOf('shop.view')).toEqual([1, 2, 3, 4, 5, 6])
})

test('each instance counts for itself, under an id of its own', async () => {
  const { environment, sent, pass } = createTestEnvironment({ config: CONFIG })
  const clients = [createClient(URLS, environment), createClient(URLS, environment)]
  await pass(0)

  for (const client of clients) client.submit('shop.click')
  await pass(2 * LINGER)

  const producers = sent().map(({ meta }) => meta.producer)
  expect(producers.map(({ seq }) => seq)).toEqual([1, 1])
  expect(new Set(producers.map(({ id }) => id)).size).toBe(2)
})

test.for([
  ['shop.unknown', 'unconfigured'],
  ['shop.off', 'killed'],
  ['shop.sampled', 'out-of-sample'],
  ['shop.device', 'no-id'],
] as const)('an event of %s is dropped as %s', async ([stream, reason]) => {
  const { client, outcomes, pass, sent } = await startClient({
    options: { ids: { session: OUT_OF_SAMPLE, device: '' } },
  })

  const id = client.submit(stream)
  await pass(LINGER)

  expect(outcomes).toMatchObject([{ kind: 'dropped', stream, id, reason }])
  expect(sent()).toEqual([])
})

test('an outcome is told after submit has returned the id', async () => {
  const { environment, pass } = createTestEnvironment({ config: CONFIG })
  const ids: string[] = []
  const known: boolean[] = []
  const client = createClient({ ...URLS, onOutcome: ({ id }) => known.push(ids.includes(id)) }, environment)
  await pass(0)

  ids.push(client.submit('shop.unknown'))
  await pass(0)

  expect(known).toEqual([true])
})

test('events wait undecided, survive the page, and are decided with ids and values of their own page', async () => {
  const first = await startClient({
    options: { ids: { session: IN_SAMPLE }, context: { shop_currency: 'EUR' } },
    environment: { config: undefined, context: { page_title: () => 'Cart' } },
  })
  const kept = first.client.submit('shop.sampled')
  const valued = first.client.submit('shop.cart')
  await first.pass(LINGER)
  expect(first.client.isInSample('shop.sampled')).toBe(false)
  expect(first.client.explain('shop.sampled').goes).toBeUndefined()
  expect(first.sent()).toEqual([])
  first.crash()

  const second = await startClient({
    options: { ids: { session: OUT_OF_SAMPLE }, context: { shop_currency: 'USD' } },
    environment: { origin: first.origin, context: { page_title: () => 'Checkout' } },
  })
  await second.pass(LINGER)

  const sent = new Map(second.sent().map((event) => [event.meta.id, event]))
  expect([...sent.keys()].sort()).toEqual([kept, valued].sort())
  expect(sent.get(kept)?.dt).toBe(new Date(START).toISOString())
  expect(sent.get(valued)).toMatchObject({ page: { title: 'Cart' }, shop: { currency: 'EUR' } })
  expect(second.outcomes).toEqual([])
  expect(second.origin.records.events()).toEqual([])
})

test('an undecided event that the config leaves out ends when the config comes, and leaves the store', async () => {
  const { client, outcomes, pass, serve, origin, sent } = await startClient({
    options: { ids: { session: OUT_OF_SAMPLE } },
    environment: { config: undefined },
  })

  const id = client.submit('shop.sampled')
  await pass(LINGER)
  expect(outcomes).toEqual([])
  serve(CONFIG)
  await pass(10 * LINGER)

  expect(outcomes).toMatchObject([{ kind: 'dropped', id, reason: 'out-of-sample' }])
  expect(origin.records.events()).toEqual([])
  expect(sent()).toEqual([])
})

test('beforeQueue changes an event, and null drops it', async () => {
  const { client, sent, outcomes, pass } = await startClient({
    options: {
      beforeQueue: (event) => (event.action === 'secret' ? null : { ...event, action: 'changed' }),
    },
  })

  const kept = client.submit('shop.click', { action: 'buy' })
  const dropped = client.submit('shop.click', { action: 'secret' })
  await pass(LINGER)

  expect(sent().map(({ meta, action }) => [meta.id, action])).toEqual([[kept, 'changed']])
  expect(outcomes).toMatchObject([
    { kind: 'dropped', id: dropped, reason: 'before-queue' },
    { kind: 'delivered', id: kept },
  ])
})

test('seq is right also where beforeQueue returns a copy', async () => {
  const { client, sent, pass } = await startClient({
    options: { beforeQueue: (event) => JSON.parse(JSON.stringify(event)) },
  })

  client.submit('shop.click')
  client.submit('shop.click')
  await pass(LINGER)

  expect(sent().map(({ meta }) => meta.producer.seq)).toEqual([1, 2])
})

test.for([
  ['throws', fail],
  ['changes the id', (event: EventData) => ({ ...event, meta: { ...(event.meta as object), id: 'other' } })],
  ['returns nothing', () => undefined],
  ['returns a promise', async (event: EventData) => event],
  ['returns no event', () => 'event'],
] as const)('an event is dropped where beforeQueue %s', async ([, beforeQueue]) => {
  const { client, sent, outcomes, pass } = await startClient({
    options: { beforeQueue: beforeQueue as unknown as NonNullable<ClientOptions['beforeQueue']> },
  })

  const id = client.submit('shop.click')
  await pass(LINGER)

  expect(outcomes).toMatchObject([{ kind: 'dropped', id, reason: 'before-queue' }])
  expect(sent()).toEqual([])
})

test('an event that beforeQueue makes unserializable is dropped, undecided ones included, and others go', async () => {
  const { client, sent, outcomes, pass, serve } = await startClient({
    options: { beforeQueue: (event) => (event.price ? Object.assign(event, { price: 7n }) : event) },
    environment: { config: undefined },
  })
  const held = client.submit('shop.click', { price: 7 })
  serve(CONFIG)
  await pass(10 * LINGER)

  const decided = client.submit('shop.click', { price: 7 })
  const fine = client.submit('shop.click')
  await pass(LINGER)

  expect(outcomes).toMatchObject([
    { kind: 'dropped', id: held, reason: 'unserializable' },
    { kind: 'dropped', id: decided, reason: 'unserializable' },
    { kind: 'delivered', id: fine },
  ])
  expect(sent().map(({ meta }) => meta.id)).toEqual([fine])
})

test('what the validator finds is told, and a validator that throws lets the event pass and is said once', async () => {
  const problems = [{ path: '/action', keyword: 'enum', message: 'must be one of buy, look' }]
  const { client, outcomes, warnings, pass } = await startClient({
    options: {
      schemas: { 'shop.click': { validate: () => problems }, 'shop.view': { validate: fail } },
    },
  })

  const invalid = client.submit('shop.click')
  client.submit('shop.view')
  client.submit('shop.view')
  await pass(LINGER)

  expect(outcomes.filter(({ kind }) => kind === 'delivered')).toHaveLength(2)
  expect(outcomes.find(({ id }) => id === invalid)).toEqual({
    kind: 'dropped',
    stream: 'shop.click',
    id: invalid,
    reason: 'invalid',
    problems,
  })
  expect(warnings).toEqual(['validate threw: Error: trap'])
})

test('a context function that throws is said once, and events go without its values', async () => {
  const { client, sent, warnings, pass } = await startClient({ options: { context: fail } })

  client.submit('shop.cart')
  client.submit('shop.cart')
  await pass(LINGER)

  expect(sent().map(({ page, shop }) => [page, shop])).toEqual([
    [{ title: 'Cart' }, undefined],
    [{ title: 'Cart' }, undefined],
  ])
  expect(warnings).toEqual(['context threw: Error: trap'])
})

test('an onOutcome that throws is said once, and delivery goes on', async () => {
  const { client, sent, warnings, pass } = await startClient({ options: { onOutcome: fail } })

  client.submit('shop.unknown')
  client.submit('shop.click')
  await pass(LINGER)
  client.submit('shop.click')
  await pass(LINGER)

  expect(sent()).toHaveLength(2)
  expect(warnings).toEqual(['onOutcome threw: Error: trap'])
})

test('fillMetaDt has the client fill meta.dt with the time of the call', async () => {
  const filling = await startClient({ options: { fillMetaDt: true } })
  const leaving = await startClient()

  for (const { client, pass } of [filling, leaving]) {
    client.submit('shop.click')
    await pass(LINGER)
  }

  expect(filling.sent()[0]?.meta.dt).toBe(new Date(START).toISOString())
  expect(leaving.sent()[0]?.meta).not.toHaveProperty('dt')
})

test('dt is the time of the call, unless the event brings a time or its schema has no dt', async () => {
  const { client, sent, pass } = await startClient({ options: { schemas: { 'shop.view': { dt: false } } } })
  await pass(5)

  client.submit('shop.click')
  client.submit('shop.click', { dt: '2020-01-01T00:00:00Z' })
  client.submit('shop.click', { client_dt: '2020-01-01T00:00:00Z' })
  client.submit('shop.view')
  await pass(LINGER)

  expect(sent().map(({ dt }) => dt)).toEqual([
    '2026-11-23T08:00:00.005Z',
    '2020-01-01T00:00:00Z',
    undefined,
    undefined,
  ])
})

test('$schema may be left out where the schemas say which one a stream carries', async () => {
  const { client, sent, pass } = await startClient({
    options: { schemas: { 'shop.click': { $schema: '/shop/click/1.0.0' } } },
  })

  client.submit('shop.click')
  client.submit('shop.click', { $schema: '/shop/click/1.1.0' })
  await pass(LINGER)

  expect(sent().map(({ $schema }) => $schema)).toEqual(['/shop/click/1.0.0', '/shop/click/1.1.0'])
})

test("provide_values adds the host's context and our own, the host's first", async () => {
  const { client, sent, pass } = await startClient({
    options: { context: () => ({ shop_currency: 'EUR', page_title: 'Mine', not_asked: 'for' }) },
  })

  client.submit('shop.cart', { page: { id: 7, title: 'Theirs' } })
  await pass(LINGER)

  expect(sent()[0]).toMatchObject({ page: { id: 7, title: 'Mine' }, shop: { currency: 'EUR' } })
  expect(sent()[0]).not.toHaveProperty('not')
})

test.for([
  [{ intakeUrl: undefined }, /intakeUrl is undefined .*URL/],
  [{ intakeUrl: null }, /intakeUrl is null .*URL/],
  [{ intakeUrl: 5 }, /intakeUrl is 5 \(number\).*URL/],
  [{ intakeUrl: {} }, /intakeUrl .*\(object\).*URL/],
  [{ intakeUrl: 'ftp://intake.example' }, /intakeUrl is ftp:.*URL/],
  [{ intakeUrl: 'http://' }, /intakeUrl is http:\/\/ .*URL/],
  [{ streamConfigUrl: 'javascript:alert(1)' }, /streamConfigUrl is javascript:.*URL/],
  [{ streamConfigUrl: false }, /streamConfigUrl is false \(boolean\).*URL/],
  [{ streamConfigs: 'streams.json' }, /streamConfigs is streams.json \(string\).*object/],
  [{ streamConfigs: null }, /streamConfigs is null .*object/],
  [{ schemas: 5 }, /schemas is 5 \(number\).*object/],
  [{ ids: 'abc' }, /ids is abc \(string\).*object/],
  [{ context: 'abc' }, /context is abc \(string\).*object or function/],
  [{ beforeQueue: {} }, /beforeQueue .*\(object\).*function/],
  [{ onOutcome: 'log' }, /onOutcome is log \(string\).*function/],
  [{ fillMetaDt: 1 }, /fillMetaDt is 1 \(number\).*boolean/],
  [{ fillMetaDt: 'true' }, /fillMetaDt is true \(string\).*boolean/],
  [{ intakeURL: 'https://intake.example' }, /intakeURL .*one of intakeUrl/],
] as const)(
  'createClient(%o) throws a TypeError that names what came and what is wanted',
  ([wrong, message]) => {
    const { environment } = createTestEnvironment()
    const create = () => createClient({ ...URLS, ...wrong } as unknown as ClientOptions, environment)

    expect(create).toThrow(TypeError)
    expect(create).toThrow(message)
  },
)

test.for([undefined, null, {}, 'https://intake.example', []])(
  'createClient(%o) says that intakeUrl is missing',
  (options) => {
    const { environment } = createTestEnvironment()

    expect(() => createClient(options as unknown as ClientOptions, environment)).toThrow(
      /createClient: .*wanted: /,
    )
  },
)

test('options that are left out or undefined are no mistake, and URLs may be relative to the page', async () => {
  const { environment, posts, pass } = createTestEnvironment()
  const undefinedOptions = { context: undefined, ids: undefined, schemas: undefined }
  const client = createClient(
    { intakeUrl: '/v1/events', streamConfigs: CONFIG, ...(undefinedOptions as object) },
    environment,
  )

  client.submit('shop.click')
  await pass(LINGER)

  expect(posts[0]?.url).toMatch(/^https:\/\/shop\.example\/v1\/events\?sent=\d+$/)
})

const HOSTILE_PROXY = hostileProxy()
const ODD: unknown[] = [[], {}, new Map(), circular(), HOSTILE_PROXY, { toJSON: fail }, Object.create(null)]
const ODD_VALUES: unknown[] = [
  ...ODD,
  null,
  undefined,
  5,
  Number.NaN,
  7n,
  Symbol('s'),
  '',
  'x',
  fail,
  throwing(1),
]

test('malformed contents of streamConfigs, ids and context never throw', async () => {
  const config = (settings: unknown) => ({ streams: { 'shop.click': settings, 'shop.view': {} } })
  const attempts: object[] = [
    ...ODD.map((streamConfigs) => ({ streamConfigs })),
    ...ODD_VALUES.map((streams) => ({ streamConfigs: { streams } })),
    ...ODD_VALUES.map((settings) => ({ streamConfigs: config(settings) })),
    ...ODD_VALUES.map((sample) => ({ streamConfigs: config({ sample }) })),
    ...ODD_VALUES.map((rate) => ({ streamConfigs: config({ sample: { unit: 'session', rate } }) })),
    ...ODD_VALUES.map((unit) => ({ streamConfigs: config({ sample: { unit, rate: 1 } }) })),
    ...ODD_VALUES.map((producers) => ({ streamConfigs: config({ producers }) })),
    ...ODD_VALUES.map((rivulet) => ({ streamConfigs: config({ producers: { rivulet } }) })),
    ...ODD_VALUES.map((state) => ({ streamConfigs: config({ producers: { rivulet: { state } } }) })),
    ...ODD_VALUES.map((name) => ({
      streamConfigs: config({ producers: { rivulet: { provide_values: [name] } } }),
    })),
    ...ODD_VALUES.map((service) => ({ streamConfigs: config({ destination_event_service: service }) })),
    ...ODD_VALUES.map((services) => ({ streamConfigs: { services, ...config({}) } })),
    ...ODD_VALUES.map((revision) => ({ streamConfigs: { revision, ...config({}) } })),
    ...ODD_VALUES.map((refresh_seconds) => ({ streamConfigs: { refresh_seconds, ...config({}) } })),
    ...ODD.filter((ids) => ids !== HOSTILE_PROXY).map((ids) => ({ streamConfigs: CONFIG, ids })),
    ...ODD_VALUES.map((session) => ({ streamConfigs: CONFIG, ids: { session } })),
    ...ODD.map((context) => ({ streamConfigs: CONFIG, context })),
    ...ODD_VALUES.map((returned) => ({ streamConfigs: CONFIG, context: () => returned })),
    ...ODD_VALUES.map((value) => ({ streamConfigs: CONFIG, context: { shop_currency: value } })),
    ...ODD.map((schemas) => ({ streamConfigs: CONFIG, schemas })),
    ...ODD_VALUES.map((schema) => ({ streamConfigs: CONFIG, schemas: { 'shop.click': schema } })),
  ]

  for (const attempt of attempts) {
    const { environment, pass } = createTestEnvironment({ config: attempt })
    const outcomes: Outcome[] = []
    const client = createClient(
      { intakeUrl: URLS.intakeUrl, onOutcome: (outcome) => outcomes.push(outcome), ...attempt },
      environment,
    )
    const ids = ['shop.click', 'shop.view', 'shop.cart', 'shop.sampled'].map((stream) => {
      client.explain(stream)
      client.isInSample(stream)
      return client.submit(stream)
    })
    await pass(2 * LINGER)

    expect(outcomes.map(({ id }) => id).sort()).toEqual(ids.sort())
  }
})

test('explain says why an event would go or not', async () => {
  const { client } = await startClient({ options: { ids: { session: '80000000000000000000' } } })

  expect(client.explain('shop.click')).toMatchObject({ stream: 'shop.click', goes: true, trouble: '' })
  expect(client.explain('shop.off')).toMatchObject({ goes: false, reason: 'killed' })
  expect(client.explain('shop.unknown')).toMatchObject({ goes: false, reason: 'unconfigured' })
  expect(client.explain('shop.sampled')).toMatchObject({
    goes: false,
    reason: 'out-of-sample',
    id: '80000000000000000000',
    config: { sample: { unit: 'session', rate: 0.5 }, revision: REVISION, url: URLS.intakeUrl },
  })
  expect(client.explain('shop.sampled').draw).toBeCloseTo(0.5, 9)
})

test.for([
  { unit: 'user', rate: 1 },
  { unit: 'session' },
  { unit: 'session', rate: 1.5 },
  { unit: 'session', rate: -0.1 },
  { unit: 'session', rate: '0.5' },
  { rate: 0.5 },
  ['session', 0.5],
  0.5,
  true,
])('a stream whose sample is %o is off, and explain says why', async (sample) => {
  const { client, outcomes, pass } = await startClient({
    environment: { config: { streams: { 'shop.click': { sample } } } },
  })

  client.submit('shop.click')
  await pass(LINGER)

  expect(client.isInSample('shop.click')).toBe(false)
  expect(client.explain('shop.click')).toMatchObject({ goes: false, reason: 'unconfigured' })
  expect(client.explain('shop.click').config?.why).toMatch(/^sample: /)
  expect(outcomes).toMatchObject([{ kind: 'dropped', reason: 'unconfigured' }])
})

test('isInSample says of each stream what submit would do', async () => {
  const { client } = await startClient({ options: { ids: { session: IN_SAMPLE } } })

  expect(['shop.click', 'shop.sampled', 'shop.off', 'shop.unknown'].map(client.isInSample)).toEqual([
    true,
    true,
    false,
    false,
  ])
})

test('a device id is not made before a stream asks for it', async () => {
  const { client, origin, pass } = await startClient()

  client.submit('shop.click')
  await pass(LINGER)
  expect([...origin.memo.keys()].filter((key) => key.startsWith('device'))).toEqual([])

  client.submit('shop.device')
  expect([...origin.memo.keys()].filter((key) => key.startsWith('device'))).toHaveLength(1)
})

test('flush resolves to how many events of this client are still queued', async () => {
  const { client, pass, answer } = await startClient()
  answer(() => ({ status: 503 }))
  client.submit('shop.click')
  client.submit('shop.click')

  const waiting = client.flush({ timeout: 500 })
  await pass(500)
  expect(await waiting).toBe(2)

  answer([])
  await pass(10 * LINGER)
  expect(await client.flush()).toBe(0)
})

test('close sends what is queued; what is submitted afterwards is dropped as closed', async () => {
  const { client, sent, outcomes, pass } = await startClient()
  const sentInTime = client.submit('shop.click')

  const closing = client.close()
  await pass(0)
  await closing
  const tooLate = client.submit('shop.click')
  await pass(LINGER)

  expect(sent().map(({ meta }) => meta.id)).toEqual([sentInTime])
  expect(outcomes).toMatchObject([
    { kind: 'delivered', id: sentInTime },
    { kind: 'dropped', id: tooLate, reason: 'closed' },
  ])
})

test('a closed client asks for nothing and sends nothing any more', async () => {
  const { client, gets, posts, pass, turn, answer } = await startClient()
  answer(() => ({ status: 503 }))
  client.submit('shop.click')
  const closing = client.close()
  await pass(2000)
  await closing
  const [asked, posted] = [gets.length, posts.length]

  await pass(24 * 3_600_000)
  await turn('hidden')
  await turn('visible')
  await pass(24 * 3_600_000)

  expect([gets.length, posts.length]).toEqual([asked, posted])
})

test('a session lasts as long as events come, whatever their streams ask for', async () => {
  const { client, pass } = await startClient()
  const before = client.explain('shop.sampled').id

  for (let minute = 0; minute < 45; minute++) {
    client.submit('shop.view', {})
    await pass(60_001)
  }

  expect(client.explain('shop.sampled').id).toBe(before)
})

test('a stream that is switched off takes its queued events along', async () => {
  const { client, outcomes, sent, serve, turn, pass } = await startClient({
    environment: { answers: () => ({ status: 503 }) },
  })
  const id = client.submit('shop.view', {})
  await pass(LINGER)
  const tried = sent().length

  serve({ streams: { 'shop.view': { producers: { rivulet: { state: 'off' } } } } })
  await turn('visible')
  await pass(30 * 60_000)

  expect(outcomes).toEqual([
    { kind: 'dropped', stream: 'shop.view', id, reason: 'killed', problems: undefined },
  ])
  expect(sent()).toHaveLength(tried)
})
