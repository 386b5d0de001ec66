import { describe, expect, test } from 'vitest'
import { LINGER } from '../../../src/core/deliver.ts'
import { LEDGER } from '../../../src/core/ledger.ts'
import { accountsIn, startClient, type Setup, type TestClient, wordOf } from '../../support/client.ts'
import { createOrigin, createTestEnvironment } from '../../support/environment.ts'

const CONFIG = {
  revision: '1',
  streams: {
    click: {},
    view: { sample: { unit: 'session', rate: 1 } },
    device: { sample: { unit: 'device', rate: 1 } },
    cart: { producers: { rivulet: { provide_values: ['performer_session_id', 'page_title'] } } },
    [LEDGER]: {},
  },
}
const MINUTE = 60_000

const start = (consent: 'granted' | 'pending' | 'denied', { options, environment }: Setup = {}) =>
  startClient({ options: { consent, ...options }, environment: { config: CONFIG, ...environment } })

/** What a visitor who has not agreed could find on the device. */
const kept = ({ origin }: TestClient) => [...origin.records.stored.keys(), ...origin.memo.keys()]
const sentIds = ({ sent }: TestClient) =>
  sent()
    .filter(({ meta }) => meta.stream !== LEDGER)
    .map(({ meta }) => meta.id)
const everyStream = ({ client }: TestClient) =>
  ['click', 'view', 'device', 'cart'].map((stream) => client.submit(stream))

describe('while consent is pending', () => {
  test('events are held, and nothing of them or of anything else is written or sent', async () => {
    const page = await start('pending')
    everyStream(page)
    await page.pass(20 * MINUTE)
    everyStream(page)
    await page.turn('hidden')
    await page.turn('gone')
    await page.turn('visible')
    await page.pass(20 * MINUTE)

    expect(kept(page)).toEqual([])
    expect(page.origin.records.writes()).toBe(0)
    expect(page.posts).toEqual([])
    expect(page.outcomes).toEqual([])
    expect(page.client.explain('click')).toMatchObject({ goes: undefined, consent: 'pending' })
    expect(page.client.isInSample('click')).toBe(false)
  })

  test.for(['hidden', 'gone'] as const)(
    'and is given as the page is %s, what was held in memory only is decided on, and goes with it',
    async (phase) => {
      const page = await start('pending', { options: { beforeQueue: (event) => event } })
      const id = page.client.submit('click')

      page.client.setConsent('granted')
      await page.turn(phase)

      expect(page.posts.map((post) => [post.phase, post.events[0]?.meta.id])).toEqual([[phase, id]])
    },
  )

  test('what an earlier visit has left stays where it is, unread and unsent', async () => {
    const origin = createOrigin()
    const before = await start('granted', { environment: { origin, answers: () => ({ status: 503 }) } })
    before.client.submit('click')
    await before.turn('gone')
    before.crash()
    const left = kept(before)

    const page = await start('pending', { environment: { origin } })
    await page.pass(20 * MINUTE)
    await page.turn('gone')

    expect(page.posts).toEqual([])
    expect(kept(page)).toEqual(left)
  })

  test('with consent what was held goes its way, with the time of the call and the session of then', async () => {
    const page = await start('pending')
    const at = page.origin.clock.now()
    const ids = everyStream(page)
    await page.pass(10 * MINUTE)

    page.client.setConsent('granted')
    await page.pass(LINGER)

    expect(sentIds(page)).toEqual(ids)
    const sent = page.sent().filter(({ meta }) => meta.stream !== LEDGER)
    for (const { dt } of sent) expect(dt).toBe(new Date(at).toISOString())
    const cart = page.sent().find(({ meta }) => meta.stream === 'cart')
    expect(cart).toMatchObject({ page: { title: 'Cart' } })
    expect(page.origin.memo.get('session/1')).toContain(page.client.explain('view').id)
    expect(page.outcomes.map(wordOf)).toEqual(ids.map(() => 'delivered'))
  })

  test('with a refusal what was held is dropped, and no trace is left', async () => {
    const page = await start('pending')
    const ids = everyStream(page)
    await page.pass(MINUTE)

    page.client.setConsent('denied')
    await page.pass(60 * MINUTE)

    expect(page.outcomes).toMatchObject(ids.map((id) => ({ id, reason: 'consent' })))
    expect(kept(page)).toEqual([])
    expect(page.posts).toEqual([])
  })

  test('with consent, what was counted before it is told', async () => {
    const page = await start('pending')
    page.client.submit('click')
    page.client.submit('view', null as never)
    await page.pass(MINUTE)

    page.client.setConsent('granted')
    await page.pass(10 * MINUTE)

    expect(accountsIn(page.posts)[0]?.entries).toMatchObject([
      { stream: 'click', submitted: 1, last: 1, settled: { delivered: [1, 1] } },
      { stream: 'view', submitted: 1, kept_out: { invalid: 1 } },
    ])
  })

  test('no more is held than maxQueueBytes', async () => {
    const page = await start('pending', { options: { maxQueueBytes: 10_000 } })

    for (let i = 0; i < 50; i++) {
      page.client.submit('click', { fill: 'x'.repeat(1000) })
      await page.pass(100)
    }
    await page.pass(LINGER)

    const { submitted = 0, evicted = 0 } = page.client.ledger().click!
    expect(submitted - evicted).toBeGreaterThan(4)
    expect(submitted - evicted).toBeLessThan(10)
    expect(kept(page)).toEqual([])
  })

  test('what is held for longer than its stream allows expires', async () => {
    const config = { streams: { click: { producers: { rivulet: { max_age_seconds: 60 } } }, view: {} } }
    const page = await start('pending', { environment: { config } })
    page.client.submit('click')
    page.client.submit('view')
    await page.pass(10 * MINUTE)

    page.client.setConsent('granted')
    await page.pass(LINGER)

    expect(page.client.ledger()).toEqual({
      click: { submitted: 1, expired: 1 },
      view: { submitted: 1, delivered: 1 },
    })
  })

  test('the ids that a host gives, and the page view’s, are those of the call', async () => {
    const config = {
      streams: {
        click: { producers: { rivulet: { provide_values: ['performer_pageview_id', 'shop_visit'] } } },
      },
    }
    let visit = 'first'
    const page = await start('pending', {
      environment: { config },
      options: { context: () => ({ shop_visit: visit }) },
    })
    page.client.submit('click')
    visit = 'second'

    page.client.setConsent('granted')
    await page.pass(LINGER)

    expect(page.sent()).toMatchObject([
      { performer: { pageview_id: page.environment.ids.pageview() }, shop: { visit: 'first' } },
    ])
  })
})

describe('where consent is denied', () => {
  test('each event is dropped as consent, and nothing is written or sent, the ledger included', async () => {
    const page = await start('denied')
    const ids = everyStream(page)
    await page.pass(20 * MINUTE)
    await page.turn('hidden')
    await page.turn('gone')
    await page.turn('visible')
    const closing = page.client.close()
    await page.pass(20 * MINUTE)
    await closing

    expect(page.outcomes).toMatchObject(ids.map((id) => ({ id, kind: 'dropped', reason: 'consent' })))
    expect([page.posts, kept(page)]).toEqual([[], []])
    expect(page.client.explain('click')).toMatchObject({ goes: false, reason: 'consent', consent: 'denied' })
  })

  test('what an earlier visit has left on the device is deleted', async () => {
    const origin = createOrigin()
    const before = await start('granted', { environment: { origin, answers: () => ({ status: 503 }) } })
    everyStream(before)
    await before.pass(MINUTE)
    await before.turn('gone')
    before.crash()
    expect(kept(before)).not.toEqual([])

    const page = await start('denied', { environment: { origin } })
    await page.pass(20 * MINUTE)

    expect(kept(page)).toEqual([])
    expect(page.posts).toEqual([])
  })

  test('consent given later counts from then on', async () => {
    const page = await start('denied')
    page.client.submit('click')
    await page.pass(MINUTE)

    page.client.setConsent('granted')
    await page.pass(0)
    const id = page.client.submit('click')
    await page.pass(10 * MINUTE)

    expect(sentIds(page)).toEqual([id])
    expect(accountsIn(page.posts)[0]?.entries).toMatchObject([
      { stream: 'click', submitted: 1, kept_out: {} },
    ])
  })
})

test.for([
  ['waiting', [{ status: 503 }]],
  ['under way', [new Promise(() => {})]],
] as const)(
  'when consent is withdrawn with events %s, they are dropped, and all that was kept is deleted',
  async ([, answers]) => {
    const page = await start('granted', { environment: { answers: () => answers[0] as never } })
    const ids = everyStream(page)
    await page.pass(LINGER)
    const posts = page.posts.length

    page.client.setConsent('denied')
    await page.pass(60 * MINUTE)

    expect(page.outcomes).toMatchObject(ids.map((id) => ({ id, reason: 'consent' })))
    expect(kept(page)).toEqual([])
    expect(page.posts).toHaveLength(posts)
  },
)

test('when consent is withdrawn, what the net was given is taken back, without waiting for a turn', async () => {
  const net = new Map<string, string>()
  const page = await start('granted', {
    options: { net: (url, body) => void net.set(url, body) },
    environment: { answers: () => ({ status: 503 }) },
  })
  page.client.submit('click')
  await page.pass(0)
  expect([...net.values()]).toMatchObject([expect.stringContaining('click')])

  page.client.setConsent('denied')
  await Promise.resolve()

  expect([...net.values()]).toEqual(['[]'])
})

test('consent withdrawn in the task of a submit leaves nothing of it', async () => {
  const page = await start('granted')
  await page.pass(MINUTE)

  page.client.submit('device')
  page.client.setConsent('denied')
  await page.pass(MINUTE)

  expect(kept(page)).toEqual([])
  expect(page.posts).toEqual([])
})

test('a config that is on its way when consent is withdrawn is not kept', async () => {
  let answer = (_: unknown) => {}
  const config = () => new Promise((resolve) => (answer = resolve))
  const page = await start('granted', { environment: { config } })

  page.client.setConsent('denied')
  answer(CONFIG)
  await page.pass(MINUTE)

  expect(kept(page)).toEqual([])
})

test('ids after a withdrawal cannot be led back to those before it', async () => {
  const page = await start('granted')
  page.client.submit('view')
  const before = [page.client.explain('view').id, page.client.explain('device').id]

  page.client.setConsent('denied')
  page.client.setConsent('granted')
  page.client.submit('view')

  const after = [page.client.explain('view').id, page.client.explain('device').id]
  expect(new Set([...before, ...after]).size).toBe(4)
})

describe('a page that is prerendered', () => {
  const prerendered = (setup: Setup = {}) =>
    start('granted', { ...setup, environment: { phase: 'prerendered', ...setup.environment } })

  test('writes, asks for and sends nothing while it is not shown', async () => {
    const page = await prerendered()
    everyStream(page)
    await page.pass(60 * MINUTE)

    expect(kept(page)).toEqual([])
    expect(page.origin.records.writes()).toBe(0)
    expect([page.posts, page.gets]).toEqual([[], []])
    expect(page.outcomes).toEqual([])
  })

  test('sends what it has held once it is shown', async () => {
    const page = await prerendered()
    const ids = everyStream(page)
    await page.pass(MINUTE)

    await page.turn('visible')
    await page.pass(2 * LINGER)

    expect(sentIds(page)).toEqual(ids)
  })

  test('that is never shown leaves nothing behind', async () => {
    const page = await prerendered()
    everyStream(page)
    await page.pass(MINUTE)
    page.crash()

    const next = createTestEnvironment({ origin: page.origin })
    await next.pass(MINUTE)
    expect(kept(page)).toEqual([])
  })
})

describe('an id is kept on the device only where a stream needs it', () => {
  const streams = {
    click: {},
    view: { sample: { unit: 'session', rate: 0 } },
    cart: { producers: { rivulet: { provide_values: ['performer_session_id'] } } },
    device: { sample: { unit: 'device', rate: 0 } },
    off: { sample: { unit: 'device', rate: 1 }, producers: { rivulet: { state: 'off' } } },
    page: { sample: { unit: 'pageview', rate: 1 } },
  }
  const open = (environment: Setup['environment'] = {}) =>
    startClient({ environment: { config: { streams }, ...environment } })
  const idsKept = ({ origin }: TestClient) =>
    [...origin.memo.keys()].filter((key) => /session|device/.test(key))

  test.for([
    ['click', []],
    ['page', []],
    ['off', []],
    ['unknown', []],
    ['view', ['session/1']],
    ['cart', ['session/1']],
    ['device', ['device/1']],
  ] as const)('of %s: %j', async ([stream, ids]) => {
    const page = await open()

    page.client.submit(stream)
    page.client.explain(stream)
    await page.pass(20 * MINUTE)

    expect(idsKept(page)).toEqual(ids)
  })

  test('an account has one on the device only where its own stream is sampled by it', async () => {
    const session = { sample: { unit: 'session', rate: 1 } }
    const pages = [
      await open({ config: { streams: { ...streams, [LEDGER]: {} } } }),
      await open({ config: { streams: { ...streams, [LEDGER]: session } } }),
    ]
    for (const { client } of pages) client.submit('click')
    for (const { pass } of pages) await pass(MINUTE)

    const ids = pages.map(({ origin }) =>
      [...origin.records.stored.values()].flat().map(({ json }) => JSON.parse(json).ids),
    )
    expect(ids).toEqual([[undefined], [{ session: pages[1]!.client.explain(LEDGER).id }]])
  })

  test('a session that one stream has begun goes on with the events of all', async () => {
    const page = await open()
    page.client.submit('view')
    const session = () => page.origin.memo.get('session/1')?.split(' ') ?? []
    const [begun, id] = session()

    for (let minute = 0; minute < 45; minute++) {
      page.client.submit('click')
      await page.pass(MINUTE + 1)
    }

    expect(session()[1]).toBe(id)
    expect(Number(session()[0])).toBeGreaterThan(Number(begun) + 40 * MINUTE)
    expect(page.client.explain('view').id).toBe(id)
  })

  test('a session that is over is not followed by another before a stream needs one', async () => {
    const page = await open()
    page.client.submit('view')
    // The account that goes out after five minutes is an event, too.
    await page.pass(36 * MINUTE)
    const before = page.origin.memo.get('session/1')

    page.client.submit('click')
    await page.pass(MINUTE)
    expect(page.origin.memo.get('session/1')).toBe(before)

    page.client.submit('view')
    expect(page.origin.memo.get('session/1')).not.toContain(before?.split(' ')[1])
  })

  test.for(['cart', 'view'])(
    'an event of %s that waits has the session in its record, which is kept once it is decided on',
    async (stream) => {
      const page = await open({ config: undefined })
      page.client.submit(stream)
      page.client.submit('click')
      await page.pass(MINUTE)
      const [held] = page.origin.records.events().map(({ json }) => JSON.parse(json))
      expect(idsKept(page)).toEqual([])

      page.serve({ streams })
      await page.pass(10 * MINUTE)

      const [sent] = page.sent().filter(({ meta }) => meta.stream === 'cart')
      expect(held.ids.session).toMatch(/^[0-9a-f]{20}$/)
      if (stream === 'cart') expect(sent?.performer).toEqual({ session_id: held.ids.session })
      expect(page.origin.memo.get('session/1')).toContain(held.ids.session)
      expect(idsKept(page)).toEqual(['session/1'])
    },
  )

  test('where nothing that waited needs one, none is left', async () => {
    const page = await open({ config: undefined })
    for (const stream of ['click', 'page', 'off', 'unknown']) page.client.submit(stream)
    await page.pass(MINUTE)

    page.serve({ streams })
    await page.pass(20 * MINUTE)

    expect(idsKept(page)).toEqual([])
  })
})

describe('where the browser asks for privacy', () => {
  const streams = {
    click: { sample: { unit: 'device', rate: 1 } },
    view: { sample: { unit: 'session', rate: 1 }, producers: { rivulet: { gpc: 'respect' } } },
    error: { producers: { rivulet: { gpc: 'ignore' } } },
    [LEDGER]: {},
  }
  const open = (environment: Setup['environment'] = {}) =>
    startClient({ environment: { gpc: true, config: { streams }, ...environment } })

  test('a stream that respects it leaves nothing on the device, ids included', async () => {
    const page = await open()
    for (const stream of ['click', 'view']) page.client.submit(stream)
    await page.pass(20 * MINUTE)

    expect(page.outcomes.map(wordOf)).toEqual(['gpc', 'gpc'])
    expect([...page.origin.memo.keys()].filter((key) => !key.startsWith('config/1'))).toEqual([])
    expect(page.origin.records.events()).toEqual([])
    expect(page.posts).toEqual([])
  })

  test('what waits for the config that says so waits in memory', async () => {
    const page = await open({ config: undefined })
    for (const stream of ['click', 'view', 'error']) page.client.submit(stream)
    await page.pass(MINUTE)
    await page.turn('hidden')
    await page.turn('visible')
    expect(page.origin.records.events()).toEqual([])

    page.serve({ streams })
    await page.pass(10 * MINUTE)

    expect(sentIds(page)).toHaveLength(1)
    expect(page.client.ledger()).toEqual({
      click: { submitted: 1, gpc: 1 },
      view: { submitted: 1, gpc: 1 },
      error: { submitted: 1, delivered: 1 },
    })
  })

  test('a config that comes later decides for the events after it', async () => {
    const page = await open()
    page.client.submit('error')
    await page.pass(LINGER)

    page.serve({ streams: { ...streams, error: {} } })
    await page.pass(10 * MINUTE)
    page.client.submit('error')
    await page.pass(LINGER)

    expect(page.client.ledger()).toEqual({ error: { submitted: 2, delivered: 1, gpc: 1 } })
  })
})
