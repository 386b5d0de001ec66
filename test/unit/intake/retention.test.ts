import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { dayFilesIn } from '../../../src/intake/day-files.ts'
import type { LogLine } from '../../../src/intake/log.ts'
import { startRetention } from '../../../src/intake/retention.ts'
import { storedEvents } from '../../../src/intake/stored-events.ts'
import { type Files, folderOf } from '../../support/folder.ts'
import { askedAt, lines, openData, schema } from './query/asked.ts'

const NOON = 'T12:00:00.000Z'

/** Retention in a folder, at noon of a day that can be changed. */
async function keeping(files: Files, { keepDays = 2, today = '2026-11-27' } = {}) {
  const data = await folderOf(files)
  const told: LogLine[] = []
  const removed: string[] = []
  const clock = { today }
  const { stop } = await startRetention({
    data,
    keepDays,
    now: () => Date.parse(clock.today + NOON),
    checkEvery: 5,
    log: (line) => void told.push(line),
    removeFiles: async (paths) => {
      removed.push(...paths)
      await removeAll(paths)
    },
  })
  onTestFinished(stop)
  const left = async () => (await dayFilesIn(data)).map(({ folder, day }) => `${folder}/${day}`)
  return { data, told, removed, clock, left }
}

test('files of days that are older are removed, of all streams, and folders that have no other', async () => {
  const { data, told, removed, left } = await keeping({
    'shop.click/2026-11-23.jsonl': '{}\n',
    'shop.click/2026-11-24.jsonl': '{}\n',
    'shop.click/2026-11-25.jsonl': '{}\n',
    'shop.click/2026-11-27.jsonl': '{}\n',
    'shop.gone/2026-11-01.jsonl': '{}\n{}\n',
    'rivulet.rejected/2026-11-24.jsonl': '{}\n',
    'rivulet.duplicates/2026-11-24.jsonl': '{}\n',
    '.rivulet/queries/2026-11-24.jsonl': 'not ours',
  })

  expect(await left()).toEqual(['shop.click/2026-11-25', 'shop.click/2026-11-27'])
  expect((await readdir(data)).sort()).toEqual(['.rivulet', 'shop.click'])
  expect(removed.map((path) => path.slice(data.length + 1)).sort()).toEqual([
    'rivulet.duplicates/2026-11-24.jsonl',
    'rivulet.rejected/2026-11-24.jsonl',
    'shop.click/2026-11-23.jsonl',
    'shop.click/2026-11-24.jsonl',
    'shop.gone/2026-11-01.jsonl',
  ])
  expect(told).toEqual([
    {
      level: 'info',
      message:
        'removed what was received 2026-11-01 to 2026-11-24, since it is older than 2 days: 18 bytes in 5 files, of rivulet.duplicates, rivulet.rejected, shop.click, shop.gone',
    },
  ])
})

test('at the turn of the day the next ones go; nothing is told of a day without', async () => {
  const { clock, told, left } = await keeping({
    'shop.click/2026-11-25.jsonl': '{}\n',
    'shop.click/2026-11-26.jsonl': '{}\n',
  })
  expect(await left()).toEqual(['shop.click/2026-11-25', 'shop.click/2026-11-26'])
  expect(told).toEqual([])

  clock.today = '2026-11-28'
  await expect.poll(left).toEqual(['shop.click/2026-11-26'])
  clock.today = '2026-11-29'
  await expect.poll(left).toEqual([])

  expect(told.map(({ message }) => message.slice(0, 36))).toEqual([
    'removed what was received 2026-11-25',
    'removed what was received 2026-11-26',
  ])
})

test('only files of days in folders of streams are removed', async () => {
  const { data } = await keeping({
    'shop.click/2026-11-01.jsonl': '{}\n',
    'shop.click/notes.txt': 'mine',
    'shop.click/2026-11-01.jsonl.gz': 'mine',
    '2026-11-01.jsonl': 'mine',
  })

  expect((await readdir(data, { recursive: true })).sort()).toEqual([
    '2026-11-01.jsonl',
    'shop.click',
    'shop.click/2026-11-01.jsonl.gz',
    'shop.click/notes.txt',
  ])
})

test('who has opened a file reads it to its end', async () => {
  const text = lines(...Array.from({ length: 1_000 }, (_, number) => ({ number, note: 'x'.repeat(1_000) })))
  const data = await folderOf({ 'shop.click/2026-11-01.jsonl': text })
  const file = await open(join(data, 'shop.click/2026-11-01.jsonl'))
  const events = storedEvents(data, { log: () => undefined })
  await events.next()

  const now = () => Date.parse('2026-11-27')
  const { stop } = await startRetention({
    data,
    keepDays: 1,
    now,
    log: () => undefined,
    removeFiles: removeAll,
  })
  onTestFinished(stop)

  expect(await dayFilesIn(data)).toEqual([])
  expect(await file.readFile('utf8')).toBe(text)
  await file.close()
  let last: unknown
  for await (const { number } of events) last = number
  expect(last).toBe(999)
})

test('who comes to a file that is gone reads on as if it had never been', async () => {
  const data = await folderOf({
    'a/2026-11-01.jsonl': lines({ name: 'a' }),
    'b/2026-11-01.jsonl': lines({ name: 'b' }),
    'c/2026-11-01.jsonl': lines({ name: 'c' }),
  })
  const events = storedEvents(data, { log: () => undefined })
  const read = [await events.next()]

  await rm(join(data, 'b'), { recursive: true })
  for await (const value of events) read.push({ value, done: false })

  expect(read.map(({ value }) => value?.name)).toEqual(['a', 'c'])
})

test('a query whose files go while it is answered says so, and the next one has what is left', async () => {
  const { data, rows, readStreams } = await openData({
    files: {
      'shop.click/2026-11-01.jsonl': lines({ meta: { stream: 'shop.click', id: 'a' } }),
      'shop.click/2026-11-02.jsonl': lines({ meta: { stream: 'shop.click', id: 'b' } }),
    },
    schemas: schema('shop/click', {}),
  })
  const streams = await readStreams()
  await rm(join(data, 'shop.click/2026-11-01.jsonl'))

  const late = askedAt(data).ask('SELECT id FROM events', { streams })

  await expect(late).rejects.toThrow(/removed while the query was answered.*ask again/)
  expect(await rows('SELECT id FROM events')).toEqual([['b']])
})

test('what cannot be removed is told, and the rest goes', async () => {
  const { told, left } = await keeping({
    'a/2026-11-01.jsonl/is-a-folder.txt': '',
    'b/2026-11-01.jsonl': '{}\n',
  })

  expect(await left()).toEqual(['a/2026-11-01'])
  expect(told).toEqual([
    { level: 'error', message: expect.stringMatching(/could not be removed .*a\/2026-11-01\.jsonl/) },
    { level: 'info', message: expect.stringContaining('in 1 file, of b') },
  ])
})

test.each([0, -1, 1.5, Number.NaN])('%d days are refused', async (keepDays) => {
  const start = startRetention({
    data: await folderOf(),
    keepDays,
    log: () => undefined,
    removeFiles: removeAll,
  })

  await expect(start).rejects.toThrow(/whole number of days/)
})

async function removeAll(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path)))
}
