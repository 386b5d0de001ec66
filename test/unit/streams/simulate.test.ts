import { describe, expect, test } from 'vitest'
import { drawOf, reasonToLeave } from '../../../src/core/sample.ts'
import type { StoredEvent } from '../../../src/streams/sampling.ts'
import { type SimulateOptions, type SimulatedStream, simulate } from '../../../src/streams/simulate.ts'
import { createRandom } from '../../support/random.mjs'

const STREAM = 'shop.click'
const DAY = 24 * 3_600_000
const START = Date.parse('2026-11-20T00:00:00.000Z')

type Sample = { readonly unit: string; readonly rate: number }

const streamsOf = (settings: object, more: object = {}) => ({ streams: { [STREAM]: settings, ...more } })
const sampled = (unit: string, rate: number) => streamsOf({ sample: { unit, rate } })
const rivulet = (settings: object, more: object = {}) =>
  streamsOf({ ...more, producers: { rivulet: settings } })

async function* each(events: readonly StoredEvent[]) {
  yield* events
}

/** What the simulation says of the stream. */
async function simulated(
  events: readonly StoredEvent[],
  options: Omit<SimulateOptions, 'events'>,
  stream = STREAM,
): Promise<SimulatedStream> {
  const { streams } = await simulate({ ...options, events: each(events) })
  const found = streams.find(({ stream: name }) => name === stream)
  if (!found) throw new Error(`no ${stream} in ${streams.map(({ stream: name }) => name)}`)
  return found
}

/** What would be stored then: a day, and from where to where. */
const amountOf = ({ then }: SimulatedStream) => [then.perDay, then.low, then.high]

interface Stored {
  readonly at?: number
  readonly stream?: string
  readonly producer?: object
  readonly more?: object
}

let made = 0
const stored = ({ at = 0, stream = STREAM, producer = {}, more = {} }: Stored = {}): StoredEvent => {
  const dt = new Date(START + at).toISOString()
  return {
    $schema: '/shop/click/1.0.0',
    dt,
    meta: {
      id: `e${++made}`,
      stream,
      dt,
      producer: { sdk: 'rivulet/0.1.0', id: `page ${made}`, seq: 1, rate: 1, ...producer },
    },
    ...more,
  }
}

/** So many events over exactly one day. */
const ofOneDay = (count: number, event: (index: number) => Stored = () => ({})) =>
  Array.from({ length: count }, (_, index) => stored({ at: (index * DAY) / (count - 1), ...event(index) }))

/** Visits as they are: of all events, those that a config lets through and those that another one would. */
function traffic(random: () => number, now: Sample | undefined, next: Sample | undefined, carriesIds = true) {
  const hex = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0') + '0'.repeat(12)
  const isIn = (sample: Sample | undefined, ids: { [unit: string]: string }) =>
    !sample || !reasonToLeave(sample.rate, drawOf(ids[sample.unit]!))
  const events: StoredEvent[] = [stored({ stream: 'clock', at: 0 }), stored({ stream: 'clock', at: DAY })]
  let then = 0
  for (let visitor = 0; visitor < 300; visitor++) {
    const session = hex()
    const pages = carriesIds ? 1 + Math.floor(random() * 3) : 1
    for (let page = 0; page < pages; page++) {
      const pageview = hex()
      const ids = { session, pageview }
      const count = 1 + Math.floor(random() ** 3 * 6)
      if (isIn(next, ids)) then += count
      if (!isIn(now, ids)) continue
      const performer = carriesIds ? { performer: { session_id: session, pageview_id: pageview } } : {}
      for (let event = 0; event < count; event++)
        events.push(stored({ at: DAY / 2, producer: { id: pageview, rate: 1, ...now }, more: performer }))
    }
  }
  return { events, then }
}

describe('how many events a new rate lets through', () => {
  const exact: readonly [what: string, now: Sample | undefined, next: Sample | undefined][] = [
    ['a lower rate', { unit: 'session', rate: 0.8 }, { unit: 'session', rate: 0.3 }],
    ['the same rate', { unit: 'session', rate: 0.4 }, { unit: 'session', rate: 0.4 }],
    ['a sample where there was none', undefined, { unit: 'session', rate: 0.3 }],
    ['another unit where all was stored', { unit: 'session', rate: 1 }, { unit: 'pageview', rate: 0.5 }],
    ['rate 0', { unit: 'session', rate: 0.4 }, { unit: 'session', rate: 0 }],
    ['all, where all was stored', undefined, undefined],
  ]

  test.for(exact)('%s is known exactly where events carry ids', async ([, now, next]) => {
    const { events, then } = traffic(createRandom(7), now, next)

    const found = await simulated(events, { to: streamsOf(next ? { sample: next } : {}) })

    expect(found.then).toEqual({ perDay: then, low: then, high: then })
    expect(found.shareThen).toBe(next?.rate ?? 1)
  })

  const hidden: readonly [what: string, now: Sample | undefined, next: Sample | undefined, ids: boolean][] = [
    ['a higher rate', { unit: 'session', rate: 0.3 }, { unit: 'session', rate: 0.6 }, true],
    ['no sample', { unit: 'session', rate: 0.3 }, undefined, true],
    ['another unit', { unit: 'session', rate: 0.4 }, { unit: 'pageview', rate: 0.5 }, true],
    ['a higher rate', { unit: 'session', rate: 0.3 }, { unit: 'session', rate: 0.6 }, false],
    ['a lower rate', { unit: 'session', rate: 0.6 }, { unit: 'session', rate: 0.3 }, false],
    ['a sample where there was none', undefined, { unit: 'session', rate: 0.3 }, false],
    ['another unit', { unit: 'session', rate: 0.4 }, { unit: 'pageview', rate: 0.5 }, false],
  ]

  test.for(hidden)(
    '%s (%o to %o, ids in events: %s) is within the interval in about 95 of 100 cases',
    async ([, now, next, carriesIds]) => {
      const random = createRandom(20)
      let held = 0
      for (let week = 0; week < 100; week++) {
        const { events, then } = traffic(random, now, next, carriesIds)
        const found = await simulated(events, { to: streamsOf(next ? { sample: next } : {}) })
        expect(found.then.high).toBeGreaterThan(found.then.low)
        if (found.then.low <= then && then <= found.then.high) held++
      }

      expect(held / 100).toBeGreaterThanOrEqual(0.9)
      expect(held / 100).toBeLessThanOrEqual(0.995)
    },
  )

  test('raised from a rate that changed in mid-stream weights each event by its own', async () => {
    const events = ofOneDay(300, (index) => ({
      producer: { unit: 'session', rate: index < 100 ? 0.1 : 0.5 },
      more: { performer: { session_id: `0000${index.toString(16).padStart(4, '0')}` } },
    }))

    const found = await simulated(events, { to: sampled('session', 1) })

    expect(found.then.perDay).toBeCloseTo(100 / 0.1 + 200 / 0.5)
    expect(found.notes.join()).toMatch(/rates 0\.1 \(100 events\), 0\.5 \(200 events\)/)
  })

  test('does not trust an id that cannot have let the event in', async () => {
    const event = {
      producer: { unit: 'session', rate: 0.5 },
      more: { performer: { session_id: 'ffffffff000000000000' } },
    }

    const found = await simulated(
      ofOneDay(100, () => event),
      { to: sampled('session', 0.25) },
    )

    expect(found.then.perDay).toBeCloseTo(50)
    expect(found.notes.join()).toMatch(/100 events do not carry the id of their session/)
  })
})

describe('a stream of which no event goes then', () => {
  test.for<[string, object, RegExp]>([
    ['is off', rivulet({ state: 'off' }), /state off: no event goes/],
    ['cannot be used', sampled('session', 2), /cannot be used, so that no event goes: sample/],
    ['is not in the config', { streams: { other: {} } }, /Not in the proposed config/],
  ])('since it %s: the answer is 0, and why', async ([, to, why]) => {
    const found = await simulated(ofOneDay(10), { to })

    expect(found.now.perDay).toBeCloseTo(10)
    expect(amountOf(found)).toEqual([0, 0, 0])
    expect(found).toMatchObject({ shareThen: 0, bytesThen: 0 })
    expect(found.notes.join()).toMatch(why)
  })

  test('on hold: what waits on devices is told', async () => {
    const found = await simulated(ofOneDay(10), { to: rivulet({ state: 'hold', max_age_seconds: 86_400 }) })

    expect(amountOf(found)).toEqual([0, 0, 0])
    expect(found.shareThen).toBe(0)
    expect(found.notes.join()).toMatch(/10 events a day wait on devices, each for at most 1 day\./)
  })

  test('of which none is stored: nothing is said of its amount', async () => {
    const found = await simulated(
      ofOneDay(10, () => ({ stream: 'other' })),
      {
        from: rivulet({ state: 'off' }),
        to: rivulet({ state: 'on' }),
      },
    )

    expect(amountOf(found)).toEqual([0, 0, 0])
    expect(found).toMatchObject({ now: { perDay: 0 }, shareNow: 0, shareThen: 1 })
    expect(found.notes.join()).toMatch(/No event of it is stored.*No event of it goes now/)
  })
})

describe('curation', () => {
  const titled = (index: number): Stored => ({ more: { page: { title: index < 4 ? 'Cart' : 'Home' } } })
  const curation = { page_title: { equals: 'Cart' } }

  test('drops what it would drop of the stored events', async () => {
    const found = await simulated(ofOneDay(10, titled), {
      to: rivulet({ curation, provide_values: ['page_title'] }),
    })

    expect(found.then.perDay).toBeCloseTo(4)
    expect(found.curated).toBeCloseTo(6)
    expect(found.notes).toEqual([])
  })

  test('by a value that nobody asked for drops nothing, and says so', async () => {
    const found = await simulated(ofOneDay(10), {
      from: rivulet({}),
      to: rivulet({ curation, provide_values: ['page_title'] }),
    })

    expect(found.then.perDay).toBeCloseTo(10)
    expect(found.curated).toBe(0)
    expect(found.notes.join()).toMatch(/10 events lack page_title, by which curation decides/)
  })

  test('by a value that was asked for and is not there drops the event', async () => {
    const events = ofOneDay(10, (index) => ({
      producer: { revision: '7' },
      ...(index ? titled(0) : {}),
    }))

    const found = await simulated(events, {
      from: { revision: '7', ...rivulet({ provide_values: ['page_title'] }) },
      to: rivulet({ curation, provide_values: ['page_title'] }),
    })

    expect(found.curated).toBeCloseTo(1)
    expect(found.then.perDay).toBeCloseTo(9)
  })

  test('by a value that nobody gives then drops every event', async () => {
    const found = await simulated(ofOneDay(10), { to: rivulet({ curation }) })

    expect(found.curated).toBeCloseTo(10)
    expect(found.then.perDay).toBe(0)
  })

  test('is weighted like what it leaves', async () => {
    const events = ofOneDay(10, (index) => ({
      producer: { unit: 'session', rate: 0.5 },
      ...titled(index),
    }))

    const found = await simulated(events, { to: rivulet({ curation, provide_values: ['page_title'] }) })

    expect(found.then.perDay).toBeCloseTo(8)
    expect(found.curated).toBeCloseTo(12)
  })

  test('that is loosened is known by half', async () => {
    const found = await simulated(ofOneDay(10, titled), {
      from: rivulet({ curation, provide_values: ['page_title'] }),
      to: rivulet({ provide_values: ['page_title'] }),
    })

    expect(found.notes.join()).toMatch(/What its curation drops now is not stored/)
  })
})

describe('validation', () => {
  test('drops what has problems', async () => {
    const found = await simulated(
      ofOneDay(10, (index) => ({ more: { index } })),
      {
        to: streamsOf({}),
        problemsOf: ({ index }) => (Number(index) < 3 ? ['wrong'] : []),
      },
    )

    expect(found.invalid).toBeCloseTo(3)
    expect(found.then.perDay).toBeCloseTo(7)
  })

  test('drops events of a schema that the stream carries no longer', async () => {
    const found = await simulated(ofOneDay(10), { to: streamsOf({ schema_title: 'shop/tap' }) })

    expect(found.invalid).toBeCloseTo(10)
  })

  test('asks no schema of a config that names none', async () => {
    const found = await simulated(ofOneDay(10), { to: streamsOf({}) })

    expect(found.invalid).toBe(0)
  })

  test('of a stream without schema_title beside others drops all, as the intake does', async () => {
    const to = streamsOf({}, { other: { schema_title: 'shop/other' } })

    const found = await simulated(ofOneDay(10), { to })

    expect(found.invalid).toBeCloseTo(10)
    expect(found.notes.join()).toMatch(/Has no schema_title/)
  })

  test('sees the event without the values that it loses', async () => {
    const seen: StoredEvent[] = []
    const events = ofOneDay(3, () => ({
      more: { page: { title: 'Cart' }, performer: { session_id: 's', pageview_id: 'p' } },
    }))

    const found = await simulated(events, {
      from: rivulet({ provide_values: ['page_title', 'performer_session_id', 'performer_pageview_id'] }),
      to: rivulet({ provide_values: ['performer_session_id'] }),
      problemsOf: (event) => {
        seen.push(event)
        return []
      },
    })

    expect(seen[0]).not.toHaveProperty('page')
    expect(seen[0]?.performer).toEqual({ session_id: 's' })
    expect(found.bytesThen).toBeLessThan(found.bytesNow)
    expect(found.notes.join()).toMatch(/loses page_title, performer_pageview_id/)
  })
})

describe('a redirect', () => {
  const streams = { 'shop.all': {} }

  test('moves the events to the stream that it names', async () => {
    const to = { streams: { [STREAM]: { producers: { rivulet: { stream_name: 'shop.all' } } }, ...streams } }
    const events = ofOneDay(10)

    const [own, target] = [await simulated(events, { to }), await simulated(events, { to }, 'shop.all')]

    expect(own.then.perDay).toBe(0)
    expect(own.notes.join()).toMatch(/go to shop\.all/)
    expect(target.then.perDay).toBeCloseTo(10)
    expect(target.notes.join()).toMatch(/Has the events of shop\.click/)
  })

  test('takes one hop, also where two lead to each other', async () => {
    const producers = (stream_name: string) => ({ producers: { rivulet: { stream_name } } })
    const to = { streams: { a: producers('b'), b: producers('a') } }

    const { streams: found } = await simulate({
      to,
      events: each(ofOneDay(10, (index) => ({ stream: index < 4 ? 'a' : 'b' }))),
    })

    expect(found.map(({ stream, then }) => [stream, Math.round(then.perDay)])).toEqual([
      ['a', 6],
      ['b', 4],
    ])
  })
})

describe('a limit a minute', () => {
  test('drops what a page submits beyond it', async () => {
    // Two pages, each with five events in the first minute of the day, and one at its end.
    const events = Array.from({ length: 12 }, (_, index) =>
      stored({ at: index < 10 ? index * 1000 : DAY, producer: { id: `page ${index % 2}` } }),
    )

    const found = await simulated(events, { from: streamsOf({}), to: rivulet({ max_per_minute: 3 }) })

    expect(found.then.perDay).toBeCloseTo(8)
    expect(found.notes.join()).toMatch(/max_per_minute 3 drops 4 events a day/)
  })

  test('goes by when events were submitted, not by when they were received', async () => {
    const client_dt = (index: number) => new Date(START + index * 60_000).toISOString()
    const late = Array.from({ length: 5 }, (_, index) =>
      stored({ at: DAY, producer: { id: 'page' }, more: { client_dt: client_dt(index) } }),
    )

    const { notes } = await simulated(late, { from: streamsOf({}), to: rivulet({ max_per_minute: 1 }) })

    expect(notes.join()).not.toMatch(/max_per_minute/)
  })

  test('counts what curation leaves', async () => {
    const events = Array.from({ length: 10 }, (_, index) =>
      stored({ at: index, producer: { id: 'page' }, more: { action: index < 6 ? 'view' : 'buy' } }),
    )

    const { curated, then } = await simulated(events, {
      to: rivulet({ max_per_minute: 3, curation: { action: { equals: 'buy' } } }),
    })

    expect(then.perDay / curated).toBeCloseTo(3 / 6)
  })

  test('that is raised is known by half', async () => {
    const found = await simulated(ofOneDay(5), {
      from: rivulet({ max_per_minute: 3 }),
      to: rivulet({ max_per_minute: 30 }),
    })

    expect(found.then.perDay).toBeCloseTo(5)
    expect(found.notes.join()).toMatch(/What max_per_minute 3 drops now is not stored/)
  })
})

describe('what limits the answer is told', () => {
  test('a day that is projected from a part of it is said to be, and a whole one is not', async () => {
    const partOfDay = await simulated([stored(), stored({ at: 60_000 })], { to: streamsOf({}) })
    const wholeDay = await simulated([stored(), stored({ at: DAY })], { to: streamsOf({}) })

    expect(partOfDay.notes.join()).toMatch(/less than a day, so that what a day has is a projection/)
    expect(wholeDay.notes).toEqual([])
  })

  test.for<
    [what: string, event: (index: number) => Stored, options: Omit<SimulateOptions, 'events'>, note: RegExp]
  >([
    [
      'debug events count nowhere',
      (index) => ({ producer: index < 2 ? { debug: true, rate: 0.1 } : {} }),
      { to: streamsOf({}) },
      /Left out: 2 events that the debug switch forced in/,
    ],
    [
      'events of another producer say nothing of sampling',
      () => ({ producer: { rate: undefined } }),
      { to: streamsOf({}) },
      /10 events do not say at what rate/,
    ],
    [
      'another unit is drawn anew',
      () => ({ producer: { unit: 'session', rate: 0.5 } }),
      { to: sampled('pageview', 0.5) },
      /Sampled by pageview instead of session/,
    ],
    [
      'pages stand for sessions',
      () => ({ producer: { unit: 'session', rate: 0.5 } }),
      { to: sampled('session', 1) },
      /10 events carry no id of their unit.*too narrow/,
    ],
    [
      'few units make a rough interval',
      () => ({ producer: { unit: 'pageview', rate: 0.5, id: 'p' } }),
      { to: sampled('pageview', 1) },
      /rests on only 1 of the units/,
    ],
    [
      'the data is of an earlier config',
      () => ({ producer: { unit: 'session', rate: 0.5 } }),
      { from: sampled('session', 0.1), to: sampled('session', 0.2) },
      /stored at rate 0\.5, while the config in force says 0\.1/,
    ],
    [
      'values that are asked for anew add bytes',
      () => ({}),
      { from: rivulet({}), to: rivulet({ provide_values: ['page_title'] }) },
      /grows by page_title/,
    ],
    [
      'visitors without consent are not in the data',
      () => ({}),
      { from: rivulet({}), to: rivulet({ consent: 'exempt' }) },
      /consent: visitors without it are not in the data/,
    ],
    [
      'visitors who ask for privacy cannot be told from others',
      () => ({}),
      { from: rivulet({ gpc: 'ignore' }), to: rivulet({}) },
      /gpc: visitors who ask for privacy go, and cannot be told/,
    ],
    [
      'a stream may begin in mid-data',
      (index) => ({ stream: index < 5 ? 'other' : STREAM }),
      { to: streamsOf({}, { other: {} }) },
      /later than the data begins/,
    ],
    [
      'events may go elsewhere',
      () => ({}),
      {
        from: streamsOf({}),
        to: {
          services: { b: 'https://b.example/v1/events' },
          ...streamsOf({ destination_event_service: 'b' }),
        },
      },
      /another intake, https:\/\/b\.example/,
    ],
  ])('%s', async ([, event, options, note]) => {
    const found = await simulated(ofOneDay(10, event), options)

    expect(found.notes.join('\n')).toMatch(note)
  })

  test('of a stream that is off and has nothing stored, nothing is said of what is', async () => {
    const found = await simulated([], { from: rivulet({ state: 'off' }), to: rivulet({}) })

    expect(found.notes).toEqual([
      'No event of it is stored, so that nothing can be said of its amount.',
      'No event of it goes now.',
    ])
  })

  test('and nothing, where nothing does', async () => {
    const found = await simulated(ofOneDay(10), { from: streamsOf({}), to: streamsOf({}) })

    expect(found).toMatchObject({ notes: [], shareNow: 1, shareThen: 1 })
    expect(found.bytesThen).toBe(found.bytesNow)
  })
})

describe('the whole', () => {
  test('names what is in the data and in either config, patterns and what the intake writes left out', async () => {
    const { streams, events } = await simulate({
      from: { streams: { old: {}, '/^p\\./': {} } },
      to: { streams: { new: {}, '/^shop\\./': { sample: { unit: 'session', rate: 0 } } } },
      events: each([stored(), stored({ stream: 'rivulet.rejected' })]),
    })

    expect(streams.map(({ stream }) => stream)).toEqual(['new', 'old', STREAM])
    expect(amountOf(streams[2]!)).toEqual([0, 0, 0])
    expect(events).toBe(2)
  })

  test('tells amounts a day by the span of the data', async () => {
    const { from, to, streams } = await simulate({
      to: streamsOf({}),
      events: each([stored({ at: 4 * DAY }), stored({ at: 0 }), stored({ at: DAY })]),
    })

    expect([from, to]).toEqual(['2026-11-20T00:00:00.000Z', '2026-11-24T00:00:00.000Z'])
    expect(streams[0]?.now.perDay).toBe(0.75)
  })

  test('is empty without events', async () => {
    const { streams, ...whole } = await simulate({ to: streamsOf({}), events: each([]) })

    expect(whole).toEqual({ events: 0, from: null, to: null })
    expect(streams.map(amountOf)).toEqual([[0, 0, 0]])
    expect(streams[0]?.now).toEqual({ perDay: 0, low: 0, high: 0 })
  })

  test('survives events of no shape', async () => {
    const odd = [{}, { meta: null }, { meta: { stream: 7, dt: 'x' } }, { meta: { stream: STREAM }, dt: 7 }]

    const { events, from } = await simulate({ to: streamsOf({}), events: each(odd as StoredEvent[]) })

    expect(events).toBe(4)
    expect(from).toBe(null)
  })

  test.for([undefined, null, 7, [], {}, { streams: [] }])(
    'is refused for %o, which is no config',
    async (to) => {
      await expect(simulate({ to, events: each([]) })).rejects.toThrow('no streams in it')
    },
  )

  test('lets others run', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const event = stored()
    await simulate({
      to: streamsOf({}),
      events: (async function* () {
        for (let index = 0; index < 50_000; index++) yield event
      })(),
    }).finally(() => clearInterval(timer))

    expect(turns).toBeGreaterThan(2)
  })
})
