import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forgetEvents, whyNoIds } from '../../../src/intake/forget.ts'
import { type Files, folderOf } from '../../support/folder.ts'
import { click, lines, openData, schema } from './query/asked.ts'
import { rejected } from './stored.ts'

const SESSION = '2b20e8b712bb8a9ecef2'
const OTHER = '5b7a06eec9ced47e0b0c'

const of = (session: string, fields: object = {}) => click({ performer: { session_id: session }, ...fields })

/** A data folder with one stream, and what is in it after a visitor was forgotten. */
async function forgetting(events: readonly (object | string)[], ids: readonly string[] = [SESSION]) {
  const data = await folderOf({ 'shop.click/2026-11-22.jsonl': lines(...events) })
  const path = join(data, 'shop.click/2026-11-22.jsonl')
  const before = await readFile(path, 'utf8')
  const forgotten = await forgetEvents(data, { ids })
  const after = await readFile(path, 'utf8')
  return {
    data,
    path,
    before,
    forgotten,
    after,
    left: after.split('\n').filter((line) => line.trim() !== ''),
  }
}

test("a visitor's lines become spaces, in all streams and days, and all others stay in their place", async () => {
  const day = (...events: object[]) => lines(of(OTHER), ...events, of(OTHER))
  const files: Files = {
    'shop.click/2026-11-22.jsonl': day(of(SESSION), of(SESSION, { note: 'é€𝄞' })),
    'shop.click/2026-11-23.jsonl': day(),
    'rivulet.rejected/2026-11-22.jsonl': lines(rejected(of(SESSION)), rejected(of(OTHER))),
  }
  const data = await folderOf(files)

  const forgotten = await forgetEvents(data, { ids: [SESSION] })

  expect(forgotten).toEqual({ events: 3, streams: { 'rivulet.rejected': 1, 'shop.click': 2 } })
  for (const [path, before] of Object.entries(files)) {
    const blank = (line: string) => (line.includes(SESSION) ? ' '.repeat(Buffer.byteLength(line)) : line)
    expect(await readFile(join(data, path), 'utf8')).toBe(String(before).split('\n').map(blank).join('\n'))
  }
  expect(await forgetEvents(data, { ids: [SESSION] })).toEqual({ events: 0, streams: {} })
})

test.each([
  ['a field', { session: SESSION }],
  ['a list in an object', { a: [{ b: [SESSION] }] }],
  ['a key', { [SESSION]: true }],
  ['a URL', { url: `https://shop.example/?sid=${SESSION}&page=2` }],
  ['the path of a URL', { url: `https://shop.example/visit/${SESSION}/basket` }],
  ['a URL in a URL', { url: `https://shop.example/?to=%2Fvisit%3Fsid%3D${SESSION}%26page%3D2` }],
  ['a text', { note: `"${SESSION}", he said` }],
  ['a text of several lines', { note: `it was\n${SESSION}\tthen` }],
  ['a rejected event', rejected(of(SESSION, { url: `?sid=${SESSION}` }))],
  ['a text in a rejected event', rejected({ note: `it was\n${SESSION}` })],
  ['what is no JSON', `{"half": "${SESSION}`],
])('it is theirs where the id stands in %s', async (_, event) => {
  const { left } = await forgetting([of(OTHER), event, of(OTHER)])

  expect(left).toEqual([of(OTHER), of(OTHER)].map((one) => JSON.stringify(one)))
})

test.each([
  ['longer', { id: `${SESSION}0` }],
  ['longer in front', { id: `f${SESSION}` }],
  ['a part of a UUID', { id: `${SESSION}-bf10-7000` }],
  ['a part of a name', { id: `session_${SESSION}` }],
  ['in other letters', { id: SESSION.toUpperCase() }],
  ['in a word of another script', { id: `ж${SESSION}` }],
])('it is not theirs where the id there is %s', async (_, event) => {
  const { after, before, forgotten } = await forgetting([of(OTHER), event])

  expect(forgotten.events).toBe(0)
  expect(after).toBe(before)
})

test.each(['ann@shop.example1', 'a "quoted" id 1', 'C:\\users\\1', '12345678', 'a.b*c[1](2)'])(
  'the id %j is found as JSON, in what was rejected, and in URLs',
  async (id) => {
    const url = `https://shop.example/?id=${encodeURIComponent(id)}`
    const { left } = await forgetting([{ id }, rejected({ id }), { url }, rejected({ url }), of(OTHER)], [id])

    expect(left).toEqual([JSON.stringify(of(OTHER))])
  },
)

test('several ids go in one go', async () => {
  const { left, forgotten } = await forgetting(
    [of(SESSION), of(OTHER), of('aaaabbbbccccdddd0000')],
    [SESSION, OTHER],
  )

  expect(forgotten.events).toBe(2)
  expect(left).toEqual([JSON.stringify(of('aaaabbbbccccdddd0000'))])
})

test('lines are found wherever they lie in a large file, and none is changed besides', async () => {
  const events = Array.from({ length: 6_000 }, (_, number) =>
    of(number % 7 === 0 ? SESSION : OTHER, { number, note: 'é'.repeat(number % 700) }),
  )
  const { forgotten, left } = await forgetting(events)

  expect(forgotten.events).toBe(858)
  expect(left).toEqual(events.filter((_, number) => number % 7 !== 0).map((event) => JSON.stringify(event)))
})

test('what a crash has left half removed is removed by the next run, whatever id it has', async () => {
  const { before, data, path } = await forgetting([of(OTHER), of(OTHER, { note: 'x' }), of(OTHER)])
  const second = before.indexOf('\n') + 1
  const file = await open(path, 'r+')
  await file.write(`\t${' '.repeat(20)}`, second)
  await file.close()

  const forgotten = await forgetEvents(data, { ids: [SESSION] })

  expect(forgotten).toEqual({ events: 1, streams: { 'shop.click': 1 } })
  const lineOf = JSON.stringify(of(OTHER))
  expect((await readFile(path, 'utf8')).split('\n').filter((line) => line.trim())).toEqual([lineOf, lineOf])
})

test('where a crash has left half of a line, it is removed too', async () => {
  const half = JSON.stringify(of(SESSION)).slice(0, -3)
  const data = await folderOf({ 'shop.click/2026-11-22.jsonl': lines(of(OTHER)) + half })

  const forgotten = await forgetEvents(data, { ids: [SESSION] })

  expect(forgotten).toEqual({ events: 1, streams: { 'shop.click': 1 } })
  const after = await readFile(join(data, 'shop.click/2026-11-22.jsonl'), 'utf8')
  expect(after).toBe(lines(of(OTHER)) + ' '.repeat(half.length))
})

test('what is not stored for good yet is left alone', async () => {
  const text = lines(of(SESSION), of(SESSION))
  const data = await folderOf({ 'shop.click/2026-11-22.jsonl': text })
  const half = text.length / 2

  const { events } = await forgetEvents(data, { ids: [SESSION], storedBytes: () => half })

  expect(events).toBe(1)
  const after = await readFile(join(data, 'shop.click/2026-11-22.jsonl'), 'utf8')
  expect(after.slice(half)).toBe(text.slice(half))
})

test('a dry run tells the same and changes nothing', async () => {
  const data = await folderOf({ 'shop.click/2026-11-22.jsonl': lines(of(SESSION), of(OTHER)) })
  const path = join(data, 'shop.click/2026-11-22.jsonl')
  const { mtimeMs } = await stat(path)

  const forgotten = await forgetEvents(data, { ids: [SESSION], dryRun: true })

  expect(forgotten).toEqual({ events: 1, streams: { 'shop.click': 1 } })
  expect(await readFile(path, 'utf8')).toContain(SESSION)
  expect((await stat(path)).mtimeMs).toBe(mtimeMs)
})

test('queries pass over what is removed, and still know the columns of what is left', async () => {
  const removed = Array.from({ length: 300 }, () => of(SESSION, { action: 'x'.repeat(1_000) }))
  const { data, rows } = await openData({
    files: {
      'shop.click/2026-11-22.jsonl': lines(...removed, of(OTHER, { action: 'buy' }), of(SESSION)),
      'untyped/2026-11-22.jsonl': lines(
        ...[SESSION, OTHER].map((id) => ({ meta: { stream: 'untyped' }, id })),
      ),
      'rivulet.rejected/2026-11-22.jsonl': lines(rejected(of(SESSION)), rejected(of(OTHER))),
    },
    schemas: schema('shop/click', { action: { type: 'string' } }),
  })

  await forgetEvents(data, { ids: [SESSION] })

  expect(await rows('SELECT action FROM shop_click')).toEqual([['buy']])
  expect(await rows('SELECT session FROM events WHERE session IS NOT NULL')).toEqual([[OTHER]])
  expect(await rows('SELECT count(*) FROM rejected')).toEqual([[1]])
  expect(await rows("SELECT event->>'$.id' FROM untyped")).toEqual([[OTHER]])
  expect(await rows('SELECT count(*) FROM raw')).toEqual([[3]])
  const texts = await Promise.all(
    (await readdir(data)).map((name) => readFile(join(data, name, '2026-11-22.jsonl'), 'utf8')),
  )
  expect(texts.join()).not.toContain(SESSION)
})

test.each([
  [[]],
  [['2b20e8b']],
  [['shop.click']],
  [['']],
  [[5]],
  [[`${SESSION}\n`]],
  [[SESSION, 'short']],
  [SESSION],
  [undefined],
])('%j are no ids of a visitor', async (ids) => {
  expect(whyNoIds(ids)).toMatch(/ids? /)
  await expect(forgetEvents(await folderOf(), { ids: ids as string[] })).rejects.toThrow(/ids? /)
})
