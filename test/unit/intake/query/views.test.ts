import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { viewsOf } from '../../../../src/intake/query/views.ts'
import { click, lines, openData, schema } from './asked.ts'

const CLICK = schema('shop/click', {
  meta: { type: 'object' },
  dt: { type: 'string', format: 'date-time' },
  action: { type: 'string' },
  count: { type: 'integer' },
  page: { type: 'object', properties: { path: { type: 'string' }, size: { type: 'number' } } },
  tags: { type: 'array', items: { type: 'string' } },
  more: { type: 'object', additionalProperties: { type: 'integer' } },
})

test('a stream is a view with the columns of its schema, and with ours', async () => {
  const event = click({
    dt: '2026-11-22T09:59:00Z',
    action: 'buy',
    count: 3,
    page: { path: '/', size: 1.5 },
    tags: ['a'],
    more: { x: 1 },
  })
  const { ask } = await openData({
    files: { 'shop.click/2026-11-22.jsonl': lines(event) },
    schemas: CLICK,
  })

  const { columns, rows } = await ask('FROM "shop.click"')
  const row = Object.fromEntries(columns.map(({ name }, index) => [name, rows[0]![index]]))

  expect(row).toMatchObject({
    id: 'a',
    received_at: '2026-11-22T10:00:00.500Z',
    day: '2026-11-22',
    weight: 1,
    stream: 'shop.click',
    dt: '2026-11-22T09:59:00.000Z',
    action: 'buy',
    count: 3,
    page: { path: '/', size: 1.5 },
    tags: ['a'],
    more: { x: 1 },
    meta: { domain: 'shop.test' },
    $schema: '/shop/click/1.0.0',
  })
  expect(columns.find(({ name }) => name === 'page')!.type).toBe('STRUCT("path" VARCHAR, "size" DOUBLE)')
})

test('the columns that are told are those that a query finds', async () => {
  const { ask, readStreams } = await openData({
    files: { 'shop.click/2026-11-22.jsonl': lines(click()), 'odd/2026-11-22.jsonl': '' },
    schemas: CLICK,
    configured: { 'shop.empty': 'shop/click' },
  })

  for (const { name, columns } of viewsOf(await readStreams())) {
    const found = (await ask(`DESCRIBE "${name}"`)).rows.map(([column, type]) => [column, type])
    const told = columns.map((column) => [
      column.name,
      column.type.replace('TIMESTAMPTZ', 'TIMESTAMP WITH TIME ZONE'),
    ])
    expect(found.map(([column]) => column)).toEqual(told.map(([column]) => column))
    expect(found.map(([, type]) => String(type).replace(/"/g, ''))).toEqual(
      told.map(([, type]) => type!.replace(/TIMESTAMPTZ/g, 'TIMESTAMP WITH TIME ZONE').replace(/"/g, '')),
    )
  }
})

test('the rejected are without those that the debug switch forced in', async () => {
  const rejected = (id: string, raw_event: string) => ({
    meta: { id, stream: 'rivulet.rejected', dt: '2026-11-22T10:00:00.500Z' },
    errored_stream_name: 'shop.click',
    raw_event,
  })
  const forced = JSON.stringify(click({}, { producer: { debug: true } }))
  const { ask } = await openData({
    files: {
      'rivulet.rejected/2026-11-22.jsonl': lines(
        rejected('a', JSON.stringify(click())),
        rejected('b', forced),
        rejected('c', forced.slice(0, -9)),
      ),
    },
  })

  expect((await ask('SELECT id FROM rejected ORDER BY id')).rows).toEqual([['a'], ['c']])
})

test('the weight of an event is 1 / rate, and debug events count nowhere', async () => {
  const { rows } = await openData({
    files: {
      'shop.click/2026-11-22.jsonl': lines(
        click({}, { id: 'a', producer: { rate: 0.25, unit: 'session' } }),
        click({}, { id: 'b' }),
        click({}, { id: 'c', producer: { rate: 0 } }),
        click({}, { id: 'd', producer: { rate: 0.5, debug: true } }),
        click({}, { id: 'e', producer: { rate: 1e-300 } }),
      ),
    },
    schemas: CLICK,
  })

  for (const view of ['events', '"shop.click"', 'raw'])
    expect(await rows(`SELECT id, weight FROM ${view} ORDER BY id`), view).toEqual([
      ['a', 4],
      ['b', 1],
      ['c', 1],
      ['e', 1],
    ])
})

test('a line that is no event is left out, and harms no other; nor does half a line at the end', async () => {
  const whole = click({ action: 'buy', count: 1 })
  const { rows } = await openData({
    files: {
      'shop.click/2026-11-22.jsonl': `${lines(whole, 'not json', '', '[1,2]', '"text"', 'null', '{"a":1} trailing', '{"a":1}', whole)}{"$schema":"/shop/cl`,
    },
    schemas: CLICK,
  })

  expect(await rows('SELECT action, count FROM shop_click')).toEqual([
    ['buy', 1],
    ['buy', 1],
  ])
  expect(await rows('SELECT count(*) FROM events')).toEqual([[2]])
  expect(await rows("SELECT count(*) FROM raw WHERE stream = 'shop.click'")).toEqual([[2]])
})

test('a value that is not of its type is null by itself: neither its row nor its column, nor what stands beside it', async () => {
  const { rows } = await openData({
    files: {
      'shop.click/2026-11-22.jsonl': lines(
        click({ action: 'good', count: 1, page: { path: '/', size: 2 }, tags: ['a'] }),
        click({ action: 7, count: 'many', page: { path: '/x', size: 'L' }, tags: 'none' }),
        click({ action: 'good', count: 2, page: 'home', tags: ['b'] }),
        click({ action: 'big', count: 2 ** 70 }),
        click({ action: 'null', count: null, page: null, tags: null }),
      ),
    },
    schemas: CLICK,
  })

  expect(await rows('SELECT action, count, page, tags FROM shop_click')).toEqual([
    ['good', 1, { path: '/', size: 2 }, ['a']],
    ['7', null, { path: '/x', size: null }, null],
    ['good', 2, { path: null, size: null }, ['b']],
    ['big', null, null, null],
    ['null', null, null, null],
  ])
})

test('what is appended between two queries is in the second', async () => {
  const { data, rows } = await openData({
    files: { 'shop.click/2026-11-22.jsonl': lines(click()) },
    schemas: CLICK,
  })
  expect(await rows('SELECT count(*) FROM events')).toEqual([[1]])

  await appendFile(join(data, 'shop.click/2026-11-22.jsonl'), lines(click({}, { id: 'b' })))

  expect(await rows('SELECT count(*) FROM events')).toEqual([[2]])
})

test('a stream whose schema is gone has its events as JSON', async () => {
  const { rows } = await openData({
    files: { 'shop.click/2026-11-22.jsonl': lines(click({ action: 'buy' }, { producer: { rate: 0.5 } })) },
  })

  expect(await rows("SELECT id, day, weight, stream, event->>'$.action' FROM shop_click")).toEqual([
    ['a', '2026-11-22', 2, 'shop.click', 'buy'],
  ])
})

test('all versions of a schema make one view, also where the stream changed its title', async () => {
  const { rows } = await openData({
    files: {
      'shop.click/2026-11-21.jsonl': lines({ ...click({ old: 1 }), $schema: '/shop/old/1.0.0' }),
      'shop.click/2026-11-22.jsonl': lines(click({ action: 'buy' })),
    },
    schemas: {
      ...schema('shop/old', { old: { type: 'integer' } }),
      ...schema('shop/click', { action: { type: 'string' } }),
      ...schema('shop/click', { action: { type: 'string' }, added: { type: 'string' } }, '1.1.0'),
    },
  })

  expect(await rows('SELECT old, action, added FROM shop_click ORDER BY day')).toEqual([
    [1, null, null],
    [null, 'buy', null],
  ])
})

test('a configured stream that has no events yet is an empty view', async () => {
  const { ask } = await openData({ files: {}, schemas: CLICK, configured: { 'shop.click': 'shop/click' } })

  const { columns, rows } = await ask('SELECT action, page.path, weight FROM "shop.click"')

  expect(columns.map(({ type }) => type)).toEqual(['VARCHAR', 'VARCHAR', 'DOUBLE'])
  expect(rows).toEqual([])
  expect((await ask('SELECT count(*) FROM events')).rows).toEqual([[0]])
})

test('rejected events are a view of their own, and no events', async () => {
  const rejected = {
    $schema: '/rivulet/rejected/1.0.0',
    meta: { stream: 'rivulet.rejected', id: 'r', dt: '2026-11-22T10:00:00.000Z' },
    dt: '2026-11-22T10:00:00.000Z',
    kind: 'invalid',
    message: '/action must be text',
    problems: ['/action must be text'],
    errored_stream_name: 'shop.click',
    errored_schema_uri: '/shop/click/1.0.0',
    raw_event: '{"action":1}',
  }
  const { rows } = await openData({
    files: {
      'shop.click/2026-11-22.jsonl': lines(click()),
      'rivulet.rejected/2026-11-22.jsonl': lines(rejected, { ...rejected, raw_event: 'no json' }),
    },
  })

  expect(await rows('SELECT stream, schema, kind, problems, event FROM rejected')).toEqual([
    ['shop.click', '/shop/click/1.0.0', 'invalid', ['/action must be text'], { action: 1 }],
    ['shop.click', '/shop/click/1.0.0', 'invalid', ['/action must be text'], null],
  ])
  expect(await rows('SELECT DISTINCT stream FROM events')).toEqual([['shop.click']])
})

test('a field with the name of one of our columns has event_ in front of it', async () => {
  const { rows } = await openData({
    files: { 'shop.click/2026-11-22.jsonl': lines(click({ weight: 250, Day: 'Sunday', filename: 'a.png' })) },
    schemas: schema('shop/click', {
      weight: { type: 'integer' },
      Day: { type: 'string' },
      filename: { type: 'string' },
    }),
  })

  expect(await rows('SELECT weight, event_weight, day, "event_Day", filename FROM shop_click')).toEqual([
    [1, 250, '2026-11-22', 'Sunday', 'a.png'],
  ])
})

test('a schema whose meta is odd keeps the weight of its events', async () => {
  const odd = {
    meta: { type: 'object', properties: { producer: { type: 'string' }, ID: { type: 'integer' } } },
  }
  const { rows } = await openData({
    files: { 'shop.click/2026-11-22.jsonl': lines(click({}, { producer: { rate: 0.1 } })) },
    schemas: schema('shop/click', odd),
  })

  expect(await rows('SELECT id, weight FROM shop_click')).toEqual([['a', 10]])
})

test('streams of any name have a view, also names of ours, of SQL, and those that differ in case only', async () => {
  const names = ['events', 'select', 'Shop', 'shop', 'a b', 'a.b', 'quote"s', '✓', 'duckdb_tables']
  const { rows, readStreams } = await openData({
    files: Object.fromEntries(
      names.map((stream, index) => [
        `${encodeURIComponent(stream)}/2026-11-22.jsonl`,
        lines(click({}, { id: String(index), stream })),
      ]),
    ),
    schemas: CLICK,
  })

  const views = viewsOf(await readStreams()).slice(3)
  const found: unknown[] = []
  for (const { name } of views)
    found.push((await rows(`SELECT stream FROM "${name.replace(/"/g, '""')}"`))[0]![0])

  expect(found.sort()).toEqual([...names].sort())
  // Both would have it.
  expect(views.map(({ alias }) => alias)).not.toContain('a_b')
})

test('a query about one day reads the files of that day only', async () => {
  const { rows } = await openData({
    files: {
      'shop.click/2026-11-21.jsonl': lines(click()),
      'shop.click/2026-11-22.jsonl': lines(click(), click()),
    },
    schemas: CLICK,
  })

  const plan = await rows("EXPLAIN ANALYZE SELECT count(*) FROM shop_click WHERE day = '2026-11-22'")

  expect(String(plan[0]![1])).toContain('Total Files Read: 1 ')
})

test('an empty folder can be asked', async () => {
  const { rows } = await openData({ files: {} })

  expect(await rows('SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM raw)')).toEqual([[0, 0]])
})
