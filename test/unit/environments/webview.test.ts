import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LINGER } from '../../../src/core/deliver.ts'
import type { DropReason } from '../../../src/core/event.ts'
import type { AppMessage } from '../../../src/environments/bridge.ts'
import {
  type App,
  acksOf,
  createApp,
  DEVICE,
  HELLO,
  openPage,
  type PageSetup,
  SESSION,
  takesAll,
} from '../../support/scripted-app.ts'
import { type TestClient, wordOf } from '../../support/client.ts'

const MINUTE = 60_000
/** In ms: what the page waits for the hello, and for acks, by default. */
const HELLO_WITHIN = 1000
const ACKS_WITHIN = 5000

const CONFIG = {
  revision: '1',
  streams: {
    click: {},
    view: { sample: { unit: 'session', rate: 0.5 } },
    device: { sample: { unit: 'device', rate: 0.5 } },
    page: { sample: { unit: 'pageview', rate: 1 } },
    cart: { producers: { rivulet: { provide_values: ['performer_session_id'] } } },
    shy: { producers: { rivulet: { storage: 'memory' } } },
    free: { producers: { rivulet: { consent: 'exempt' } } },
  },
}

function open(app: App, { environment, ...setup }: PageSetup = {}): TestClient {
  return openPage(app, { ...setup, environment: { config: CONFIG, ...environment } })
}

/** A page that has heard its app's hello. */
async function greeted(app: App, setup: PageSetup = {}): Promise<TestClient> {
  const page = open(app, setup)
  await page.pass(0)
  return page
}

const words = ({ outcomes }: TestClient) => outcomes.map(wordOf)
const kept = ({ origin }: TestClient) => [...origin.records.stored.keys(), ...origin.memo.keys()]
const posted = ({ posts }: TestClient) => posts.flatMap(({ events }) => events.map(({ meta }) => meta.id))
const queued = ({ origin }: TestClient) => origin.records.events().map(({ id }) => id)
const many = (page: TestClient, count: number) =>
  Array.from({ length: count }, (_, i) => page.client.submit('click', { i }))

describe('an app that answers', () => {
  test('is handed the events instead of the intake, and they end when it has acked them', async () => {
    const app = createApp()
    const page = await greeted(app)

    const ids = many(page, 3)
    await page.pass(LINGER)

    expect([...app.taken.keys()]).toEqual(ids)
    expect(page.posts).toEqual([])
    expect(words(page)).toEqual(['delivered', 'delivered', 'delivered'])
    expect(queued(page)).toEqual([])
  })

  test('is told where they are to go, without a time of sending', async () => {
    const app = createApp()
    const page = await greeted(app, { options: { intakeUrl: 'https://intake.example/v1/events?key=7' } })

    page.client.submit('click')
    await page.pass(LINGER)

    expect(app.said.at(-1)).toMatchObject({ type: 'events', url: 'https://intake.example/v1/events?key=7' })
  })

  test('gives its ids to all that is sampled or asks for them, also to what came before its hello', async () => {
    const app = createApp({ helloAfter: 300 })
    const page = open(app)

    page.client.submit('cart')
    await page.pass(HELLO_WITHIN + LINGER)

    const [event] = app.taken.values()
    expect(event).toMatchObject({ performer: { session_id: SESSION } })
    expect(page.client.explain('view').id).toBe(SESSION)
    expect(page.client.explain('device').id).toBe(DEVICE)
    expect([...page.origin.memo.keys()].filter((key) => /session|device/.test(key))).toEqual([])
  })

  test('says when there is another session', async () => {
    const app = createApp()
    const page = await greeted(app)

    app.say({ type: 'ids', ids: { session: '00000000b7d94e60aa12' } })

    expect(page.client.explain('view')).toMatchObject({ id: '00000000b7d94e60aa12', goes: true })
    expect(page.client.explain('device').id).toBe(DEVICE)
  })

  test('does not replace the ids that the page gives on purpose', async () => {
    const app = createApp()
    const page = await greeted(app, { options: { ids: { session: 'ffff0000ffff0000ffff' } } })

    expect(page.client.explain('view').id).toBe('ffff0000ffff0000ffff')
    expect(page.client.explain('device').id).toBe(DEVICE)
  })

  test('gives its ids also where the page has a place for one, and none in it', async () => {
    const app = createApp()
    const page = await greeted(app, { options: { ids: { session: undefined as never } } })

    expect(page.client.explain('view').id).toBe(SESSION)
  })

  test('acks within the call', async () => {
    const app = createApp({
      onEvents: (events, { write }) => {
        write(events)
        app.say({ type: 'ack', acks: acksOf(events) })
      },
    })
    const page = await greeted(app)

    page.client.submit('click')
    await page.pass(LINGER)

    expect(words(page)).toEqual(['delivered'])
    expect(page.posts).toEqual([])
  })

  test.each([[false], [null], [0], [{}]])(
    'and acks with %j has not acked: the page sends it',
    async (odd) => {
      const app = createApp({
        onEvents: ([event], { say }) => say({ type: 'ack', acks: { [event!.meta.id]: odd as never } }),
      })
      const page = await greeted(app)

      const id = page.client.submit('click')
      await page.pass(LINGER + ACKS_WITHIN)

      expect(words(page)).toEqual(['delivered'])
      expect(posted(page)).toEqual([id])
    },
  )

  test('refuses an event for good, which says why', async () => {
    const app = createApp({
      onEvents: ([first, ...others], { say, write }) => {
        write(others)
        say({ type: 'ack', acks: { ...acksOf(others), [first!.meta.id]: 'nothing for this tenant' } })
      },
    })
    const page = await greeted(app)

    many(page, 2)
    await page.pass(LINGER)

    expect(words(page)).toEqual(['refused', 'delivered'])
    expect(page.outcomes[0]).toMatchObject({ problems: [{ message: 'nothing for this tenant' }] })
  })

  test('may ack in pieces, twice, in another order, and for events of others', async () => {
    const app = createApp({
      onEvents: (events, { write, ack, say }) => {
        write(events)
        say({ type: 'ack', acks: { 'of-somebody-else': true, another: 'no' } })
        for (const event of [...events].reverse()) ack([event], 100)
        ack(events, 200)
      },
    })
    const page = await greeted(app)

    const ids = many(page, 5)
    await page.pass(LINGER + 300)

    expect(words(page)).toEqual(ids.map(() => 'delivered'))
    expect(page.posts).toEqual([])
  })

  test('acks what the caller has given one id', async () => {
    const app = createApp()
    const page = await greeted(app)

    page.client.submit('click', { meta: { id: 'twice' } })
    page.client.submit('click', { meta: { id: 'twice' } })
    await page.pass(LINGER)

    expect(words(page)).toEqual(['delivered', 'delivered'])
    expect(page.posts).toEqual([])
  })
})

describe('until the app says hello', () => {
  test('nothing is written, sent or decided', async () => {
    const app = createApp({ hello: undefined })
    const page = open(app)

    for (const stream of ['click', 'view', 'free']) page.client.submit(stream)
    await page.pass(HELLO_WITHIN - 1)

    expect(kept(page)).toEqual([])
    expect(page.origin.records.writes()).toBe(0)
    expect(page.posts).toEqual([])
    expect(page.outcomes).toEqual([])
    expect(page.client.explain('click').goes).toBeUndefined()
  })

  test('and where it never does, the page delivers by itself, by ids of its own', async () => {
    const app = createApp({ hello: undefined })
    const page = open(app)

    const ids = [page.client.submit('click'), page.client.submit('cart')]
    await page.pass(HELLO_WITHIN + LINGER)

    expect(posted(page)).toEqual(ids)
    expect(page.sent()[1]).toMatchObject({ performer: { session_id: page.client.explain('view').id } })
    expect(page.client.explain('view').id).not.toBe(SESSION)
    expect(words(page)).toEqual(['delivered', 'delivered'])
  })

  test('a page that is hidden meanwhile writes what it has, and goes on without it', async () => {
    const app = createApp({ hello: undefined })
    const slowly = () =>
      new Promise((resolve) => app.origin.clock.after(500, () => resolve(JSON.stringify(CONFIG))))
    const page = open(app, { environment: { config: slowly } })

    const id = page.client.submit('click')
    await page.turn('hidden')

    expect(queued(page)).toEqual([id])
    await page.pass(500 + LINGER)
    expect(posted(page)).toEqual([id])
  })

  test('a page that goes meanwhile loses nothing: the next one hands it to the app', async () => {
    const app = createApp({ helloAfter: 500 })
    const first = open(app)

    const ids = many(first, 3)
    await first.turn('gone')
    first.crash()
    const second = await greeted(app)
    await second.pass(500 + LINGER)

    expect([...app.taken.keys()]).toEqual(ids)
  })

  test('a page whose visitor has not agreed keeps nothing of it when it goes meanwhile', async () => {
    const app = createApp({ hello: undefined })
    const page = open(app, { options: { consent: 'pending' } })

    many(page, 3)
    await page.turn('gone')

    expect(kept(page)).toEqual([])
    expect(page.posts).toEqual([])
  })

  test('a page that is closed loses nothing', async () => {
    const app = createApp({ hello: undefined })
    const page = open(app)

    const id = page.client.submit('click')
    const closed = page.client.close()
    await page.pass(10_000)
    await closed

    expect(posted(page)).toContain(id)
    expect(words(page)).toEqual(['delivered'])
  })

  test('a page becomes visible, and waits on', async () => {
    const app = createApp({ helloAfter: 500 })
    const page = open(app, { environment: { phase: 'hidden' } })

    page.client.submit('cart')
    await page.pass(100)
    await page.turn('visible')
    await page.pass(400 + LINGER)

    expect([...app.taken.values()]).toMatchObject([{ performer: { session_id: SESSION } }])
  })

  test('one that comes late counts from then on', async () => {
    const app = createApp({ helloAfter: 3000 })
    const page = open(app)

    const early = page.client.submit('click')
    await page.pass(3000)
    const late = page.client.submit('click')
    await page.pass(LINGER)

    expect(posted(page)).toEqual([early])
    expect([...app.taken.keys()]).toEqual([late])
  })

  test('what the app has left in the page counts at once', async () => {
    const app = createApp({ helloAfter: 200 })
    const connect: App['connect'] = (onMessage, onWay) => {
      const say = app.connect(onMessage, onWay)
      onMessage({ ...HELLO, consent: 'pending' })
      return say
    }
    const page = open(
      { ...app, connect },
      {
        options: { streamConfigs: CONFIG },
      },
    )

    expect(page.client.explain('view').consent).toBe('pending')
    page.client.submit('click')
    await page.pass(100)
    expect(kept(page)).toEqual([])

    await page.pass(100 + LINGER)
    expect(app.taken.size).toBe(1)
    expect(page.client.explain('view')).toMatchObject({ id: SESSION, consent: 'granted' })
  })

  test('what it has left counts also where there is no way to it yet, and costs no second request', async () => {
    const app = createApp({ isThere: false })
    const connect: App['connect'] = (onMessage, onWay) => {
      onMessage(HELLO)
      return app.connect(onMessage, onWay)
    }
    const page = await greeted({ ...app, connect })

    const id = page.client.submit('cart')
    await page.pass(LINGER)

    expect(page.sent()).toMatchObject([{ meta: { id }, performer: { session_id: SESSION } }])
    expect(page.gets).toHaveLength(1)
  })

  test('one that comes within the call is heard', async () => {
    const app = createApp()
    const connect: App['connect'] = (onMessage, onWay) => {
      const say = app.connect(onMessage, onWay)
      return (message) => {
        onMessage(HELLO)
        return say(message)
      }
    }
    const page = open({ ...app, connect }, { options: { streamConfigs: CONFIG } })

    expect(page.client.explain('view').id).toBe(SESSION)
  })

  test('where there is no app nothing waits, and what the last visit has left decides', async () => {
    const app = createApp({ isThere: false })
    const before = open(app)
    await before.pass(0)
    before.crash()

    const page = open(app, { environment: { config: undefined } })
    expect(page.client.explain('click').goes).toBe(true)
    const id = page.client.submit('click')
    await page.pass(LINGER)

    expect(posted(page)).toEqual([id])
  })
})

describe('an app that does not answer for what it was handed', () => {
  test('is done without: the page sends the events, under the same ids, and all that follow', async () => {
    const app = createApp({ onEvents: () => {} })
    const page = await greeted(app)

    const ids = many(page, 3)
    await page.pass(LINGER + ACKS_WITHIN - 1)
    expect(page.posts).toEqual([])
    await page.pass(1)
    expect(posted(page)).toEqual(ids)
    expect(words(page)).toEqual(ids.map(() => 'delivered'))

    const next = page.client.submit('click')
    await page.pass(LINGER)
    expect(posted(page)).toEqual([...ids, next])
    expect(app.timesHanded(next)).toBe(0)
  })

  test('is said hello again after a minute, and has the events again when it answers', async () => {
    const app = createApp({ onEvents: () => {} })
    const page = await greeted(app)
    page.client.submit('click')
    await page.pass(LINGER + ACKS_WITHIN)

    app.behave({ onEvents: takesAll })
    await page.pass(MINUTE)
    const id = page.client.submit('click')
    await page.pass(LINGER)

    expect([...app.taken.keys()]).toEqual([id])
  })

  test('has the events again at once when it says hello by itself', async () => {
    const app = createApp({ onEvents: () => {} })
    const page = await greeted(app)
    page.client.submit('click')
    await page.pass(LINGER + ACKS_WITHIN)

    app.behave({ onEvents: takesAll })
    app.say(HELLO)
    const id = page.client.submit('click')
    await page.pass(LINGER)

    expect([...app.taken.keys()]).toEqual([id])
  })

  test('has written them all the same, and acks too late: each ends once', async () => {
    const app = createApp({
      onEvents: (events, { write, ack }) => {
        write(events)
        ack(events, ACKS_WITHIN + 500)
      },
    })
    const page = await greeted(app)

    const ids = many(page, 3)
    await page.pass(LINGER + ACKS_WITHIN + 1000)

    expect(posted(page)).toEqual(ids)
    expect([...app.taken.keys()]).toEqual(ids)
    expect(words(page)).toEqual(ids.map(() => 'delivered'))
  })

  test('is killed in the middle of a batch: what it has not acked the page sends', async () => {
    const app = createApp({
      onEvents: ([first], { write, ack }) => {
        write([first!])
        ack([first!])
        app.behave({ isThere: false })
      },
    })
    const page = await greeted(app)

    const ids = many(page, 3)
    await page.pass(LINGER + ACKS_WITHIN)

    expect(posted(page)).toEqual(expect.arrayContaining(ids.slice(1)))
    expect(words(page)).toEqual(ids.map(() => 'delivered'))
  })

  test('was killed together with the page: the next page hands all over again, under the same ids', async () => {
    const app = createApp({ onEvents: () => {} })
    const first = await greeted(app)
    const ids = many(first, 3)
    await first.pass(LINGER)
    first.crash()

    app.behave({ onEvents: takesAll })
    const second = await greeted(app)
    await second.pass(LINGER)

    expect([...app.taken.keys()]).toEqual(ids)
    expect(ids.map(app.timesHanded)).toEqual([2, 2, 2])
  })

  test('waits with its answer while the page sends to the intake in vain: nothing is lost', async () => {
    const app = createApp({ onEvents: () => {} })
    const page = await greeted(app, { environment: { answers: [{ status: 503 }] } })

    const id = page.client.submit('click')
    await page.pass(LINGER + ACKS_WITHIN)
    expect(queued(page)).toEqual([id])
    await page.pass(MINUTE)

    expect(words(page)).toEqual(['delivered'])
  })
})

describe('a page that goes', () => {
  test('hands over before the task is over; unheard, it is handed over again by the next one', async () => {
    const app = createApp()
    const first = await greeted(app)
    const id = first.client.submit('click')
    await first.turn('gone')
    expect([...app.taken.keys()]).toEqual([id])
    expect(first.posts).toEqual([])
    expect(words(first)).toEqual([])
    first.crash()

    const second = await greeted(app)
    await second.pass(LINGER)

    expect(app.timesHanded(id)).toBe(2)
    expect(queued(second)).toEqual([])
  })

  test('and comes back hands over again what nobody could hear, and trusts the app as before', async () => {
    const app = createApp({ onEvents: (events, { write }) => write(events) })
    const page = await greeted(app)
    const id = page.client.submit('click')
    await page.turn('gone')

    app.behave({ onEvents: takesAll })
    await page.turn('visible')
    await page.pass(LINGER + ACKS_WITHIN)

    expect(app.timesHanded(id)).toBe(2)
    expect(words(page)).toEqual(['delivered'])
    expect(page.posts).toEqual([])
  })

  test('leaves to the app what it would leave to a beacon: with `resend: false` that ends it', async () => {
    const app = createApp()
    const page = await greeted(app, { options: { resend: false } })

    page.client.submit('click')
    await page.turn('gone')

    expect(words(page)).toEqual(['unconfirmed'])
  })

  test('where it is merely hidden, the app is handed the events, and heard', async () => {
    const app = createApp()
    const page = await greeted(app)

    const id = page.client.submit('click')
    await page.turn('hidden')
    await page.pass(0)

    expect([...app.taken.keys()]).toEqual([id])
    expect(words(page)).toEqual(['delivered'])
  })
})

describe('an old app', () => {
  test('that does not ack is handed nothing; its ids count all the same', async () => {
    const app = createApp({ hello: { type: 'hello', ids: { session: SESSION } } })
    const page = await greeted(app)

    const id = page.client.submit('cart')
    await page.pass(LINGER)
    page.client.submit('click')
    await page.turn('gone')

    expect(app.taken.size).toBe(0)
    expect(page.sent()[0]).toMatchObject({ meta: { id }, performer: { session_id: SESSION } })
    expect(page.posts).toHaveLength(2)
  })

  test('that knows nothing of consent and config leaves both to the page', async () => {
    const app = createApp({ hello: { type: 'hello', capabilities: ['ack'] } })
    const page = await greeted(app, { options: { consent: 'pending' } })

    page.client.submit('click')
    await page.pass(MINUTE)
    expect(app.taken.size).toBe(0)

    page.client.setConsent('granted')
    await page.pass(LINGER)
    expect(app.taken.size).toBe(1)
  })
})

describe('consent', () => {
  test('that the app denies in its hello: nothing was kept, and nothing is', async () => {
    const app = createApp({ hello: { ...HELLO, consent: 'denied' }, helloAfter: 500 })
    const page = open(app)

    page.client.submit('click')
    await page.pass(500)
    page.client.submit('click')
    await page.pass(MINUTE)

    expect(words(page)).toEqual(['consent', 'consent'])
    expect(kept(page)).toEqual([])
    expect(app.taken.size + page.posts.length).toBe(0)
  })

  test('that the app withdraws wipes what the page has kept', async () => {
    const app = createApp({ onEvents: () => {} })
    const page = await greeted(app)
    page.client.submit('click')
    await page.pass(100)
    expect(kept(page)).not.toEqual([])

    app.say({ type: 'consent', consent: 'denied' })
    await page.pass(MINUTE)

    expect(words(page)).toEqual(['consent'])
    expect(kept(page)).toEqual([])
  })

  test('that the app gives lets go what the page has held', async () => {
    const app = createApp({ hello: { ...HELLO, consent: 'pending' } })
    const page = await greeted(app, { options: { consent: 'pending' } })
    const id = page.client.submit('click')
    await page.pass(MINUTE)
    expect(app.taken.size).toBe(0)

    app.say({ type: 'consent', consent: 'granted' })
    await page.pass(LINGER)

    expect([...app.taken.keys()]).toEqual([id])
  })

  test("that is the page's own is not undone by an app that says the same again", async () => {
    const app = createApp()
    const page = await greeted(app)

    page.client.setConsent('denied')
    app.say(HELLO)

    expect(page.client.explain('click').consent).toBe('denied')
  })

  test.each([
    ['denied', 'granted', HELLO],
    ['granted', 'pending', undefined],
    ['denied', 'granted', undefined],
    ['denied', 'pending', { ...HELLO, consent: 'granted' as const }],
  ] as const)(
    'that the page is told to be %s while it waits for the hello stands (it began %s)',
    async (told, consent, hello) => {
      const app = createApp({ hello, helloAfter: 500 })
      const page = open(app, { options: { consent } })

      page.client.setConsent(told)
      const id = page.client.submit('click')
      await page.pass(MINUTE)

      expect(page.client.explain('click').consent).toBe(told)
      expect([...app.taken.keys(), ...posted(page)]).toEqual(told === 'granted' ? [id] : [])
      if (told === 'denied') expect(kept(page)).toEqual([])
    },
  )

  test('that the page is told before a late hello stands, until the app says something new', async () => {
    const app = createApp({ hello: undefined })
    const page = open(app, { options: { consent: 'pending' } })
    page.client.setConsent('denied')
    await page.pass(MINUTE)

    app.say(HELLO)
    expect(page.client.explain('click').consent).toBe('denied')
    app.say({ type: 'consent', consent: 'pending' })
    expect(page.client.explain('click').consent).toBe('pending')
  })

  test.each([[null], ['yes'], [['granted']], [7]])('is none where the app says %j', async (odd) => {
    const app = createApp({ hello: { ...HELLO, consent: odd as never } })
    const page = await greeted(app)

    const id = page.client.submit('click')
    await page.pass(LINGER)

    expect([...app.taken.keys()]).toEqual([id])
  })

  test('is asked for by none of what the app would have to write: without it, the page sends what is exempt', async () => {
    const app = createApp({ hello: { ...HELLO, consent: 'denied' } })
    const page = await greeted(app)

    const id = page.client.submit('free')
    await page.pass(LINGER)

    expect(posted(page)).toEqual([id])
    expect(app.taken.size).toBe(0)
  })

  test('given, what is not to be written to the device is not given to the app either', async () => {
    const app = createApp()
    const page = await greeted(app)

    const id = page.client.submit('shy')
    await page.pass(LINGER)

    expect(posted(page)).toEqual([id])
    expect(app.taken.size).toBe(0)
  })
})

describe('stream config', () => {
  const off = { revision: '2', streams: { click: { producers: { rivulet: { state: 'off' } } } } }

  test('that the app pushes is in force at once', async () => {
    const app = createApp()
    const page = await greeted(app)

    app.say({ type: 'config', config: off })

    expect(page.client.explain('click')).toMatchObject({ goes: false, reason: 'killed' })
  })

  test('that comes with the hello decides on what came before it, where the page has no URL', async () => {
    const app = createApp({ hello: { ...HELLO, config: CONFIG }, helloAfter: 300 })
    const page = open(app, { options: { streamConfigUrl: undefined as never } })

    const id = page.client.submit('click')
    await page.pass(300 + LINGER)

    expect([...app.taken.keys()]).toEqual([id])
  })

  test('that the app has left decides on the first event', async () => {
    const app = createApp()
    const connect: App['connect'] = (onMessage, onWay) => {
      onMessage({ ...HELLO, config: off })
      return app.connect(onMessage, onWay)
    }
    const page = open(
      { ...app, connect },
      {
        options: { streamConfigs: CONFIG },
        environment: { config: off },
      },
    )

    page.client.submit('click')
    await page.pass(0)

    expect(words(page)).toEqual(['killed'])
    expect(page.warnings).toEqual([])
  })

  test('that came while the visitor had not agreed is in force once he has', async () => {
    const app = createApp({ hello: { ...HELLO, consent: 'pending', config: off } })
    const page = await greeted(app)

    app.say({ type: 'consent', consent: 'granted' })

    expect(page.client.explain('click').reason).toBe('killed')
  })

  test('of the app counts where the page has a place for a push, and none in it', async () => {
    const app = createApp()
    const page = await greeted(app, { options: { configPush: undefined as never } })

    app.say({ type: 'config', config: off })

    expect(page.client.explain('click').reason).toBe('killed')
  })

  test('that is none, or an older one, changes nothing', async () => {
    const app = createApp()
    const page = await greeted(app)

    app.say({ type: 'config', config: { streams: 7 } })
    app.say({ type: 'config', config: { ...off, revision: '0' } })

    expect(page.client.explain('click').goes).toBe(true)
  })
})

describe('sampling', () => {
  /** As the family's clients compute it (section 5 of the design). */
  const inSample = (id: string, rate: number) =>
    rate === 1 || Number.parseInt(id.slice(0, 8), 16) / 4294967295 < rate

  test('of a page and of the app around it agree, since both go by the same ids', async () => {
    const hex = (length: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    const edge = fc.constantFrom('00000000', 'ffffffff', 'fffffffe', '7fffffff', '80000000')
    const rate = fc.oneof(fc.constantFrom(0, 1, 0.5), fc.double({ min: 0, max: 1, noNaN: true }))
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          hex(20),
          edge.map((first) => `${first}b7d94e60aa12`),
        ),
        fc.uuid(),
        rate,
        async (session, device, rate) => {
          const streams = {
            s: { sample: { unit: 'session', rate } },
            d: { sample: { unit: 'device', rate } },
          }
          const app = createApp({ hello: { ...HELLO, ids: { session, device } } })
          const page = open(app, { environment: { config: { streams } } })
          page.client.submit('s')
          page.client.submit('d')
          await page.pass(LINGER)

          const native = [inSample(session, rate), inSample(device, rate)]
          expect([page.client.isInSample('s'), page.client.isInSample('d')]).toEqual(native)
          const gone = [...app.taken.values()].map(({ meta }) => meta.stream)
          expect(gone).toEqual(['s', 'd'].filter((_, index) => native[index]))
        },
      ),
      { numRuns: 200, seed: 20261127 },
    )
  })

  const OUT = 'ffffffffb7d94e60aa12'
  const hello: AppMessage = { ...HELLO, sampling: 'app', ids: { session: OUT, device: DEVICE } }

  test('is left to an app that does it itself: all by session and device goes to it, and says so', async () => {
    const app = createApp({ hello })
    const page = await greeted(app, {
      environment: {
        config: {
          ...CONFIG,
          streams: { ...CONFIG.streams, page: { sample: { unit: 'pageview', rate: 0 } } },
        },
      },
    })

    for (const stream of ['view', 'device', 'page']) page.client.submit(stream)
    await page.pass(LINGER)

    const handed = [...app.taken.values()].map(({ meta }) => [meta.stream, meta.producer])
    expect(handed).toMatchObject([
      ['view', { unit: 'session', rate: 1 }],
      ['device', { unit: 'device', rate: 1 }],
    ])
    expect(words(page)).toContain('out-of-sample' satisfies DropReason)
  })

  test("is the page's again when the app is silent, by the app's ids", async () => {
    const app = createApp({ hello, onEvents: () => {} })
    const page = await greeted(app)
    const left = page.client.submit('view')
    await page.pass(LINGER + ACKS_WITHIN)

    page.client.submit('view')
    await page.pass(LINGER)

    // What nobody has sampled says so: it stands for itself only.
    expect(page.sent().map(({ meta }) => [meta.id, meta.producer.rate])).toEqual([[left, 1]])
    expect(page.client.explain('view')).toMatchObject({ id: OUT, goes: false, reason: 'out-of-sample' })
  })

  test("stays the page's for what it sends itself", async () => {
    const app = createApp({ hello })
    const streams = {
      shy: { sample: { unit: 'session', rate: 0.5 }, producers: { rivulet: { storage: 'memory' } } },
    }
    const page = await greeted(app, { environment: { config: { streams } } })

    page.client.submit('shy')
    await page.pass(LINGER)

    expect(words(page)).toEqual(['out-of-sample'])
  })
})

describe('an app that samples', () => {
  test('is not waited for where the page sends by itself: without consent, the page samples what is exempt', async () => {
    const app = createApp({
      hello: { ...HELLO, sampling: 'app', consent: 'pending', ids: { session: 'f'.repeat(20) } },
    })
    const streams = {
      free: { sample: { unit: 'session', rate: 0.5 }, producers: { rivulet: { consent: 'exempt' } } },
    }
    const page = await greeted(app, { environment: { config: { streams } } })

    page.client.submit('free')
    await page.pass(LINGER)

    expect(words(page)).toEqual(['out-of-sample'])
  })
})

test('whatever an app says, nothing throws and no event is lost', async () => {
  const message = fc.record(
    {
      type: fc.oneof(fc.constantFrom('hello', 'ack', 'config', 'consent', 'ids'), fc.anything()),
      capabilities: fc.oneof(fc.constant(['ack']), fc.anything()),
      ids: fc.anything(),
      config: fc.constantFrom(CONFIG, { streams: 7 }, {}, [], 'none', 7),
      acks: fc.oneof(fc.dictionary(fc.string(), fc.anything()), fc.anything()),
      sampling: fc.anything(),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 6 }), async (messages) => {
      const app = createApp({ hello: undefined, onEvents: () => {} })
      const page = open(app, { options: { streamConfigs: CONFIG } })
      const connected = (said: unknown) => app.say(JSON.parse(JSON.stringify(said) ?? '{}'))
      const ids = [page.client.submit('click')]
      for (const said of messages) {
        connected(said)
        ids.push(page.client.submit('click'))
        await page.pass(500)
      }
      await page.pass(10 * MINUTE)

      expect([...new Set(posted(page))].sort()).toEqual([...ids].sort())
      expect(words(page)).toEqual(ids.map(() => 'delivered'))
    }),
    { numRuns: 200, seed: 20261127 },
  )
})
