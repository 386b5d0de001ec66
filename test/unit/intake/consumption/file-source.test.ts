import { appendFileSync, statSync } from 'node:fs'
import { appendFile, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { EventSource, Place } from '../../../../src/intake/consumption/event-source.ts'
import { createFileSource } from '../../../../src/intake/consumption/file-source.ts'
import { openEventLog } from '../../../../src/intake/event-log.ts'
import { eventSourceContract } from '../../../support/event-source-contract.ts'
import { folderOf, write } from '../../../support/folder.ts'

const STREAM = 'shop.click'

const event = (id: string, time: string) => ({ meta: { id, dt: time } })
const line = (id: string, time: string) => `${JSON.stringify(event(id, time))}\n`

/** A log of files, and what reads it. */
async function openSource(files: { readonly [day: string]: string } = {}, now = Date.now) {
  const data = await folderOf()
  for (const [day, text] of Object.entries(files)) await write(join(data, STREAM, `${day}.jsonl`), text)
  const log = await openEventLog({ folder: data, log: () => {}, onLine: () => {} })
  onTestFinished(() => log.close())
  const reopen = () => {
    const source = createFileSource({ data, log, isStream: (name) => /^shop\.(click|view)$/.test(name), now })
    onTestFinished(source.close)
    return source
  }
  return {
    source: reopen(),
    reopen,
    pathOf: (day: string) => join(data, STREAM, `${day}.jsonl`),
    async store(stream: string, ids: readonly string[], receivedAt = new Date()) {
      const records = ids.map((id) => {
        return { stream, id, receivedAt, event: event(id, receivedAt.toISOString()) }
      })
      await log.append(records, { noteOf: () => undefined })
    },
  }
}

describe('files', () => {
  eventSourceContract(async () => {
    const { source, reopen, store } = await openSource()
    return { source, store, reopen: async () => reopen() }
  })
})

/** Takes so many events from there on: their ids, and where the next reader begins. */
async function take(source: EventSource, place: Place, count: number) {
  const controller = new AbortController()
  const ids: string[] = []
  let offset = place.offset
  if (count > 0)
    for await (const messages of source.read([place], controller.signal)) {
      const taken = messages.slice(0, count - ids.length)
      ids.push(...taken.map(({ json }) => JSON.parse(json).meta.id))
      offset = taken.at(-1)!.next
      if (ids.length === count) controller.abort()
    }
  return { ids, place: { ...place, offset } }
}

async function placeSince(source: EventSource, since: number | string): Promise<Place> {
  const [place] = await source.positions([STREAM], { since: new Date(since).getTime() })
  return place!
}

test('reading goes on over days, and waits at the end of an old one for a new one', async () => {
  const { source, store } = await openSource({
    '2026-11-20': line('a', '2026-11-20T10:00:00.000Z'),
    '2026-11-22': line('b', '2026-11-22T10:00:00.000Z'),
  })

  const first = await take(source, await placeSince(source, 0), 2)
  const coming = take(source, first.place, 2)
  await store(STREAM, ['c'])
  await store(STREAM, ['d'])

  expect(first.ids).toEqual(['a', 'b'])
  expect((await coming).ids).toEqual(['c', 'd'])
})

test('what comes late over midnight is not missed: it goes to the day that has begun', async () => {
  const { source, store } = await openSource()
  const day = 24 * 3_600_000
  const midnight = Math.floor(Date.now() / day) * day

  await store(STREAM, ['a'], new Date(midnight - 10))
  await store(STREAM, ['b'], new Date(midnight + 10))
  const { place, ids } = await take(source, await placeSince(source, 0), 2)
  await store(STREAM, ['late'], new Date(midnight - 1))

  expect(ids).toEqual(['a', 'b'])
  expect((await take(source, place, 1)).ids).toEqual(['late'])
})

/** A stream's file of one day, and what stands for the log of it. */
async function openStub(storedBytes: (path: string) => number | undefined) {
  const data = await folderOf({ [`${STREAM}/2026-11-20.jsonl`]: line('a', '2026-11-20T23:59:58.000Z') })
  const pathOf = (day: string) => join(data, STREAM, `${day}.jsonl`)
  let tell: (paths: readonly string[]) => void
  const onStored = (listener: typeof tell) => {
    tell = listener
    return () => {}
  }
  return {
    source: createFileSource({ data, log: { storedBytes, onStored }, isStream: () => true }),
    pathOf,
    store(id: string, time: string) {
      const path = pathOf(time.slice(0, 10))
      appendFileSync(path, line(id, time))
      tell([path])
    },
  }
}

test('what is stored between the last look at a day and the first at the next is not missed', async () => {
  let looks = 0
  const { source, store } = await openStub(() => {
    looks += 1
    // Twice for the first event, then when nothing more was seen of the first day.
    if (looks === 4) {
      store('b', '2026-11-20T23:59:59.000Z')
      store('c', '2026-11-21T00:00:00.000Z')
    }
    return undefined
  })
  const place = await placeSince(source, 0)
  looks = 0

  expect((await take(source, place, 3)).ids).toEqual(['a', 'b', 'c'])
})

test('a new day is seen while the file of the old one is still open for writing', async () => {
  const { source, store } = await openStub((path) => statSync(path, { throwIfNoEntry: false })?.size)
  const begin = await placeSince(source, 0)
  store('b', '2026-11-21T00:00:00.000Z')
  const { place, ids } = await take(source, begin, 2)
  const coming = take(source, place, 1)

  store('c', '2026-11-22T00:00:00.000Z')

  expect([...ids, ...(await coming).ids]).toEqual(['a', 'b', 'c'])
})

test('days that were there at the start follow each other, also where the log knows how long they are', async () => {
  const { source, pathOf } = await openStub((path) => statSync(path, { throwIfNoEntry: false })?.size)
  appendFileSync(pathOf('2026-11-21'), line('b', '2026-11-21T00:00:00.000Z'))

  expect((await take(source, await placeSince(source, 0), 2)).ids).toEqual(['a', 'b'])
})

test('days that are removed are passed over, also before the eyes of a reader', async () => {
  const days = ['2026-11-19', '2026-11-20', '2026-11-21'].map((day) => {
    return [day, ['1', '2'].map((id) => line(`${day}/${id}`, `${day}T10:00:00.000Z`)).join('')] as const
  })
  const { source, pathOf } = await openSource(Object.fromEntries(days))
  const { place } = await take(source, await placeSince(source, 0), 1)

  await rm(pathOf('2026-11-19'))
  await rm(pathOf('2026-11-20'))

  expect((await take(source, place, 2)).ids).toEqual(['2026-11-21/1', '2026-11-21/2'])
})

test('an erased line is passed over, one that is just being erased too, and places stay what they are', async () => {
  const time = '2026-11-20T10:00:00.000Z'
  const { source, pathOf } = await openSource({
    '2026-11-20': ['a', 'erased', 'half-erased', 'nearly-erased', 'b', 'c']
      .map((id) => line(id, time))
      .join(''),
  })
  const begin = await placeSince(source, 0)
  const { place } = await take(source, begin, 5)
  const path = pathOf('2026-11-20')
  const text = await readFile(path, 'utf8')
  const file = await open(path, 'r+')
  await file.write(' '.repeat(line('erased', time).length - 1), text.indexOf(line('erased', time)))
  await file.write(' '.repeat(20), text.indexOf(line('half-erased', time)))
  // As far as an object within it.
  await file.write(' '.repeat('{"meta":'.length), text.indexOf(line('nearly-erased', time)))
  await file.close()

  expect((await take(source, begin, 3)).ids).toEqual(['a', 'b', 'c'])
  expect((await take(source, place, 1)).ids).toEqual(['c'])
})

test('what is not stored for good is not shown: half a line, or a write that may yet be taken back', async () => {
  const { source, store, pathOf } = await openSource()
  await store(STREAM, ['a'])
  const begin = await placeSince(source, 0)
  const today = new Date().toISOString().slice(0, 10)

  await appendFile(pathOf(today), line('not stored', new Date().toISOString()))

  const { ids, place } = await take(source, begin, 1)
  expect(ids).toEqual(['a'])
  expect(await source.positions([STREAM], {})).toEqual([place])
})

test('a time is found in a long file too, and nothing after it is missed for lines whose clocks are wrong', async () => {
  const begin = Date.parse('2026-11-20T00:00:00.000Z')
  const at = (number: number) => new Date(begin + number * 1_000).toISOString()
  const lines = Array.from({ length: 20_000 }, (_, number) => {
    const isOdd = number % 7 === 0
    const time = isOdd
      ? new Date(begin + (number % 2 ? -1 : 1) * 40 * 24 * 3_600_000).toISOString()
      : at(number)
    return `${JSON.stringify({ meta: { id: String(number), dt: time }, note: 'x'.repeat(number % 100) })}\n`
  })
  const { source } = await openSource({ '2026-11-20': lines.join('') })

  for (const second of [1, 2_222, 9_999, 19_998]) {
    const [found] = (await take(source, await placeSince(source, at(second)), 1)).ids
    expect(Number(found)).toBeLessThanOrEqual(second)
    expect(Number(found)).toBeGreaterThan(second - 2_000)
  }
})

test('a place in the midst of a line is the beginning of the next', async () => {
  const time = '2026-11-20T10:00:00.000Z'
  const { source } = await openSource({ '2026-11-20': line('a', time) + line('b', time) })
  const begin = await placeSince(source, 0)

  const [place] = await source.positions([STREAM], { positions: [{ ...begin, offset: begin.offset + 5 }] })

  expect((await take(source, place!, 1)).ids).toEqual(['b'])
})

test('a line that is longer than what is read at once is whole', async () => {
  const { source, store } = await openSource()
  const begin = await placeSince(source, 0)
  const ids = ['a', 'x'.repeat(1_000_000), 'b']
  await store(STREAM, ids)

  expect((await take(source, begin, 3)).ids).toEqual(ids)
})

test('a file of the future, of a clock that was wrong, does not hide what comes', async () => {
  const { source, store } = await openSource({ '2030-01-01': line('odd', '2030-01-01T10:00:00.000Z') })
  const [place] = await source.positions([STREAM], {})

  await store(STREAM, ['a'])

  expect((await take(source, place!, 1)).ids).toEqual(['a'])
})

test('who reads the same at the same time is given the very same messages', async () => {
  const { source, store } = await openSource()
  const begin = await placeSince(source, 0)
  await store(STREAM, ['a', 'b'])
  const { signal } = new AbortController()

  const readers = [1, 2, 3].map(() => source.read([begin], signal)[Symbol.asyncIterator]())
  const [first, ...others] = await Promise.all(readers.map(async (reader) => (await reader.next()).value))

  expect(first).toHaveLength(2)
  for (const messages of others) expect(messages).toBe(first)
})
