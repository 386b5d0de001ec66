import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LINGER } from '../../../src/core/deliver.ts'
import { LEDGER } from '../../../src/core/ledger.ts'
import { accountsIn, startClient, type TestClient, wordOf } from '../../support/client.ts'
import { createOrigin, type Origin } from '../../support/environment.ts'

// Clients of one origin that do not know of each other: on a page of several teams, or on pages that have little in common.

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A client whose config has a URL of its own, from which comes what knows these streams, or nothing yet. */
const startTeam = (origin: Origin, name: string, streams?: readonly string[]): Promise<TestClient> =>
  startClient({
    options: { streamConfigUrl: `https://shop.example/${name}.json` },
    environment: { origin, config: streams && configOf(streams) },
  })

const configOf = (streams: readonly string[]) => ({
  streams: Object.fromEntries(streams.map((stream) => [stream, {}])),
})

describe('what waits for a config', () => {
  test('is left to its own by a client whose own config does not know its stream', async () => {
    const origin = createOrigin()
    const shop = await startTeam(origin, 'shop')
    const blog = await startTeam(origin, 'blog', ['blog.read'])

    const id = shop.client.submit('shop.click')
    const other = blog.client.submit('blog.read')
    await blog.pass(MINUTE)
    expect([...blog.outcomes, ...shop.outcomes].map(({ id }) => id)).toEqual([other])
    shop.serve(configOf(['shop.click']))
    await shop.pass(HOUR)

    expect(shop.outcomes).toEqual([{ kind: 'delivered', stream: 'shop.click', id }])
    expect(shop.client.ledger()).toEqual({ 'shop.click': { submitted: 1, delivered: 1 } })
    expect(blog.client.ledger()).toEqual({ 'blog.read': { submitted: 1, delivered: 1 } })
  })

  test('is left to a later page of its own, when its page is gone', async () => {
    const origin = createOrigin()
    const first = await startTeam(origin, 'shop')
    const id = first.client.submit('shop.click')
    await first.pass(MINUTE)
    first.crash()

    const blog = await startTeam(origin, 'blog', ['blog.read'])
    await blog.pass(HOUR)
    expect(blog.sent()).toEqual([])
    const second = await startTeam(origin, 'shop', ['shop.click'])
    await second.pass(LINGER)

    expect(second.sent().map(({ meta }) => meta.id)).toEqual([id])
  })

  test('of a config that is there for both, is dropped by whoever comes first', async () => {
    const origin = createOrigin()
    const first = await startTeam(origin, 'shop')
    const id = first.client.submit('shop.clikc')
    await first.pass(MINUTE)

    const second = await startTeam(origin, 'shop', ['shop.click'])
    await second.pass(LINGER)

    expect(first.outcomes).toMatchObject([{ kind: 'dropped', reason: 'unconfigured', id }])
    expect(origin.records.events()).toEqual([])
  })

  test('is dropped by a page that has the config of its own under another spelling', async () => {
    const origin = createOrigin()
    const first = await startTeam(origin, 'shop')
    first.client.submit('shop.clikc')
    await first.pass(MINUTE)
    first.crash()

    const second = await startClient({
      options: { streamConfigUrl: '/shop.json' },
      environment: { origin, config: configOf(['shop.click']) },
    })
    await second.pass(LINGER)

    expect(origin.records.events()).toEqual([])
  })

  test('expires where nobody ever knows its stream', async () => {
    const origin = createOrigin()
    const shop = await startTeam(origin, 'shop')
    shop.client.submit('shop.click')
    await shop.pass(MINUTE)
    shop.crash()

    const blog = await startTeam(origin, 'blog', ['blog.read'])
    await blog.pass(8 * 24 * HOUR)
    blog.client.submit('blog.read')
    await blog.pass(LINGER)

    expect(origin.records.events()).toEqual([])
  })
})

test('the account of a page that is gone is not dropped by a client that reports none', async () => {
  const origin = createOrigin()
  const first = await startTeam(origin, 'shop', ['shop.click', LEDGER])
  first.client.submit('shop.click')
  await first.pass(MINUTE)
  first.crash()

  const blog = await startTeam(origin, 'blog', ['blog.read'])
  await blog.pass(HOUR)
  const second = await startTeam(origin, 'shop', ['shop.click', LEDGER])
  await second.pass(MINUTE)

  expect(accountsIn(second.posts)).toMatchObject([
    { entries: [{ stream: 'shop.click', submitted: 1, last: 1, settled: { delivered: [1, 1] } }] },
  ])
})

const STREAMS = ['a', 'b', 'c']
const TEAMS = [0, 1, 2]
const team = fc.constantFrom(...TEAMS)

const STEP = fc.oneof(
  fc.record({ do: fc.constant('submit' as const), team, stream: fc.constantFrom(...STREAMS) }),
  fc.record({ do: fc.constant('serve' as const), team }),
  fc.record({ do: fc.constant('flush' as const), team }),
  fc.record({ do: fc.constant('close' as const), team }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 40, LINGER, MINUTE) }),
)

type Step = typeof STEP extends fc.Arbitrary<infer Value> ? Value : never

test('whatever each knows and does, it hears of its own events, once each, and counts no others', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(STEP, { maxLength: 40 }),
      fc.tuple(...TEAMS.map(() => fc.subarray(STREAMS))),
      async (steps, known) => {
        const origin = createOrigin()
        const clients = await Promise.all(TEAMS.map((team) => startTeam(origin, `team-${team}`)))
        const submitted = TEAMS.map((): string[] => [])
        const act = (step: Step) => {
          if (step.do === 'pass') return clients[0]!.pass(step.ms)
          const { client, serve } = clients[step.team]!
          if (step.do === 'submit') submitted[step.team]!.push(client.submit(step.stream))
          else if (step.do === 'serve') serve(configOf(known[step.team]!))
          else if (step.do === 'flush') void client.flush()
          else void client.close()
        }

        for (const step of steps) await act(step)
        // A closed one no longer listens. What it left, its like decides on, and what its config does not know, too.
        const after = await Promise.all(TEAMS.map((team) => startTeam(origin, `team-${team}`, STREAMS)))
        for (const { serve } of clients) serve(configOf(STREAMS))
        await after[0]!.pass(HOUR)

        const closed = new Set(steps.flatMap((step) => (step.do === 'close' ? [step.team] : [])))
        for (const [team, { client, outcomes }] of clients.entries()) {
          const told = outcomes.map(({ id }) => id)
          expect(submitted[team]).toEqual(expect.arrayContaining(told))
          expect(new Set(told).size).toBe(told.length)
          if (!closed.has(team)) expect(told.length).toBe(submitted[team]!.length)
          const counts = Object.values(client.ledger())
          expect(counts.reduce((sum, { submitted = 0 }) => sum + submitted, 0)).toBe(submitted[team]!.length)
          for (const outcome of outcomes)
            expect(['delivered', 'unconfigured', 'closed']).toContain(wordOf(outcome))
        }
        expect(origin.records.events()).toEqual([])
        const sent = [...clients, ...after].flatMap((client) => client.sent())
        expect(gapsIn(sent.map(({ meta }) => ({ ...meta.producer, stream: meta.stream })))).toEqual([])
      },
    ),
    { numRuns: 60 },
  )
})

/** Of instances that have given numbers 1 to n of a stream, those of which one is missing. */
function gapsIn(numbered: readonly { id: string; stream: string; seq?: number }[]): string[] {
  const numbers = new Map<string, Set<number>>()
  for (const { id, stream, seq = 0 } of numbered) {
    const key = `${id} ${stream}`
    numbers.set(key, (numbers.get(key) ?? new Set()).add(seq))
  }
  return [...numbers].flatMap(([key, seqs]) => (Math.max(...seqs) === seqs.size ? [] : [key]))
}
