import { once } from 'node:events'
import { createServer } from 'node:net'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { rivulet } from './child.ts'
import { CLICK_SCHEMA, click, postEvents, shopFolder, storedEvents } from './temp-intake.ts'
import { write } from '../../support/folder.ts'

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

test('with --json each line is a JSON object', async () => {
  const { folder } = await shopFolder({ 'shop.hover': { schema_title: 'shop/hover' } })
  const { child, listening, ended } = rivulet(['intake', '--port', '0', '--json'], { cwd: folder })

  const url = await listening()
  child.kill('SIGTERM')

  const { stdout, stderr } = await ended
  expect(JSON.parse(stdout)).toMatchObject({ listening: { url, events: `${url}/v1/events` } })
  expect(
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    {
      time: expect.any(String),
      level: 'warn',
      message: expect.stringContaining('schema shop/hover: the stream config names it'),
    },
  ])
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
  ['a data folder that is a file', ['--data', 'streams.json'], /streams\.json.*data folder cannot be made/],
  ['an address that is not of this machine', ['--host', '192.0.2.1'], /192\.0\.2\.1.*choose another host/],
])('%s: one line that says what, where and what to do, exit code 2', async (_, flags, line) => {
  const { folder } = await shopFolder()
  await write(join(folder, 'page.json'), '<!doctype html>')
  await write(join(folder, 'list.json'), '[]')
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

test('in --json the error is JSON too', async () => {
  const { folder } = await shopFolder()

  const { code, stderr } = await rivulet(['intake', '--json', '--streams', 'none.json'], { cwd: folder })
    .ended

  expect(JSON.parse(stderr)).toEqual({ level: 'error', message: expect.stringContaining('none.json') })
  expect(code).toBe(2)
})
