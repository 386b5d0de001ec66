import { once } from 'node:events'
import { createServer } from 'node:net'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { rivulet } from './child.ts'
import { CLICK_SCHEMA, click, postEvents, shopFolder, storedEvents } from './temp-intake.ts'
import { folderOf, write } from '../../support/folder.ts'

const TOKEN = 'a-token-of-a-test'

test('with no flags it reads ./schemas and ./streams.json, stores in ./rivulet-data, and prints its addresses', async () => {
  const { folder } = await shopFolder()
  const { child, listening, ended, output } = rivulet(['intake', '--port', '0'], { cwd: folder })

  const url = await listening()
  const { status } = await postEvents(url, click('a'))
  child.kill('SIGINT')

  expect(status).toBe(201)
  expect(await ended).toMatchObject({ code: 0 })
  expect(output.stdout).toContain(`console         ${url}/`)
  expect(output.stdout).toContain(`events          ${url}/v1/events`)
  expect(await storedEvents(join(folder, 'rivulet-data'), 'shop.click')).toHaveLength(1)
})

test('with --json each line is a JSON object, with what it is about as fields', async () => {
  const { folder } = await shopFolder({ 'shop.hover': { schema_title: 'shop/hover' } })
  const { child, listening, ended } = rivulet(['intake', '--port', '0', '--json'], {
    cwd: folder,
    env: { RIVULET_RATE_LIMIT: '50', RIVULET_TOKEN: TOKEN },
  })

  const url = await listening()
  child.kill('SIGTERM')

  const { stdout, stderr } = await ended
  expect(JSON.parse(stdout)).toMatchObject({ listening: { url, events: `${url}/v1/events` } })
  const [warning, start] = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(start).toEqual({
    time: expect.any(String),
    level: 'info',
    message: expect.stringMatching(
      /^version [\d.]+ is started, with json true \(flag\), port 0 \(flag\), token set \(environment\), rate-limit 50 \(environment\)$/,
    ),
    version: expect.any(String),
    node: process.version,
    pid: child.pid,
    url,
    settings: expect.objectContaining({ host: '127.0.0.1', token: 'set', 'rate-limit': 50 }),
  })
  expect(warning).toEqual({
    time: expect.any(String),
    level: 'warn',
    message: expect.stringContaining('schema shop/hover: the stream config names it'),
    schema: 'shop/hover',
  })
  expect(stderr).not.toContain(TOKEN)
})

test('--print-config says what is in force and where it comes from, without secrets, and ends', async () => {
  const folder = await folderOf({ 'rivulet.yaml': { port: 1234, token: TOKEN, schemas: ['s'] } })
  const env = { RIVULET_HOST: '::1', RIVULET_PORT: '99' }
  const args = ['intake', '--config', 'rivulet.yaml', '--print-config']

  const { code, stdout } = await rivulet(args, { cwd: folder, env }).ended
  const inJson = await rivulet([...args, '--json'], { cwd: folder, env }).ended

  expect(code).toBe(0)
  expect(stdout).toMatch(/^port +99 +environment$/m)
  expect(stdout).toMatch(/^host +::1 +environment$/m)
  expect(stdout).toMatch(/^schemas +\S+\/s +file$/m)
  expect(stdout).toMatch(/^rate-limit +200 +default$/m)
  expect(stdout).toMatch(/^token +set +file$/m)
  expect(stdout).not.toContain(TOKEN)
  expect(JSON.parse(inJson.stdout).settings).toContainEqual({
    name: 'port',
    value: 99,
    source: 'environment',
  })
})

test('--version is the version of the package', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'))

  expect(await rivulet(['--version']).ended).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test('--help names each flag with its default, and an example', async () => {
  const { code, stdout } = await rivulet(['intake', '--help']).ended

  expect(code).toBe(0)
  for (const part of [
    '--port',
    '8192',
    '--host',
    '127.0.0.1',
    '--data',
    './rivulet-data',
    '--schemas',
    './schemas',
    '--streams',
    './streams.json',
    '--token',
    'RIVULET_TOKEN',
    'RIVULET_RATE_LIMIT',
    '--config',
    '--allow-host',
    '--rate-limit',
    '200',
    '--json',
    'Example',
  ])
    expect(stdout).toContain(part)
})

test('without a command it shows its help, and says by its exit code that nothing was done', async () => {
  const { code, stdout, stderr } = await rivulet([]).ended

  expect(code).toBe(2)
  expect(stdout + stderr).toContain('intake')
})

test.each([
  ['a wrong flag', ['--prot', '8192'], /unknown option '--prot'.*--port/],
  ['a rate that is none', ['--rate-limit', 'fast'], /'fast' is invalid.*requests a second, or 0/],
  ['a token that can be guessed', ['--token', 'secret'], /shorter than 16 characters.*openssl rand/],
  ['a port that is none', ['--port', 'http'], /'http' is invalid.*0 to 65535/],
  ['more ids than memory holds', ['--dedupe-ids', '999999999999'], /is invalid.*100000000 at most/],
  ['brokers that nothing would be sent to', ['--brokers', 'kafka:9092'], /--brokers needs --sink kafka/],
  [
    'files to keep where there are none',
    ['--keep', '30d', '--sink', 'kafka', '--brokers', 'kafka:9092'],
    /retention\.ms.*leave --keep out/,
  ],
  [
    'a config that is missing',
    ['--streams', 'none.json'],
    /none\.json.*cannot be read.*name an existing file/,
  ],
  ['a config that is no JSON', ['--streams', 'page.json'], /page\.json.*no JSON.*correct the file/],
  ['a config that is no map of streams', ['--streams', 'list.json'], /list\.json.*\{ "streams"/],
  ['a config that is no YAML', ['--streams', 'bad.yaml'], /bad\.yaml.*no YAML.*line 1/],
  ['a schema folder that is missing', ['--schemas', 'nowhere'], /nowhere.*no such schema folder/],
  [
    'a schema that is no YAML',
    ['--schemas', 'unreadable'],
    /unreadable\/shop\/click\/1\.0\.0\.yaml:1: is no YAML/,
  ],
  [
    'a schema that is no schema',
    ['--schemas', 'wrong'],
    /wrong\/shop\/click\/1\.0\.0\.yaml.*type.*correct the schema/,
  ],
  [
    'a $ref to nowhere',
    ['--schemas', 'dangling'],
    /dangling\/shop\/click\/1\.0\.0\.json.*"\$ref" points to \/no\/such\/1\.0\.0#/,
  ],
  [
    'a $ref into a schema that lacks the part',
    ['--schemas', 'partial'],
    /partial\/shop\/click\/1\.0\.0\.json.*properties\/none/,
  ],
  [
    'a setting that is none',
    ['--config', 'wrong.yaml'],
    /wrong\.yaml:1: "prot" is no setting.*see rivulet intake --help/,
  ],
  ['a data folder that is a file', ['--data', 'streams.json'], /streams\.json.*data folder cannot be made/],
  ['an address that is not of this machine', ['--host', '192.0.2.1'], /192\.0\.2\.1.*choose another host/],
])('%s: one line that says what, where and what to do, exit code 2', async (_, flags, line) => {
  const { folder } = await shopFolder()
  await write(join(folder, 'page.json'), '<!doctype html>')
  await write(join(folder, 'list.json'), '[]')
  await write(join(folder, 'wrong.yaml'), 'prot: 8192')
  await write(join(folder, 'bad.yaml'), 'a: b: c')
  await write(join(folder, 'unreadable/shop/click/1.0.0.yaml'), 'title: shop/click\n  type: [')
  await write(join(folder, 'wrong/shop/click/1.0.0.yaml'), 'title: shop/click\ntype: objekt')
  await write(join(folder, 'dangling/shop/click/1.0.0.json'), { allOf: [{ $ref: '/no/such/1.0.0#' }] })
  await write(join(folder, 'partial/shop/click/1.0.0.json'), {
    allOf: [{ $ref: '/shop/base/1.0.0#/properties/none' }],
  })
  await write(join(folder, 'partial/shop/base/1.0.0.json'), CLICK_SCHEMA)

  const { code, stdout, stderr } = await rivulet(['intake', '--port', '0', ...flags], { cwd: folder }).ended

  expect(stderr).toMatch(/^rivulet: [^\n]+\n$/)
  expect(stderr).toMatch(line)
  expect(stderr).not.toContain('    at ')
  expect(stdout).toBe('')
  expect(code).toBe(2)
})

test('a port in use: one line, exit code 2', async () => {
  const { folder } = await shopFolder()
  const holder = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void holder.close())
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo

  const { code, stderr } = await rivulet(['intake', '--port', String(port)], { cwd: folder }).ended

  const lines = stderr.trimEnd().split('\n')
  expect(lines.at(-1)).toBe(
    `rivulet: port ${port} on 127.0.0.1 is in use; choose another port, or stop the program that holds it`,
  )
  expect(code).toBe(2)
})

test.each([
  ['by its flag', ['--json'], {}],
  ['by the environment', [], { RIVULET_JSON: '1' }],
])('in JSON, %s, the error is JSON too', async (_, flags, env) => {
  const { folder } = await shopFolder()
  const args = ['intake', ...flags, '--streams', 'none.json']

  const { code, stderr } = await rivulet(args, { cwd: folder, env }).ended

  expect(JSON.parse(stderr.trimEnd().split('\n').at(-1)!)).toEqual({
    level: 'error',
    message: expect.stringContaining('none.json'),
  })
  expect(code).toBe(2)
})
