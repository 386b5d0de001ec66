import { IDBFactory } from 'fake-indexeddb'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { byteLength } from '../../../src/core/batch.ts'
import type { Phase } from '../../../src/core/environment.ts'
import { createQueue, type QueuedEvent, type RecordStore, WRITE_WINDOW } from '../../../src/core/queue.ts'
import { createIds } from '../../../src/environments/ids.ts'
import { createIndexedDbStore } from '../../../src/environments/indexeddb-store.ts'
import { createClock, createMemoryRecords, PLAIN_QUEUE } from '../../support/environment.ts'

/** Queues on one store, as several tabs, or one page after the other, have them. */
function createTabs(openStore: (() => RecordStore) | undefined) {
  const clock = createClock()
  const memo = { read: () => undefined, write: () => undefined }
  const { eventId } = createIds({ now: clock.now, memo })
  const warnings: string[] = []
  const troubles: string[] = []
  const open = (records = openStore?.()) =>
    createQueue({
      ...PLAIN_QUEUE,
      memo,
      phase: () => 'visible',
      records,
      nextKey: () => eventId(clock.now()),
      after: clock.after,
      warn: (message) => warnings.push(message),
      onTrouble: (kind) => troubles.push(kind),
    })
  return { clock, open, warnings, troubles }
}

let made = 0
function createEvent({ bytes = 100 } = {}): QueuedEvent {
  made++
  const id = `event-${String(made).padStart(6, '0')}`
  const json = JSON.stringify({ id, fill: 'x'.repeat(bytes) })
  return { id, stream: 's', client: 'c', url: 'u', json, bytes: byteLength(json) }
}
const createEvents = (count: number, options = {}) =>
  Array.from({ length: count }, () => createEvent(options))
const idsOf = (events: readonly QueuedEvent[]) => events.map(({ id }) => id)

/** What every queue keeps to, whatever it stores in. */
function queueContract(openStore: (() => RecordStore) | undefined): void {
  test('what is added is held at once, oldest first, before and after it is written', async () => {
    const { clock, open } = createTabs(openStore)
    const queue = open()
    const early = createEvents(3)
    const late = createEvents(3)

    for (const event of early) queue.add(event)
    expect(queue.held()).toEqual(early)
    await clock.pass(WRITE_WINDOW)
    for (const event of late) queue.add(event)

    expect(queue.held()).toEqual([...early, ...late])
  })

  test('what is removed is held no longer, written or not, and the rest stays in its order', async () => {
    const { clock, open } = createTabs(openStore)
    const queue = open()
    const [a, b, c] = createEvents(3) as [QueuedEvent, QueuedEvent, QueuedEvent]
    const [d, e] = createEvents(2) as [QueuedEvent, QueuedEvent]
    for (const event of [a, b, c]) queue.add(event)
    await clock.pass(WRITE_WINDOW)
    for (const event of [d, e]) queue.add(event)

    await queue.remove([b, d])
    expect(idsOf(queue.held())).toEqual(idsOf([a, c, e]))
    await clock.pass(WRITE_WINDOW)
    await queue.sync()
    expect(idsOf(queue.held())).toEqual(idsOf([a, c, e]))

    await queue.remove(queue.held())
    await queue.sync()
    expect(queue.held()).toEqual([])
  })

  test('it has what it holds, the same objects, and nothing else', async () => {
    const { clock, open } = createTabs(openStore)
    const queue = open()
    const known: QueuedEvent[] = []
    const checked = () => {
      const held = new Set(queue.held())
      for (const event of [...known, ...held]) expect(queue.has(event)).toBe(held.has(event))
    }

    for (let round = 0; round < 5; round++) {
      const added = createEvents(4)
      known.push(...added)
      for (const event of added) queue.add(event)
      checked()
      await queue.remove(added.slice(0, 1))
      await clock.pass(round % 2 ? WRITE_WINDOW : 0)
      await queue.remove(known.filter((_, index) => index % 3 === 0))
      checked()
      await queue.sync()
      checked()
    }

    expect(queue.has({ ...(queue.held()[0] as QueuedEvent) })).toBe(false)
  })

  test('an old event stays before a young one, also where its neighbours are taken out', async () => {
    const { clock, open } = createTabs(openStore)
    const queue = open()
    const [a, b, c] = createEvents(3) as [QueuedEvent, QueuedEvent, QueuedEvent]
    queue.add(a)
    queue.add(b)
    await clock.pass(WRITE_WINDOW)
    queue.add(c)
    await clock.pass(WRITE_WINDOW)

    await queue.remove([a])
    await queue.sync()

    expect(idsOf(queue.held())).toEqual(idsOf([b, c]))
  })

  test('of two events under one id, the one that is given is removed', async () => {
    const { clock, open } = createTabs(openStore)
    const queue = open()
    const event = createEvent()
    const twin = { ...event, url: 'other' }
    queue.add(event)
    queue.add(twin)
    await clock.pass(WRITE_WINDOW)

    await queue.remove([event])

    expect(queue.held()).toEqual([twin])
  })

  test('to remove what is gone already changes nothing', async () => {
    const { open } = createTabs(openStore)
    const queue = open()
    const [a, b] = createEvents(2) as [QueuedEvent, QueuedEvent]
    queue.add(a)
    queue.add(b)

    await queue.remove([a])
    await queue.remove([a])

    expect(queue.held()).toEqual([b])
  })

  test('sync alone loses and doubles nothing', async () => {
    const { clock, open } = createTabs(openStore)
    const queue = open()
    const events = createEvents(5)
    for (const event of events) {
      queue.add(event)
      await queue.sync()
      await clock.pass(WRITE_WINDOW)
      await queue.sync()
    }

    expect(queue.held()).toEqual(events)
  })
}

/** What every queue keeps to whose store outlives the page. */
function durableQueueContract(openStore: () => RecordStore): void {
  /** What a page that comes now would find. */
  async function stored(): Promise<string[]> {
    const queue = createTabs(openStore).open()
    await queue.sync()
    return idsOf(queue.held())
  }

  test('what is added is stored behind the task, and what follows when the write window ends', async () => {
    const { clock, open } = createTabs(openStore)
    const queue = open()
    const early = createEvents(3)
    const late = createEvents(3)

    for (const event of early) queue.add(event)
    await vi.waitFor(async () => expect(await stored()).toEqual(idsOf(early)))
    for (const event of late) queue.add(event)
    await clock.pass(WRITE_WINDOW - 1)
    expect(await stored()).toEqual(idsOf(early))
    await clock.pass(1)

    await vi.waitFor(async () => expect(await stored()).toEqual(idsOf([...early, ...late])))
  })

  test('to remove writes what is there without waiting for the window', async () => {
    const { open } = createTabs(openStore)
    const queue = open()
    const [early, late] = createEvents(2) as [QueuedEvent, QueuedEvent]
    queue.add(early)
    await vi.waitFor(async () => expect(await stored()).toEqual([early.id]))

    queue.add(late)
    void queue.remove([])

    await vi.waitFor(async () => expect(await stored()).toEqual(idsOf([early, late])))
  })

  test('the next page holds the events as they were, in the order of their submission', async () => {
    const { clock, open } = createTabs(openStore)
    const events = createEvents(250, { bytes: 1000 })
    const queue = open()
    for (const event of events) {
      queue.add(event)
      if (Number(event.id.slice(-2)) % 40 === 0) await clock.pass(WRITE_WINDOW)
    }
    void queue.remove([])
    await vi.waitFor(async () => expect(await stored()).toHaveLength(events.length))

    const next = open()
    await next.sync()

    expect(next.held()).toEqual(events)
  })

  test('a tab learns what another one adds and removes', async () => {
    const { clock, open } = createTabs(openStore)
    const [here, there] = [open(), open()]
    const events = createEvents(2)
    for (const event of events) {
      there.add(event)
      await clock.pass(WRITE_WINDOW)
    }
    await vi.waitFor(async () => expect(await stored()).toHaveLength(2))

    await here.sync()
    expect(idsOf(here.held())).toEqual(idsOf(events))
    await there.remove(there.held().slice(0, 1))
    await here.sync()
    expect(idsOf(here.held())).toEqual(idsOf(events.slice(1)))
  })

  test('what another tab has taken out of a record is learned, and does not come back', async () => {
    const { clock, open } = createTabs(openStore)
    const [here, there] = [open(), open()]
    for (const event of createEvents(4)) there.add(event)
    await clock.pass(WRITE_WINDOW)
    await vi.waitFor(async () => expect(await stored()).toHaveLength(4))
    await here.sync()
    const [a, b, c, d] = idsOf(there.held())

    await there.remove(there.held().filter(({ id }) => id === b))
    await here.sync()
    expect(idsOf(here.held())).toEqual([a, c, d])
    await here.remove(here.held().filter(({ id }) => id === a))
    await there.sync()
    expect(idsOf(there.held())).toEqual([c, d])

    expect(await stored()).toEqual([c, d])
  })

  test('an event that is known keeps being the same object', async () => {
    const { clock, open } = createTabs(openStore)
    const queue = open()
    queue.add(createEvent())
    await clock.pass(WRITE_WINDOW)
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1))
    const [before] = queue.held()

    await queue.sync()

    expect(queue.held()[0]).toBe(before)
  })

  test('an event that two turns read at the same time is the same object for both', async () => {
    const { clock, open } = createTabs(openStore)
    const [here, there] = [open(), open()]
    there.add(createEvent())
    await clock.pass(WRITE_WINDOW)
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1))

    const syncs = [here.sync(), here.sync()]
    await syncs[0]
    const [first] = here.held()
    await syncs[1]

    expect(idsOf(here.held())).toEqual(idsOf(there.held()))
    expect(here.held()[0]).toBe(first)
  })

  test('what is not stored yet is not taken for removed by another tab', async () => {
    const { open } = createTabs(openStore)
    const queue = open()
    const event = createEvent()

    queue.add(event)
    const synced = queue.sync()
    void queue.remove([])
    await synced
    await queue.sync()

    expect(queue.held()).toEqual([event])
  })

  test('what is removed while the store is being read is not held again', async () => {
    const { clock, open } = createTabs(openStore)
    const queue = open()
    queue.add(createEvent())
    await clock.pass(WRITE_WINDOW)
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1))

    const syncing = queue.sync()
    await queue.remove(queue.held())
    await syncing

    expect(queue.held()).toEqual([])
  })

  test('what is removed before it is written is not stored', async () => {
    const { clock, open } = createTabs(openStore)
    const queue = open()
    const [a, b] = createEvents(2) as [QueuedEvent, QueuedEvent]
    queue.add(a)
    queue.add(b)

    await queue.remove([a])
    await clock.pass(WRITE_WINDOW)

    await vi.waitFor(async () => expect(await stored()).toEqual([b.id]))
  })
}

describe('a queue in memory', () => {
  queueContract(undefined)
})

describe('a queue over records in memory', () => {
  let records = createMemoryRecords()
  beforeEach(() => {
    records = createMemoryRecords()
  })
  queueContract(() => records)
  durableQueueContract(() => records)
})

describe('a queue over IndexedDB', () => {
  beforeEach(() => {
    vi.stubGlobal('indexedDB', new IDBFactory())
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })
  queueContract(createIndexedDbStore)
  durableQueueContract(createIndexedDbStore)
})

test('a stream of single events is at most one transaction a write window', async () => {
  const records = createMemoryRecords()
  const { clock, open } = createTabs(() => records)
  const queue = open()

  for (let i = 0; i < 100; i++) {
    queue.add(createEvent())
    await clock.pass(10)
  }

  expect(records.writes()).toBeLessThanOrEqual((100 * 10) / WRITE_WINDOW + 1)
})

test('a burst is one transaction of records that hold at most a batch each', async () => {
  const records = createMemoryRecords()
  const { clock, open } = createTabs(() => records)
  const queue = open()

  for (const event of createEvents(200, { bytes: 1000 })) queue.add(event)
  await clock.pass(WRITE_WINDOW)

  const bodies = [...records.stored.values()].map((events) => `[${events.map(({ json }) => json)}]`)
  expect(records.writes()).toBe(1)
  expect(bodies.length).toBeGreaterThan(1)
  for (const body of bodies) expect(body.length).toBeLessThanOrEqual(60_000)
})

test('to take out a whole record is one delete, and nothing is written where nothing changes', async () => {
  const records = createMemoryRecords()
  const { clock, open } = createTabs(() => records)
  const queue = open()
  for (const event of createEvents(3)) queue.add(event)
  await clock.pass(WRITE_WINDOW)

  await queue.remove(queue.held())
  await queue.remove([])
  void queue.remove([])

  expect(records.writes()).toBe(2)
  expect(records.stored.size).toBe(0)
})

test('where the store fails, the queue goes on in memory and says so once', async () => {
  const records = createMemoryRecords()
  const { clock, open, warnings } = createTabs(() => records)
  const queue = open()
  const [a, b, c] = createEvents(3) as [QueuedEvent, QueuedEvent, QueuedEvent]
  queue.add(a)
  await clock.pass(WRITE_WINDOW)

  records.fail(new Error('disk full'))
  queue.add(b)
  await clock.pass(WRITE_WINDOW)
  await queue.sync()
  queue.add(c)
  await clock.pass(WRITE_WINDOW)
  await queue.remove([a])
  await queue.sync()

  expect(queue.held()).toEqual([b, c])
  expect(warnings).toEqual([
    'storage failed; until it works, events are kept in memory and do not survive this page',
  ])
})

test('a store that fails from the start is said once, and the queue works', async () => {
  const records = createMemoryRecords()
  records.fail(new Error('blocked'))
  const { clock, open, warnings } = createTabs(() => records)
  const queue = open()
  const event = createEvent()

  await queue.sync()
  queue.add(event)
  await clock.pass(WRITE_WINDOW)
  await queue.sync()

  expect(queue.held()).toEqual([event])
  expect(warnings).toHaveLength(1)
})

test('what is added while the store is read is held once, as it was added', async () => {
  let answer = (_found: Map<string, readonly QueuedEvent[]>) => {}
  const stored = new Map<string, readonly QueuedEvent[]>()
  const queue = createQueue({
    ...PLAIN_QUEUE,
    memo: { read: () => undefined, write: () => {} },
    phase: () => 'visible',
    records: {
      read: () => new Promise((resolve) => (answer = resolve)),
      write: async (records) => {
        for (const [key, events] of records) stored.set(key, structuredClone(events))
      },
    },
    nextKey: () => '1',
    after: () => () => {},
    warn: () => {},
  })
  const event: QueuedEvent = { id: 'e', stream: 's', client: 'c', url: 'u', json: '{}', bytes: 2 }

  const reading = queue.sync()
  queue.add(event)
  void queue.remove([])
  answer(stored)
  await reading

  expect(queue.held()[0]).toBe(event)
  await queue.remove([event])
  expect(queue.held()).toEqual([])
})

test('a store that failed is tried again after 30 s, and what was kept in memory is put and deleted then', async () => {
  const records = createMemoryRecords()
  const { clock, open, warnings, troubles } = createTabs(() => records)
  const queue = open()
  const [a, b, c] = createEvents(3) as [QueuedEvent, QueuedEvent, QueuedEvent]
  queue.add(a)
  await clock.pass(WRITE_WINDOW)

  records.fail(new Error('disk full'))
  queue.add(b)
  await clock.pass(WRITE_WINDOW)
  await queue.remove([a])
  queue.add(c)
  await clock.pass(WRITE_WINDOW)
  records.fail()
  await clock.pass(30_000 - 3 * WRITE_WINDOW)
  expect(idsOf(records.events())).toEqual([a.id])
  await clock.pass(3 * WRITE_WINDOW)

  expect(idsOf(records.events())).toEqual(idsOf([b, c]))
  expect(queue.held()).toEqual([b, c])
  expect(warnings).toHaveLength(1)
  expect(troubles).toEqual(['storage'])
})

test('while the store rests it is not asked, however much happens', async () => {
  const records = createMemoryRecords()
  records.fail(new Error('blocked'))
  const { clock, open } = createTabs(() => records)
  const queue = open()

  for (let i = 0; i < 100; i++) {
    queue.add(createEvent())
    await queue.sync()
    await clock.pass(WRITE_WINDOW)
  }

  expect(records.writes()).toBeLessThanOrEqual(1)
})

test('each time that the store fails anew is one line and one count', async () => {
  const records = createMemoryRecords()
  const { clock, open, warnings, troubles } = createTabs(() => records)
  const queue = open()

  for (let round = 0; round < 3; round++) {
    records.fail(new Error('full'))
    for (let minute = 0; minute < 3; minute++) {
      queue.add(createEvent())
      await clock.pass(60_000)
    }
    records.fail()
    await clock.pass(60_000)
  }

  expect(warnings).toHaveLength(3)
  expect(troubles).toEqual(['storage', 'storage', 'storage'])
  expect(records.events()).toHaveLength(9)
})

test('a store that never answers has failed, and the queue goes on', async () => {
  const { clock, open, warnings, troubles } = createTabs(() => ({
    read: () => new Promise(() => {}),
    write: () => new Promise(() => {}),
  }))
  const queue = open()
  const event = createEvent()

  const syncing = queue.sync()
  queue.add(event)
  await clock.pass(5000)
  await syncing

  expect(queue.held()).toEqual([event])
  expect([warnings.length, troubles.length]).toEqual([1, 1])
})

const ODD_RECORD = fc.oneof(
  fc.anything(),
  fc.array(fc.anything()),
  fc.array(fc.record({ json: fc.string() })),
  fc.array(
    fc.record(
      {
        id: fc.anything(),
        stream: fc.anything(),
        client: fc.anything(),
        url: fc.anything(),
        json: fc.anything(),
        bytes: fc.anything(),
      },
      { requiredKeys: [] },
    ),
    { minLength: 1 },
  ),
)
const isWhole = (event: unknown) => {
  const { id, stream, client, url, json, bytes } = (event ?? {}) as Partial<QueuedEvent>
  return (
    [id, stream, client, url, json].every((text) => typeof text === 'string') && typeof bytes === 'number'
  )
}

test('a record that cannot be read is removed and counted, and what can be read is held', async () => {
  await fc.assert(
    fc.asyncProperty(ODD_RECORD, async (odd) => {
      // Undefined stands for what is known.
      fc.pre(odd !== undefined && (!Array.isArray(odd) || !odd.every(isWhole)))
      const records = createMemoryRecords()
      const { clock, open, troubles } = createTabs(() => ({
        ...records,
        // A copy would not hold a function.
        read: async () => new Map<string, unknown>(records.stored),
      }))
      const fine = createEvent()
      records.stored.set('1', odd as readonly QueuedEvent[])
      records.stored.set('2', [fine])
      const queue = open()

      await queue.sync()
      await queue.remove([])
      await clock.pass(WRITE_WINDOW)

      expect(queue.held()).toEqual([fine])
      expect([...records.stored.keys()]).toEqual(['2'])
      expect(troubles).toEqual(['unreadable'])
    }),
  )
})

/** Pages that come one after the other, as far as the queue sees them. */
function createPage(origin: { records: ReturnType<typeof createMemoryRecords>; memo: Map<string, string> }) {
  const clock = createClock()
  let phase: Phase = 'visible'
  const troubles: string[] = []
  const queue = createQueue({
    ...PLAIN_QUEUE,
    records: origin.records,
    memo: { read: (key) => origin.memo.get(key), write: (key, text) => void origin.memo.set(key, text) },
    phase: () => phase,
    nextKey: () => `key-${createEvent().id}`,
    after: clock.after,
    warn: () => {},
    onTrouble: (kind) => troubles.push(kind),
  })
  return { queue, clock, troubles, go: () => (phase = 'gone') }
}
/** One whose last write does not come through. */
async function leaveUnseen(origin: Parameters<typeof createPage>[0], events: readonly QueuedEvent[]) {
  const page = createPage(origin)
  for (const event of events) page.queue.add(event)
  origin.records.fail(new Error('dropped by the browser'))
  page.go()
  await page.queue.remove([])
  origin.records.fail()
}

test('what a page that went could not see stored is taken up by the next one, once', async () => {
  const origin = { records: createMemoryRecords(), memo: new Map<string, string>() }
  const events = createEvents(3)
  await leaveUnseen(origin, events)
  expect(origin.records.stored.size).toBe(0)

  const next = createPage(origin)
  await next.queue.sync()
  expect(next.queue.held()).toEqual(events)
  await next.clock.pass(WRITE_WINDOW)
  expect(idsOf(origin.records.events())).toEqual(idsOf(events))

  const third = createPage(origin)
  await third.queue.sync()
  expect(third.queue.held()).toEqual(events)
})

test('what was left stays for the tab that is told to take it up', async () => {
  const origin = { records: createMemoryRecords(), memo: new Map<string, string>() }
  const events = createEvents(3)
  await leaveUnseen(origin, events)
  const [other, next] = [createPage(origin), createPage(origin)]

  await other.queue.sync(false)
  await next.queue.sync(true)

  expect(other.queue.held()).toEqual([])
  expect(next.queue.held()).toEqual(events)
})

test('what was stored after all is not taken up a second time', async () => {
  const origin = { records: createMemoryRecords(), memo: new Map<string, string>() }
  const events = createEvents(2)
  await leaveUnseen(origin, events)
  origin.records.stored.set('late', structuredClone(events))

  const next = createPage(origin)
  await next.queue.sync()

  expect(next.queue.held()).toEqual(events)
})

test('pages that go one after the other leave what all of them could not see stored', async () => {
  const origin = { records: createMemoryRecords(), memo: new Map<string, string>() }
  const [a, b] = createEvents(2) as [QueuedEvent, QueuedEvent]
  await leaveUnseen(origin, [a])
  await leaveUnseen(origin, [b])

  const next = createPage(origin)
  await next.queue.sync()

  expect(idsOf(next.queue.held()).sort()).toEqual(idsOf([a, b]))
})

test('what a page that went could not see deleted is not there for the next one, which deletes it', async () => {
  const origin = { records: createMemoryRecords(), memo: new Map<string, string>() }
  const [a, b, c, stays] = createEvents(4) as [QueuedEvent, QueuedEvent, QueuedEvent, QueuedEvent]
  const page = createPage(origin)
  for (const record of [[a], [b], [c, stays]]) {
    for (const event of record) page.queue.add(event)
    await page.queue.remove([])
  }
  page.go()
  const write = vi.spyOn(origin.records, 'write').mockReturnValue(new Promise(() => {})) // the browser drops it
  void page.queue.remove([a])
  void page.queue.remove([b, c])
  write.mockRestore()

  const next = createPage(origin)
  await next.queue.sync()

  expect(next.queue.held()).toEqual([stays])
  await next.clock.pass(WRITE_WINDOW)
  expect(origin.records.events()).toEqual([stays])
  expect(origin.memo.get('left/1')).toBe('[]')
})

test('of a record of which each page has left another part, a page that has a part itself takes up the rest', async () => {
  const origin = { records: createMemoryRecords(), memo: new Map<string, string>() }
  const [a, b, c] = createEvents(3) as [QueuedEvent, QueuedEvent, QueuedEvent]
  await leaveUnseen(origin, [a, b, c])
  origin.records.fail(new Error('there is none'))
  const pages = [a, b, c].map(() => createPage(origin))
  for (const { queue } of pages) await queue.sync()
  for (const [index, { queue }] of pages.entries()) await queue.remove([queue.held()[index]!])
  const [one, other, stays] = pages as [(typeof pages)[0], (typeof pages)[0], (typeof pages)[0]]
  for (const page of [one, other]) {
    page.go()
    await page.queue.remove([])
  }

  await stays.queue.sync()
  const next = createPage(origin)
  await next.queue.sync()

  expect(stays.queue.held()).toEqual([a, b, c])
  expect(next.queue.held()).toHaveLength(3)
  expect(idsOf(next.queue.held()).sort()).toEqual(idsOf([a, b, c]))
})

test('what a storage that fails for good is to forget is not handed on from page to page', async () => {
  const origin = { records: createMemoryRecords(), memo: new Map<string, string>() }
  origin.records.fail(new Error('there is none'))
  const page = createPage(origin)
  const events = createEvents(3)
  for (const event of events) page.queue.add(event)
  await page.queue.remove([]) // as a record
  await page.queue.remove(events)

  page.go()
  await page.queue.remove([])

  expect(origin.memo.get('left/1')).toBe('[]')
})

test('what was left and cannot be read is counted once, and forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ minLength: 1 }),
        fc.json().filter((json) => json !== '[]'),
        ODD_RECORD.map((odd) => {
          try {
            return JSON.stringify(odd) || '{'
          } catch {
            return '{'
          }
        }),
      ),
      async (text) => {
        fc.pre(text !== '[]')
        const origin = { records: createMemoryRecords(), memo: new Map([['left/1', text]]) }
        const page = createPage(origin)

        await page.queue.sync()
        await page.queue.sync()

        expect(page.queue.held()).toEqual([])
        expect(page.troubles).toEqual(['unreadable'])
        expect(origin.memo.get('left/1')).toBe('')
      },
    ),
  )
})

test('the account is written in the transaction of the events that it tells of', async () => {
  const records = createMemoryRecords()
  const transactions: string[][] = []
  const clock = createClock()
  let version = 0
  const queue = createQueue({
    ...PLAIN_QUEUE,
    memo: { read: () => undefined, write: () => {} },
    phase: () => 'visible',
    records: {
      ...records,
      write: (changes) => {
        transactions.push(changes.flatMap(([, events]) => (events.length ? idsOf(events) : 'removed')))
        return records.write(changes)
      },
    },
    nextKey: () => `key-${version}`,
    account: () => ({ ...createEvent(), id: `account ${version}` }),
    after: clock.after,
    warn: () => {},
  })
  const events = createEvents(2)

  for (const event of events) queue.add(event)
  version = 1
  await clock.pass(WRITE_WINDOW)
  version = 2
  queue.touch()
  await queue.remove(events)

  expect(transactions).toEqual([
    [...idsOf(events), 'account 1'],
    // The records of the events and of the account before.
    ['removed', 'removed', 'account 2'],
  ])
})

test('an account that has changed is a new record, and the one before leaves with it', async () => {
  const records = createMemoryRecords()
  const clock = createClock()
  let version = 0
  let hasEnded = false
  const queue = createQueue({
    ...PLAIN_QUEUE,
    memo: { read: () => undefined, write: () => {} },
    phase: () => 'visible',
    records,
    nextKey: () => 'key',
    account: () => (hasEnded ? undefined : { ...createEvent(), id: `account ${++version}` }),
    after: clock.after,
    warn: () => {},
  })
  queue.touch()
  await clock.pass(WRITE_WINDOW)
  expect([...records.stored.keys()]).toEqual(['account 1'])

  queue.touch()
  await clock.pass(WRITE_WINDOW)
  expect([...records.stored.keys()]).toEqual(['account 2'])

  hasEnded = true
  queue.touch()
  await queue.remove([])

  expect([...records.stored.keys()]).toEqual([])
})

test('who takes an account out of the store takes no newer one', async () => {
  const records = createMemoryRecords()
  const { clock, open } = createTabs(() => records)
  let version = 0
  const owner = createQueue({
    ...PLAIN_QUEUE,
    memo: { read: () => undefined, write: () => {} },
    phase: () => 'visible',
    records,
    nextKey: () => 'key',
    account: () => ({ ...createEvent(), id: `account ${++version}` }),
    after: clock.after,
    warn: () => {},
  })
  const other = open()
  owner.touch()
  await clock.pass(WRITE_WINDOW)
  await other.sync()
  owner.touch()
  await clock.pass(WRITE_WINDOW)

  await other.remove(other.held())

  expect([...records.stored.keys()]).toEqual(['account 2'])
})

test('where nothing may be kept, nothing is read or written until it may', async () => {
  const records = createMemoryRecords()
  const clock = createClock()
  let allowed = false
  const memo = new Map<string, string>()
  const queue = createQueue({
    ...PLAIN_QUEUE,
    memo: { read: () => undefined, write: (key, text) => void memo.set(key, text) },
    phase: () => 'gone',
    records,
    nextKey: () => 'key',
    allowed: () => allowed,
    after: clock.after,
    warn: () => {},
  })
  const event = createEvent()

  queue.add(event)
  await clock.pass(WRITE_WINDOW)
  await queue.remove([])
  expect([records.writes(), memo.size]).toEqual([0, 0])
  allowed = true
  await queue.remove([])

  expect(idsOf(records.events())).toEqual([event.id])
})

test('what was being read when it may no longer be kept is not taken up', async () => {
  const records = createMemoryRecords()
  let allowed = true
  const queue = createQueue({
    ...PLAIN_QUEUE,
    memo: { read: () => undefined, write: () => {} },
    phase: () => 'visible',
    records,
    nextKey: () => 'key',
    allowed: () => allowed,
    after: createClock().after,
    warn: () => {},
  })
  records.stored.set('of another tab', [createEvent()])

  const reading = queue.sync()
  allowed = false
  await reading

  expect(queue.held()).toEqual([])
})
