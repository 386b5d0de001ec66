import { describe, expect, test } from 'vitest'
import { curate } from '../../../src/core/curate.ts'
import { LINGER } from '../../../src/core/deliver.ts'
import { LEDGER } from '../../../src/core/ledger.ts'
import type { ConfigPush } from '../../../src/core/stream-config.ts'
import { accountsIn, type Setup, startClient, type TestClient, wordOf } from '../../support/client.ts'
import { createOrigin } from '../../support/environment.ts'

const MINUTE = 60_000
const rivulet = (settings: object) => ({ producers: { rivulet: settings } })
const configOf = (revision: string, streams: object) => ({ revision, streams: { [LEDGER]: {}, ...streams } })

const start = (streams: object, { options, environment }: Setup = {}) =>
  startClient({
    ...(options ? { options } : {}),
    environment: { config: configOf('1', streams), ...environment },
  })
const sentOf = ({ sent }: TestClient, stream: string) => sent().filter(({ meta }) => meta.stream === stream)

describe('a stream that is held', () => {
  test('queues its events, and sends them when it is on again', async () => {
    const page = await start({ click: rivulet({ state: 'hold' }), view: {} })
    const id = page.client.submit('click')
    page.client.submit('view')
    await page.pass(MINUTE)
    expect(sentOf(page, 'click')).toEqual([])
    expect(sentOf(page, 'view')).toHaveLength(1)
    expect(page.origin.records.events()).toContainEqual(expect.objectContaining({ id, seq: 1 }))

    page.serve(configOf('2', { click: {}, view: {} }))
    await page.pass(6 * MINUTE)

    expect(sentOf(page, 'click').map(({ meta }) => meta.id)).toEqual([id])
    expect(page.outcomes.map(wordOf)).toEqual(['delivered', 'delivered'])
  })

  test('keeps back what was queued before, also when the page goes and on the next page', async () => {
    const page = await start({ click: {} }, { environment: { answers: () => ({ status: 503 }) } })
    page.client.submit('click')
    await page.pass(LINGER)
    page.serve(configOf('2', { click: rivulet({ state: 'hold' }) }))
    await page.turn('hidden')
    await page.turn('visible')
    const before = sentOf(page, 'click').length
    await page.pass(6 * MINUTE)
    await page.turn('gone')
    const { origin } = page
    const next = await start(
      {},
      { environment: { origin, config: configOf('2', { click: rivulet({ state: 'hold' }) }) } },
    )
    await next.pass(6 * MINUTE)

    expect(sentOf(page, 'click')).toHaveLength(before)
    expect(sentOf(next, 'click')).toEqual([])
    expect(origin.records.events()).toContainEqual(expect.objectContaining({ stream: 'click' }))
  })

  test('loses what is queued when it is switched off, counted as killed', async () => {
    const page = await start({ click: rivulet({ state: 'hold' }) })
    page.client.submit('click')
    await page.pass(MINUTE)

    page.serve(configOf('2', { click: rivulet({ state: 'off' }) }))
    await page.pass(6 * MINUTE)

    expect(page.client.ledger().click).toEqual({ submitted: 1, killed: 1 })
    expect(page.posts.flatMap(({ events }) => events).filter(({ meta }) => meta.stream === 'click')).toEqual(
      [],
    )
  })

  test('loses what is too old', async () => {
    const page = await start({ click: rivulet({ state: 'hold', max_age_seconds: 90 }) })
    page.client.submit('click')
    await page.pass(3 * MINUTE)
    page.client.submit('click')
    await page.pass(LINGER)

    expect(page.client.ledger().click).toEqual({ submitted: 2, expired: 1 })
  })
})

describe('a stream that leads to another', () => {
  const streams = {
    old: {
      sample: { unit: 'session', rate: 1 },
      ...rivulet({ stream_name: 'new', provide_values: ['page_title'] }),
    },
    new: { sample: { unit: 'session', rate: 0 }, destination_event_service: 'other' },
  }
  const config = { ...configOf('1', streams), services: { other: 'https://other.example/events' } }

  test("is sampled and enriched by its own settings, and goes where the other's events go", async () => {
    const page = await start({}, { environment: { config } })
    page.client.submit('old')
    await page.pass(LINGER)

    expect(page.posts[0]?.url).toContain('https://other.example/events')
    expect(sentOf(page, 'new')).toMatchObject([
      { page: { title: 'Cart' }, meta: { producer: { seq: 1, unit: 'session', rate: 1 } } },
    ])
    expect(page.outcomes).toMatchObject([{ kind: 'delivered', stream: 'old' }])
  })

  test('is counted so that both names add up', async () => {
    const page = await start({}, { environment: { config } })
    page.client.submit('old')
    page.client.submit('old')
    page.client.submit('new')
    await page.pass(6 * MINUTE)

    expect(page.client.ledger()).toEqual({
      old: { submitted: 2, delivered: 2 },
      new: { submitted: 1, 'out-of-sample': 1 },
    })
    expect(accountsIn(page.posts)[0]?.entries).toMatchObject([
      { stream: 'old', submitted: 2, last: 0, kept_out: { redirected: 2 } },
      {
        stream: 'new',
        submitted: 3,
        last: 2,
        kept_out: { 'out-of-sample': 1 },
        settled: { delivered: [1, 2] },
      },
    ])
  })

  test.for([
    ['is not configured', { old: rivulet({ stream_name: 'none' }) }, 'unconfigured'],
    ['is off', { old: rivulet({ stream_name: 'new' }), new: rivulet({ state: 'off' }) }, 'killed'],
  ] as const)('drops its events where the other %s', async ([, streams, reason]) => {
    const page = await start(streams)
    page.client.submit('old')

    expect(page.client.explain('old')).toMatchObject({ goes: false, reason })
  })

  test('loses what is queued when it is itself switched off', async () => {
    const page = await start({}, { environment: { config, answers: () => ({ status: 503 }) } })
    page.client.submit('old')
    await page.pass(LINGER)
    page.serve({ ...configOf('2', { ...streams, old: rivulet({ stream_name: 'new', state: 'off' }) }) })
    await page.pass(6 * MINUTE)

    expect(page.client.ledger().old).toEqual({ submitted: 1, killed: 1 })
  })
})

describe('a name that is a pattern', () => {
  const streams = {
    '/^shop\\./': { sample: { unit: 'session', rate: 0 } },
    '/^SHOP\\..*view$/i': {},
    'shop.click': {},
    '/(?P<pcre>only)/': {},
  }

  test.for([
    ['shop.click', true],
    ['shop.page_view', false],
    ['Shop.page_view', true],
    ['only', false],
    ['/^shop\\./', false],
  ] as const)(
    '%s is found by its name first, then by the first pattern: in sample %s',
    async ([name, isIn]) => {
      const page = await start(streams)

      expect(page.client.isInSample(name)).toBe(isIn)
    },
  )
})

describe('curation', () => {
  const streams = {
    click: rivulet({ provide_values: ['page_title'], curation: { page_title: { equals: 'Cart' } } }),
  }

  test('keeps what it asks for, by the context that was added, and drops the rest before it gets a number', async () => {
    let title = 'Home'
    const page = await start(streams, {
      options: { curate, context: () => ({ page_title: title }) },
    })
    page.client.submit('click')
    title = 'Cart'
    page.client.submit('click')
    await page.pass(LINGER)

    expect(page.client.ledger().click).toEqual({ submitted: 2, curated: 1, delivered: 1 })
    expect(sentOf(page, 'click')).toMatchObject([{ page: { title: 'Cart' }, meta: { producer: { seq: 1 } } }])
  })

  test('without curate a stream that asks for it does not go, and explain says why', async () => {
    const page = await start(streams)

    expect(page.client.explain('click')).toMatchObject({ goes: false, reason: 'unconfigured' })
    expect(page.client.explain('click').config?.curation).toEqual({ page_title: { equals: 'Cart' } })
  })

  test('a curate that throws drops the event, and is told of once', async () => {
    const page = await start(streams, {
      options: {
        curate: () => {
          throw new Error('broken')
        },
      },
    })
    page.client.submit('click')
    page.client.submit('click')

    expect(page.client.ledger().click).toEqual({ submitted: 2, curated: 2 })
    expect(page.warnings).toEqual(['curate threw: Error: broken'])
  })
})

describe('where the browser asks for privacy (GPC)', () => {
  test('events are dropped as gpc, but for streams that ignore it', async () => {
    const page = await start({ click: {}, error: rivulet({ gpc: 'ignore' }) }, { environment: { gpc: true } })
    page.client.submit('click')
    page.client.submit('error')
    await page.pass(LINGER)

    expect(page.client.ledger()).toEqual({
      click: { submitted: 1, gpc: 1 },
      error: { submitted: 1, delivered: 1 },
    })
  })
})

describe('a stream that needs no consent', () => {
  const streams = {
    exempt: { sample: { unit: 'session', rate: 1 }, ...rivulet({ consent: 'exempt' }) },
    error: rivulet({ consent: 'exempt' }),
    click: {},
  }
  const kept = ({ origin }: TestClient) => [...origin.records.stored.keys(), ...origin.memo.keys()]

  test.for(['pending', 'denied'] as const)(
    'goes while consent is %s, from memory, and nothing is kept on the device',
    async (consent) => {
      const page = await start(streams, { options: { consent } })
      page.client.submit('error')
      page.client.submit('click')
      await page.pass(MINUTE)
      await page.turn('gone')

      expect(page.sent().map(({ meta }) => meta.stream)).toEqual(['error'])
      expect(kept(page)).toEqual([])
      expect(page.outcomes.find(({ stream }) => stream === 'error')).toMatchObject({ kind: 'delivered' })
    },
  )

  test('has no session or device to be sampled by', async () => {
    const page = await start(streams, { options: { consent: 'denied' } })

    expect(page.client.explain('exempt')).toMatchObject({ goes: false, reason: 'no-id', consent: 'denied' })
  })

  test('keeps what is queued when consent is withdrawn', async () => {
    let status = 503
    const page = await start(streams, { environment: { answers: () => ({ status }) } })
    page.client.submit('error')
    page.client.submit('click')
    await page.pass(LINGER)

    page.client.setConsent('denied')
    status = 201
    await page.pass(MINUTE)

    expect(page.client.ledger()).toEqual({
      error: { submitted: 1, delivered: 1 },
      click: { submitted: 1, consent: 1 },
    })
    expect(kept(page)).toEqual([])
  })

  test('keeps it also where consent is given again before it could go', async () => {
    let status = 503
    const page = await start(streams, { environment: { answers: () => ({ status }) } })
    page.client.submit('error')
    await page.pass(LINGER)

    page.client.setConsent('denied')
    await page.pass(LINGER)
    page.client.setConsent('granted')
    status = 201
    await page.pass(MINUTE)

    expect(page.client.ledger()).toEqual({ error: { submitted: 1, delivered: 1 } })
  })
})

describe('the debug switch', () => {
  const streams = {
    click: { sample: { unit: 'session', rate: 0 } },
    view: {},
    off: rivulet({ state: 'off' }),
  }
  const debug = (stream: string) => stream !== 'view'

  test('sends a stream that is out of sample, marked and without a number', async () => {
    const page = await start(streams, { options: { debug } })
    page.client.submit('click')
    page.client.submit('view')
    await page.pass(LINGER)

    expect(sentOf(page, 'click')).toMatchObject([{ meta: { producer: { debug: true, rate: 0 } } }])
    expect(sentOf(page, 'click')[0]?.meta.producer).not.toHaveProperty('seq')
    expect(sentOf(page, 'view')[0]?.meta.producer).toMatchObject({ seq: 1, rate: 1 })
    expect(sentOf(page, 'view')[0]?.meta.producer).not.toHaveProperty('debug')
    expect(page.client.explain('click')).toMatchObject({ goes: true, debug: true })
  })

  test('is in no account, whatever becomes of its events', async () => {
    const page = await start(streams, { options: { debug } })
    page.client.submit('click')
    page.client.submit('off')
    page.client.submit('click', null as never)
    page.client.submit('view')
    await page.pass(6 * MINUTE)

    expect(accountsIn(page.posts)[0]?.entries.map(({ stream }) => stream)).toEqual(['view'])
  })

  test('wakes no stream that is off', async () => {
    const page = await start(streams, { options: { debug } })

    expect(page.client.explain('off')).toMatchObject({ goes: false, reason: 'killed', debug: true })
  })
})

describe('the debug switch, for events that wait for their first config', () => {
  const config = configOf('1', { click: {} })

  test.for([
    ['with it, on a page', true],
    ['without it, on a page', false],
  ] as const)('holds as at the call: submitted %s and decided on another', async ([, isOn]) => {
    const page = await start({}, { options: { debug: () => isOn }, environment: { config: undefined } })
    page.client.submit('click')
    await page.turn('gone')
    const next = await start(
      {},
      { options: { debug: () => !isOn }, environment: { config, origin: page.origin } },
    )
    await next.pass(6 * MINUTE)

    expect(sentOf(next, 'click')).toMatchObject([{ meta: { producer: isOn ? { debug: true } : { seq: 1 } } }])
    const told = accountsIn(next.posts)
      .flatMap(({ entries }) => entries)
      .filter(({ stream }) => stream === 'click')
    expect(told.reduce((sum, { submitted }) => sum + submitted, 0)).toBe(isOn ? 0 : 1)
    expect(told.some(({ settled }) => settled.delivered)).toBe(!isOn)
  })

  test('marks no account, which tells of what others have submitted', async () => {
    const page = await start({ click: {} })
    page.client.submit('click')
    await page.pass(LINGER)
    await page.turn('gone')
    const next = await start(
      { click: {} },
      { options: { debug: () => true }, environment: { origin: page.origin } },
    )
    await next.pass(MINUTE)

    expect(sentOf(next, LEDGER)).toMatchObject([{ meta: { producer: { seq: 1 } } }])
    expect(sentOf(next, LEDGER)[0]?.meta.producer).not.toHaveProperty('debug')
  })
})

describe('a change of the config', () => {
  const OFF = configOf('2', { click: rivulet({ state: 'off' }) })

  test('is in force in all tabs of an origin from one request', async () => {
    const origin = createOrigin()
    const tabs: TestClient[] = []
    for (const seed of [1, 2, 3]) {
      tabs.push(await start({ click: {} }, { environment: { origin, seed } }))
    }
    const before = tabs.flatMap(({ gets }) => gets).length
    for (const tab of tabs) tab.serve(OFF)

    await tabs[0]!.pass(5 * MINUTE)

    expect(tabs.flatMap(({ gets }) => gets)).toHaveLength(before + 1)
    expect(tabs.map(({ client }) => client.explain('click').reason)).toEqual(['killed', 'killed', 'killed'])
  })

  test('is asked for when the page is seen again', async () => {
    const page = await start({ click: {} })
    page.serve(OFF)
    await page.turn('hidden')
    await page.turn('visible')

    expect(page.client.explain('click').reason).toBe('killed')
  })

  test('does not revisit the decision on an event that is queued, but for the kill switch', async () => {
    const page = await start({ click: {} }, { environment: { answers: () => ({ status: 503 }) } })
    const id = page.client.submit('click')
    await page.pass(LINGER)

    page.serve(configOf('2', { click: { sample: { unit: 'session', rate: 0 } } }))
    page.answer([])
    await page.pass(20 * MINUTE)

    expect(sentOf(page, 'click').at(-1)?.meta).toMatchObject({ id, producer: { rate: 1, revision: '1' } })
    expect(page.client.ledger().click).toEqual({ submitted: 1, delivered: 1 })
  })

  test('that switches a stream off in the midst of sending sends no further batch of it', async () => {
    let push = (_: string) => {}
    const configPush: ConfigPush = (_, onConfig) => {
      push = onConfig
      return () => {}
    }
    const page = await start(
      { click: {} },
      {
        options: { configPush },
        environment: {
          answers: () => {
            push(JSON.stringify(OFF))
            return { status: 201 }
          },
        },
      },
    )
    for (let i = 0; i < 5; i++) page.client.submit('click', { text: 'x'.repeat(40_000) })
    await page.pass(MINUTE)

    expect(page.client.ledger().click).toEqual({ submitted: 5, delivered: 1, killed: 4 })
  })

  test.for([
    ['1', '2', true],
    ['2', '1', false],
    ['2026-11-22.9', '2026-11-22.10', true],
    ['2026-11-22.10', '2026-11-22.9', false],
    ['r7', 'r7', true],
    ['9', '10-beta', true],
    ['99999999999999999999', '100000000000000000000', true],
  ] as const)('from revision %s to %s takes over: %s', async ([before, after, isNewer]) => {
    const page = await start({}, { environment: { config: configOf(before, { click: {} }) } })
    page.serve(configOf(after, { click: rivulet({ state: 'off' }) }))
    await page.turn('hidden')
    await page.turn('visible')

    expect(page.client.explain('click').reason).toBe(isNewer ? 'killed' : undefined)
  })

  test('is in force at once where it is pushed, also in the tabs that do not listen', async () => {
    const origin = createOrigin()
    let push = (_: string) => {}
    const configPush: ConfigPush = (_, onConfig) => {
      push = onConfig
      return () => {}
    }
    const listening = await start({ click: {} }, { environment: { origin }, options: { configPush } })
    const other = await start({ click: {} }, { environment: { origin } })

    push(JSON.stringify(OFF))

    expect(listening.client.explain('click').reason).toBe('killed')
    expect(other.client.explain('click').reason).toBe('killed')
  })

  test('that is pushed malformed or older changes nothing', async () => {
    let push = (_: string) => {}
    const configPush: ConfigPush = (_, onConfig) => {
      push = onConfig
      return () => {}
    }
    const page = await start({ click: {} }, { options: { configPush } })

    for (const text of ['', '{', 'null', '[]', '{"streams":{}}', JSON.stringify({ ...OFF, revision: '0' })])
      push(text)

    expect(page.client.explain('click').goes).toBe(true)
    expect(page.warnings).toHaveLength(1)
  })

  test('is listened to with consent only, since without it each tab would hold a connection of its own', async () => {
    let [begun, ended] = [0, 0]
    const configPush: ConfigPush = () => {
      begun++
      return () => void ended++
    }
    const page = await start({ click: {} }, { options: { configPush, consent: 'pending' } })
    expect([begun, ended]).toEqual([0, 0])

    page.client.setConsent('granted')
    expect([begun, ended]).toEqual([1, 0])

    page.client.setConsent('denied')
    expect([begun, ended]).toEqual([1, 1])
  })

  test('ends with the client', async () => {
    let ended = 0
    const configPush: ConfigPush = () => () => void ended++
    const page = await start({ click: {} }, { options: { configPush } })
    const closing = page.client.close()
    await page.pass(MINUTE)
    await closing

    expect(ended).toBe(1)
  })
})
