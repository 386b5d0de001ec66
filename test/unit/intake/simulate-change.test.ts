import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ConfigContent } from '../../../src/intake/config-content.ts'
import { createSchemaRegistry } from '../../../src/intake/registry.ts'
import { createSimulateChange } from '../../../src/intake/simulate-change.ts'
import { openSchemaRepository } from '../../../src/schema/repository.ts'
import { folderOf } from '../../support/folder.ts'

const DAY = '2026-11-20'
const sampled = (rate: number) => ({ sample: { unit: 'session', rate } })

/** A stored event, received so many hours into the day. */
const event = (stream: string, hour: number, fields: object = {}) => ({
  $schema: '/shop/click/1.0.0',
  meta: { stream, id: `${stream}-${hour}`, dt: `${DAY}T${String(hour).padStart(2, '0')}:00:00.000Z` },
  performer: { session_id: hour.toString(16).padStart(20, '0') },
  ...fields,
})

async function simulationFrom(
  from: ConfigContent,
  events: { readonly [stream: string]: readonly object[] },
  schema: object = { title: 'shop/click', type: 'object' },
) {
  const lines = (of: readonly object[]) => of.map((one) => `${JSON.stringify(one)}\n`).join('')
  const folder = await folderOf({
    'data/.rivulet/state.json': { layout: 1 },
    'schemas/shop/click/1.0.0.json': { ...schema, $id: '/shop/click/1.0.0' },
    ...Object.fromEntries(
      Object.entries(events).map(([stream, of]) => [`data/${stream}/${DAY}.jsonl`, lines(of)]),
    ),
  })
  const registry = createSchemaRegistry(openSchemaRepository([join(folder, 'schemas')]))
  const simulate = createSimulateChange({
    data: join(folder, 'data'),
    from: () => from,
    registry,
    log: () => undefined,
  })
  return (to: ConfigContent, signal = new AbortController().signal) => simulate(to, { signal })
}

const hours = (stream: string, count: number) =>
  Array.from({ length: count }, (_, hour) => event(stream, hour))

test('it tells of the stream that is changed, and a day is one of all that is stored', async () => {
  const from = { streams: { a: sampled(1), b: sampled(1) } }
  const simulate = await simulationFrom(from, { a: [event('a', 23)], b: hours('b', 23) })

  const { streams, from: first } = await simulate({ streams: { ...from.streams, a: sampled(0) } })

  expect(streams.map(({ stream }) => stream)).toEqual(['a'])
  expect(first).toBe(`${DAY}T00:00:00.000Z`)
  expect(streams[0]!.now.perDay).toBeCloseTo(24 / 23)
  expect(streams[0]!.then.perDay).toBe(0)
})

test('of streams that are not changed it reads one event each', async () => {
  const from = { streams: { a: sampled(1), b: sampled(1) } }
  const simulate = await simulationFrom(from, { a: hours('a', 10), b: hours('b', 20) })

  expect((await simulate({ streams: { ...from.streams, a: sampled(0.5) } })).events).toBe(11)
})

test('a pattern changes all that it matches, and a stream to which the events of another go is changed with it', async () => {
  const to = { producers: { rivulet: { stream_name: 'c' } } }
  const from = { streams: { '/^a/': sampled(1), b: { ...sampled(1), ...to }, c: {}, d: {} } }
  const simulate = await simulationFrom(from, { aa: hours('aa', 2), ab: hours('ab', 3), c: hours('c', 4) })

  const ofPattern = await simulate({ streams: { ...from.streams, '/^a/': sampled(0) } })
  const ofTarget = await simulate({ streams: { ...from.streams, b: { ...sampled(0), ...to } } })

  expect(ofPattern.streams.map(({ stream }) => stream)).toEqual(['aa', 'ab'])
  expect(ofTarget.streams.map(({ stream }) => stream)).toEqual(['b', 'c'])
})

test('what stands beside the streams concerns all of them', async () => {
  const simulate = await simulationFrom({ streams: { a: {}, b: {} } }, { a: hours('a', 2) })

  const { streams } = await simulate({ streams: { a: {}, b: {} }, services: { x: 'https://x.example' } })

  expect(streams.map(({ stream }) => stream)).toEqual(['a', 'b'])
})

test('on the way back to another revision, events are judged by their schemas', async () => {
  const asks = (...provide_values: string[]) => ({
    schema_title: 'shop/click',
    producers: { rivulet: { provide_values } },
  })
  const schema = { title: 'shop/click', type: 'object', required: ['performer'] }
  const from = { streams: { a: asks('performer_session_id') } }
  const simulate = await simulationFrom(from, { a: hours('a', 5) }, schema)

  const { streams } = await simulate({ streams: { a: asks() } })

  expect(streams[0]!.invalid).toBeGreaterThan(0)
})

test('nothing stored, or no change, is told as such', async () => {
  const simulate = await simulationFrom({ streams: { a: {} } }, {})

  expect(await simulate({ streams: { a: {} } })).toEqual({ events: 0, from: null, to: null, streams: [] })
  expect((await simulate({ streams: { a: sampled(0.5) } })).streams[0]!.now.perDay).toBe(0)
})

test('who goes away is not worked for any more, and those who come after are', async () => {
  const simulate = await simulationFrom({ streams: { a: {} } }, { a: hours('a', 24) })
  const gone = new AbortController()
  const early = new AbortController()
  early.abort()
  const to = { streams: { a: sampled(0) } }

  const first = simulate(to, gone.signal)
  gone.abort()
  const second = simulate(to, early.signal)
  const third = simulate(to)

  await expect(first).rejects.toThrow(/aborted/)
  await expect(second).rejects.toThrow(/aborted/)
  expect((await third).streams[0]!.then.perDay).toBe(0)
})
