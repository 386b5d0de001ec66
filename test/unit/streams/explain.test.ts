import { describe, expect, test } from 'vitest'
import { type ExplainOptions, explain } from '../../../src/streams/explain.ts'

const config = {
  revision: '7',
  services: { main: 'https://main.example/v1/events' },
  streams: {
    all: { destination_event_service: 'main' },
    half: {
      sample: { unit: 'session', rate: 0.5 },
      producers: {
        rivulet: {
          provide_values: ['page_title'],
          curation: { page_title: { equals: 'Cart' } },
          stream_name: 'all',
        },
      },
    },
    off: { producers: { rivulet: { state: 'off' } } },
    wrong: { sample: { unit: 'session', rate: 2 } },
    '/^shop\\./': { sample: { unit: 'pageview', rate: 1 }, producers: { rivulet: { state: 'hold' } } },
    '/^shop\\.c/': {},
  },
}

const explained = (stream: string, options: Partial<ExplainOptions> = {}) =>
  explain({ stream, config, ids: [], ...options })

test('a stream is told with all that decides on its events', () => {
  expect(explained('half')).toEqual({
    stream: 'half',
    revision: '7',
    entry: 'half',
    state: 'on',
    problem: null,
    goesTo: 'all',
    destination: 'https://main.example/v1/events',
    unit: 'session',
    rate: 0.5,
    provideValues: ['page_title'],
    curation: { page_title: { equals: 'Cart' } },
    ids: [],
  })
})

test('a stream without settings keeps everything', () => {
  expect(explained('all')).toMatchObject({
    unit: null,
    rate: 1,
    goesTo: null,
    curation: null,
  })
})

test('a stream without an entry of its own has that of the first pattern that it matches', () => {
  expect(explained('shop.click')).toMatchObject({
    entry: '/^shop\\./',
    state: 'hold',
    unit: 'pageview',
    destination: null,
  })
  expect(explained('/^shop\\.c/')).toMatchObject({ entry: '/^shop\\.c/', state: 'on' })
})

describe('an id', () => {
  const goes = (stream: string, id: string, unit?: ExplainOptions['unit']) =>
    explained(stream, { ids: [id], unit }).ids[0]

  test('goes while its draw is less than the rate', () => {
    expect(goes('half', '00000000aa')).toEqual({ id: '00000000aa', draw: 0, goes: true, reason: null })
    expect(goes('half', 'ffffffff')).toEqual({
      id: 'ffffffff',
      draw: 1,
      goes: false,
      reason: 'out-of-sample',
    })
  })

  test('that begins with no hexadecimal digit has no draw, and goes at rate 1 only', () => {
    expect(goes('half', 'visitor')).toMatchObject({ draw: null, goes: false, reason: 'out-of-sample' })
    expect(goes('shop.click', 'visitor')).toMatchObject({ draw: null, goes: true })
  })

  test('of another unit does not decide: the client has none, and leaves the event out', () => {
    expect(goes('half', '00000000', 'pageview')).toMatchObject({ goes: false, reason: 'no-id' })
    expect(goes('half', '00000000', 'session')).toMatchObject({ goes: true })
    expect(goes('all', 'ffffffff', 'pageview')).toMatchObject({ goes: true })
  })

  test.for([
    ['off', 'killed'],
    ['wrong', 'unconfigured'],
    ['nowhere', 'unconfigured'],
  ] as const)('does not matter where the stream is %s', ([stream, reason]) => {
    expect(goes(stream, '00000000')).toMatchObject({ goes: false, reason })
  })
})

test('settings that cannot be used are told', () => {
  expect(explained('wrong').problem).toMatch(/^sample: /)
  expect(explained('nowhere')).toMatchObject({ entry: null, problem: 'not in the config' })
})
