import { expect, onTestFinished, test } from 'vitest'
import type { EventSource, From, Message, Position } from '../../src/intake/consumption/event-source.ts'

/** A source in which nothing is stored, with the streams `shop.click` and `shop.view`. */
export interface SourceUnderTest {
  readonly source: EventSource
  /** Stores an event of this id for each, and resolves when all are safe. Its JSON has the id as `meta.id`. */
  store(stream: string, ids: readonly string[]): Promise<void>
  /** Another source of the same, as after a restart. */
  reopen(): Promise<EventSource>
}

/** What each source of stored events does. */
export function eventSourceContract(open: () => Promise<SourceUnderTest>): void {
  test('a stream has topics, and what is no stream has none', async () => {
    const { source } = await open()

    expect(source.topicsOf('shop.click').length).toBeGreaterThan(0)
    expect(source.topicsOf('shop.nothing')).toEqual([])
  })

  test('a reader that names no place begins at the end, and gets what comes', async () => {
    const { source, store } = await open()
    await store('shop.click', ['before'])
    const { next } = await read(source, ['shop.click'])

    await store('shop.click', ['a', 'b'])

    expect(idsOf(await next(2)).sort()).toEqual(['a', 'b'])
  })

  test('an event is as it was stored, in one line', async () => {
    const { source, store } = await open()
    const { next } = await read(source, ['shop.click'])

    await store('shop.click', ['naïve\n☃'])

    const [{ json, topic }] = (await next(1)) as [Message]
    expect(JSON.parse(json).meta.id).toBe('naïve\n☃')
    expect(json).not.toMatch(/[\r\n]/)
    expect(source.topicsOf('shop.click')).toContain(topic)
  })

  test('a reader that names a time gets what was received then or later', async () => {
    const { source, store } = await open()
    await store('shop.click', ['before'])
    const since = await aNewMoment()
    await store('shop.click', ['a', 'b'])

    const all = await read(source, ['shop.click'], { since: 0 })
    const later = await read(source, ['shop.click'], { since })

    expect(idsOf(await all.next(3)).sort()).toEqual(['a', 'b', 'before'])
    expect(idsOf(await later.next(2)).sort()).toEqual(['a', 'b'])
  })

  test('where nothing was received since a time, it is the end', async () => {
    const { source, store } = await open()
    await store('shop.click', ['before'])
    const { next } = await read(source, ['shop.click', 'shop.view'], { since: Date.now() + 60_000 })

    await store('shop.view', ['a'])
    await store('shop.click', ['b'])

    expect(idsOf(await next(2)).sort()).toEqual(['a', 'b'])
  })

  test('a partition in the order in which it was stored', async () => {
    const { source, store } = await open()
    const { next } = await read(source, ['shop.click'])
    const ids = Array.from({ length: 300 }, (_, number) => String(number).padStart(3, '0'))

    for (let start = 0; start < ids.length; start += 50)
      await store('shop.click', ids.slice(start, start + 50))

    for (const [, messages] of byPartition(await next(ids.length)))
      expect(idsOf(messages)).toEqual(idsOf(messages).sort())
  })

  test('wherever a reader leaves off, the next one gets the rest: nothing is missed and nothing comes twice', async () => {
    const { source, store, reopen } = await open()
    const streams = ['shop.click', 'shop.view']
    const begun = await read(source, streams)
    await store('shop.click', ['a', 'b', 'c'])
    await store('shop.view', ['d', 'e'])
    await store('shop.click', ['f'])
    const all = ['a', 'b', 'c', 'd', 'e', 'f']
    const messages = await begun.next(all.length)
    const again = await reopen()

    for (let count = 0; count <= all.length; count++) {
      const seen = messages.slice(0, count)
      const rest = await read(again, streams, { positions: after(begun.positions, seen) })
      const ids = [...idsOf(seen), ...idsOf(await rest.next(all.length - count))]
      expect(ids.sort()).toEqual(all)
    }
  })

  test('what came while a reader was away is there when it is back, also where it had read nothing yet', async () => {
    const { source, store, reopen } = await open()
    const { positions } = await read(source, ['shop.click', 'shop.view'])
    await store('shop.click', ['a'])
    await store('shop.view', ['b'])

    const { next } = await read(await reopen(), ['shop.click', 'shop.view'], { positions })

    expect(idsOf(await next(2)).sort()).toEqual(['a', 'b'])
  })

  test('positions are those of all partitions, by offset', async () => {
    const { source, store } = await open()
    await store('shop.click', ['a'])
    const topics = ['shop.click', 'shop.view'].flatMap((stream) => source.topicsOf(stream))

    const positions = await source.positions(topics, {})

    expect(new Set(positions.map(({ topic }) => topic))).toEqual(new Set(topics))
    for (const position of positions) {
      expect(Object.keys(position).sort()).toEqual(['offset', 'partition', 'topic'])
      expect(Number.isSafeInteger(position.offset)).toBe(true)
      expect(position.offset).toBeGreaterThanOrEqual(0)
    }
  })

  test('a position may name the end by -1, or a time; its offset wins, and since is for what is not named', async () => {
    const { source, store } = await open()
    await store('shop.click', ['a', 'b'])
    await store('shop.view', ['c'])
    const [click, view] = ['shop.click', 'shop.view'] as const
    const ends = await positionsOf(source, [click])
    const named = (fields: object) => ends.map(({ topic, partition }) => ({ topic, partition, ...fields }))

    expect(await positionsOf(source, [click], { positions: named({ offset: -1 }), since: 0 })).toEqual(ends)
    expect(
      await positionsOf(source, [click], { positions: ends.map((end) => ({ ...end, timestamp: 0 })) }),
    ).toEqual(ends)
    const byTime = await read(source, [click], { positions: named({ timestamp: 0 }) })
    expect(idsOf(await byTime.next(2)).sort()).toEqual(['a', 'b'])
    const other = await read(source, [click, view], { positions: ends, since: 0 })
    expect(idsOf(await other.next(1))).toEqual(['c'])
  })

  test('an offset before what is kept begins with the oldest; one behind the end is the end', async () => {
    const { source, store } = await open()
    await store('shop.click', ['a', 'b'])
    const ends = await positionsOf(source, ['shop.click'])
    const at = (offset: (end: number) => number) =>
      ends.map((end) => ({ ...end, offset: offset(end.offset) }))

    const oldest = await read(source, ['shop.click'], { positions: at(() => 0) })

    expect(idsOf(await oldest.next(2)).sort()).toEqual(['a', 'b'])
    expect(await positionsOf(source, ['shop.click'], { positions: at((end) => end + 1_000_000) })).toEqual(
      ends,
    )
  })

  test('readers are each for themselves', async () => {
    const { source, store } = await open()
    const first = await read(source, ['shop.click'])
    const second = await read(source, ['shop.click', 'shop.view'])

    await store('shop.click', ['a'])
    await store('shop.view', ['b'])

    expect(idsOf(await first.next(1))).toEqual(['a'])
    expect(idsOf(await second.next(2)).sort()).toEqual(['a', 'b'])
  })

  test('a reader that is told to stop ends, while it waits too', async () => {
    const { source } = await open()
    const { stop, ended } = await read(source, ['shop.click'])

    stop()

    expect(await ended()).toBe(true)
  })
}

async function positionsOf(source: EventSource, streams: readonly string[], from: From = {}) {
  return source.positions(
    streams.flatMap((stream) => source.topicsOf(stream)),
    from,
  )
}

/** A reader of streams, stopped when the test ends. */
async function read(source: EventSource, streams: readonly string[], from: From = {}) {
  const positions = await positionsOf(source, streams, from)
  const controller = new AbortController()
  const waiting: Message[] = []
  const iterator = source.read(positions, controller.signal)[Symbol.asyncIterator]()
  onTestFinished(async () => {
    controller.abort()
    await iterator.return?.()
  })
  return {
    positions,
    stop: () => controller.abort(),
    ended: async () => (await iterator.next()).done === true,
    async next(count: number): Promise<Message[]> {
      while (waiting.length < count) {
        const { value, done } = await iterator.next()
        if (done) throw new Error(`ended after ${waiting.length} of ${count} messages`)
        waiting.push(...value)
      }
      return waiting.splice(0, count)
    },
  }
}

/** Where a reader stands that has read these messages. */
function after(positions: readonly Position[], messages: readonly Message[]): readonly Position[] {
  return positions.map(({ topic, partition, offset }) => {
    const last = messages.filter((one) => one.topic === topic && one.partition === partition).at(-1)
    return { topic, partition, offset: last?.next ?? offset! }
  })
}

function byPartition(messages: readonly Message[]): Map<string, Message[]> {
  const partitions = new Map<string, Message[]>()
  for (const message of messages) {
    const key = `${message.topic} ${message.partition}`
    partitions.set(key, [...(partitions.get(key) ?? []), message])
  }
  return partitions
}

const idsOf = (messages: readonly Message[]) => messages.map(({ json }) => JSON.parse(json).meta.id as string)

/** Later than all that was done before, by the clock in milliseconds. */
async function aNewMoment(): Promise<number> {
  const begun = Date.now()
  while (Date.now() <= begun + 1) await new Promise((resolve) => setTimeout(resolve, 1))
  return Date.now()
}
