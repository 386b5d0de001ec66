import { expect, test } from 'vitest'
import type { Inside, Submit } from '../../../src/core/debug.ts'
import { LINGER } from '../../../src/core/deliver.ts'
import type { Outcome } from '../../../src/core/event.ts'
import { startClient } from '../../support/client.ts'
import { createOrigin, START, URLS } from '../../support/environment.ts'

// What a debug switch gets to see of a client, and that it cannot disturb it.

const config = { revision: '7', streams: { click: {}, rare: { sample: { unit: 'session', rate: 0 } } } }

/** A switch that forces nothing, and keeps what it was told. */
function createWatcher() {
  const insides: Inside[] = []
  const seen: (Submit | Outcome)[] = []
  const watch = (inside: Inside) => {
    insides.push(inside)
    return (next: Submit | Outcome) => void seen.push(next)
  }
  return { insides, seen, debug: Object.assign(() => false, { watch }) }
}

test('a switch that watches is told of each submit, then of its outcome', async () => {
  const { insides, seen, debug } = createWatcher()
  const { client, pass } = await startClient({ options: { debug }, environment: { config } })

  const id = client.submit('click', { action: 'buy' })
  const other = client.submit('rare')
  await pass(LINGER)

  expect(insides).toHaveLength(1)
  expect(seen).toMatchObject([
    { id, stream: 'click', at: START, data: { action: 'buy' } },
    { id: other, stream: 'rare' },
    { id: other, kind: 'dropped', reason: 'out-of-sample' },
    { id, kind: 'delivered' },
  ])
})

test('it sees what waits, until when the destination rests, and why nothing gets through', async () => {
  const { insides, debug } = createWatcher()
  const environment = { config, answers: () => ({ status: 0 }) }
  const { client, pass, environment: platform } = await startClient({ options: { debug }, environment })
  const [inside] = insides

  const id = client.submit('click')
  expect(inside?.queued()).toMatchObject([{ id, stream: 'click', url: URLS.intakeUrl }])
  // Half a second goes by before it is clear that the page is not being left.
  await pass(LINGER + 500)
  const route = inside?.routes.get(URLS.intakeUrl)
  const [failures, since, ms] = route?.rest() ?? []
  expect([failures, since]).toEqual([1, platform.now()])
  expect(ms).toBeGreaterThan(0)
  expect(route?.trouble()).toBe('')

  await pass(60_000)
  expect(route?.trouble()).toBe('unreachable')
  expect(inside?.explain('click')).toMatchObject({ goes: true, config: { revision: '7' } })
  expect(inside?.ledger()).toEqual({ click: { submitted: 1 } })
})

test('it sees since when a config is in force, also one from an earlier visit; one given at the start has no time', async () => {
  const origin = createOrigin()
  const first = createWatcher()
  await startClient({ options: { debug: first.debug }, environment: { config, origin } })
  await origin.clock.pass(5000)
  const second = createWatcher()
  await startClient({ options: { debug: second.debug }, environment: { config: undefined, origin } })
  const third = createWatcher()
  const given = { debug: third.debug, streamConfigs: config }
  await startClient({ options: given, environment: { config: undefined } })

  expect(first.insides[0]?.configSince()).toBe(START)
  expect(second.insides[0]?.configSince()).toBe(START)
  expect(third.insides[0]?.configSince()).toBe(0)
})

test.for([
  [
    'when it is made',
    () => {
      throw new Error('broken')
    },
  ],
  [
    'whenever it is told something',
    () => () => {
      throw new Error('broken')
    },
  ],
] as const)('one that throws %s is reported once, and the events go', async ([, watch]) => {
  const debug = Object.assign(() => false, { watch })
  const { client, pass, outcomes, warnings } = await startClient({
    options: { debug },
    environment: { config },
  })

  client.submit('click')
  client.submit('click')
  await pass(LINGER)

  expect(outcomes).toMatchObject([{ kind: 'delivered' }, { kind: 'delivered' }])
  expect(warnings).toEqual(['debug threw: Error: broken'])
})
