import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import type { SavedQueries, Streams, Views } from '../../../src/intake/console/contract.ts'
import { ask, fromPage } from './ask.ts'
import { click, startShopIntake, until } from './temp-intake.ts'

async function startApi() {
  const intake = await startShopIntake()
  const { url } = intake
  const send = (method: string, path: string, body?: unknown) =>
    ask(`${url}/api/${path}`, { method, headers: fromPage(url), body })
  return { ...intake, send, get: (path: string) => ask(`${url}/api/${path}`) }
}

test('streams are those of the config, then those that have events without being in it, each with its numbers', async () => {
  const { get, post } = await startApi()
  await post([
    click('a'),
    click('b'),
    click('c', { action: 'steal' }),
    click('d', { meta: { stream: 'shop.other', id: 'd' } }),
  ])

  const { streams, file, readOnly } = (await get('streams')).body as Streams

  expect(streams.map(({ stream }) => stream)).toEqual([
    'shop.click',
    'shop.view',
    'shop.untitled',
    'shop.broken',
    'shop.other',
  ])
  const [clicks, views, , broken, other] = streams
  expect(clicks).toMatchObject({ schemaTitle: 'shop/click', accepted: 2, rejected: 1, state: 'on', rate: 1 })
  expect(clicks!.perMinute).toHaveLength(60)
  expect(views).toMatchObject({ accepted: 0, rejected: 0, expected: null, lastChange: null })
  expect(broken!.problem).toContain('settings')
  expect(other).toMatchObject({ isConfigured: false, accepted: 0, rejected: 1 })
  expect(clicks!.isConfigured).toBe(true)
  expect(file).toMatch(/streams\.json$/)
  expect(readOnly).toBeUndefined()
})

test.each([
  ['GET', 'none', 404, undefined],
  ['GET', '', 404, undefined],
  ['GET', 'constructor', 404, undefined],
  ['POST', 'streams', 405, 'GET'],
  ['GET', 'config', 405, 'PUT'],
  ['DELETE', 'session', 405, 'GET, POST'],
  ['GET', 'queries/mine', 405, 'PUT, DELETE'],
  ['constructor', 'streams', 400, undefined],
])('%s /api/%s: %i', async (method, path, status, allow) => {
  const { send } = await startApi()

  const answer = await send(method, path).catch(() => ({ status: 400, headers: { allow: undefined } }))

  expect([answer.status, answer.headers.allow]).toEqual([status, allow])
})

test.each([
  ['no JSON', 'x', 400],
  ['a list', '[]', 400],
  ['null', 'null', 400],
  ['nothing', '', 400],
  ['a megabyte', JSON.stringify({ sql: 'x'.repeat(1_000_000) }), 413],
])('a body that is %s is refused', async (_, body, status) => {
  const { send } = await startApi()

  for (const path of ['simulate', 'revert', 'query'])
    expect((await send('POST', path, body)).status).toBe(status)
})

test('SQL is answered, its mistakes in words, and files of it leave nothing behind', async () => {
  const { send, get, post } = await startApi()
  await post([click('a'), click('b')])
  const sql = 'select id, action from "shop.click" order by id'
  const downloads = () => readdirSync(tmpdir()).filter((name) => name.startsWith('rivulet-download-')).length
  const before = downloads()

  const { body } = await send('POST', 'query', { sql })
  const wrong = await send('POST', 'query', { sql: 'select * from none' })
  const csv = await send('POST', 'query/csv', { sql })
  const parquet = await send('POST', 'query/parquet', { sql })

  expect(body.rows).toEqual([
    ['a', 'buy'],
    ['b', 'buy'],
  ])
  expect(wrong).toMatchObject({ status: 422, body: { detail: expect.stringContaining('none') } })
  expect(csv.text).toBe('id,action\na,buy\nb,buy\n')
  expect(csv.headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="query.csv"',
  })
  expect(parquet.text.slice(0, 4)).toBe('PAR1')
  expect(((await get('views')).body as Views).views.map(({ name }) => name)).toContain('shop.click')
  expect((await get('session')).body.query).toEqual({ ready: true })
  await until(() => downloads() <= before)
})

test('queries are saved, listed and removed by name', async () => {
  const { send, get } = await startApi()
  const names = async () => ((await get('queries')).body as SavedQueries).queries.map(({ name }) => name)

  expect(
    (await send('PUT', `queries/${encodeURIComponent('Clicks a day')}`, { sql: 'select 1' })).status,
  ).toBe(204)
  expect(await names()).toEqual(['Clicks a day'])
  for (const name of ['..%2F..%2Fx', '%2e%2e', '%', '']) {
    const { status } = await send('PUT', `queries/${name}`, { sql: 'select 1' })
    expect([400, 404, 405, 422]).toContain(status)
  }
  expect((await send('DELETE', 'queries/Clicks%20a%20day')).status).toBe(204)
  expect((await send('DELETE', 'queries/Clicks%20a%20day')).status).toBe(422)
  expect(await names()).toEqual([])
})

test.each(['0', '-1', 'x', '1e3', ''])('vitals of %s days are refused', async (days) => {
  const { get } = await startApi()

  expect((await get(`vitals?days=${days}`)).status).toBe(400)
  expect((await get('vitals?days=28')).body).toEqual({ pages: [] })
})

test('the intake closes at once while a long query runs, which is told to whoever waits', async () => {
  const { send, get, close } = await startApi()
  await send('POST', 'query', { sql: 'select 1' })

  const answer = send('POST', 'query', {
    sql: 'select sum(a.range * b.range) from range(1000000) a, range(1000000) b',
  })
  await get('session') // which came after it
  const closed = close()

  expect((await answer).status).toBe(503)
  await closed
})
