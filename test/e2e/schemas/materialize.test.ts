import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { head, folderOf, writeInto } from '../../support/folder.ts'
import { tempRepository } from '../../support/temp-repository.ts'
import { rivulet } from '../intake/child.ts'

/** Runs `rivulet schemas …` in a folder to its end. */
const schemas = (cwd: string, ...args: string[]) => rivulet(['schemas', ...args], { cwd }).ended

/** Every file below a folder with its content, links apart. */
async function contentsOf(folder: string): Promise<{ [path: string]: string }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  const texts = files
    .sort()
    .map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'utf8')])
  return Object.fromEntries(await Promise.all(texts))
}

const yaml = (title: string, rest = '') =>
  `title: ${title}\n$id: /${title}/1.0.0\n$schema: https://json-schema.org/draft-07/schema#\n${rest}`

test('a new schema is begun, materialized, and done', async () => {
  const folder = await folderOf()

  const begun = await schemas(folder, 'new', 'shop/click')
  const first = await schemas(folder, 'materialize')
  const made = await contentsOf(folder)
  const second = await schemas(folder, 'materialize', 'schemas')

  expect(begun).toMatchObject({ code: 0, stderr: '' })
  expect(begun.stdout).toMatch(
    /^wrote schemas\/shop\/click\/current\.yaml\n[\s\S]*rivulet schemas materialize schemas\n/,
  )
  expect(begun.stdout).toContain('{ "streams": { "shop.click": { "schema_title": "shop/click" } } }')
  expect(begun.stdout).toMatch(/rivulet generate --schemas schemas --out src\/generated\n$/)
  expect(first).toMatchObject({
    code: 0,
    stdout: 'wrote schemas/shop/click/1.0.0.json\nwrote schemas/shop/click/latest.json\n',
    stderr: '',
  })
  expect(second).toMatchObject({ code: 0, stdout: 'nothing to do\n', stderr: '' })
  expect(Object.keys(JSON.parse(made['schemas/shop/click/1.0.0.json']!).properties)).toEqual([
    '$schema',
    'action',
    'dt',
    'meta',
  ])
  expect(await contentsOf(folder)).toEqual(made)
})

test('with --json it tells what it did as an object', async () => {
  const folder = await folderOf()

  const begun = await schemas(folder, 'new', 'shop/click', '--dir', '.', '--json')
  const first = await schemas(folder, 'materialize', '.', '--json')
  await writeInto(folder, { 'shop/click/current.yaml': 'a: b: c' })
  const broken = await schemas(folder, 'materialize', '.', '--json')

  expect(JSON.parse(begun.stdout)).toEqual({ written: ['shop/click/current.yaml'] })
  expect(JSON.parse(first.stdout)).toEqual({
    checked: '1 schema',
    findings: [],
    written: ['shop/click/1.0.0.json', 'shop/click/latest.json'],
    kept: [],
  })
  expect(JSON.parse(broken.stdout)).toEqual({
    checked: '1 schema',
    findings: [expect.objectContaining({ file: 'shop/click/current.yaml', line: 1 })],
  })
  expect(broken.code).toBe(1)
})

test('fragments come from an http repository, too', async () => {
  const fragment = { ...head('far/fragment'), properties: { far: { type: 'integer' } } }
  const server = createServer(({ url }, response) => {
    const isThere = url === '/repository/far/fragment/1.0.0.yaml'
    response.writeHead(isThere ? 200 : 404).end(isThere ? JSON.stringify(fragment) : '')
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const folder = await folderOf({
    'rivulet-schemas.yaml': `repositories: ["http://127.0.0.1:${port}/repository/"]`,
    'shop/click/current.yaml': yaml('shop/click', 'allOf:\n  - $ref: /far/fragment/1.0.0#\n'),
  })

  const { code, stderr } = await schemas(folder, 'materialize', '.')

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse((await contentsOf(folder))['shop/click/1.0.0.json']!).properties).toEqual({
    far: { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 },
  })
})

test('a version that is committed is refused, also from within a hook of git', async () => {
  const { folder, commit } = await tempRepository({ 'schemas/shop/click/current.yaml': yaml('shop/click') })
  await schemas(folder, 'materialize', 'schemas')
  await commit()
  await writeInto(folder, { 'schemas/shop/click/current.yaml': yaml('shop/click', 'type: object\n') })
  const before = await contentsOf(join(folder, 'schemas'))
  process.env.GIT_DIR = '.git'
  onTestFinished(() => void delete process.env.GIT_DIR)

  const { code, stdout } = await schemas(folder, 'materialize', 'schemas')

  expect(code).toBe(1)
  expect(stdout).toMatch(
    /^schemas\/shop\/click\/current\.yaml:2: version 1\.0\.0 is published, and would change at \/type; .*\n1 schema: 1 found\n$/,
  )
  expect(await contentsOf(join(folder, 'schemas'))).toEqual(before)
})

test.each<[string, { [path: string]: string }, RegExp]>([
  [
    'YAML that is none',
    { 'a/b/current.yaml': 'title: a/b\ntype: [\n' },
    /^a\/b\/current\.yaml:\d+: is no YAML .*; correct the file/,
  ],
  [
    'JSON that is none',
    { 'a/b/current.json': '{\n"title":\n}' },
    /^a\/b\/current\.json:3: is no JSON .*; correct the file/,
  ],
  ['an empty file', { 'a/b/current.yaml': '' }, /^a\/b\/current\.yaml:1: a schema is an object/],
  ['no text at all', { 'a/b/current.yaml': '\0\x01\xff' }, /^a\/b\/current\.yaml:1: a schema is an object/],
  [
    'a schema of 10 MB',
    { 'a/b/current.yaml': yaml('a/b', `description: ${'x'.repeat(10_000_000)}`) },
    /^a\/b\/current\.yaml:1: has 10,\d{3},\d{3} bytes, a schema at most 1,000,000; split it/,
  ],
  [
    'a schema as deep as that',
    {
      'a/b/current.json': `${JSON.stringify({ ...head('a/b') }).slice(0, -1)},"not":${'{"not":'.repeat(100_000)}1${'}'.repeat(100_001)}`,
    },
    /^a\/b\/current\.json:1: is nested more than 200 levels deep, or without end; flatten it/,
  ],
  [
    'YAML as deep as that',
    { 'a/b/current.yaml': yaml('a/b', `not: ${'['.repeat(100_000)}`) },
    /^a\/b\/current\.yaml:\d+: is no YAML/,
  ],
  [
    'YAML that holds itself',
    { 'a/b/current.yaml': yaml('a/b', 'not: &all\n  not: *all\n') },
    /^a\/b\/current\.yaml:1: is nested more than/,
  ],
  [
    'a title that is its own part',
    { 'a/b/current.yaml': 'title: &all\n  a: *all\n$id: /a/b/1.0.0\n' },
    /^a\/b\/current\.yaml:1: is nested more than 200 levels deep, or without end/,
  ],
  [
    'an $id that another has',
    { 'a/b/current.yaml': yaml('a/b'), 'a/c/current.yaml': yaml('a/c').replace('/a/c', '/a/b') },
    /^a\/c\/current\.yaml:2: "\$id" is "\/a\/b\/1\.0\.0", which a\/b\/current\.yaml has already; write \/a\/c\/X\.Y\.Z/,
  ],
  [
    'another dialect',
    { 'a/b/current.yaml': yaml('a/b').replace('draft-07', 'draft-04') },
    /^a\/b\/current\.yaml:3: "\$schema" is ".*draft-04.*"; write it in draft-07/,
  ],
  [
    'an unknown type',
    { 'a/b/current.yaml': yaml('a/b', 'properties:\n  x:\n    type: text\n') },
    /^a\/b\/current\.yaml:6: is no draft-07 schema: \/properties\/x\/type .*; correct it/,
  ],
  [
    'a $ref to nowhere',
    { 'a/b/current.yaml': yaml('a/b', 'allOf:\n  - $ref: /a/none/1.0.0#\n') },
    /^a\/b\/current\.yaml:5: "\$ref" leads to \/a\/none\/1\.0\.0, which is no schema in \., .*; correct it, or add/,
  ],
  [
    'a $ref to a file',
    { 'a/b/current.yaml': yaml('a/b', 'allOf:\n  - $ref: ../../../etc/passwd\n') },
    /^a\/b\/current\.yaml:5: "\$ref" is .*, which names no version of a schema; correct it/,
  ],
  [
    'a $ref to itself',
    { 'a/b/current.yaml': yaml('a/b', 'properties:\n  x:\n    $ref: "#/properties"\n') },
    /^a\/b\/current\.yaml:6: "\$ref" goes round in a loop, #\/properties → #\/properties; take one/,
  ],
  [
    'a loop of $ref',
    {
      'a/b/current.yaml': yaml('a/b', 'allOf:\n  - $ref: /a/c/1.0.0#\n'),
      'a/c/current.yaml': yaml('a/c', 'allOf:\n  - $ref: /a/b/1.0.0#\n'),
    },
    /^a\/c\/current\.yaml:5: "\$ref" goes round in a loop, a\/b\/current\.yaml → a\/c\/current\.yaml → a\/b\/current\.yaml; take one/,
  ],
  [
    'a repository that is gone',
    {
      'rivulet-schemas.yaml': 'repositories: ["http://127.0.0.1:9"]',
      'a/b/current.yaml': yaml('a/b', 'allOf:\n  - $ref: /far/x/1.0.0#\n'),
    },
    /^http:\/\/127\.0\.0\.1:9\/far\/x\/1\.0\.0\.json: cannot be had \(.*\); try again, or correct/,
  ],
  [
    'a contradiction',
    { 'a/b/current.yaml': yaml('a/b', 'type: object\nallOf:\n  - type: string\n') },
    /^a\/b\/current\.yaml:6: "allOf" cannot be merged at \/type: "type" is "object" in #, and "type" is "string" in #\/allOf\/0; make them agree/,
  ],
])('%s is one finding with file and line, and nothing is written', async (_, files, line) => {
  const folder = await folderOf({ ...files, 'a/good/current.yaml': yaml('a/good') })
  const before = await contentsOf(folder)

  const { code, stdout, stderr } = await schemas(folder, 'materialize', '.')

  expect(stdout).toMatch(/^[^\n]+\n\d+ schemas: 1 found\n$/)
  expect(stdout).toMatch(line)
  expect(stdout + stderr).not.toMatch(/^ +at /m)
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(await contentsOf(folder)).toEqual(before)
})

test.each<[string, string[], RegExp]>([
  ['no folder, and no ./schemas', ['materialize'], /schemas: no such schema folder; name one/],
  ['a folder that is not there', ['materialize', 'none'], /none: no such schema folder; name one/],
  [
    'a config with a wrong setting',
    ['materialize', 'wrong'],
    /wrong\/rivulet-schemas\.yaml: "repos" is no setting; there are/,
  ],
  ['a repository that is not there', ['materialize', 'lonely'], /none: no such schema folder/],
  [
    'a title without an area',
    ['new', 'click'],
    /"click" is no title of a schema; write <area>\/<name> in lower snake_case, such as web\/click/,
  ],
  [
    'a title that is there',
    ['new', 'a/b', '--dir', 'lonely'],
    /lonely\/a\/b\/current\.yaml: is there already; edit it/,
  ],
])('%s: one line that says what, where and what to do, exit code 2', async (_, args, line) => {
  const folder = await folderOf({
    'wrong/rivulet-schemas.yaml': 'repos: []',
    'lonely/rivulet-schemas.yaml': 'repositories: [none]',
    'lonely/a/b/current.yaml': yaml('a/b'),
  })

  const { code, stdout, stderr } = await schemas(folder, ...args)

  expect(stderr).toMatch(/^rivulet: [^\n]+\n$/)
  expect(stderr).toMatch(line)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

test.each(['materialize', 'new'])('schemas %s --help has examples and the exit codes', async (command) => {
  const { code, stdout } = await schemas('.', command, '--help')

  expect(code).toBe(0)
  expect(stdout).toMatch(/Exit code: 0 [\s\S]*Examples:\n {2}rivulet schemas /)
})
