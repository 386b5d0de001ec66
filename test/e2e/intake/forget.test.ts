import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderOf, writeInto } from '../../support/folder.ts'
import { ask, firstOfLive } from './ask.ts'
import { rivulet } from './child.ts'
import { click, shopFolder, startShopIntake, until } from './temp-intake.ts'

const SESSION = '2b20e8b712bb8a9ecef2'
const OTHER = '5b7a06eec9ced47e0b0c'
const TOKEN = 'correct-horse-battery-staple'

/** An event that names a session in a text, since its schema has no other place. */
const of = (session: string, id: string, fields: object = {}) =>
  click(id, { note: `?sid=${session}`, ...fields })
const lines = (...events: object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('')

/** All that is stored, as text. */
async function storedText(data: string): Promise<string> {
  const names = await readdir(data, { recursive: true })
  const files = names.filter((name) => name.endsWith('.jsonl') && !name.startsWith('.'))
  return (await Promise.all(files.map((name) => readFile(join(data, name), 'utf8')))).join('')
}

const idsIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.trim())
    .map((line) => JSON.parse(line).meta.id)
    .sort()

test('rivulet forget removes the events of a folder in which nobody works, and says how many of which stream', async () => {
  const data = await folderOf({
    'shop.click/2026-11-22.jsonl': lines(of(SESSION, 'a'), of(OTHER, 'b'), of(SESSION, 'c')),
    'shop.view/2026-11-22.jsonl': lines(of(SESSION, 'd', { meta: { id: 'd', stream: 'shop.view' } })),
  })
  const forget = (...flags: string[]) =>
    rivulet(['forget', '--session', SESSION, '--data', data, ...flags]).ended

  const looked = await forget('--dry-run')
  const still = await storedText(data)
  const removed = await forget('--json')
  const again = await forget()

  expect(looked).toMatchObject({ code: 0, stderr: '' })
  expect(looked.stdout).toBe(
    `Would remove 3 events that name ${SESSION}:\n  shop.click  2\n  shop.view   1\n`,
  )
  expect(idsIn(still)).toEqual(['a', 'b', 'c', 'd'])
  expect(removed).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(removed.stdout)).toEqual({
    events: 3,
    streams: { 'shop.click': 2, 'shop.view': 1 },
    dry_run: false,
  })
  expect(idsIn(await storedText(data))).toEqual(['b'])
  expect(again).toMatchObject({ code: 0, stdout: `Nothing is stored that names ${SESSION}.\n` })
})

test('a running intake is asked: it removes them under load, and from its memory; the rest is whole after a restart', async () => {
  const shop = await shopFolder()
  const { url, post, lines: told, close } = await startShopIntake(shop)
  await post([of(SESSION, 'theirs'), of(SESSION, 'rejected', { action: 'none' }), of(OTHER, 'ours')])
  const acknowledged: string[] = []
  const load = { goesOn: true }
  const senders = Array.from({ length: 4 }, async (_, sender) => {
    for (let number = 0; load.goesOn; number++) {
      const ids = Array.from({ length: 20 }, (_, index) => `${sender}-${number}-${index}`)
      if ((await post(ids.map((id) => of(OTHER, id)))).status === 201) acknowledged.push(...ids)
    }
  })

  const { code, stdout } = await rivulet(['forget', '--session', SESSION, '--url', url, '--json']).ended
  load.goesOn = false
  await Promise.all(senders)

  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ events: 2, streams: { 'rivulet.rejected': 1, 'shop.click': 1 } })
  expect(told.map(({ message }) => message)).toEqual([
    "removed a visitor's events: rivulet.rejected 1, shop.click 1",
  ])
  const { body: counts } = await ask(`${url}/v1/counts`)
  expect(counts.streams['shop.click']).toEqual({ stored: acknowledged.length + 2, rejected: 1 })
  const { body: quality, text } = await ask(`${url}/api/quality`)
  expect(quality.rejected).toMatchObject([{ stream: 'shop.click', count: 1 }])
  expect(text + (await firstOfLive(url))).not.toContain(SESSION)
  await close()

  expect(await storedText(shop.data)).not.toContain(SESSION)
  const again = await startShopIntake(shop)
  expect(idsIn(await storedText(shop.data))).toEqual([...acknowledged, 'ours'].sort())
  expect((await again.post([of(OTHER, 'ours'), of(OTHER, 'new')])).status).toBe(201)
  expect(idsIn(await storedText(join(shop.data, 'shop.click')))).toEqual(
    [...acknowledged, 'new', 'ours'].sort(),
  )
})

test('where it asks for a token, the token is needed, and goes nowhere else', async () => {
  const { url, post, stored } = await startShopIntake(undefined, { token: TOKEN })
  await post(of(SESSION, 'theirs'))
  const forget = (env: { [name: string]: string }, ...flags: string[]) =>
    rivulet(['forget', '--session', SESSION, '--url', url, ...flags], { env }).ended

  const without = await forget({})
  const wrong = await forget({ RIVULET_TOKEN: `${TOKEN}x` })
  const looked = await forget({ RIVULET_TOKEN: TOKEN }, '--dry-run')
  expect(await stored('shop.click')).toHaveLength(1)
  const right = await forget({ RIVULET_TOKEN: TOKEN })

  expect(without).toMatchObject({ code: 2, stderr: expect.stringMatching(/set RIVULET_TOKEN/) })
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/token is wrong/) })
  expect(looked.stdout).toContain('Would remove 1 event that names')
  expect(right).toMatchObject({ code: 0, stdout: expect.stringContaining('Removed 1 event that names') })
  for (const { stdout, stderr } of [without, wrong, right]) expect(stdout + stderr).not.toContain(TOKEN)
})

test('a page of another site cannot have anything removed, nor somebody who names no ids', async () => {
  const { url } = await startShopIntake()
  const json = { 'content-type': 'application/json' }
  const forget = (headers: { [name: string]: string }, body: object = { ids: [SESSION] }) =>
    ask(`${url}/api/forget`, { method: 'POST', headers: { ...json, ...headers }, body })

  expect((await forget({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await forget({})).status).toBe(403)
  expect((await forget({ origin: url })).status).toBe(200)
  for (const ids of [undefined, [], ['short1'], ['shop.click'], SESSION])
    expect((await forget({ origin: url }, { ids })).status).toBe(400)
  expect((await forget({ origin: url }, { ids: [SESSION], data: '/elsewhere' })).status).toBe(409)
})

test.each([
  ['a folder that a running intake of another address has', /--url/],
  ['a short id', /no id of a visitor.*8 characters/],
  ['a folder that is none', /no such data folder/],
  ['the folder above', /this is no data folder/],
  ['a folder and an intake', /'--url <url>' cannot be used with option '--data <folder>'/],
  ['an address that is none', /--url shop is no URL/],
  ['an address where nobody answers', /no intake answers.*start it, or name another/],
])('%s: what to do is told in one line', async (name, line) => {
  const shop = await shopFolder()
  const { url, close } = await startShopIntake(shop)
  const flags = {
    'a folder that a running intake of another address has': ['--session', SESSION, '--data', shop.data],
    'a short id': ['--session', 'short1', '--data', shop.data],
    'a folder that is none': ['--session', SESSION, '--data', join(shop.folder, 'none')],
    'the folder above': ['--session', SESSION, '--data', shop.folder],
    'a folder and an intake': ['--session', SESSION, '--data', shop.data, '--url', url],
    'an address that is none': ['--session', SESSION, '--url', 'shop'],
    'an address where nobody answers': ['--session', SESSION, '--url', url],
  }[name]!
  if (name === 'an address where nobody answers') await close()

  const { code, stdout, stderr } = await rivulet(['forget', ...flags]).ended

  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toMatch(line)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})

test('killed in the middle, the next run finishes, and no event of another is harmed', async () => {
  const events = Array.from({ length: 30_000 }, (_, number) =>
    of(number % 3 === 0 ? SESSION : OTHER, `${number}`, { text: 'x'.repeat(300) }),
  )
  const data = await folderOf()
  await writeInto(data, { 'shop.click/2026-11-22.jsonl': lines(...events) })
  const file = await open(join(data, 'shop.click/2026-11-22.jsonl'))
  const { size } = await file.stat()
  const begun = async () => (await file.read(Buffer.alloc(1), 0, 1, 0)).buffer[0] !== '{'.charCodeAt(0)
  const flags = ['forget', '--session', SESSION, '--data', data, '--json']

  const first = rivulet(flags)
  await until(begun)
  first.child.kill('SIGKILL')
  const { signal } = await first.ended
  const next = await rivulet(flags).ended

  expect(signal).toBe('SIGKILL')
  expect(next.code).toBe(0)
  expect(JSON.parse(next.stdout).events).toBeGreaterThan(0)
  expect((await file.stat()).size).toBe(size)
  await file.close()
  const text = await storedText(data)
  expect(text).not.toContain(SESSION)
  expect(text).not.toContain('\t')
  expect(text.split('\n').filter((line) => line.trim())).toEqual(
    events.filter((_, number) => number % 3 !== 0).map((event) => JSON.stringify(event)),
  )
})
