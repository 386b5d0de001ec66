import { cp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { type EventLog, openEventLog } from '../../../../src/intake/event-log.ts'
import { createHistory } from '../../../../src/intake/history.ts'
import type { LiveRecord } from '../../../../src/intake/live-feed.ts'
import { createReceive, type Receipt } from '../../../../src/intake/receive.ts'
import { createStats, type Stats } from '../../../../src/intake/stats/stats.ts'
import { folderOf } from '../../../support/folder.ts'
import { account } from '../stored.ts'

/** Shortly after midnight, so that the last hour is in two files. */
const NOW = Date.parse('2026-11-27T00:20:30.000Z')
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'

const open: EventLog[] = []
afterEach(async () => {
  for (const log of open.splice(0)) await log.close()
})

/** What an intake does with events, but for HTTP, configs and schemas. */
async function intakeIn(folder: string, { snapshotBytes = 1 << 30 } = {}) {
  const stats = createStats({ now: () => NOW })
  const history = createHistory({ stats, today: new Date(NOW).toISOString().slice(0, 10) })
  const eventLog = await openEventLog({
    folder,
    log: () => {},
    onLine: history.add,
    state: history,
    snapshotBytes,
  })
  open.push(eventLog)
  const published: LiveRecord[] = []
  const receive = createReceive({
    configs: {
      lookUp: () => (stream: string) => ({ schemaTitle: stream, settings: {} }),
    } as never,
    registry: {
      get: (uri: string) => ({
        title: uri.slice(1, uri.lastIndexOf('/')),
        content: {},
        errorsOf: (event: { bad?: string }) =>
          event.bad === undefined
            ? []
            : [{ keyword: 'type', schema: 'number', data: event.bad, params: {}, instancePath: '/bad' }],
      }),
    } as never,
    sink: eventLog,
    tally: history.tally,
    stats,
    live: { publish: (record: LiveRecord) => published.push(record) } as never,
    metrics: { judged: () => {}, duplicate: () => {} } as never,
  })
  return { stats, history, receive, published }
}

const told = (stats: Stats) => ({
  streams: stats.streams().map((stream) => [stream, stats.ofStream(stream, 0.5)]),
  quality: stats.quality(),
  vitals: stats.vitals({ days: 7 }),
})

const stream = fc.constantFrom('shop.click', 'shop.view')
const producer = fc.record({
  sdk: fc.constant('rivulet/0.1.0'),
  id: fc.constantFrom('p', 'q', 'r'),
  seq: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  rate: fc.constantFrom(1, 0.5, 0.1),
  debug: fc.constantFrom(undefined, undefined, undefined, true),
})
const happened = fc.integer({ min: NOW - 86_400_000, max: NOW }).map((at) => new Date(at).toISOString())
const click = fc
  .record({
    meta: fc.record({ stream, id: fc.uuid(), producer }),
    dt: happened,
    bad: fc.constantFrom(undefined, undefined, 'x', 'y'),
  })
  .map((event) => ({ $schema: `/${event.meta.stream}/1.0.0`, ...event }))
const vital = fc.record({
  $schema: fc.constant('/rivulet/web_vital/1.0.0'),
  meta: fc.record({ stream: fc.constant('rivulet/web_vital'), id: fc.uuid(), producer }),
  dt: happened,
  name: fc.constantFrom('LCP', 'CLS', 'TTFB'),
  value: fc.double({ min: 0, max: 5_000, noNaN: true }),
  page: fc.constantFrom('/', '/cart'),
  metric_id: fc.constantFrom('v6-1', 'v6-2', 'v6-3'),
})
const ledger = fc
  .record({
    instance: fc.constantFrom('p', 'q'),
    stream,
    submitted: fc.nat(9),
    last: fc.nat(9),
    id: fc.uuid(),
  })
  .map(({ id, ...entry }) => ({
    ...account([{ ...entry, settled: { delivered: [1, 3] } }], { id }),
    meta: { stream: 'rivulet.ledger', id, producer: { sdk: 'rivulet/0.1.0', id: entry.instance } },
    $schema: '/rivulet.ledger/1.0.0',
  }))
const batches = fc.array(
  fc.record({
    ago: fc.integer({ min: 0, max: 3 * 3_600_000 }),
    skew: fc.option(fc.integer({ min: -5_000, max: 5_000 }), { nil: undefined }),
    userAgent: fc.constantFrom(FIREFOX, FIREFOX, undefined),
    events: fc.array(fc.oneof({ weight: 3, arbitrary: click }, vital, ledger), {
      minLength: 1,
      maxLength: 8,
    }),
  }),
  { maxLength: 12 },
)

test('after a restart the stats are what they were, with a snapshot of any time and without', async () => {
  await fc.assert(
    fc.asyncProperty(batches, fc.constantFrom(1, 5_000, 1 << 30), async (sent, snapshotBytes) => {
      const folder = await folderOf()
      const before = await intakeIn(folder, { snapshotBytes })
      for (const { ago, skew, userAgent, events } of [...sent].sort((a, b) => b.ago - a.ago)) {
        const receipt = {
          ...RECEIPT,
          receivedAt: new Date(NOW - ago),
          sentAt: skew === undefined ? undefined : NOW - ago - skew,
          headers: { 'user-agent': userAgent },
        }
        const posted = JSON.stringify(events)
        await before.receive(JSON.parse(posted), receipt)
        // Some of it comes again.
        if (events.length > 3) await before.receive(JSON.parse(posted).slice(0, 2), receipt)
      }

      // As a kill leaves it: a snapshot may just be written.
      const killed = await copyOf(folder)
      const withoutSnapshot = await copyOf(folder)
      await rm(join(withoutSnapshot, '.rivulet'), { recursive: true, force: true })
      const [after, anew] = [await intakeIn(killed), await intakeIn(withoutSnapshot)]

      for (const one of [after, anew]) {
        expect(told(one.stats)).toEqual(told(before.stats))
        expect(one.history.tally.counts()).toEqual(before.history.tally.counts())
      }
      expect(after.history.recent()).toEqual(anew.history.recent())
      for (const log of open.splice(0)) await log.close()
    }),
    // Shrinking would take longer than a test may, and its end be all that is told.
    { numRuns: 8, endOnFailure: true },
  )
})

test('what is frozen stays as it was, while events go on coming', () => {
  const rejection = fc.record({
    meta: fc.record({ stream: fc.constant('rivulet.rejected') }),
    errored_stream_name: stream,
    message: fc.constantFrom('too long', 'too short'),
    raw_event: click.map((event) => JSON.stringify(event)),
  })
  const events = fc.array(fc.oneof(click, vital, ledger, rejection), { maxLength: 60 })
  fc.assert(
    fc.property(events, events, events, (before, meanwhile, after) => {
      const stats = createStats({ now: () => NOW })
      const add = (to: Stats, all: readonly object[]) => {
        for (const event of all) to.add({ event: { ...event }, receivedAt: NOW })
      }
      const [expected, restored] = [createStats({ now: () => NOW }), createStats({ now: () => NOW })]
      add(expected, before)
      add(stats, before)

      const pieces = stats.freeze()
      add(stats, meanwhile)
      const kept = [...pieces].map((piece) => structuredClone(piece))
      restored.restore(() => kept.shift() as never)

      expect(told(restored)).toEqual(withoutExamples(told(expected)))
      // And goes on as the other does.
      for (const one of [expected, restored]) add(one, after)
      expect(withoutExamples(told(restored))).toEqual(withoutExamples(told(expected)))
    }),
  )
})

/** Which are in no snapshot. */
function withoutExamples({ quality, ...others }: ReturnType<typeof told>) {
  const rejected = quality.rejected.map((group) => ({ ...group, example: '' }))
  return { ...others, quality: { ...quality, rejected } }
}

async function copyOf(folder: string): Promise<string> {
  const copy = await folderOf()
  // What is not yet in its place may get there meanwhile.
  await cp(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.new') })
  return copy
}

const forced = {
  $schema: '/shop.click/1.0.0',
  meta: {
    stream: 'shop.click',
    id: 'forced',
    producer: { sdk: 'rivulet/0.1.0', id: 'p', rate: 1, debug: true },
  },
}
const RECEIPT: Receipt = { receivedAt: new Date(NOW), headers: {}, address: '127.0.0.1', hasty: false }

test('debug events are stored and shown, and count nowhere, not even as they come again', async () => {
  const folder = await folderOf()
  const { stats, history, receive, published } = await intakeIn(folder)

  const batch = () => structuredClone([forced, { ...forced, meta: { ...forced.meta, id: 'bad' }, bad: 'x' }])
  await receive(batch(), RECEIPT)
  await receive(batch().slice(0, 1), RECEIPT)

  expect(published.map(({ kind, debug }) => [kind, debug])).toEqual([
    ['accepted', true],
    ['rejected', true],
  ])
  expect(history.tally.counts()).toEqual({ streams: {} })
  expect(stats.streams()).toEqual([])
  const file = await readFile(join(folder, 'shop.click', '2026-11-27.jsonl'), 'utf8')
  expect(file.split('\n')).toHaveLength(2)
  await expect(readFile(join(folder, 'rivulet.duplicates', '2026-11-27.jsonl'))).rejects.toThrow('ENOENT')

  const again = await intakeIn(folder)
  const recent = again.history.recent().sort((a, b) => (a.kind < b.kind ? -1 : 1))
  expect(recent.map(({ kind, debug }) => [kind, debug])).toEqual([
    ['accepted', true],
    ['rejected', true],
  ])
  expect(again.history.tally.counts()).toEqual({ streams: {} })
})

test('what comes again is counted at once', async () => {
  const { stats, receive } = await intakeIn(await folderOf())
  const event = { ...forced, meta: { stream: 'shop.click', id: 'a', producer: { id: 'p', seq: 1, rate: 1 } } }

  for (let times = 3; times > 0; times--) await receive([structuredClone(event)], RECEIPT)

  expect(stats.quality().loss).toMatchObject([{ stream: 'shop.click', delivered: 1, duplicates: 2 }])
  expect(stats.ofStream('shop.click', 1).accepted).toBe(1)
})

test('what sent an event is noted in its producer, in place of what it says itself', async () => {
  const folder = await folderOf()
  const { receive } = await intakeIn(folder)
  const event = (id: string, producer?: object) => ({
    $schema: '/shop.click/1.0.0',
    meta: { stream: 'shop.click', id, ...(producer && { producer }) },
  })

  await receive([event('a', { id: 'p', browser: 'mine' }), event('b'), event('c', [5])], {
    ...RECEIPT,
    headers: { 'user-agent': FIREFOX },
  })
  await receive([event('d', { id: 'p' })], RECEIPT)

  const lines = (await readFile(join(folder, 'shop.click', '2026-11-27.jsonl'), 'utf8')).trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).meta.producer)).toEqual([
    { id: 'p', browser: 'Firefox 145' },
    undefined,
    [5],
    { id: 'p' },
  ])
})
