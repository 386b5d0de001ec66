import { existsSync, readdirSync } from 'node:fs'
import { appendFile, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { OWN_SCHEMAS } from '../../../src/intake/package-files.ts'
import { type Limits, openQueries } from '../../../src/intake/query/queries.ts'
import { openSchemaRepository } from '../../../src/schema/repository.ts'
import { folderOf } from '../../support/folder.ts'
import { click, shopFolder, startShopIntake } from '../intake/temp-intake.ts'
import { isAlive, queryProcessesOf, queryProcessOf } from './processes.ts'

/** Takes a minute. */
const SLOW = 'SELECT sleep_ms(60000)'

const stored = (id: string) =>
  `${JSON.stringify(click(id, { meta: { id, stream: 'shop.click', dt: '2026-11-22T10:00:00.000Z' } }))}\n`

async function open({ limits = {}, data }: { limits?: Partial<Limits>; data?: string } = {}) {
  const folder = data ?? (await folderOf({ 'shop.click/2026-11-22.jsonl': stored('a') }))
  const queries = openQueries({
    data: folder,
    schemas: openSchemaRepository([OWN_SCHEMAS]),
    configured: () => new Map(),
    limits,
  })
  onTestFinished(() => queries.close())
  return { queries, data: folder }
}

const processAtWork = () => queryProcessOf(process.pid)

const downloads = () => readdirSync(tmpdir()).filter((name) => name.startsWith('rivulet-download-'))

test('queries are answered one after another, by one process', async () => {
  const { queries } = await open()

  const answers = await Promise.all([1, 2, 3].map((number) => queries.ask(`SELECT ${number}`)))

  expect(answers.map(({ rows }) => rows)).toEqual([[[1]], [[2]], [[3]]])
  expect(queryProcessesOf(process.pid)).toHaveLength(1)
  expect(queries.status()).toEqual({ ready: true })
})

test('while more than a few wait, a query is refused at once', async () => {
  const { queries } = await open()
  const leaving = new AbortController()
  const signal = leaving.signal
  const ask = () => queries.ask(SLOW, { signal }).catch(() => undefined)
  const first = ask()
  await processAtWork()
  const waiting = Array.from({ length: 20 }, ask)

  await expect(queries.ask('SELECT 1')).rejects.toThrow('20 queries are waiting')

  leaving.abort()
  await Promise.all([first, ...waiting])
  expect((await queries.ask('SELECT 1')).rows).toEqual([[1]])
})

test('a query that nobody waits for any more ends, and the next one is answered', async () => {
  const { queries } = await open()
  const leaving = new AbortController()
  const asked = queries.ask(SLOW, { signal: leaving.signal })
  const next = queries.ask('SELECT 1')
  const pid = await processAtWork()

  leaving.abort()

  await expect(asked).rejects.toThrow('aborted')
  expect((await next).rows).toEqual([[1]])
  expect(isAlive(pid)).toBe(false)
})

test('a query ends when its time is over', async () => {
  const { queries } = await open({ limits: { seconds: 3 } })

  await expect(queries.ask(SLOW)).rejects.toThrow('the query was stopped after 3 s')
  // Not asleep, but at work.
  await expect(
    queries.ask('SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(10000000) b(i)'),
  ).rejects.toThrow('the query was stopped after 3 s')
  expect((await queries.ask('SELECT 1')).rows).toEqual([[1]])
})

test('when the process of a query is killed, the intake goes on, and so does the next query', async () => {
  const intake = await startShopIntake()
  const asked = fetch(`${intake.url}/api/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: intake.url },
    body: JSON.stringify({ sql: SLOW }),
  })
  const pid = await processAtWork()

  process.kill(pid, 'SIGKILL')

  const answer = await asked
  expect(answer.status).toBe(422)
  expect((await answer.json()).detail).toContain("the query ended DuckDB's process (SIGKILL)")
  expect((await intake.post(click('a'))).status).toBe(201)
})

test('memory that DuckDB does not count is no way around the limit; all the while, the intake answers', async () => {
  const intake = await startShopIntake()
  const { queries } = await open({ limits: { megabytes: 100 } })
  let isOver = false
  let answered = 0

  const asked = expect(queries.ask("SELECT repeat('x', 4000000000)")).rejects.toThrow('Out of Memory')
  void asked.finally(() => (isOver = true))
  while (!isOver || answered === 0) {
    expect((await intake.post(click(`e${answered}`))).status).toBe(201)
    answered += 1
  }

  await asked
  expect((await queries.ask('SELECT 1')).rows).toEqual([[1]])
})

test('what the intake has acknowledged is in the next query, while it stores more', async () => {
  const shop = await shopFolder()
  const intake = await startShopIntake(shop)
  const { queries } = await open({ data: shop.data })

  for (let round = 1; round <= 5; round += 1) {
    expect((await intake.post(click(`e${round}`))).status).toBe(201)
    const more = intake.post([click(`more ${round}`), click(`more ${round}b`)])
    const { rows } = await queries.ask('SELECT count(*) FROM events')
    await more
    expect(Number(rows[0]![0])).toBeGreaterThanOrEqual(3 * (round - 1) + 1)
  }
})

test('files that grow while they are read, half lines included, are read up to some whole line', async () => {
  const { queries, data } = await open()
  const path = join(data, 'shop.click/2026-11-22.jsonl')
  let isOver = false
  let written = 1
  const writer = (async () => {
    while (!isOver) {
      const line = stored(`event ${written}`)
      await appendFile(path, line.slice(0, 40))
      await appendFile(path, line.slice(40))
      written += 1
    }
  })()
  onTestFinished(() => {
    isOver = true
    return writer
  })

  for (let round = 0; round < 10; round += 1) {
    const before = written
    const { rows } = await queries.ask('SELECT count(*), count(id), count(DISTINCT id) FROM events')
    const [count, ids, distinct] = rows[0]!.map(Number) as [number, number, number]
    expect([count, ids]).toEqual([distinct, distinct])
    expect(count).toBeGreaterThanOrEqual(before)
    expect(count).toBeLessThanOrEqual(written + 1) // one may be written and not counted yet
  }
})

test.skipIf(process.platform !== 'linux')(
  'the process has nothing of the environment of the intake',
  async () => {
    process.env.RIVULET_TEST_SECRET = 'secret'
    onTestFinished(() => void delete process.env.RIVULET_TEST_SECRET)
    const { queries } = await open()
    await queries.ask('SELECT 1')

    const environment = await readFile(`/proc/${await processAtWork()}/environ`, 'utf8')

    expect(environment).not.toContain('secret')
    expect(environment).not.toContain(process.env.HOME)
  },
)

test('a download is a file outside of the data folder, until it is removed', async () => {
  const { queries, data } = await open()

  const file = await queries.download('SELECT id, weight FROM events', 'csv')

  expect(await readFile(file.path, 'utf8')).toBe('id,weight\na,1.0\n')
  expect(file.bytes).toBe(16)
  expect(file.path.startsWith(data)).toBe(false)
  await file.remove()
  expect(existsSync(file.path)).toBe(false)
})

test('a download that fails, is left or grows too large leaves nothing', async () => {
  const before = downloads()
  const { queries } = await open({ limits: { fileBytes: 1_000_000 } })
  const leaving = new AbortController()

  await expect(queries.download('FROM nowhere', 'csv')).rejects.toThrow('does not exist')
  await expect(queries.download('SELECT * FROM range(100000000000)', 'csv')).rejects.toThrow(
    'the result has more than 1 MB',
  )
  const left = queries.download(SLOW, 'parquet', { signal: leaving.signal })
  await processAtWork()
  leaving.abort()
  await expect(left).rejects.toThrow('aborted')

  expect(downloads()).toEqual(before)
})

test('closing ends what runs', async () => {
  const { queries } = await open()
  const asked = expect(queries.ask(SLOW)).rejects.toThrow('stopped before it was answered')
  const pid = await processAtWork()

  await queries.close()

  await asked
  expect(isAlive(pid)).toBe(false)
})

test('views are told with their columns', async () => {
  const { queries } = await open()

  const { views } = await queries.views()

  expect(views.map(({ name, alias }) => [name, alias])).toEqual([
    ['events', undefined],
    ['rejected', undefined],
    ['raw', undefined],
    ['shop.click', 'shop_click'],
  ])
  expect(views[0]!.columns).toContainEqual({ name: 'weight', type: 'DOUBLE' })
})
