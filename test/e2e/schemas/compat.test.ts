import { rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rivulet } from '../intake/child.ts'
import { folderOf, write, writeInto } from '../../support/folder.ts'
import { tempRepository } from '../../support/temp-repository.ts'

/** A version of shop/click, with a property for each type that is named. */
function click(version: string, types: { [property: string]: string } = { action: 'string' }): string {
  const schema = {
    title: 'shop/click',
    $id: `/shop/click/${version}`,
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }])),
  }
  return JSON.stringify(schema, null, 2)
}

const FIRST = { 'schemas/shop/click/1.0.0.json': click('1.0.0') }
const GROWN = { 'schemas/shop/click/1.1.0.json': click('1.1.0', { action: 'string', count: 'integer' }) }
const BROKEN = { 'schemas/shop/click/1.1.0.json': click('1.1.0', { action: 'integer' }) }

function compat(cwd: string, ...args: readonly string[]) {
  return rivulet(['schemas', 'compat', ...args], { cwd }).ended
}

describe('without a revision', () => {
  test('versions that keep what was: nothing found, exit code 0', async () => {
    const folder = await folderOf({ ...FIRST, ...GROWN })

    expect(await compat(folder, 'schemas')).toEqual({
      code: 0,
      signal: null,
      stdout: '1 version compared with the one before: nothing found\n',
      stderr: '',
    })
  })

  test('a break: file and line, what, for whom, and the version to publish it as', async () => {
    const folder = await folderOf({ ...FIRST, ...BROKEN })

    const { code, stdout, stderr } = await compat(folder, 'schemas')

    expect(stdout).toBe(
      'schemas/shop/click/1.1.0.json:8: 1.1.0 breaks 1.0.0 at /properties/action/type: it was "string" and is "integer": readers get what could not be before, producers who do as before are refused; publish it as 2.0.0 instead, and remove 1.1.0.json if nobody has it yet [compatible]\n' +
        '1 version compared with the one before: 1 found\n',
    )
    expect(stderr).toBe('')
    expect(code).toBe(1)
  })

  test('what is gone is told at the line around it', async () => {
    const folder = await folderOf({
      'schemas/shop/click/1.0.0.yaml': 'properties:\n  a: {type: string}\n  b: {type: string}\n',
      'schemas/shop/click/1.1.0.yaml': 'type: object\n\nproperties:\n  a: {type: string}\n',
    })

    const { stdout } = await compat(folder, 'schemas')

    expect(stdout).toContain(
      '1.1.0.yaml:3: 1.1.0 breaks 1.0.0 at /properties/b: it is gone: readers lose the field',
    )
  })

  test('a slip that hurts nobody is to be put back', async () => {
    const folder = await folderOf({
      'schemas/shop/click/1.0.0.yaml': 'properties: { a: { title: A } }',
      'schemas/shop/click/1.0.1.yaml': 'properties: { a: { title: B } }',
    })

    const { stdout } = await compat(folder, 'schemas')

    expect(stdout).toContain(
      'no event is refused, but whoever goes by it is misled; put it back [compatible]',
    )
  })

  test('a new major version may break, and 1.10.0 comes after 1.9.0', async () => {
    const folder = await folderOf({
      'schemas/shop/click/1.9.0.json': click('1.9.0'),
      'schemas/shop/click/1.10.0.json': click('1.10.0', { action: 'string', count: 'integer' }),
      'schemas/shop/click/2.0.0.json': click('2.0.0', { action: 'integer' }),
    })

    expect(await compat(folder, 'schemas')).toMatchObject({
      code: 0,
      stdout: '1 version compared with the one before: nothing found\n',
    })
  })

  test('the number to publish it as is the same when the version is made, and before the broken one is removed', async () => {
    const folder = await folderOf({
      ...FIRST,
      ...BROKEN,
      'schemas/shop/click/1.1.0.yaml': click('1.1.0', { action: 'integer' }),
    })
    const before = await compat(folder, 'schemas')
    await write(join(folder, 'schemas/shop/click/2.0.0.json'), click('2.0.0', { action: 'integer' }))
    const between = await compat(folder, 'schemas')
    for (const ending of ['json', 'yaml']) await rm(join(folder, `schemas/shop/click/1.1.0.${ending}`))
    const after = await compat(folder, 'schemas')

    expect(before.stdout).toContain(
      '; publish it as 2.0.0 instead, and remove 1.1.0.json and 1.1.0.yaml if nobody has it yet [',
    )
    expect(between.stdout).toContain(
      '; remove 1.1.0.json and 1.1.0.yaml if nobody has it yet; if it is published, it stays, so switch the rule off',
    )
    expect(between.stdout).not.toContain('3.0.0')
    expect(after).toMatchObject({ code: 0 })
  })

  test('a break in history can only be switched off, and the config that is told of does so', async () => {
    const folder = await folderOf({ ...FIRST, ...BROKEN, 'schemas/shop/click/2.0.0.json': click('2.0.0') })
    const { stdout } = await compat(folder, 'schemas')
    const [, advice = ''] = /rivulet-schemas\.yaml: (off: .*\})/.exec(stdout) ?? []

    await write(join(folder, 'schemas/rivulet-schemas.yaml'), advice)

    expect(advice).toBe('off: { compatible: [shop/click/1.1.0.json] }')
    expect(await compat(folder, 'schemas')).toMatchObject({ code: 0 })
  })

  test('JSON is compared where there is JSON and YAML; links and what is only drafted are not', async () => {
    const folder = await folderOf({
      ...FIRST,
      ...GROWN,
      'schemas/shop/click/1.0.0.yaml': 'type: string',
      'schemas/shop/click/1.1.0.yaml': 'type: number',
      'schemas/shop/click/current.yaml': '$id: /shop/click/1.2.0',
    })
    await symlink('1.1.0.yaml', join(folder, 'schemas/shop/click/1.1.0'))

    expect(await compat(folder, 'schemas')).toMatchObject({ code: 0 })
  })

  test('a version that is not materialized is told of, and is no finding', async () => {
    const folder = await folderOf({
      ...FIRST,
      'schemas/shop/click/current.yaml': '$id: /shop/click/1.1.0',
      'schemas/shop/view/1.0.0.yaml': '$id: /shop/view/1.0.0',
      'schemas/shop/view/current.yaml': '$id: /shop/view/1.0.0',
      'schemas/shop/error/current.yaml': 'a: [',
      'schemas/shop/nameless/current.yaml': '{}',
    })

    const inWords = await compat(folder, 'schemas')
    const inJson = await compat(folder, 'schemas', '--json')

    expect(inWords).toMatchObject({
      code: 0,
      stdout:
        'shop/click: current.yaml is 1.1.0, which is not materialized and so not compared\n' +
        '0 versions compared with the one before: nothing found\n',
    })
    expect(JSON.parse(inJson.stdout)).toEqual({
      checked: '0 versions compared with the one before',
      findings: [],
      not_compared: [{ title: 'shop/click', version: '1.1.0', file: 'schemas/shop/click/current.yaml' }],
    })
    expect(inJson.code).toBe(0)
  })

  test('without a folder, it is ./schemas', async () => {
    const folder = await folderOf({ ...FIRST, ...GROWN })

    expect(await compat(folder)).toMatchObject({
      code: 0,
      stdout: '1 version compared with the one before: nothing found\n',
    })
  })

  test('several folders are compared at once', async () => {
    const folder = await folderOf({
      ...FIRST,
      ...BROKEN,
      'more/a/1.0.0.yaml': 'type: object',
      'more/a/1.1.0.yaml': '{}',
    })

    const { stdout } = await compat(folder, 'schemas', 'more')

    expect(stdout).toMatch(/^more\/a\/1\.1\.0\.yaml:1: /)
    expect(stdout).toMatch(/\n2 versions compared with the one before: 2 found\n$/)
  })

  test('files that cannot be read are one finding each, and keep no other from being compared', async () => {
    const folder = await folderOf({
      ...FIRST,
      ...BROKEN,
      'schemas/shop/a/1.0.0.yaml': 'type: object\na: [',
      'schemas/shop/a/1.1.0.yaml': 'type: string',
      'schemas/shop/b/1.0.0.json': '[]',
      'schemas/shop/b/1.1.0.json/oops': '',
    })

    const { code, stdout, stderr } = await compat(folder, 'schemas')

    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'schemas/shop/a/1.0.0.yaml:2:',
      'schemas/shop/b/1.0.0.json:1:',
      'schemas/shop/b/1.1.0.json:1:',
      'schemas/shop/click/1.1.0.json:8:',
      '1',
      '',
    ])
    expect(stdout + stderr).not.toContain('    at ')
    expect(code).toBe(1)
  })

  test('with --json the findings are an object', async () => {
    const folder = await folderOf({ ...FIRST, ...BROKEN })

    const { code, stdout } = await compat(folder, 'schemas', '--json')

    expect(JSON.parse(stdout)).toEqual({
      checked: '1 version compared with the one before',
      findings: [
        {
          rule: 'compatible',
          file: 'schemas/shop/click/1.1.0.json',
          line: 8,
          pointer: '/properties/action/type',
          message: expect.stringContaining('publish it as 2.0.0'),
          reason: expect.stringContaining('Within a major version'),
        },
      ],
      not_compared: [],
    })
    expect(code).toBe(1)
  })
})

describe('against a revision', () => {
  test('only versions that it does not have are compared', async () => {
    const { folder, commit, git } = await tempRepository()
    await commit({ ...FIRST, ...BROKEN })
    const unchanged = await compat(folder, 'schemas', '--against', 'main')
    await git('checkout', '--quiet', '-b', 'change')
    await commit({ 'schemas/shop/click/1.2.0.json': click('1.2.0', {}) })

    const { code, stdout } = await compat(folder, 'schemas', '--against', 'main')

    expect(unchanged).toMatchObject({
      code: 0,
      stdout: '0 versions compared with the one before: nothing found\n',
    })
    expect(stdout).toMatch(
      /^schemas\/shop\/click\/1\.2\.0\.json:\d+: 1\.2\.0 breaks 1\.1\.0 at \/properties\/action: .*; main does not have 1\.2\.0, so it is not published: publish it as 2\.0\.0 instead, and remove 1\.2\.0\.json \[compatible\]\n1 version compared.*\n$/,
    )
    expect(code).toBe(1)
  })

  test('a version below one that is published is told so', async () => {
    const { folder, commit } = await tempRepository()
    await commit({ ...FIRST, 'schemas/shop/click/1.2.0.json': click('1.2.0') })
    await write(
      join(folder, 'schemas/shop/click/1.1.0.json'),
      click('1.1.0', { action: 'string', extra: 'string' }),
    )

    const { code, stdout } = await compat(folder, 'schemas', '--against', 'HEAD')

    expect(stdout).toMatch(
      /1\.1\.0\.json:1: 1\.1\.0 is new, and lower than 1\.2\.0, which HEAD has; give it a number above/,
    )
    expect(code).toBe(1)
  })

  test('files that are not committed count', async () => {
    const { folder, commit } = await tempRepository()
    await commit(FIRST)
    await write(join(folder, 'schemas/shop/click/1.1.0.json'), click('1.1.0', {}))

    expect(await compat(folder, 'schemas', '--against', 'HEAD')).toMatchObject({ code: 1 })
  })

  test('a published version that was changed is found where it was, however small the change', async () => {
    const { folder, commit } = await tempRepository()
    await commit(FIRST)
    await write(
      join(folder, 'schemas/shop/click/1.0.0.json'),
      `{ "description": "A click.",${click('1.0.0').slice(1)}`,
    )

    const { code, stdout } = await compat(folder, 'schemas', '--against', 'HEAD')

    expect(stdout).toMatch(
      /^schemas\/shop\/click\/1\.0\.0\.json:\d+: 1\.0\.0 is not as HEAD has it, first at \/description; .*git checkout HEAD -- schemas\/shop\/click\/1\.0\.0\.json \[published\]\n/,
    )
    expect(code).toBe(1)
  })

  test('a published version may be written otherwise', async () => {
    const { folder, commit } = await tempRepository()
    await commit({ 'schemas/shop/click/1.0.0.yaml': 'title: shop/click\ndescription: Tūī 🐦\n' })

    await write(
      join(folder, 'schemas/shop/click/1.0.0.yaml'),
      '# A click.\r\ndescription: "Tūī 🐦"\r\ntitle: shop/click\r\n',
    )
    await write(join(folder, 'schemas/shop/click/1.0.0.json'), {
      description: 'Tūī 🐦',
      title: 'shop/click',
    })

    expect(await compat(folder, 'schemas', '--against', 'HEAD')).toMatchObject({ code: 0 })
  })

  test('a published version that cannot be read any more is one finding', async () => {
    const { folder, commit } = await tempRepository()
    await commit(FIRST)
    await write(join(folder, 'schemas/shop/click/1.0.0.json'), '{')

    const { code, stdout } = await compat(folder, 'schemas', '--against', 'HEAD')

    expect(stdout).toMatch(
      /^schemas\/shop\/click\/1\.0\.0\.json:1: is no JSON [^\n]+ \[readable\]\n0 versions/,
    )
    expect(code).toBe(1)
  })

  test('a new version of an old major is told to take the next major that is free', async () => {
    const { folder, commit } = await tempRepository()
    await commit({ ...FIRST, 'schemas/shop/click/2.0.0.json': click('2.0.0', { action: 'integer' }) })
    await write(join(folder, 'schemas/shop/click/1.1.0.json'), click('1.1.0', {}))

    const { stdout } = await compat(folder, 'schemas', '--against', 'HEAD')

    expect(stdout).toContain('1.1.0 breaks 1.0.0 at /properties/action: ')
    expect(stdout).toContain('publish it as 3.0.0 instead, and remove 1.1.0.json [compatible]')
  })

  test('a broken version that nobody has is to be removed, once another has taken its place', async () => {
    const { folder, commit } = await tempRepository()
    await commit(FIRST)
    await writeInto(folder, {
      ...BROKEN,
      'schemas/shop/click/2.0.0.json': click('2.0.0', { action: 'integer' }),
    })

    const { stdout } = await compat(folder, 'schemas', '--against', 'main')

    expect(stdout).toContain(
      '; main does not have 1.1.0, so it is not published: remove 1.1.0.json, now that there is 2.0.0; if that is another change, publish this one as 3.0.0 instead [compatible]',
    )
  })

  test('a file of another content type has to hold what the version holds', async () => {
    const { folder, commit } = await tempRepository()
    await commit(FIRST)
    await write(join(folder, 'schemas/shop/click/1.0.0.yaml'), 'type: string')

    const { stdout } = await compat(folder, 'schemas', '--against', 'HEAD')

    expect(stdout).toContain('schemas/shop/click/1.0.0.yaml:1: 1.0.0 is not as HEAD has it')
  })

  test('what follows a changed version is compared with the version as it was', async () => {
    const { folder, commit } = await tempRepository()
    await commit(FIRST)
    await write(join(folder, 'schemas/shop/click/1.0.0.json'), click('1.0.0', { action: 'integer' }))
    await write(join(folder, 'schemas/shop/click/1.1.0.json'), click('1.1.0', { action: 'integer' }))

    const { stdout } = await compat(folder, 'schemas', '--against', 'HEAD')

    expect(stdout).toContain('1.1.0 breaks 1.0.0 at /properties/action/type')
  })

  test('a published version that was removed is found, and what follows is still compared with it', async () => {
    const { folder, commit } = await tempRepository()
    await commit({ ...FIRST, ...GROWN })
    await rm(join(folder, 'schemas/shop/click/1.1.0.json'))
    await write(join(folder, 'schemas/shop/click/1.2.0.json'), click('1.2.0'))

    const { stdout } = await compat(folder, 'schemas', '--against', 'HEAD')

    expect(stdout.split('\n')).toEqual([
      expect.stringContaining('schemas/shop/click/1.1.0.json: 1.1.0 is gone, and HEAD has it'),
      expect.stringContaining('1.2.0 breaks 1.1.0 at /properties/count: it is gone'),
      '1 version compared with the one before: 2 found',
      '',
    ])
  })

  test('a title that was renamed is one finding: the old one is gone', async () => {
    const { folder, commit } = await tempRepository()
    await commit({ ...FIRST, ...GROWN, 'schemas/shop/view/1.0.0.json': { title: 'shop/view' } })
    await rename(join(folder, 'schemas/shop/click'), join(folder, 'schemas/shop/tap'))
    await commit()

    const { code, stdout } = await compat(folder, 'schemas', '--against', 'HEAD~1')

    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(
        /^schemas\/shop\/click: shop\/click is gone, and HEAD~1 has 1\.0\.0, 1\.1\.0 of it; .*git checkout HEAD~1 -- schemas\/shop\/click \[published\]$/,
      ),
      '1 version compared with the one before: 1 found',
      '',
    ])
    expect(code).toBe(1)
  })

  test('what the config switches off is not found', async () => {
    const { folder, commit } = await tempRepository()
    await commit({ ...FIRST, 'schemas/shop/view/1.0.0.json': { title: 'shop/view' } })
    await rm(join(folder, 'schemas/shop/view'), { recursive: true })
    await write(join(folder, 'schemas/shop/click/1.1.0.json'), click('1.1.0', {}))
    const off = 'off: { published: [shop/view], compatible: [shop/click] }'
    await write(join(folder, 'schemas/rivulet-schemas.yaml'), off)

    expect(await compat(folder, 'schemas', '--against', 'HEAD')).toMatchObject({
      code: 0,
      stdout: '0 versions compared with the one before: nothing found\n',
    })
  })

  test('the folder may lie deep in the repository, be named from within it, or be the repository', async () => {
    const { folder, commit } = await tempRepository()
    await commit({ 'a/ä b/schemas/shop/click/1.0.0.json': click('1.0.0'), 'shop/view/1.0.0.json': {} })
    await write(join(folder, 'a/ä b/schemas/shop/click/1.0.0.json'), click('1.0.0', {}))

    const deep = await compat(folder, 'a/ä b/schemas', '--against', 'HEAD')
    const within = await compat(join(folder, 'a/ä b/schemas'), '.', '--against', 'HEAD')
    const whole = await compat(folder, '.', '--against', 'HEAD')

    expect(deep.stdout).toMatch(
      /^a\/ä b\/schemas\/shop\/click\/1\.0\.0\.json:\d+: 1\.0\.0 is not as HEAD has it/,
    )
    expect(within.stdout).toMatch(/^shop\/click\/1\.0\.0\.json:\d+: 1\.0\.0 is not as HEAD has it/)
    expect(whole.stdout).toMatch(
      /^a\/ä b\/schemas\/shop\/click\/1\.0\.0\.json:\d+: 1\.0\.0 is not as HEAD has it/,
    )
  })

  test('a folder that the revision does not have is all new', async () => {
    const { folder, commit } = await tempRepository()
    await commit({ 'README.md': 'A shop.' })
    await commit({ ...FIRST, ...BROKEN })

    const { code, stdout } = await compat(folder, 'schemas', '--against', 'HEAD~1')

    expect(stdout).toContain('1 version compared with the one before: 1 found')
    expect(code).toBe(1)
  })

  test('a revision that cannot be read in part is compared in the rest', async () => {
    const { folder, commit } = await tempRepository()
    await commit({ ...FIRST, 'schemas/shop/view/1.0.0.yaml': 'a: [' })
    await write(join(folder, 'schemas/shop/view/1.0.0.yaml'), 'title: shop/view')

    expect(await compat(folder, 'schemas', '--against', 'HEAD')).toMatchObject({ code: 0 })
  })

  test('in a hook, git’s own variables do not lead elsewhere', async () => {
    const { folder, commit } = await tempRepository()
    const elsewhere = await tempRepository()
    await commit(FIRST)
    const env = { GIT_DIR: join(elsewhere.folder, '.git'), GIT_WORK_TREE: elsewhere.folder, GIT_PREFIX: 'a/' }

    const { ended } = rivulet(['schemas', 'compat', 'schemas', '--against', 'HEAD'], { cwd: folder, env })

    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('without git: one line, exit code 2', async () => {
    const folder = await folderOf(FIRST)

    const { ended } = rivulet(['schemas', 'compat', 'schemas', '--against', 'HEAD'], {
      cwd: folder,
      env: { PATH: folder },
    })

    expect(await ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^rivulet: \S+ is in no git repository, or git is not installed; [^\n]+\n$/,
      ),
    })
  })

  test('a shallow clone has its own revision alone, and says what to do about others', async () => {
    const origin = await tempRepository()
    await origin.commit(FIRST)
    await origin.commit(GROWN)
    const clone = await tempRepository()
    await clone.git('clone', '--quiet', '--depth', '1', `file://${origin.folder}`, 'shop')
    const shop = join(clone.folder, 'shop')

    const own = await compat(shop, 'schemas', '--against', 'origin/main')
    const other = await compat(shop, 'schemas', '--against', 'HEAD~1')

    expect(own).toMatchObject({ code: 0 })
    expect(other).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^rivulet: "HEAD~1" is no revision that git knows here; fetch it .*fetch-depth: 0.*\n$/,
      ),
    })
  })

  test('before the first commit: one line that says so, exit code 2', async () => {
    const { folder } = await tempRepository(FIRST)

    expect(await compat(folder, 'schemas', '--against', 'HEAD')).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr:
        'rivulet: "HEAD" is no revision that git knows here, since there is no commit yet; commit first, or compare without it\n',
    })
  })

  test.each(['none', '', '--all', 'HEAD:schemas'])(
    'a revision that is none, %j: one line, exit code 2',
    async (revision) => {
      const { folder, commit } = await tempRepository()
      await commit(FIRST)

      expect(await compat(folder, 'schemas', `--against=${revision}`)).toEqual({
        code: 2,
        signal: null,
        stdout: '',
        stderr: expect.stringMatching(/^rivulet: "[^"]*" is no revision that git knows here; [^\n]+\n$/),
      })
    },
  )

  test('outside of git: one line, exit code 2', async () => {
    const folder = await folderOf(FIRST)

    expect(await compat(folder, 'schemas', '--against', 'main')).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: expect.stringMatching(
        /^rivulet: schemas is in no git repository, or git is not installed; [^\n]+\n$/,
      ),
    })
  })
})

test.each([
  ['no folder', [], /schemas: no such schema folder/],
  ['a folder that is missing', ['nowhere'], /nowhere: no such schema folder/],
  ['a config that is wrong', ['wrong'], /wrong\/rivulet-schemas\.yaml: "on" is no setting/],
])('%s: one line that says what and where, exit code 2', async (_, args, line) => {
  const folder = await folderOf({ 'wrong/rivulet-schemas.yaml': 'on: []' })

  const { code, stdout, stderr } = await compat(folder, ...args)

  expect(stderr).toMatch(/^rivulet: [^\n]+\n$/)
  expect(stderr).toMatch(line)
  expect(stdout).toBe('')
  expect(code).toBe(2)
})

test('--help says what may change, whom a break hurts, the exit codes, and examples', async () => {
  const { code, stdout } = await compat('.', '--help')

  expect(code).toBe(0)
  for (const part of [
    '--against',
    '--json',
    'required',
    'enum',
    'readers',
    'producers',
    'Exit code',
    'Examples',
  ])
    expect(stdout).toContain(part)
})
