import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cwd } from 'node:process'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createViews, shutIn } from '../../../../src/intake/query/run-query.ts'
import { viewsOf } from '../../../../src/intake/query/views.ts'
import { type Files, folderOf, writeInto } from '../../../support/folder.ts'
import { askedAt, click, LIMITS, lines, openData } from './asked.ts'

const DAY = 'shop.click/2026-11-22.jsonl'

const ATTACKED: Files = {
  [`data/${DAY}`]: lines(click()),
  'data/.rivulet/state.json': '{"a":"the secret"}',
  'data/.rivulet/queries/mine.sql': "SELECT 'the secret'",
  'data/.rivulet/history/1.json': '{"a":"the secret"}',
  'data/shop.click/notes.txt': 'the secret',
  'outside/secret.csv': 'a,b\n1,the secret\n',
  'outside/secret.json': '{"a":"the secret"}',
}

const READS = [
  "FROM read_csv('OUTSIDE/secret.csv')",
  "FROM read_csv_auto('OUTSIDE/secret.csv')",
  "FROM read_text('OUTSIDE/secret.csv')",
  "FROM read_blob('OUTSIDE/secret.csv')",
  "FROM read_json('OUTSIDE/secret.json')",
  "FROM read_json_objects('OUTSIDE/secret.json')",
  "FROM read_ndjson('OUTSIDE/secret.json')",
  "FROM read_ndjson_objects('OUTSIDE/secret.json')",
  "FROM read_parquet('OUTSIDE/secret.csv')",
  "FROM parquet_metadata('OUTSIDE/secret.csv')",
  "FROM parquet_schema('OUTSIDE/secret.csv')",
  "FROM read_duckdb('OUTSIDE/secret.csv')",
  "FROM sniff_csv('OUTSIDE/secret.csv')",
  "FROM glob('OUTSIDE/*')",
  "FROM 'OUTSIDE/secret.csv'",
  'FROM "OUTSIDE/secret.csv"',
  "FROM '/etc/passwd'",
  "FROM read_csv('/etc/passwd')",
  "FROM read_text('/proc/self/environ')",
  "FROM read_text('.rivulet/state.json')",
  "FROM read_text('shop.click/../.rivulet/state.json')",
  "FROM read_text('DATA/.rivulet/queries/mine.sql')",
  "FROM '.rivulet/state.json'",
  "FROM glob('.rivulet/*')",
  "FROM glob('*')",
  "FROM read_text('shop.click/notes.txt')",
  "FROM query('SELECT * FROM read_text(''OUTSIDE/secret.csv'')')",
  "FROM query_table('OUTSIDE/secret.csv')",
  "FROM query_table(['events', 'OUTSIDE/secret.csv'])",
  "FROM histogram('OUTSIDE/secret.csv', a)",
  "SELECT (SELECT content FROM read_text('OUTSIDE/secret.csv'))",
  "WITH x AS (FROM read_text('OUTSIDE/secret.csv')) FROM x",
  "WITH x AS MATERIALIZED (FROM READ_TEXT('OUTSIDE/secret.csv')) FROM x",
  "SELECT 1 WHERE EXISTS (FROM read_text('OUTSIDE/secret.csv'))",
  "SELECT 1 ORDER BY (SELECT content FROM read_text('OUTSIDE/secret.csv'))",
  "FROM events, LATERAL (SELECT content FROM read_text('OUTSIDE/secret.csv')) t",
  "FROM events JOIN read_text('OUTSIDE/secret.csv') ON true",
  "SELECT 1 UNION ALL SELECT content FROM read_text('OUTSIDE/secret.csv')",
  "DESCRIBE FROM read_csv('OUTSIDE/secret.csv')",
  "SUMMARIZE FROM read_csv('OUTSIDE/secret.csv')",
  "SUMMARIZE 'OUTSIDE/secret.csv'",
  "EXPLAIN ANALYZE FROM read_text('OUTSIDE/secret.csv')",
  "FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''OUTSIDE/secret.csv'')'))",
  'FROM arrow_scan(1::UBIGINT::POINTER, 2::UBIGINT::POINTER, 3::UBIGINT::POINTER)',
  'FROM seq_scan()',
  "SELECT getenv('HOME')",
  'FROM duckdb_secrets()',
  "FROM which_secret('x', 'y')",
  'FROM memory."OUTSIDE/secret.csv"',
]

const WRITES = [
  "COPY events TO 'OUTSIDE/out.csv'",
  "COPY (SELECT 1) TO 'OUTSIDE/out.csv'",
  "COPY (SELECT 1) TO 'DATA/shop.click/2026-11-22.jsonl'",
  "COPY (SELECT 1) TO 'shop.click/2026-11-22.jsonl'",
  "EXPLAIN ANALYZE COPY (SELECT 1) TO 'shop.click/2026-11-22.jsonl'",
  "EXPLAIN (ANALYZE, FORMAT json) COPY (SELECT 1) TO 'shop.click/2026-11-22.jsonl'",
  "SELECT 1; COPY (SELECT 1) TO 'shop.click/2026-11-22.jsonl'",
  "COPY (SELECT 1) TO 'shop.click/2026-11-22.jsonl'; SELECT 1",
  "SELECT 1) TO 'shop.click/2026-11-22.jsonl' (FORMAT csv); --",
  "SELECT 1 -- \n) TO 'shop.click/2026-11-22.jsonl' (FORMAT csv); --",
  "SELECT 1 /* ) TO 'OUTSIDE/out.csv' -- */ ; COPY (SELECT 1) TO 'OUTSIDE/out.csv'",
  "EXPLAIN (; COPY events TO 'OUTSIDE/out.csv' --\n) SELECT 1",
  "EXPORT DATABASE 'OUTSIDE/out'",
  "IMPORT DATABASE 'OUTSIDE'",
  "ATTACH 'OUTSIDE/out.db'",
  "ATTACH ':memory:' AS other",
  'DETACH memory',
  'USE memory',
  'INSTALL httpfs',
  "INSTALL 'OUTSIDE/out.duckdb_extension'",
  'LOAD httpfs',
  'CREATE TABLE out AS SELECT 1',
  'CREATE TEMP TABLE out AS SELECT 1',
  'CREATE OR REPLACE VIEW events AS SELECT 1',
  'CREATE MACRO f(x) AS x',
  'CREATE SECRET s (TYPE s3)',
  'DROP VIEW events',
  'ALTER VIEW events RENAME TO out',
  'INSERT INTO events SELECT 1',
  'DELETE FROM events',
  'UPDATE events SET id = 1',
  'TRUNCATE events',
  'VACUUM',
  'CHECKPOINT',
  'BEGIN',
  'SET threads = 8',
  'SET enable_external_access = true',
  'SET VARIABLE x = 1',
  'RESET memory_limit',
  'PRAGMA enable_external_access',
  'PRAGMA version',
  "CALL enable_logging(storage = 'file', storage_path = 'OUTSIDE/out')",
  "FROM enable_logging(storage = 'file', storage_path = 'OUTSIDE/out')",
  "FROM enable_profiling(save_location = 'OUTSIDE/out')",
  'FROM checkpoint()',
  'FROM force_checkpoint()',
  'FROM truncate_duckdb_logs()',
  'PREPARE x AS SELECT 1',
  'EXECUTE x',
  'WITH x AS (DELETE FROM events RETURNING *) FROM x',
  'SELECT 1 INTO out',
]

/** A comment changes what stands at the beginning. */
const DISGUISES = ['', '  /* hello */ -- there\n ']

describe('of one data folder', () => {
  let data: string
  let outside: string
  let ask: ReturnType<typeof askedAt>['ask']
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rivulet-test-'))
    await writeInto(folder, ATTACKED)
    data = join(folder, 'data')
    outside = join(folder, 'outside')
    ask = askedAt(data).ask
    return () => rm(folder, { recursive: true })
  })

  const aimed = (sql: string) => sql.replace(/OUTSIDE/g, outside).replace(/DATA/g, data)

  test.each(READS)('nothing but events is read: %s', async (sql) => {
    for (const disguise of DISGUISES)
      await expect(ask(`${disguise}${aimed(sql)}`)).rejects.toThrow(
        /cannot be used here|only a SELECT|does not exist|Permission Error|Parser Error/,
      )
  })

  test.each(WRITES)('nothing is written: %s', async (sql) => {
    const file = { path: join(outside, 'download.csv'), format: 'csv' } as const

    for (const disguise of DISGUISES) {
      await expect(ask(`${disguise}${aimed(sql)}`)).rejects.toThrow()
      await expect(ask(`${disguise}${aimed(sql)}`, { file })).rejects.toThrow()
    }

    expect(await readFile(join(data, DAY), 'utf8')).toBe(lines(click()))
    expect(readdirSync(data).sort()).toEqual(['.rivulet', 'shop.click'])
    expect(readdirSync(outside).filter((name) => name.startsWith('out'))).toEqual([])
  })
})

test('behind the check, DuckDB itself has no other files, no settings and no extensions', async () => {
  const folder = await folderOf(ATTACKED)
  const outside = join(folder, 'outside')
  const { data, readStreams } = askedAt(join(folder, 'data'))
  const before = cwd()
  process.chdir(data)
  onTestFinished(() => process.chdir(before))
  const instance = await DuckDBInstance.create(':memory:', { temp_directory: '' })
  onTestFinished(() => instance.closeSync())
  const connection = await instance.connect()
  await createViews(connection, viewsOf(await readStreams()))

  await shutIn(connection, { paths: [DAY] })

  expect((await connection.runAndReadAll('FROM events')).getRows()).toHaveLength(1)
  for (const sql of [
    `FROM read_text('${outside}/secret.csv')`,
    `FROM '${outside}/secret.csv'`,
    "FROM read_text('.rivulet/state.json')",
    "FROM read_text('shop.click/../.rivulet/state.json')",
    "FROM glob('*')",
    `COPY (SELECT 1) TO '${outside}/out.csv'`,
    "COPY (SELECT 1) TO 'shop.click/out.csv'",
    `ATTACH '${outside}/out.db'`,
    `EXPORT DATABASE '${outside}/out'`,
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET enable_external_access = true',
    "SET allowed_paths = ['/etc/passwd']",
    'SET threads = 8',
    'RESET lock_configuration',
  ])
    await expect(connection.run(sql), sql).rejects.toThrow(/Permission Error|locked|does not exist|disabled/)
})

test('the network is not asked', async () => {
  const { ask } = await openData({ files: {} })
  let requests = 0
  const server = createServer((_, response) => {
    requests += 1
    response.end('a,b\n1,2\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.csv`

  for (const sql of [`FROM '${url}'`, `FROM read_csv('${url}')`, `FROM read_text('${url}')`])
    await expect(ask(sql)).rejects.toThrow()

  expect(requests).toBe(0)
})

test.each([
  'SELECT 1',
  'select 1;',
  'SELECT 1 ;; ',
  '-- a comment\nSELECT 1',
  'SELECT 1 -- a comment',
  'FROM events',
  'TABLE events',
  'VALUES (1), (2)',
  'WITH a AS (FROM events), b AS (FROM a) SELECT count(*) FROM b',
  'DESCRIBE events',
  'DESCRIBE SELECT 1 AS a',
  'SUMMARIZE events',
  'SHOW TABLES',
  'EXPLAIN SELECT 1',
  'explain analyze FROM events',
  'EXPLAIN (FORMAT json) SELECT 1',
  "PIVOT (SELECT 1 AS a, 'x' AS b) ON b IN ('x') USING sum(a)",
  'UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b',
  'FROM range(3)',
  'FROM generate_series(1, 3)',
  'FROM json_each(\'{"a":1}\')',
  'SELECT unnest([1, 2])',
  'FROM unnest([1, 2])',
  'FROM histogram(events, day)',
  'SELECT * FROM events USING SAMPLE 10',
  "SELECT 'COPY events TO ''x''; INSTALL httpfs'",
  'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) FROM t',
  'SELECT list_transform([1, 2], lambda x: x + 1)',
  'SELECT row_number() OVER (ORDER BY id) FROM events QUALIFY row_number() OVER (ORDER BY id) = 1',
])('can be asked: %s', async (sql) => {
  const { ask } = await openData({ files: { [DAY]: lines(click()) } })

  await expect(ask(sql)).resolves.toBeDefined()
})

test.each(['csv', 'parquet'] as const)('what can be asked can be downloaded as %s', async (format) => {
  const { ask, data } = await openData({ files: { [DAY]: lines(click()) } })
  const folder = await folderOf()

  for (const [index, sql] of [
    'FROM events',
    'SELECT 1 AS a -- why',
    'DESCRIBE events;',
    'SHOW TABLES',
  ].entries()) {
    const path = join(folder, `${index}.${format}`)
    await ask(sql, { file: { path, format } })
    expect(existsSync(path), sql).toBe(true)
  }
  expect(readdirSync(data)).toEqual(['shop.click'])
})

test('a query that is none says why', async () => {
  const { ask } = await openData({ files: {} })

  await expect(ask('')).rejects.toThrow('there is no query')
  await expect(ask(' -- only words')).rejects.toThrow('there is no query')
  await expect(ask('SELECT 1; SELECT 2')).rejects.toThrow('these are 2 statements')
  await expect(ask('SELEC 1')).rejects.toThrow('Parser Error: syntax error at or near "SELEC"')
  await expect(ask('SELECT $1')).rejects.toThrow('parameters')
})

test('an unknown view is answered with those that there are', async () => {
  const { ask } = await openData({ files: { [DAY]: lines(click()) } })

  await expect(ask('FROM shop_clicks')).rejects.toThrow('The views are events, rejected, raw, "shop.click"')
})

test('a result has no more rows, and no more bytes, than may be shown', async () => {
  const { ask } = await openData({ files: {} })

  const byRows = await ask('FROM range(1000000000)', { limits: { ...LIMITS, rows: 5 } })
  const byBytes = await ask("SELECT repeat('x', 1000) FROM range(1000000)", {
    limits: { ...LIMITS, resultBytes: 10_500, rows: 1e6 },
  })
  const whole = await ask('FROM range(5)', { limits: { ...LIMITS, rows: 5 } })

  expect(byRows).toMatchObject({ truncated: true, rows: [[0], [1], [2], [3], [4]] })
  expect(byBytes.truncated).toBe(true)
  expect(byBytes.rows).toHaveLength(10)
  expect(whole).toMatchObject({ truncated: false, rows: [[0], [1], [2], [3], [4]] })
})

test('a query that needs more memory than it may have fails, and leaves no files', async () => {
  const { ask, data } = await openData({ files: {} })
  const limits = { ...LIMITS, megabytes: 50 }

  await expect(
    ask('SELECT count(*) FROM (SELECT DISTINCT hash(range) FROM range(20000000))', { limits }),
  ).rejects.toThrow('Out of Memory')
  expect(readdirSync(data)).toEqual([])
})

test('a folder is asked by whatever path it has', async () => {
  const odd = "we[i]rd* {a,b}? it's"
  const folder = await folderOf({ [`${odd}/${DAY}`]: lines(click()) })
  const { ask } = askedAt(join(folder, odd))

  expect((await ask('SELECT count(*) FROM events')).rows).toEqual([[1]])
})

test('each view is there, by whichever way it is named', async () => {
  const { rows } = await openData({
    files: { [DAY]: lines(click()), 'a%20b/2026-11-22.jsonl': lines(click({}, { stream: 'a b' })) },
  })

  for (const name of [
    '"shop.click"',
    'shop_click',
    '"SHOP.click"',
    'main.shop_click',
    '"a b"',
    'a_b',
    'Events',
  ])
    expect(await rows(`WITH x AS (FROM ${name}) SELECT count(*) FROM x`), name).toEqual([
      [name === 'Events' ? 2 : 1],
    ])
  expect(await rows('SELECT sum(count) FROM histogram(shop_click, day)')).toEqual([[1]])
  const all = ['a b', 'a_b', 'events', 'raw', 'rejected', 'shop.click', 'shop_click']
  expect((await rows('SHOW TABLES')).flat()).toEqual(all)
  expect((await rows('SELECT table_name FROM information_schema.tables ORDER BY table_name')).flat()).toEqual(
    all,
  )
  expect(
    (await rows('SELECT view_name FROM duckdb_views WHERE NOT internal ORDER BY view_name')).flat(),
  ).toEqual(all)
})
