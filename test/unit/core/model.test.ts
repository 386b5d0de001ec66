import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Client, createClient } from '../../../src/core/client.ts'
import type { Outcome } from '../../../src/core/event.ts'
import {
  createOrigin,
  createTestEnvironment,
  type Post,
  type Reply,
  type TestEnvironment,
  URLS,
} from '../../support/environment.ts'

const CONFIG = {
  revision: '1',
  streams: {
    click: {},
    view: { sample: { unit: 'session', rate: 1 } },
    out: { sample: { unit: 'session', rate: 0 } },
  },
}
/** Streams whose events all go. */
const KEPT = new Set(['click', 'view'])
const MINUTE = 60_000

/** What the intake may do with a batch: which of it is accepted, and what is said about it. */
type Behaviour = (ids: readonly string[]) => {
  accepted: readonly string[]
  refused?: readonly string[]
  reply: Reply
}

const listed = (id: string, message = '') => ({ event: { meta: { id } }, context: { message } })
const lists = (invalid: object[], error: object[]) => JSON.stringify({ invalid, error })

const BEHAVIOURS: Record<string, Behaviour> = {
  'accepts all': (ids) => ({ accepted: ids, reply: { status: 201 } }),
  'refuses the first, accepts the rest': ([first = '', ...rest]) => ({
    accepted: rest,
    refused: [first],
    reply: { status: rest.length ? 207 : 400, text: lists([listed(first)], []) },
  }),
  'cannot store the first, accepts the rest': ([first = '', ...rest]) => ({
    accepted: rest,
    reply: { status: rest.length ? 207 : 500, text: lists([], [listed(first, 'broker not available')]) },
  }),
  'knows no schema for the last': (ids) => ({
    accepted: ids.slice(0, -1),
    refused: ids.slice(-1),
    reply: {
      status: 207,
      text: lists(
        [],
        ids.slice(-1).map((id) => listed(id, 'Failed loading schema at /x')),
      ),
    },
  }),
  'lists an event of somebody else': (ids) => ({
    accepted: [],
    refused: ids.length > 1 ? [] : ids,
    reply: { status: 207, text: lists([listed('of somebody else')], []) },
  }),
  'finds it too large': (ids) => ({
    accepted: [],
    refused: ids.length > 1 ? [] : ids,
    reply: { status: 413 },
  }),
  'finds it too large, as EventGate says it': (ids) => ({
    accepted: [],
    refused: ids.length > 1 ? [] : ids,
    reply: { status: 500, text: JSON.stringify({ title: 'PayloadTooLargeError' }) },
  }),
  'asks for credentials': () => ({ accepted: [], reply: { status: 401 } }),
  'asks to wait': () => ({ accepted: [], reply: { status: 429, retryAfter: '7' } }),
  'is unavailable': () => ({ accepted: [], reply: { status: 503 } }),
  'is broken': () => ({ accepted: [], reply: { status: 502, text: '<html>' } }),
  promises: () => ({ accepted: [], reply: { status: 202 } }),
  'accepts, and the answer is lost': (ids) => ({ accepted: ids, reply: { status: 0 } }),
  'is behind a captive portal': () => ({ accepted: [], reply: { status: 200, foreign: true } }),
}

type Step =
  | { readonly do: 'submit'; readonly stream: string }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'behave'; readonly as: string }
  | { readonly do: 'turn'; readonly phase: 'visible' | 'hidden' | 'gone' }
  | { readonly do: 'config' }
  | { readonly do: 'crash' }

const oneOf = (...values: string[]) => fc.constantFrom(...values)
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('submit'), stream: oneOf('click', 'view', 'out', 'none') }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.constantFrom(0, 5, 40, 1000, 30_000) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('behave'), as: oneOf(...Object.keys(BEHAVIOURS)) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('turn'), phase: oneOf('visible', 'hidden', 'gone') }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'config' }) },
    { weight: 1, arbitrary: fc.constant({ do: 'crash' }) },
  ),
  { minLength: 5, maxLength: 60 },
) as fc.Arbitrary<Step[]>

test('whatever happens in whichever order, each event is delivered, queued, or dropped with a reason', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer(), async (story, seed) => {
      const origin = createOrigin()
      /** Ids that the intake has stored, and those it has refused for good. */
      const accepted = new Set<string>()
      const refused = new Set<string>()
      const submitted = new Map<string, string>()
      const outcomes: Outcome[] = []
      /** Submitted on a page that crashed before the write window was over. */
      const mayBeLost = new Set<string>()
      /** Submitted on a page that is gone: nobody is there to be told. */
      const orphans = new Set<string>()
      let behaviour: Behaviour = BEHAVIOURS['accepts all']!
      let config: object | undefined
      let page: TestEnvironment
      let client: Client

      const receive = ({ events }: Post): Reply => {
        const ids = events.map(({ meta }) => meta.id)
        for (const id of ids) expect(submitted.has(id)).toBe(true)
        const { reply, ...judged } = behaviour(ids)
        for (const id of judged.accepted) accepted.add(id)
        for (const id of judged.refused ?? []) refused.add(id)
        return reply
      }
      const openPage = () => {
        page = createTestEnvironment({ origin, answers: receive, config: () => config, seed })
        client = createClient({ ...URLS, onOutcome: (outcome) => outcomes.push(outcome) }, page.environment)
      }
      const storedIds = () => new Set(origin.records.events().map(({ id }) => id))

      openPage()
      for (const step of story) {
        if (step.do === 'submit') submitted.set(client!.submit(step.stream), step.stream)
        else if (step.do === 'pass') await page!.pass(step.ms)
        else if (step.do === 'behave') behaviour = BEHAVIOURS[step.as]!
        else if (step.do === 'turn') await page!.turn(step.phase)
        else if (step.do === 'config') config = CONFIG
        else {
          page!.crash()
          await page!.pass(0)
          const safe = storedIds()
          const told = new Set(outcomes.map(({ id }) => id))
          for (const id of submitted.keys()) {
            if (!safe.has(id) && !told.has(id)) mayBeLost.add(id)
            orphans.add(id)
          }
          openPage()
        }
      }
      await page!.pass(50)
      const queued = storedIds()
      const told = new Set(outcomes.map(({ id }) => id))
      for (const [id, stream] of submitted) {
        const settled = accepted.has(id) || refused.has(id) || told.has(id)
        const dropped = orphans.has(id) && !KEPT.has(stream)
        expect(queued.has(id) || settled || dropped || mayBeLost.has(id)).toBe(true)
      }

      // In the end the intake is well, the config there, and the page seen.
      behaviour = BEHAVIOURS['accepts all']!
      config = CONFIG
      await page!.turn('visible')
      await page!.pass(60 * MINUTE)

      expect(storedIds()).toEqual(new Set())
      expect(await Promise.race([client!.flush(), page!.pass(2000).then(() => 'late')])).toBe(0)
      const counts = new Map<string, number>()
      for (const { id } of outcomes) counts.set(id, (counts.get(id) ?? 0) + 1)
      for (const count of counts.values()) expect(count).toBe(1)
      for (const outcome of outcomes) {
        if (outcome.kind === 'delivered') expect(accepted).toContain(outcome.id)
        else if (outcome.reason === 'refused') expect(refused).toContain(outcome.id)
      }
      for (const [id, stream] of submitted) {
        if (!orphans.has(id)) expect(counts.get(id)).toBe(1)
        if (!KEPT.has(stream)) expect(accepted.has(id)).toBe(false)
        else if (!mayBeLost.has(id)) expect(accepted.has(id) || refused.has(id)).toBe(true)
      }
    }),
    { numRuns: 150 },
  )
})
