import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rivulet } from '../intake/child.ts'
import { folderOf, write } from '../../support/folder.ts'

const DRAFT_7 = 'https://json-schema.org/draft-07/schema#'
const FIELDS = {
  $schema: { type: 'string' },
  dt: { type: 'string', format: 'date-time', maxLength: 128 },
  meta: {
    type: 'object',
    required: ['dt', 'stream'],
    properties: { dt: { type: 'string', format: 'date-time' } },
  },
  action: { type: 'string', enum: ['buy', 'remove'] },
}

function schema(title: string, version = '1.0.0', more: object = {}): string {
  const content = {
    title,
    $id: `/${title}/${version}`,
    $schema: DRAFT_7,
    type: 'object',
    additionalProperties: false,
    required: ['$schema', 'dt', 'meta', 'action'],
    properties: FIELDS,
    ...more,
  }
  return JSON.stringify(content, null, 2)
}

const STREAMS = {
  revision: '7',
  streams: {
    'shop.click': { schema_title: 'shop/click' },
    'shop.tap': { schema_title: 'shop/click' },
    '/^shop\\.any/': { schema_title: 'shop/click' },
    'rivulet.ledger': { schema_title: 'rivulet/ledger' },
  },
}

const SHOP = { 'streams.json': STREAMS, 'schemas/shop/click/1.0.0.json': schema('shop/click') }

const generate = (cwd: string, ...args: readonly string[]) =>
  rivulet(['generate', '--out', 'out', ...args], { cwd }).ended

async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
  return Object.fromEntries(paths.map((path, index) => [path.slice(folder.length + 1), texts[index]!]))
}

test('a module for each schema and stream, those that share a schema sharing its module', async () => {
  const folder = await folderOf(SHOP)

  const { code, stdout, stderr } = await generate(folder)

  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(Object.keys(await filesIn(join(folder, 'out'))).sort()).toEqual([
    'formats.js',
    'schemas/shop/click/1.0.0.js',
    'streams.d.ts',
    'streams.js',
    'streams/shop.click.d.ts',
    'streams/shop.click.js',
    'streams/shop.tap.d.ts',
    'streams/shop.tap.js',
  ])
  expect(stdout).toMatch(/\/shop\/click\/1\.0\.0 {2}\d+ B {2}shop\.click, shop\.tap/)
  expect(stdout).toContain(
    'Left out (patterns, and what Rivulet writes itself): /^shop\\.any/, rivulet.ledger',
  )
})

test('the same input gives the same bytes, and a second run changes nothing', async () => {
  const [one, two] = await Promise.all([folderOf(SHOP), folderOf(SHOP)])
  await Promise.all([generate(one), generate(two)])

  expect(await filesIn(join(one, 'out'))).toEqual(await filesIn(join(two, 'out')))
  expect((await generate(one)).stdout).toMatch(/nothing changed\n$/)
})

test('files name the revision that they are from, and are not stale for another that changes nothing else', async () => {
  const folder = await folderOf(SHOP)
  await generate(folder)
  expect((await filesIn(join(folder, 'out')))['streams.js']).toContain('revision 7')

  await write(join(folder, 'streams.json'), { ...STREAMS, revision: '8' })

  expect(await generate(folder, '--check')).toMatchObject({ code: 0 })
})

test('files are not stale for the line ends that a checkout has given them', async () => {
  const folder = await folderOf(SHOP)
  await generate(folder)
  for (const [path, text] of Object.entries(await filesIn(join(folder, 'out'))))
    await write(join(folder, 'out', path), text.replaceAll('\n', '\r\n'))

  expect(await generate(folder, '--check')).toMatchObject({ code: 0 })
})

test('names that no code could have become names that it can', async () => {
  const titles = ['new', '1a/2b', '_/_', 'given/meta', 'shop/click']
  const named = Object.fromEntries(titles.map((title) => [title.replace('/', '.'), { schema_title: title }]))
  const folder = await folderOf({
    'streams.json': { streams: { ...named, 'shop-click': { schema_title: 'shop/click' } } },
    'package.json': { type: 'module' },
    'validator.js': 'export const createValidator = () => () => []',
    ...Object.fromEntries(titles.map((title) => [`schemas/${title}/1.0.0.json`, schema(title)])),
  })
  await generate(folder, '--validator', join(folder, 'validator.js'))

  const { schemas } = await import(join(folder, 'out/streams.js'))
  const types = (await filesIn(join(folder, 'out')))['streams.d.ts']!

  expect(Object.keys(schemas).sort()).toEqual([
    '1a.2b',
    '_._',
    'given.meta',
    'new',
    'shop-click',
    'shop.click',
  ])
  expect([...types.matchAll(/^export interface (.*) \{$/gm)].map(([, name]) => name)).toEqual([
    ...['New', 'Stream1a2b', 'Stream', 'GivenMeta2', 'ShopClick', 'ShopClick2'],
  ])
})

test('--check tells of each stale, missing and surplus file, and writes nothing', async () => {
  const folder = await folderOf(SHOP)
  await generate(folder)
  await write(join(folder, 'schemas/shop/click/1.1.0.json'), schema('shop/click', '1.1.0'))
  await rm(join(folder, 'out/formats.js'))
  const before = await filesIn(join(folder, 'out'))

  const { code, stdout } = await generate(folder, '--check')

  expect(code).toBe(1)
  expect(stdout.match(/^stale: .*$/gm)).toEqual([
    'stale: formats.js',
    'stale: schemas/shop/click/1.0.0.js',
    'stale: schemas/shop/click/1.1.0.js',
    'stale: streams.d.ts',
    'stale: streams.js',
    'stale: streams/shop.click.js',
    'stale: streams/shop.tap.js',
  ])
  expect(stdout).toMatch(/run the same command without --check/)
  expect(await filesIn(join(folder, 'out'))).toEqual(before)
})

test("what an earlier run wrote and is no longer needed is removed, and nobody else's file is", async () => {
  const folder = await folderOf({ ...SHOP, 'out/streams/own.js': 'export const own = 1' })
  await generate(folder)
  await write(join(folder, 'streams.json'), { streams: { 'shop.click': { schema_title: 'shop/click' } } })

  await generate(folder)

  expect(existsSync(join(folder, 'out/streams/shop.tap.js'))).toBe(false)
  expect(existsSync(join(folder, 'out/streams/own.js'))).toBe(true)
})

test('a stream carries the highest version that is materialized, whatever is drafted', async () => {
  const folder = await folderOf({
    ...SHOP,
    'schemas/shop/click/1.10.0.json': schema('shop/click', '1.10.0'),
    'schemas/shop/click/1.9.0.json': schema('shop/click', '1.9.0'),
    'schemas/shop/click/current.yaml': schema('shop/click', '2.0.0'),
  })

  await generate(folder)

  expect((await filesIn(join(folder, 'out')))['schemas/shop/click/1.10.0.js']).toContain(
    "'/shop/click/1.10.0'",
  )
})

test('--all adds the schemas that no stream carries, but no fragments; without a config, that is all', async () => {
  const files = {
    'schemas/shop/view/1.0.0.json': schema('shop/view'),
    'schemas/fragment/common/1.0.0.json': schema('fragment/common'),
  }
  const folder = await folderOf({ ...SHOP, ...files })

  await generate(folder, '--all')
  const all = Object.keys(await filesIn(join(folder, 'out/streams')))
  await rm(join(folder, 'streams.json'))
  await generate(folder, '--all')

  expect(all.filter((name) => name.endsWith('.js')).sort()).toEqual([
    'shop.click.js',
    'shop.tap.js',
    'shop.view.js',
  ])
  expect(Object.keys(await filesIn(join(folder, 'out/streams'))).sort()).toEqual([
    'shop.click.d.ts',
    'shop.click.js',
    'shop.view.d.ts',
    'shop.view.js',
  ])
})

test('nothing generated makes code of text or asks for a module that a page has not', async () => {
  const folder = await folderOf(SHOP)
  await generate(folder, '--validator', '/rivulet/validator.js')

  const files = Object.entries(await filesIn(join(folder, 'out'))).filter(([path]) => path.endsWith('.js'))

  for (const [path, text] of files) {
    expect(text, path).not.toMatch(/\beval\b|\bFunction\b|\brequire\b|ajv/i)
    for (const [, specifier] of text.matchAll(/ from '([^']*)'/g))
      expect(specifier, path).toMatch(/^\.\.?\/|^\/rivulet\/validator\.js$/)
  }
})

test("somebody else's file in its place is left alone, and so are all others", async () => {
  const folder = await folderOf({ ...SHOP, 'out/streams.js': 'export const mine = 1\n' })

  const { code, stderr } = await generate(folder)

  expect(stderr).toBe(
    'rivulet: out/streams.js: is there, and was not written by rivulet generate; move it, or write elsewhere\n',
  )
  expect(code).toBe(2)
  expect(await filesIn(join(folder, 'out'))).toEqual({ 'streams.js': 'export const mine = 1\n' })
})

test('a revision is words in a comment, whatever stands in it', async () => {
  const folder = await folderOf({
    ...SHOP,
    'streams.json': { ...STREAMS, revision: '1\nalert(1) //\u2028alert(2)' },
  })

  await generate(folder)

  for (const [path, text] of Object.entries(await filesIn(join(folder, 'out'))))
    expect(text, path).toMatch(/^\/\/ Written by .*1 alert\(1\) \/\/ alert\(2\)\. Do not edit\.\n\n/)
})

test('with --all, a name that another stream of the config has is a finding', async () => {
  const folder = await folderOf({
    ...SHOP,
    'streams.json': { streams: { 'shop.view': { schema_title: 'shop/click' } } },
    'schemas/shop/view/1.0.0.json': schema('shop/view'),
  })

  expect(await generate(folder, '--all')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      /the stream shop\.view carries another schema, so that shop\/view has no stream/,
    ),
  })
})

test('--json has the report as one object', async () => {
  const { stdout } = await generate(await folderOf(SHOP), '--json')

  const report = JSON.parse(stdout)

  expect(report.schemas).toEqual([
    { $schema: '/shop/click/1.0.0', streams: ['shop.click', 'shop.tap'], bytes: expect.any(Number) },
  ])
  expect(report.shared_bytes).toBeGreaterThan(500)
  expect(report.written).toContain('streams.js')
  expect(report.left_out).toEqual(['/^shop\\.any/', 'rivulet.ledger'])
})

describe('what cannot be used is one finding with file and line, and nothing is written', () => {
  const streams = (settings: unknown, name = 'shop.click') =>
    JSON.stringify({ streams: { [name]: settings } }, null, 2)
  const withField = (field: unknown) => ({
    'schemas/shop/click/1.0.0.json': schema('shop/click', '1.0.0', {
      properties: { ...FIELDS, extra: field },
    }),
  })

  test.each([
    [
      'a stream without a schema_title',
      { 'streams.json': streams({}) },
      /^\.\/streams\.json:3: .*"shop\.click" has no "schema_title"; name the title/,
    ],
    [
      'a stream whose schema there is not',
      { 'streams.json': streams({ schema_title: 'shop/clik' }) },
      /^\.\/streams\.json:3: .*"shop\/clik", which no schema has.*did you mean shop\/click\?/,
    ],
    [
      'a misspelt setting',
      { 'streams.json': streams({ schema_titel: 'shop/click' }) },
      /^\.\/streams\.json:3: .*has no "schema_title", but "schema_titel"; correct that/,
    ],
    [
      'a title with slash and version',
      { 'streams.json': streams({ schema_title: '/shop/click/1.0.0' }) },
      /^\.\/streams\.json:3: .*which is no title; write "shop\/click", without slash and version/,
    ],
    [
      'context that a closed schema does not allow',
      {
        'streams.json': streams({
          schema_title: 'shop/click',
          producers: { rivulet: { provide_values: ['page_title', 'shop_colour'] } },
        }),
      },
      /^\.\/streams\.json:3: .*asks for page_title \(provide_values\), which \/shop\/click\/1\.0\.0 does not allow/,
    ],
    [
      'a schema that is only drafted',
      {
        'streams.json': streams({ schema_title: 'shop/new' }),
        'schemas/shop/new/current.yaml': schema('shop/new'),
      },
      /^\.\/streams\.json:3: .*not materialized yet; run rivulet schemas materialize/,
    ],
    [
      'a stream with a name for no file',
      { 'streams.json': streams({ schema_title: 'shop/click' }, 'a/b') },
      /^\.\/streams\.json:3: .*"a\/b" has a name that no file can have/,
    ],
    ['a config that is no JSON', { 'streams.json': '{' }, /^rivulet: \.\/streams\.json:1: is no JSON/],
    ['a config without streams', { 'streams.json': '{}' }, /^rivulet: \.\/streams\.json:1: has no streams/],
    [
      'a schema that is no JSON',
      { 'schemas/shop/click/1.0.0.json': '{\n"a": }' },
      /^schemas\/shop\/click\/1\.0\.0\.json:2: is no JSON/,
    ],
    [
      'another dialect',
      {
        'schemas/shop/click/1.0.0.json': schema('shop/click', '1.0.0', {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
        }),
      },
      /1\.0\.0\.json:4: "\$schema" is .*2020-12.*write it in draft-07/,
    ],
    [
      'no draft-07',
      withField({ type: 'text' }),
      /1\.0\.0\.json:\d+: is no draft-07 schema: \/properties\/extra\/type must be/,
    ],
    [
      'a keyword that no page checks',
      withField({ oneOf: [{ type: 'string' }] }),
      /1\.0\.0\.json:\d+: "oneOf" cannot be checked in a page; use what type, /,
    ],
    [
      'a reference',
      withField({ $ref: '/shop/view/1.0.0#' }),
      /"\$ref" cannot be checked in a page, unless "rivulet schemas materialize" has resolved it/,
    ],
    [
      'a list of items schemas',
      withField({ type: 'array', items: [{ type: 'string' }] }),
      /items with a schema for each cannot be checked/,
    ],
    [
      'a format without a pattern',
      withField({ type: 'string', format: 'regex' }),
      /the format regex cannot be checked in a page/,
    ],
    ['a pattern that is none', withField({ type: 'string', pattern: '(' }), /1\.0\.0\.json:\d+: .*pattern/],
    [
      'a schema of 10 MB',
      { 'schemas/shop/click/1.0.0.json': schema('shop/click', '1.0.0', { description: 'x'.repeat(1e7) }) },
      /1\.0\.0\.json:1: has 10,\d+,\d+ bytes, a schema at most 1,000,000/,
    ],
  ])('%s', async (_, files, message) => {
    const folder = await folderOf({ ...SHOP, ...files })

    const { code, stdout, stderr } = await generate(folder)
    const lines = `${stderr}${stdout}`.trim().split('\n')

    expect(lines.filter((line) => /\.json:\d+: /.test(line))).toHaveLength(1)
    expect(`${stderr}${stdout}`).toMatch(message)
    expect(`${stderr}${stdout}`).not.toMatch(/^\s+at |node:internal/m)
    expect(code).not.toBe(0)
    expect(existsSync(join(folder, 'out'))).toBe(false)
  })

  test('flags that are missing, and folders that are not there, end with 2', async () => {
    const folder = await folderOf(SHOP)

    expect(await rivulet(['generate'], { cwd: folder }).ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--out/),
    })
    expect(await generate(folder, '--validator', './validator.js')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Give a package or a URL/),
    })
    expect(await generate(folder, '--schemas', 'nowhere')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nowhere: no such schema folder/),
    })
    expect(await generate(folder, '--streams', 'none.json')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/none\.json: is not there; write \{ "streams"/),
    })
  })
})
