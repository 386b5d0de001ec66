import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Files, folderOf } from '../../support/folder.ts'
import { rivulet } from '../intake/child.ts'

const DRAFT_07 = 'https://json-schema.org/draft-07/schema#'

/** A part for other schemas: the smallest that keeps every rule. */
const part = (name: string, more: object = {}) => ({
  title: `fragment/${name}`,
  $id: `/fragment/${name}/1.0.0`,
  $schema: DRAFT_07,
  type: 'object',
  properties: { x: { type: 'string' } },
  ...more,
})

const lint = async (files: Files, ...flags: string[]) => {
  const folder = await folderOf(files)
  const { code, stdout, stderr } = await rivulet(['schemas', 'lint', ...flags], { cwd: folder }).ended
  return { code, stdout, stderr, lines: stdout.trimEnd().split('\n') }
}

describe('bad input is one finding with file and line, what is wrong and what to do, and no stack trace', () => {
  const at = (name: string) => `s/fragment/${name}/current.yaml`
  const pattern = { properties: { x: { type: 'string', maxLength: 9, pattern: '^(a+)+$' } } }
  const loop = (to: string) => ({ properties: { x: { $ref: `/fragment/${to}/1.0.0#` } } })

  test.each<[what: string, files: Files, line: RegExp]>([
    [
      'a broken YAML file',
      { [at('a')]: 'title: fragment/a\n$id: /fragment/a/1.0.0\ntype: [\n' },
      /a\/current\.yaml:\d: is no YAML \(.+\); correct the file \[readable\]$/,
    ],
    [
      'a broken JSON file',
      { 's/fragment/a/current.json': '{\n"title": a\n}' },
      /a\/current\.json:2: is no JSON \(.+\); correct the file \[readable\]$/,
    ],
    [
      'a duplicate $id',
      {
        [at('a')]: part('a'),
        's/fragment/a/1.0.0.json': part('a'),
        's/fragment/a/latest.json': part('a'),
        [at('b')]: part('b', { $id: '/fragment/a/1.0.0' }),
      },
      /b\/current\.yaml:3: "\$id" \S+ is that of \S+a\/current\.yaml too; give .+ \[unique-id\]$/,
    ],
    [
      'a schema that is not draft-07',
      { [at('a')]: part('a', { $schema: 'https://json-schema.org/draft/2020-12/schema', $defs: {} }) },
      /a\/current\.yaml:4: "\$schema" is .+; write the schema in draft-07.+ \[dialect\]$/,
    ],
    [
      'a schema of 10 MB',
      { [at('a')]: part('a', { description: 'x'.repeat(10_000_000) }) },
      /a\/current\.yaml:1: has 10,000,\d+ bytes.+; split it.+ \[readable\]$/,
    ],
    [
      'a $ref loop',
      { [at('a')]: part('a', loop('b')), [at('b')]: part('b', loop('a')) },
      /a\/current\.yaml:8: "\$ref" leads back to itself, .+; take one .+ \[refs-resolve\]$/,
    ],
    [
      'a pattern with catastrophic backtracking',
      { [at('a')]: part('a', pattern) },
      /a\/current\.yaml:10: the pattern "\^\(a\+\)\+\$" can be made to backtrack.+; write it .+ \[safe-pattern\]$/,
    ],
    [
      'an alias that stands within itself',
      { [at('a')]: 'title: fragment/a\nproperties: &a\n  x: *a\n' },
      /a\/current\.yaml:1: is nested .+ without end; .+ \[readable\]$/,
    ],
    [
      'a link to nowhere',
      { [at('a')]: part('a'), 's/fragment/a/latest.json': 'link:none.json' },
      /a\/latest\.json:1: cannot be read .+ \[readable\]$/,
    ],
    [
      'bytes that are no text',
      { [at('a')]: '\u0000\u0001\uFFFD' },
      /a\/current\.yaml:1: .+; .+ \[readable\]$/,
    ],
  ])('%s', async (_, files, line) => {
    const { code, stderr, lines } = await lint(files, 's')

    expect(lines[0]).toMatch(line)
    expect(lines).toEqual([lines[0], expect.stringMatching(/^\d schema files?: 1 found$/)])
    expect(stderr).toBe('')
    expect(code).toBe(1)
  })
})

test('without findings it says how much it checked, and its exit code is 0', async () => {
  const { code, stdout, stderr } = await lint(
    {
      's/fragment/a/current.yaml': part('a'),
      's/fragment/a/1.0.0.json': part('a'),
      's/fragment/a/latest.json': part('a'),
    },
    's',
  )

  expect(stdout).toBe('2 schema files: nothing found\n')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

describe('versions that are not what current makes are one finding for their title', () => {
  const current = { 's/fragment/a/current.yaml': part('a') }
  const other = part('a', { properties: { x: { type: 'string' }, y: { type: 'string' } } })

  test.each<[what: string, files: Files, message: RegExp]>([
    ['a version that was never made', current, /1\.0\.0\.json and latest\.json are not there, or not/],
    [
      'a latest that is missing',
      { ...current, 's/fragment/a/1.0.0.json': part('a') },
      /has no latest\.json that equals it; materialize the title \[latest-is-newest\]/,
    ],
    [
      'a version that says something else, outside of git',
      { ...current, 's/fragment/a/1.0.0.json': other, 's/fragment/a/latest.json': other },
      /current\.yaml:3: version 1\.0\.0 is published, and would change at \/properties\/y; raise the version/,
    ],
  ])('%s', async (_, files, message) => {
    const { code, lines } = await lint(files, 's')

    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(message)
    expect(code).toBe(1)
  })
})

test('several folders are checked together', async () => {
  const { code, lines } = await lint(
    {
      'one/fragment/a/current.yaml': part('a', { properties: { x: { $ref: '/fragment/b/1.0.0#' } } }),
      'two/fragment/b/current.yaml': part('b'),
      'one/rivulet-schemas.yaml': { off: { materialized: ['.'] } },
      'two/rivulet-schemas.yaml': { off: { materialized: ['.'] } },
    },
    'one',
    'two',
  )

  expect(lines).toEqual(['2 schema files: nothing found'])
  expect(code).toBe(0)
})

test('with --json it prints one object, each finding with all it has', async () => {
  const { code, stdout } = await lint(
    { 's/fragment/a/current.yaml': part('a', { title: 'a' }) },
    's',
    '--json',
  )

  expect(JSON.parse(stdout)).toEqual({
    checked: '1 schema file',
    findings: [
      {
        rule: 'title-is-path',
        file: join('s', 'fragment/a/current.yaml'),
        line: 2,
        pointer: '/title',
        message: '"title" is "a"; write fragment/a, the path of the folder, or move the folder',
        reason: expect.stringMatching(/\.$/),
      },
    ],
  })
  expect(code).toBe(1)
})

test('--rules lists each rule with its reason, with --json too', async () => {
  const { code, lines } = await lint({}, '--rules')
  const { stdout } = await lint({}, '--rules', '--json')

  expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual(
    expect.arrayContaining(['readable', 'snake-case', 'examples-valid', 'published', 'compatible']),
  )
  expect(JSON.parse(stdout).rules).toHaveLength(lines.length)
  expect(code).toBe(0)
})

test('--help explains findings, rules that are off, and the exit codes', async () => {
  const { code, stdout } = await lint({}, '--help')

  for (const part of ['--rules', '--json', 'rivulet-schemas.yaml', 'off:', 'Exit code', 'Examples'])
    expect(stdout).toContain(part)
  expect(code).toBe(0)
})

test.each([
  ['no folder, and no ./schemas', [], /schemas: no such schema folder; name one/],
  ['a folder that is missing', ['none'], /none: no such schema folder; name one/],
  ['a wrong flag', ['--rule', 's'], /unknown option '--rule'/],
  ['a config with an unknown rule', ['bad'], /bad\/rivulet-schemas\.yaml: "off" names the rule snakecase/],
  ['a config that is no YAML', ['broken'], /broken\/rivulet-schemas\.yaml:1: is no YAML/],
  ['a repository that is missing', ['lost'], /nowhere: no such schema folder/],
])('%s: one line that says what to do, exit code 2', async (_, args, line) => {
  const { code, stdout, stderr } = await lint(
    {
      'bad/rivulet-schemas.yaml': 'off: { snakecase: [.] }',
      'broken/rivulet-schemas.yaml': 'off: {',
      'lost/rivulet-schemas.yaml': 'repositories: [../nowhere]',
    },
    ...args,
  )

  expect(stderr).toMatch(/^rivulet: [^\n]+\n$/)
  expect(stderr).toMatch(line)
  expect(stdout).toBe('')
  expect(code).toBe(2)
})
