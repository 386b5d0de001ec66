import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { savedQueriesIn } from '../../../../src/intake/query/saved-queries.ts'
import { folderOf } from '../../../support/folder.ts'

test('a query is saved as a file of its name, replaced, listed by name and removed', async () => {
  const data = await folderOf()
  const saved = savedQueriesIn(data)
  expect(saved.list()).toEqual({ queries: [] })

  saved.put('Top pages', 'SELECT 1')
  saved.put('a', 'SELECT 2\n')
  saved.put('Top pages', 'SELECT 3')

  expect(saved.list().queries).toEqual([
    { name: 'Top pages', sql: 'SELECT 3' },
    { name: 'a', sql: 'SELECT 2' },
  ])
  expect(await readFile(join(data, '.rivulet/queries/Top pages.sql'), 'utf8')).toBe('SELECT 3\n')
  expect(saved.get('a')).toBe('SELECT 2')

  saved.remove('a')
  expect(readdirSync(join(data, '.rivulet/queries'))).toEqual(['Top pages.sql'])
})

test.each([
  '',
  '.',
  '..',
  '../state',
  'a/b',
  'a\\b',
  '.hidden',
  ' a',
  'a ',
  'a.',
  'a\0',
  'a\n',
  'x'.repeat(81),
  'a:b',
])('a name that could be another file is refused: %j', async (name) => {
  const saved = savedQueriesIn(await folderOf({ '.rivulet/state.json': {} }))

  expect(() => saved.put(name, 'SELECT 1')).toThrow('cannot be the name of a query')
  expect(() => saved.get(name)).toThrow('cannot be the name of a query')
  expect(() => saved.remove(name)).toThrow('cannot be the name of a query')
})

test.each(['a', 'Größe 2026-11', '売上', 'v1.2', '_x'])('a name may be %s', async (name) => {
  const saved = savedQueriesIn(await folderOf())

  saved.put(name, 'SELECT 1')

  expect(saved.list().queries.map((query) => query.name)).toEqual([name])
})

test('what is not there is told with what is', async () => {
  const saved = savedQueriesIn(await folderOf({ '.rivulet/queries/mine.sql': 'SELECT 1' }))

  expect(() => saved.get('yours')).toThrow('there is no saved query "yours"; there are mine')
  expect(() => saved.remove('yours')).toThrow('there is no saved query "yours"')
})

test('a query without SQL, or with more than anyone writes, is not saved', async () => {
  const saved = savedQueriesIn(await folderOf())

  expect(() => saved.put('a', ' ')).toThrow('no SQL')
  expect(() => saved.put('a', 'x'.repeat(100_001))).toThrow('100000 at most')
})
