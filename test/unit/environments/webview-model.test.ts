import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Outcome } from '../../../src/core/event.ts'
import { LEDGER } from '../../../src/core/ledger.ts'
import type { AppMessage } from '../../../src/environments/bridge.ts'
import { createApp, HELLO, openPage, type Script, takesAll } from '../../support/scripted-app.ts'
import type { TestClient } from '../../support/client.ts'
import { settled } from '../../support/environment.ts'

// The stories are the same in each run of the tests. Others are tried with MODEL_SEED, more of them with MODEL_RUNS.
const { MODEL_RUNS = '300', MODEL_SEED = '20261127' } = process.env

const SECOND = 1000

/** What an app makes of a batch. It acks nothing that it has not written, whatever else it does. */
const BEHAVIOURS = {
  'takes all': takesAll,
  'hears nothing': () => {},
  'writes, and dies before it acks': (events, { write }) => write(events),
  'writes, and acks too late': (events, { write, ack }) => {
    write(events)
    ack(events, 8 * SECOND)
  },
  'acks slowly': (events, { write, ack }) => {
    write(events)
    ack(events, 3 * SECOND)
  },
  'acks twice, backwards, one by one': (events, { write, ack }) => {
    write(events)
    for (const event of [...events].reverse()) ack([event], 10)
    ack(events, 20)
  },
  'writes and acks the first half, and dies': (events, { write, ack }) => {
    const half = events.slice(0, Math.ceil(events.length / 2))
    write(half)
    ack(half)
  },
  'acks what it was not handed': (events, { write, ack, say }) => {
    write(events)
    say({ type: 'ack', acks: { nobody: true, '': 'x' } } as AppMessage)
    ack(events, 100)
  },
} satisfies Record<string, Script['onEvents']>

/** What it answers to a hello, and after how many ms. */
const GREETINGS = {
  'at once': { hello: HELLO, helloAfter: 0 },
  slowly: { hello: HELLO, helloAfter: 700 },
  'too late': { hello: HELLO, helloAfter: 4 * SECOND },
  never: { hello: undefined },
  'as an old one': { hello: { type: 'hello', ids: HELLO.ids } },
  'as one that samples': { hello: { ...HELLO, sampling: 'app' } },
} satisfies Record<string, Partial<Script>>

type Step =
  | { readonly do: 'submit'; readonly stream: string; readonly times: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'behave'; readonly as: keyof typeof BEHAVIOURS }
  | { readonly do: 'greet'; readonly as: keyof typeof GREETINGS }
  | { readonly do: 'the app dies' | 'the app lives' | 'the app says hello' }
  | { readonly do: 'the intake fails' | 'the intake works' }
  | { readonly do: 'hide' | 'show' }
  | { readonly do: 'leave'; readonly parting: number }
  | { readonly do: 'crash' }

const keys = <Name extends string>(record: Record<Name, unknown>) =>
  fc.constantFrom(...(Object.keys(record) as Name[]))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      stream: fc.constantFrom('click', 'view'),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(0, 30, 400, SECOND, 6 * SECOND, 70 * SECOND),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('behave' as const), as: keys(BEHAVIOURS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('greet' as const), as: keys(GREETINGS) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('leave' as const), parting: fc.integer({ min: 0, max: 2 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...([
          'the app dies',
          'the app lives',
          'the app says hello',
          'the intake fails',
          'the intake works',
          'hide',
          'show',
          'crash',
        ] as const),
      ),
    }),
  },
)

test('whatever an app does, no event is lost, doubles share one id, and each event ends once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const app = createApp()
      const stored = new Set<string>()
      const submitted: string[] = []
      let intakeFails = false
      /** By id, of the page that is open. */
      let outcomes = new Map<string, number>()
      let page = open()

      function open(): TestClient {
        const heard = new Map<string, number>()
        outcomes = heard
        return openPage(app, {
          environment: {
            config: { streams: { click: {}, view: { sample: { unit: 'session', rate: 0.99 } } } },
            answers: ({ events }) => {
              if (intakeFails) return { status: 503 }
              for (const { meta } of events) stored.add(meta.id)
              return { status: 201 }
            },
          },
          options: {
            ids: { session: '00000000000000000000' },
            onOutcome: ({ id, kind }: Outcome) => {
              expect(kind).toBe('delivered')
              heard.set(id, 1 + (heard.get(id) ?? 0))
            },
          },
        })
      }
      const submit = (stream: string, times: number) => {
        for (let i = 0; i < times; i++) submitted.push(page.client.submit(stream, { i }))
      }

      const run = async (step: Step): Promise<void> => {
        if (step.do === 'submit') submit(step.stream, step.times)
        else if (step.do === 'pass') await page.pass(step.ms)
        else if (step.do === 'behave') app.behave({ onEvents: BEHAVIOURS[step.as] })
        else if (step.do === 'greet') app.behave({ helloAfter: 0, ...GREETINGS[step.as] })
        else if (step.do === 'the app dies') app.behave({ isThere: false })
        else if (step.do === 'the app lives') app.behave({ isThere: true })
        else if (step.do === 'the app says hello') app.say(HELLO)
        else if (step.do === 'the intake fails') intakeFails = true
        else if (step.do === 'the intake works') intakeFails = false
        else if (step.do === 'hide') await page.turn('hidden')
        else if (step.do === 'show') await page.turn('visible')
        else {
          if (step.do === 'leave') {
            const turned = page.turn('gone')
            submit('click', step.parting)
            await turned
          }
          // What is written survives: after the hello, or the wait for it, and the window of writing.
          else await page.pass(SECOND + 50)
          await settled()
          page.crash()
          page = open()
        }
        for (const times of outcomes.values()) expect(times).toBe(1)
      }
      for (const step of steps) await run(step)
      app.behave({ isThere: true, hello: HELLO, helloAfter: 0, onEvents: takesAll })
      intakeFails = false
      await page.turn('visible')
      await page.pass(30 * 60 * SECOND)

      const arrived = new Set([...stored, ...app.taken.keys()])
      expect(submitted.filter((id) => !arrived.has(id))).toEqual([])
      expect([...arrived].filter((id) => !submitted.includes(id))).toEqual([])
      expect(page.origin.records.events().filter(({ stream }) => stream !== LEDGER)).toEqual([])
      const own = Object.values(page.client.ledger())
      for (const { submitted, delivered } of own) expect(delivered).toBe(submitted)
      for (const times of outcomes.values()) expect(times).toBe(1)
    }),
    { numRuns: Number(MODEL_RUNS), seed: Number(MODEL_SEED) },
  )
})
