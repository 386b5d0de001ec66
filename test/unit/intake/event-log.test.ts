import { appendFile, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type EventLog, openEventLog } from '../../../src/intake/event-log.ts'
import type { LogRecord } from '../../../src/intake/event-sink.ts'
import { createHistory } from '../../../src/intake/history.ts'
import { createStats } from '../../../src/intake/stats/stats.ts'
import { folderOf } from '../../support/folder.ts'
import { smallDisk } from '../../support/small-disk.ts'

const DAY = '2026-11-27'

/** An event log as the intake has it, that is asked for what it counts. */
async function openIn(folder: string, options: { dedupeIds?: number; snapshotBytes?: number } = {}) {
  const said: string[] = []
  let linesRead = 0
  const stats = createStats()
  const history = createHistory({ stats, today: DAY })
  const eventLog: EventLog = await openEventLog({
    folder,
    log: ({ message }) => void said.push(message),
    onLine(line) {
      linesRead += 1
      history.add(line)
    },
    state: history,
    ...options,
  })
  let closed: Promise<void> | undefined
  const close = () => (closed ??= eventLog.close())
  onTestFinished(close)
  return {
    ...eventLog,
    close,
    appendRecords: (records: LogRecord[]) => eventLog.append(records, { noteOf: () => undefined }),
    said,
    linesRead,
    history,
    stats,
    counted: () => stats.ofStream('shop.click', 1).accepted,
    async append(...events: { id: string; day?: string; note?: string }[]) {
      const stored = await eventLog.append(events.map(record), { noteOf: () => undefined })
      for (const { event, receivedAt } of stored) stats.add({ event, receivedAt: receivedAt.getTime() })
      return stored.map(({ id }) => id)
    },
  }
}

function record({ id, day = DAY, note = '' }: { id: string; day?: string; note?: string }): LogRecord {
  const receivedAt = new Date(`${day}T10:00:00.000Z`)
  const meta = { stream: 'shop.click', id, dt: receivedAt.toISOString() }
  return { stream: 'shop.click', id, receivedAt, event: { meta, note } }
}

const fileIn = (folder: string, day = DAY) => join(folder, 'shop.click', `${day}.jsonl`)

/** A folder with the events a, b and c of two days, and a snapshot. */
async function storedFolder() {
  const folder = await folderOf()
  const log = await openIn(folder, { snapshotBytes: 1 })
  await log.append({ id: 'a', day: '2026-11-26' }, { id: 'b', day: '2026-11-26' })
  await log.append({ id: 'c' })
  await log.close()
  return folder
}

test('a start with a snapshot reads the lines behind it only, and knows what is in it', async () => {
  const folder = await storedFolder()
  const { event } = record({ id: 'd' })
  await appendFile(fileIn(folder), `${JSON.stringify(event)}\n`)

  const log = await openIn(folder)

  expect([log.said, log.linesRead, log.counted()]).toEqual([[], 1, 4])
  expect(log.history.recent().map(({ event }) => event)).toEqual([record({ id: 'c' }).event, event])
  expect(await log.append({ id: 'a' }, { id: 'd' }, { id: 'e' })).toEqual(['e'])
})

test('what is in no snapshot is recalled from the last lines of two days, since a day may just have begun', async () => {
  const folder = await storedFolder()
  const recalled: unknown[] = []
  const history = createHistory({ stats: createStats(), today: DAY })

  const log = await openEventLog({
    folder,
    log: () => undefined,
    onLine: () => undefined,
    state: { ...history, recall: ({ event }) => void recalled.push(event) },
  })
  onTestFinished(log.close)

  expect(recalled).toMatchObject([{ meta: { id: 'a' } }, { meta: { id: 'b' } }, { meta: { id: 'c' } }])
})

const damages: [string, (folder: string) => Promise<void>, RegExp][] = [
  ['a file is gone', (folder) => rm(fileIn(folder)), /11-27.jsonl is gone/],
  ['a file is shorter', (folder) => truncate(fileIn(folder), 10), /11-27.jsonl is not what it was/],
  [
    'a file has other lines',
    (folder) => writeFile(fileIn(folder), 'x'.repeat(500)),
    /11-27.jsonl is not what it was/,
  ],
  ['the snapshot is empty', (folder) => truncate(snapshotIn(folder), 0), /its end is missing/],
  ['the snapshot is cut', (folder) => truncate(snapshotIn(folder), 300), /damaged before byte 300/],
  ['the snapshot has another byte', (folder) => changeByte(snapshotIn(folder), 300), /damaged before byte/],
  ['the snapshot is something else', (folder) => writeFile(snapshotIn(folder), 'hello'), /damaged before/],
  ['its ids are gone', (folder) => rm(join(folder, '.rivulet/ids'), { recursive: true }), /its ids are not/],
]
test.each(damages)('where %s, that is said, and all lines are read', async (_, damage, reason) => {
  const folder = await storedFolder()
  await damage(folder)

  const log = await openIn(folder)

  expect(log.said[0]).toMatch(/snapshot is not used, since .*all stored lines are read/)
  expect(log.said[0]).toMatch(reason)
  expect(log.counted()).toBe(log.linesRead)
  expect(await log.append({ id: 'a' }, { id: 'z' })).toEqual(['z'])
})

const snapshotIn = (folder: string) => join(folder, '.rivulet/snapshot')

async function changeByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at]! ^= 1
  await writeFile(path, bytes)
}

test('what a power cut leaves at the end of a file is cut, zeros too, and said; zeros in the middle are passed over', async () => {
  const folder = await folderOf()
  const [a, b] = ['a', 'b'].map((id) => `${JSON.stringify(record({ id }).event)}\n`)
  await mkdir(join(folder, 'shop.click'))
  const zeros = '\0'.repeat(5_000)
  await writeFile(fileIn(folder), `${a}{"x":1${zeros}"}\n${b}{"x":1${zeros}"}\n${zeros}`)

  const log = await openIn(folder)

  expect(log.said).toEqual([
    expect.stringMatching(/11-27.jsonl: cut an unfinished end of 10009 bytes/),
    expect.stringMatching(/11-27.jsonl: a line is no JSON object and is passed over/),
  ])
  expect(await log.append({ id: 'a' }, { id: 'b' }, { id: 'c' })).toEqual(['c'])
  expect(await readFile(fileIn(folder), 'utf8')).toMatch(/"id":"b"[^\n]*\n\{[^\n]*"id":"c"[^\n]*\n$/)
})

test('blank lines, as an erasure leaves them, are passed over in silence', async () => {
  const folder = await storedFolder()
  const text = await readFile(fileIn(folder, '2026-11-26'), 'utf8')
  await writeFile(
    fileIn(folder, '2026-11-26'),
    text.replace(/^.*/, (line) => ' '.repeat(line.length)),
  )

  const withSnapshot = await openIn(folder)
  await withSnapshot.close()
  await rm(snapshotIn(folder))
  const without = await openIn(folder)

  expect([withSnapshot.said, withSnapshot.linesRead, withSnapshot.counted()]).toEqual([[], 0, 3])
  expect([without.said, without.linesRead, without.counted()]).toEqual([[], 2, 2])
})

test('deleted files stay in the counts, also where the intake dies before they are deleted', async () => {
  const folder = await storedFolder()
  const old = fileIn(folder, '2026-11-26')
  const text = await readFile(old)
  const first = await openIn(folder)

  await first.removeFiles([old])
  await expect(stat(old)).rejects.toThrow('ENOENT')
  const counts = [first.counted(), first.storedBytes(old)]
  await first.close()
  await writeFile(old, text)
  const second = await openIn(folder)

  expect(counts).toEqual([3, undefined])
  expect([second.said, second.linesRead, second.counted()]).toEqual([[], 0, 3])
  expect(await second.append({ id: 'a' }, { id: 'd' })).toEqual(['d'])
})

test('it is known of the newest ids whether they are stored, as many as are asked for, and across restarts', async () => {
  const folder = await folderOf()
  const first = await openIn(folder, { dedupeIds: 3, snapshotBytes: 1 })
  for (const id of ['a', 'b', 'c', 'd']) await first.append({ id })
  await first.close()

  const second = await openIn(folder, { dedupeIds: 3 })

  expect(await second.append({ id: 'b' }, { id: 'c' }, { id: 'd' })).toEqual([])
  expect(await second.append({ id: 'a' })).toEqual(['a'])
})

test('a file no longer grows once one of a later day does, and it is told how much of each is stored', async () => {
  const folder = await folderOf()
  const log = await openIn(folder)
  const told: (readonly string[])[] = []
  log.onStored((paths) => told.push(paths))

  await log.append({ id: 'a', day: '2026-11-26' })
  await log.append({ id: 'b', day: '2026-11-27' })
  await log.append({ id: 'c', day: '2026-11-26' })

  const [before, after] = [fileIn(folder, '2026-11-26'), fileIn(folder, '2026-11-27')]
  expect(told).toEqual([[before], [after], [after]])
  for (const path of [before, after]) expect(log.storedBytes(path)).toBe((await stat(path)).size)
})

test('a snapshot that is taken while files of the day before are closed knows the ids of all that it counts', async () => {
  const folder = await folderOf()
  const log = await openIn(folder)
  await log.appendRecords(
    Array.from({ length: 50 }, (_, number) => ({
      ...record({ id: `a-${number}`, day: '2026-11-26' }),
      stream: `shop.${number}`,
    })),
  )
  let snapshot: Promise<void> | undefined
  log.onStored(() => (snapshot = log.removeFiles([])))

  await log.append({ id: 'b' })
  await snapshot
  const afterCrash = await openIn(folder)

  expect([afterCrash.linesRead, afterCrash.counted()]).toEqual([0, 1])
  expect(await afterCrash.append({ id: 'b' })).toEqual([])
})

test('after half a minute a quarter of the bytes is worth a snapshot', async () => {
  onTestFinished(() => void vi.useRealTimers())
  const folder = await folderOf()
  const log = await openIn(folder, { snapshotBytes: 1_000 })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 29_000 })
  await log.append({ id: 'a', note: 'x'.repeat(300) })
  const before = await isThere(snapshotIn(folder))
  vi.setSystemTime(Date.now() + 1_000)

  await log.append({ id: 'b' })

  expect(before).toBe(false)
  await vi.waitFor(async () => expect(await isThere(snapshotIn(folder))).toBe(true))
})

const isThere = (path: string) => stat(path).then(Boolean, () => false)

test('an event that cannot be written as JSON is refused alone, and is no trouble of the log', async () => {
  const log = await openIn(await folderOf())
  const endless: Record<string, unknown> = { meta: {} }
  endless.self = endless

  const stored = log.append({ id: 'a' })
  const refused = log.appendRecords([{ ...record({ id: 'b' }), event: endless }])

  await expect(refused).rejects.toThrow(TypeError)
  expect(await stored).toEqual(['a'])
  expect(log.trouble()).toBeUndefined()
})

test('on a full disk nothing is stored by half, the trouble is told, and it ends by itself once there is room', async () => {
  const folder = await smallDisk()
  if (!folder) return
  const log = await openIn(folder, { snapshotBytes: 100_000 })
  const ballast = join(folder, 'ballast')
  await writeFile(ballast, Buffer.alloc(1 << 20))
  const batch = (number: number) =>
    Array.from({ length: 20 }, (_, index) => ({ id: `${number}-${index}`, note: 'x'.repeat(1_000) }))

  let stored = 0
  let refusal: Error | undefined
  while (!refusal)
    await log.append(...batch(stored)).then(
      () => (stored += 1),
      (error) => (refusal = error),
    )
  const trouble = log.trouble()
  await rm(ballast)
  await vi.waitFor(() => expect(log.trouble()).toBeUndefined(), 5_000)
  expect(await log.append(...batch(stored))).toHaveLength(20)

  expect(refusal.message).toMatch(/ENOSPC/)
  expect(trouble).toMatch(/ENOSPC/)
  const lines = (await readFile(fileIn(folder), 'utf8')).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).meta.id)).toEqual(
    Array.from({ length: stored + 1 }, (_, number) => batch(number).map(({ id }) => id)).flat(),
  )
})
