import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { cp, mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { folderOf } from '../../support/folder.ts'
import { rivulet } from '../intake/child.ts'
import { CLICK_SCHEMA, click, shopFolder, startShopIntake } from '../intake/temp-intake.ts'
import { isAlive, isGone, queryProcessOf } from './processes.ts'

const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url))

const stored = (...events: object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('')
const clickOf = (id: string, fields: object) =>
  click(id, { meta: { id, stream: 'shop.click', dt: '2026-11-22T10:00:00.000Z' }, ...fields })

const dataFolder = () =>
  folderOf({
    'schemas/shop/click/1.0.0.json': CLICK_SCHEMA,
    'rivulet-data/shop.click/2026-11-22.jsonl': stored(
      clickOf('a', { count: 5, note: 'short' }),
      clickOf('b', { count: 1234, note: `long ${'x'.repeat(100)}` }),
      clickOf('c', { note: 'two\nlines\tand \u001B[31mred' }),
    ),
    'rivulet-data/.rivulet/queries/sum.sql': 'SELECT sum(count) AS total FROM shop_click\n',
  })

test('a result is a table: numbers to the right, what is wide is cut, and nothing commands the terminal', async () => {
  const cwd = await dataFolder()

  const { code, stdout, stderr } = await rivulet(
    ['query', 'SELECT id, count, note FROM shop_click ORDER BY id'],
    {
      cwd,
    },
  ).ended

  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout.replace(/[\d,]+ ms/, '7 ms')).toBe(
    [
      'id  count  note',
      `──  ─────  ${'─'.repeat(60)}`,
      'a       5  short',
      `b    1234  long ${'x'.repeat(54)}…`,
      'c          two lines and \uFFFD[31mred',
      '',
      '3 rows, 7 ms',
      '',
    ].join('\n'),
  )
})

test('--json writes columns and rows, --csv the whole result', async () => {
  const cwd = await dataFolder()
  const sql = 'SELECT id, count FROM shop_click ORDER BY id LIMIT 2'

  const json = await rivulet(['query', sql, '--json'], { cwd }).ended
  const csv = await rivulet(['query', sql, '--csv'], { cwd }).ended
  const many = await rivulet(['query', 'FROM range(20000)', '--csv'], { cwd }).ended
  const shown = await rivulet(['query', 'FROM range(20000)'], { cwd }).ended

  expect(JSON.parse(json.stdout)).toEqual({
    columns: [
      { name: 'id', type: 'VARCHAR' },
      { name: 'count', type: 'BIGINT' },
    ],
    rows: [
      ['a', 5],
      ['b', 1234],
    ],
    truncated: false,
    ms: expect.any(Number),
  })
  expect(csv.stdout).toBe('id,count\na,5\nb,1234\n')
  expect(many.stdout.split('\n')).toHaveLength(20_002)
  expect(shown.stdout).toContain('the first 10,000 rows; --csv writes all')
})

test('a query comes from standard input, or by the name it was saved under', async () => {
  const cwd = await dataFolder()

  const piped = execFileSync(process.execPath, [join(PACKAGE, 'dist/cli.js'), 'query', '-', '--csv'], {
    cwd,
    input: '-- how many\nSELECT count(*) AS n FROM events;\n',
    encoding: 'utf8',
  })
  const saved = await rivulet(['query', '--saved', 'sum', '--csv'], { cwd }).ended
  const unknown = await rivulet(['query', '--saved', 'none'], { cwd }).ended

  expect(piped).toBe('n\n3\n')
  expect(saved.stdout).toBe('total\n1239\n')
  expect(unknown).toMatchObject({
    code: 2,
    stderr: 'rivulet: there is no saved query "none"; there are sum\n',
  })
})

test.each([
  ['query', []],
  ['export', ['--csv', 'out.csv']],
])('%s says where its query went, if --schemas has taken it', async (command, args) => {
  const cwd = await dataFolder()

  const { code, stderr } = await rivulet([command, ...args, '--schemas', 'schemas', 'SELECT 1'], { cwd })
    .ended

  expect(code).toBe(2)
  expect(stderr).toContain('a query stands before --schemas')
})

test('--views lists what can be asked about, with columns', async () => {
  const cwd = await dataFolder()

  const { stdout } = await rivulet(['query', '--views'], { cwd }).ended
  const json = await rivulet(['query', '--views', '--json'], { cwd }).ended

  expect(stdout).toMatch(/^events\n {2}stream +VARCHAR\n/)
  expect(stdout).toMatch(/\n"shop\.click", also shop_click\n(.*\n)+ {2}count +BIGINT\n/)
  expect(JSON.parse(json.stdout).views.map(({ name }: { name: string }) => name)).toEqual([
    'events',
    'rejected',
    'raw',
    'shop.click',
  ])
})

test.each([
  [['query', 'SELEC 1'], 'Parser Error: syntax error at or near "SELEC"'],
  [
    ['query', 'FROM clicks'],
    'Table with name clicks does not exist! The views are events, rejected, raw, "shop.click"',
  ],
  [['query', 'SELECT nothing FROM events'], 'Binder Error: Referenced column "nothing" not found'],
  [['query', "COPY events TO 'x'"], 'only a SELECT can be asked here'],
  [['query'], 'give one of: a query in SQL'],
  [['query', 'SELECT 1', '--views'], 'give one of: a query in SQL'],
  [['query', 'SELECT 1', '--data', 'nowhere'], 'nowhere: there is no such data folder'],
  [['query', 'SELECT 1', '--schemas', 'nowhere'], 'nowhere'],
  [['export', '--csv', 'x.csv'], 'give either a query in SQL or --stream'],
  [['export', 'SELECT 1'], 'give either --parquet or --csv'],
  [['export', 'SELECT 1', '--csv', 'a', '--parquet', 'b'], 'give either --parquet or --csv'],
  [
    ['export', '--stream', 'shop.view', '--csv', 'x.csv'],
    'nothing is stored of stream shop.view; here are events',
  ],
  [['export', 'SELECT 1', '--csv', 'no/such/folder.csv'], 'no/such/folder.csv: cannot be written'],
])('what cannot be done is said in one line, with exit code 2: rivulet %j', async (args, words) => {
  const { code, stdout, stderr } = await rivulet(args, { cwd: await dataFolder() }).ended

  expect(stderr).toContain(words)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

test('export writes a stream or a query as Parquet or CSV, and overwrites nothing unasked', async () => {
  const cwd = await dataFolder()

  const parquet = await rivulet(['export', '--stream', 'shop.click', '--parquet', 'clicks.parquet'], { cwd })
    .ended
  const csv = await rivulet(['export', 'SELECT id FROM events ORDER BY id', '--csv', 'ids.csv', '--json'], {
    cwd,
  }).ended
  const again = await rivulet(['export', 'SELECT 1 AS one', '--csv', 'ids.csv'], { cwd }).ended
  const kept = await readFile(join(cwd, 'ids.csv'), 'utf8')
  const forced = await rivulet(['export', 'SELECT 1 AS one', '--csv', 'ids.csv', '--force'], { cwd }).ended

  expect(parquet).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^clicks\.parquet: [\d,]+ bytes\n$/),
  })
  expect((await readFile(join(cwd, 'clicks.parquet'))).subarray(0, 4).toString()).toBe('PAR1')
  expect(JSON.parse(csv.stdout)).toEqual({ file: 'ids.csv', bytes: 9 })
  expect(kept).toBe('id\na\nb\nc\n')
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('ids.csv: is there already') })
  expect(forced.code).toBe(0)
  expect(await readFile(join(cwd, 'ids.csv'), 'utf8')).toBe('one\n1\n')
})

test('beside a running intake, a query finds what it has stored', async () => {
  const shop = await shopFolder()
  const intake = await startShopIntake(shop)
  await intake.post([click('a'), click('b')])

  const { stdout } = await rivulet([
    'query',
    'SELECT count(*) AS n FROM events',
    '--csv',
    '--data',
    shop.data,
  ]).ended

  expect(stdout).toBe('n\n2\n')
  expect((await intake.post(click('c'))).status).toBe(201)
})

test('the process of a query ends with the command, however that ends', async () => {
  const { child, ended } = rivulet(['query', 'SELECT sleep_ms(60000)'], { cwd: await dataFolder() })
  const pid = await queryProcessOf(child.pid)

  child.kill('SIGKILL')

  await ended
  await isGone(pid)
})

test.each(['SIGINT', 'SIGTERM'] as const)('stopped by %s, an export leaves no file', async (signal) => {
  const cwd = await dataFolder()
  const temporary = await folderOf()
  const { child, ended } = rivulet(['export', 'SELECT sleep_ms(60000)', '--csv', 'slow.csv'], {
    cwd,
    env: { TMPDIR: temporary },
  })
  const pid = await queryProcessOf(child.pid)

  child.kill(signal)

  expect(await ended).toMatchObject({ code: 2, stderr: expect.stringContaining('the query was stopped') })
  expect(isAlive(pid)).toBe(false)
  expect(readdirSync(temporary)).toEqual([])
  expect(existsSync(join(cwd, 'slow.csv'))).toBe(false)
})

test('where DuckDB is missing, both commands say how to add it', async () => {
  const folder = await dataFolder()
  const copy = join(folder, 'rivulet')
  await cp(join(PACKAGE, 'dist'), join(copy, 'dist'), { recursive: true })
  await cp(join(PACKAGE, 'schemas'), join(copy, 'schemas'), { recursive: true })
  await cp(join(PACKAGE, 'package.json'), join(copy, 'package.json'))
  await mkdir(join(copy, 'node_modules'))
  const { dependencies } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies))
    await symlink(join(PACKAGE, 'node_modules', name), join(copy, 'node_modules', name))

  for (const args of [
    ['query', 'SELECT 1'],
    ['export', 'SELECT 1', '--csv', 'x.csv'],
  ]) {
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
      execFile(process.execPath, [join(copy, 'dist/cli.js'), ...args], { cwd: folder }, (error, _, text) =>
        resolve({ code: error?.code, stderr: text }),
      ),
    )
    expect(stderr).toContain('DuckDB is not installed, which SQL needs; add it')
    expect(stderr).toContain('npm install @duckdb/node-api')
    expect(code).toBe(2)
  }
  expect(existsSync(join(folder, 'x.csv'))).toBe(false)
})
