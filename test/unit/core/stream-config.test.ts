import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createStreamConfigs } from '../../../src/core/stream-config.ts'
import {
  createOrigin,
  createTestEnvironment,
  type TestEnvironmentOptions,
} from '../../support/environment.ts'

const STREAMS_URL = 'https://shop.example/streams.json'
const INTAKE_URL = 'https://intake.example/v1/events'
const DAY = 24 * 3_600_000
/** So long that a failed request has been tried again. */
const A_WHILE = 10 * 60_000

interface Setup extends TestEnvironmentOptions {
  readonly given?: unknown
  readonly url?: string | undefined
}

async function startConfigs({ given, url = STREAMS_URL, ...options }: Setup = {}) {
  const test = createTestEnvironment(options)
  let came = 0
  const configs = createStreamConfigs({
    given,
    url: url || undefined,
    intakeUrl: INTAKE_URL,
    environment: test.environment,
    allowed: () => true,
    onConfig: () => came++,
  })
  const atOnce = configs.of('a')
  await test.pass(0)
  return { ...test, configs, atOnce, came: () => came }
}

const withRevision = (revision: unknown, streams: object = { a: {} }) => ({ revision, streams })
const producers = (rivulet: object, metrics_platform_client?: object) => ({
  producers: { rivulet, ...(metrics_platform_client ? { metrics_platform_client } : {}) },
})

test('without a config nothing is decided, and a fetched one decides', async () => {
  const { configs, atOnce, came } = await startConfigs({ config: withRevision('7') })

  expect(atOnce).toBeUndefined()
  expect(configs.of('a')).toEqual({
    reason: undefined,
    why: '',
    revision: '7',
    url: INTAKE_URL,
    held: false,
    target: undefined,
    sample: undefined,
    provideValues: [],
    curation: undefined,
    maxPerMinute: Infinity,
    longestWait: 7 * DAY,
    priority: 0,
    volatile: false,
    exempt: false,
    ignoresGpc: false,
  })
  expect(came()).toBe(1)
})

test('a given config decides at once, before the fetched one', async () => {
  const { configs, atOnce } = await startConfigs({ given: withRevision('1'), config: withRevision('2') })

  expect(atOnce?.revision).toBe('1')
  expect(configs.of('a')?.revision).toBe('2')
})

test('without a URL, what is given is all there is, and nothing is asked for', async () => {
  const { configs, gets, pass, turn } = await startConfigs({ given: withRevision('1'), url: '' })
  const none = await startConfigs({ url: '' })

  await pass(DAY)
  await turn('visible')

  expect(configs.of('a')?.reason).toBeUndefined()
  expect(none.configs.of('a')?.reason).toBe('unconfigured')
  expect(gets).toEqual([])
})

test('a stream that is not in the config is unconfigured', async () => {
  const { configs } = await startConfigs({ config: withRevision('1') })

  expect(configs.of('b')).toMatchObject({ reason: 'unconfigured', why: 'not in the config' })
})

test('the bare map is taken as well as { streams }', async () => {
  const { configs } = await startConfigs({ config: { a: { sample: { unit: 'session', rate: 0.5 } }, b: {} } })

  expect(configs.of('a')?.sample).toEqual({ unit: 'session', rate: 0.5 })
  expect(configs.of('b')?.reason).toBeUndefined()
})

test('what the last visit left decides at once, while the new one is fetched', async () => {
  const first = await startConfigs({ config: withRevision('1') })
  await first.pass(7 * DAY - 1000)
  first.crash()

  const { atOnce, configs } = await startConfigs({ config: withRevision('2'), origin: first.origin })

  expect(atOnce?.revision).toBe('1')
  expect(configs.of('a')?.revision).toBe('2')
})

test('what was fetched more than 7 days ago decides nothing', async () => {
  const first = await startConfigs({ config: withRevision('1') })
  first.crash()
  await first.pass(7 * DAY)

  const { atOnce, configs, trouble } = await startConfigs({ origin: first.origin }).then((started) => ({
    ...started,
    trouble: started.configs.trouble(),
  }))

  expect(atOnce).toBeUndefined()
  expect(configs.of('a')).toBeUndefined()
  expect(trouble).toContain('404')
})

test('an older revision never takes over, neither now nor on the next page', async () => {
  const origin = createOrigin()
  const first = await startConfigs({ config: withRevision('2026-11-22.10'), origin })
  first.serve(withRevision('2026-11-22.9'))
  await first.turn('visible')
  expect(first.configs.of('a')?.revision).toBe('2026-11-22.10')
  first.crash()

  const next = await startConfigs({ config: withRevision('2026-11-22.9'), origin })

  expect(next.atOnce?.revision).toBe('2026-11-22.10')
  expect(next.configs.of('a')?.revision).toBe('2026-11-22.10')
})

test('of the given one and the one of the last visit, the newer one decides', async () => {
  const origin = createOrigin()
  const first = await startConfigs({ config: withRevision('5'), origin })
  first.crash()

  expect((await startConfigs({ given: withRevision('4'), origin })).atOnce?.revision).toBe('5')
  expect((await startConfigs({ given: withRevision('6'), origin })).atOnce?.revision).toBe('6')
})

test('revisions compare by their runs of digits, as numbers', async () => {
  const revision = fc.array(fc.integer({ min: 0, max: 1200 }), { minLength: 3, maxLength: 3 })
  const compare = (a: number[], b: number[]) => {
    const differs = a.findIndex((number, i) => number !== b[i])
    return differs < 0 ? 0 : a[differs]! - b[differs]!
  }
  await fc.assert(
    fc.asyncProperty(
      revision,
      revision,
      fc.constantFrom('-', '.', ' build ', '/v'),
      async (before, after, glue) => {
        const { configs } = await startConfigs({
          given: withRevision(before.join(glue)),
          config: withRevision(after.join(glue)),
        })

        const newest = compare(after, before) >= 0 ? after : before
        expect(configs.of('a')?.revision).toBe(newest.join(glue))
      },
    ),
  )
})

test('without revisions, the last one fetched is in force', async () => {
  const { configs, serve, turn } = await startConfigs({ config: { a: {} } })

  serve({ b: {} })
  await turn('visible')

  expect(configs.of('a')?.reason).toBe('unconfigured')
  expect(configs.of('b')?.reason).toBeUndefined()
})

const BAD: [string, unknown][] = [
  ['HTML', '<!DOCTYPE html><title>Log in</title>'],
  ['empty', ''],
  ['404', { status: 404, text: JSON.stringify({ b: {} }), foreign: false }],
  ['500', { status: 500, text: JSON.stringify({ b: {} }), foreign: false }],
  ['10 MB', JSON.stringify({ b: {}, fill: 'x'.repeat(10_000_000) })],
  ['half of it', '{"streams":{"b":{'],
  ['a list', []],
  ['a text', '"b"'],
  ['null', 'null'],
  ['a number', '7'],
  ['without streams', {}],
  ['with streams that are a list', { streams: ['b'] }],
  ['with streams that are a text', { streams: 'b' }],
]

test.for(BAD)(
  'a config that is %s leaves the last good one in force, and trouble says why',
  async ([, bad]) => {
    const { configs, serve, turn, warnings, pass } = await startConfigs({ config: withRevision('1') })

    serve(bad)
    await turn('visible')
    await pass(A_WHILE)
    expect(configs.of('a')?.revision).toBe('1')
    expect(configs.trouble()).not.toBe('')
    expect(warnings).toHaveLength(1)

    serve(withRevision('2'))
    await pass(A_WHILE)
    expect(configs.of('a')?.revision).toBe('2')
    expect(configs.trouble()).toBe('')
  },
)

test.for(BAD)('where the first config is %s, events wait, and the next good one decides', async ([, bad]) => {
  const { configs, serve, pass, warnings, gets } = await startConfigs({ config: bad })

  await pass(A_WHILE)
  expect(configs.of('a')).toBeUndefined()
  expect(configs.trouble()).not.toBe('')
  expect(warnings).toHaveLength(1)
  expect(gets.length).toBeLessThan(60)

  serve(withRevision('1'))
  await pass(A_WHILE)
  expect(configs.of('a')?.revision).toBe('1')
})

test('a request that fails leaves the last good config in force', async () => {
  const { configs, serve, turn } = await startConfigs({ config: withRevision('1') })

  serve(() => {
    throw new TypeError('Failed to fetch')
  })
  await turn('visible')

  expect(configs.of('a')?.revision).toBe('1')
  expect(configs.trouble()).toContain('Failed to fetch')
})

test.for([[], {}, { streams: {} }, null, 'x', 7, [{}]])(
  'a given config that is %o counts as none, and what the last visit left decides',
  async (given) => {
    const first = await startConfigs({ config: withRevision('1') })
    first.crash()

    const { atOnce } = await startConfigs({ given, origin: first.origin })

    expect(atOnce?.revision).toBe('1')
  },
)

test.for(['', 'no JSON', 'null', '[]', '{}', '["x"]', '[1764000000000]', '7'])(
  'a memo that reads %o counts as none',
  async (text) => {
    const memo = { read: () => text, write: () => undefined }

    const { atOnce, configs } = await startConfigs({ memo, config: withRevision('1') })

    expect(atOnce).toBeUndefined()
    expect(configs.of('a')?.revision).toBe('1')
  },
)

test.for([
  ['settings', 'on'],
  ['settings', 5],
  ['settings', null],
  ['settings', ['a']],
  ['sample', { sample: { unit: 'user', rate: 0.5 } }],
  ['sample', { sample: { unit: 'session' } }],
  ['sample', { sample: { rate: 1 } }],
  ['sample', { sample: { unit: 'session', rate: 2 } }],
  ['sample', { sample: { unit: 'session', rate: -1 } }],
  ['sample', { sample: { unit: 'session', rate: '1' } }],
  ['sample', { sample: { unit: 'session', rate: null } }],
  ['sample', { sample: 0.5 }],
  ['sample', { sample: true }],
  ['state', producers({ state: 'maybe' })],
  ['state', producers({ state: null })],
] as const)(
  'a stream with malformed %s %o is off, says why, and leaves the others alone',
  async ([what, a]) => {
    const { configs } = await startConfigs({ config: { streams: { a, b: {} } } })

    expect(configs.of('a')?.reason).toBe('unconfigured')
    expect(configs.of('a')?.why).toMatch(new RegExp(`^${what}: `))
    expect(configs.of('b')?.reason).toBeUndefined()
  },
)

test.for([null, false, 0, ''])('a sample that is %o keeps every unit', async (sample) => {
  const { configs } = await startConfigs({ config: { a: { sample } } })

  expect(configs.of('a')).toMatchObject({ reason: undefined, sample: undefined })
})

test('rates 0 and 1 and all three units are fine', async () => {
  for (const unit of ['pageview', 'session', 'device']) {
    for (const rate of [0, 1, 0.001]) {
      const { configs } = await startConfigs({ config: { a: { sample: { unit, rate } } } })

      expect(configs.of('a')).toMatchObject({ reason: undefined, sample: { unit, rate } })
    }
  }
})

test('a stream whose state is off is killed, and one that is on is on', async () => {
  const { configs } = await startConfigs({
    config: { a: producers({ state: 'off' }), b: producers({ state: 'on' }) },
  })

  expect(configs.of('a')?.reason).toBe('killed')
  expect(configs.of('b')?.reason).toBeUndefined()
})

test("settings under producers.rivulet come before the platform's own", async () => {
  const { configs } = await startConfigs({
    config: {
      a: producers({ provide_values: ['page_title'] }, { provide_values: ['agent_app_install_id'] }),
      b: producers({}, { provide_values: ['agent_app_install_id'] }),
      c: producers({ state: 'on' }, { state: 'off' }),
    },
  })

  expect(configs.of('a')?.provideValues).toEqual(['page_title'])
  expect(configs.of('b')?.provideValues).toEqual(['agent_app_install_id'])
  expect(configs.of('c')?.reason).toBeUndefined()
})

test.for(['page_title', 5, null, { 0: 'page_title' }])(
  'provide_values that are %o ask for nothing',
  async (asked) => {
    const { configs } = await startConfigs({ config: { a: producers({ provide_values: asked }) } })

    expect(configs.of('a')).toMatchObject({ reason: undefined, provideValues: [] })
  },
)

test('a stream goes to the service it names, else to the intake', async () => {
  const config = {
    services: { errors: 'https://errors.example/v1/events', here: '/v1/events', bad: 'javascript:alert(1)' },
    streams: {
      a: {},
      b: { destination_event_service: 'errors' },
      c: { destination_event_service: 'not listed' },
      d: { destination_event_service: 'here' },
      e: { destination_event_service: 'bad' },
    },
  }
  const { configs } = await startConfigs({ config })

  expect(['a', 'b', 'c', 'd'].map((stream) => configs.of(stream)?.url)).toEqual([
    INTAKE_URL,
    'https://errors.example/v1/events',
    INTAKE_URL,
    'https://shop.example/v1/events',
  ])
  expect(configs.of('e')).toMatchObject({
    reason: 'unconfigured',
    why: expect.stringContaining('destination'),
  })
})

test.for(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'streams', ''])(
  'a stream named %o is one like any other',
  async (name) => {
    const without = await startConfigs({ config: withRevision('1') })
    const withIt = await startConfigs({ config: `{"streams":{${JSON.stringify(name)}:{},"a":{}}}` })

    expect(without.configs.of(name)?.reason).toBe('unconfigured')
    expect(withIt.configs.of(name)?.reason).toBeUndefined()
    expect(withIt.configs.of('a')?.reason).toBeUndefined()
  },
)

test('a config is refreshed as often as it says, by default every five minutes', async () => {
  const often = await startConfigs({ config: { refresh_seconds: 60, streams: { a: {} } } })
  const byDefault = await startConfigs({ config: withRevision('1') })

  for (const { pass } of [often, byDefault]) await pass(3_600_000)

  // A tenth earlier, so that the tab which asked last tells the others before it is their turn.
  expect(often.gets.length).toBeGreaterThanOrEqual(61)
  expect(often.gets.length).toBeLessThanOrEqual(67)
  expect(byDefault.gets.length).toBeGreaterThanOrEqual(13)
  expect(byDefault.gets.length).toBeLessThanOrEqual(14)
})

test.for([0, -5, 0.0001, 'soon', null, {}, true])(
  'refresh_seconds of %o makes no more than one request a second',
  async (refresh_seconds) => {
    const { gets, pass } = await startConfigs({ config: { refresh_seconds, streams: { a: {} } } })

    await pass(60_000)

    expect(gets.length).toBeLessThanOrEqual(61)
  },
)

test('a config is refreshed when the page becomes visible, not when it hides', async () => {
  const { gets, turn } = await startConfigs({ config: withRevision('1') })

  await turn('hidden')
  expect(gets).toHaveLength(1)
  await turn('visible')

  expect(gets).toEqual([STREAMS_URL, STREAMS_URL])
})

test('after close nothing is asked for, a request under way included', async () => {
  const closedInFlight = createTestEnvironment({ config: withRevision('1') })
  createStreamConfigs({
    url: STREAMS_URL,
    intakeUrl: INTAKE_URL,
    environment: closedInFlight.environment,
    allowed: () => true,
    onConfig: () => undefined,
  }).close()
  const { configs, gets, pass, turn } = await startConfigs({ config: withRevision('1') })

  configs.close()
  await turn('visible')
  for (const drive of [pass, closedInFlight.pass]) await drive(DAY)

  expect(gets).toHaveLength(1)
  expect(closedInFlight.gets).toHaveLength(1)
})

test('a service named as what every object has is not found there', async () => {
  const { configs } = await startConfigs({ config: { a: { destination_event_service: 'constructor' } } })

  expect(configs.of('a')?.url).toBe(INTAKE_URL)
})
