import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type ConfigHistory, digestOfContent, openConfigHistory } from '../../../src/intake/config-history.ts'
import type { LogLine } from '../../../src/intake/log.ts'
import { folderOf } from '../../support/folder.ts'

const BY_HAND = { author: null, reason: null }
const contentAt = (rate: number) => ({ streams: { 'a.b': { sample: { unit: 'session', rate } }, other: {} } })

async function openHistory() {
  const folder = await folderOf()
  const path = join(folder, '.rivulet', 'config-history.jsonl')
  const lines: LogLine[] = []
  const open = (): ConfigHistory => {
    const history = openConfigHistory(folder, (line) => lines.push(line))
    onTestFinished(history.close)
    return history
  }
  return { folder, path, lines, open }
}

function addTwo(history: ConfigHistory): void {
  history.add({ revision: '1', at: '2026-11-27T10:00:00.000Z', ...BY_HAND }, contentAt(1))
  history.add(
    { revision: '2', at: '2026-11-27T11:00:00.000Z', author: 'Ada', reason: 'less' },
    contentAt(0.1),
  )
}

test('each revision is there with what it changed and its whole content, also for the next process', async () => {
  const { open } = await openHistory()
  addTwo(open())

  const history = open()

  expect(history.revisions()).toEqual([
    {
      revision: '2',
      at: '2026-11-27T11:00:00.000Z',
      author: 'Ada',
      reason: 'less',
      changes: [{ path: '/streams/a.b/sample/rate', before: '1', after: '0.1' }],
    },
    { revision: '1', at: '2026-11-27T10:00:00.000Z', author: null, reason: null, changes: [] },
  ])
  expect(history.contentOf('1')).toEqual(contentAt(1))
  expect(history.contentOf('2')).toEqual(contentAt(0.1))
  expect(history.contentOf('3')).toBeUndefined()
  expect(history.last()).toEqual({ revision: '2', digest: digestOfContent(contentAt(0.1)) })
  expect([...history.lastChanges()]).toEqual([
    ['a.b', { revision: '2', at: '2026-11-27T11:00:00.000Z', author: 'Ada', reason: 'less' }],
  ])
})

test('wherever a crash cuts the file, the whole lines before are there, and the next goes behind them', async () => {
  const { path, open, lines } = await openHistory()
  addTwo(open())
  const text = readFileSync(path)
  const first = text.indexOf(10) + 1

  for (let size = text.length - 1; size > first; size -= 7) {
    writeFileSync(path, text)
    truncateSync(path, size)
    const history = open()
    expect(history.revisions().map(({ revision }) => revision)).toEqual(['1'])
    history.add({ revision: '3', at: '2026-11-27T12:00:00.000Z', ...BY_HAND }, contentAt(0.5))
    expect(
      open()
        .revisions()
        .map(({ revision }) => revision),
    ).toEqual(['3', '1'])
    expect(open().contentOf('3')).toEqual(contentAt(0.5))
  }

  expect(lines[0]).toMatchObject({ level: 'warn', message: expect.stringContaining('cut half a line') })
})

test('what is taken back was never there', async () => {
  const { open } = await openHistory()
  const history = open()
  addTwo(history)

  history.takeBack()

  for (const one of [history, open()]) {
    expect(one.revisions().map(({ revision }) => revision)).toEqual(['1'])
    expect(one.last()?.revision).toBe('1')
  }
  history.add({ revision: '2', at: '2026-11-27T12:00:00.000Z', ...BY_HAND }, contentAt(0.5))
  expect(open().revisions()[0]!.changes).toEqual([
    { path: '/streams/a.b/sample/rate', before: '1', after: '0.5' },
  ])
})

test('a stream that comes or goes changed, and one named like a part of every object is one like others', async () => {
  const { open } = await openHistory()
  const history = open()
  history.add({ revision: '1', at: 'x', ...BY_HAND }, { streams: { constructor: {} } })
  history.add({ revision: '2', at: 'x', ...BY_HAND }, { streams: { constructor: {}, 'a/b': {} } })
  history.add({ revision: '3', at: 'x', ...BY_HAND }, { streams: { 'a/b': {} }, refresh_seconds: 60 })

  expect([...history.lastChanges()].map(([stream, { revision }]) => [stream, revision])).toEqual([
    ['a/b', '2'],
    ['constructor', '3'],
  ])
})

test('the revision that an intake without a history kept is the one before the first', async () => {
  const { folder, open } = await openHistory()
  mkdirSync(join(folder, '.rivulet'), { recursive: true })
  const streamConfig = { digest: 'd', revision: '2026-10-01.4' }
  writeFileSync(join(folder, '.rivulet', 'state.json'), JSON.stringify({ layout: 1, streamConfig }))

  expect(open().last()).toEqual(streamConfig)
})

test.each([
  ['of a newer layout', '{"layout":2}', /:1: has layout 2, this version reads up to 1; use a newer rivulet/],
  ['no JSON', 'x', /:1: is no JSON .*; restore or remove the file/],
  ['no revision', '{"layout":1}', /:1: is no revision of a stream config; restore or remove the file/],
  ['null', 'null', /:1: is no revision of a stream config/],
])('a line that is %s stops the intake, which says where it is', async (_, line, message) => {
  const { path, folder, open } = await openHistory()
  mkdirSync(join(folder, '.rivulet'), { recursive: true })
  appendFileSync(path, `${line}\n`)

  expect(open).toThrow(message)
})
