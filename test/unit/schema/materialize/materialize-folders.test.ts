import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { materializeFolders } from '../../../../src/schema/materialize/materialize-folders.ts'
import { writeFiles } from '../../../../src/schema/write-files.ts'
import { head, folderOf, writeInto } from '../../../support/folder.ts'
import { tempRepository } from '../../../support/temp-repository.ts'

const click = (version: string, fields: object = {}) => ({ ...head('shop/click', version), ...fields })

/** Materializes a folder, writes, and returns what was written, by the paths below it. */
async function materialize(folder: string, ...others: string[]): Promise<string[]> {
  const { findings, files } = await materializeFolders([folder, ...others])
  expect(findings).toEqual([])
  writeFiles(files)
  return files.map(({ path }) => path.slice(folder.length + 1))
}

const findingsIn = async (...folders: string[]) => (await materializeFolders(folders)).findings

const read = (folder: string, path: string) => readFileSync(join(folder, path), 'utf8')

describe('files', () => {
  test('a new schema becomes its version and latest, once', async () => {
    const folder = await folderOf({ 'shop/click/current.yaml': click('1.0.0') })

    expect(await materialize(folder)).toEqual(['shop/click/1.0.0.json', 'shop/click/latest.json'])
    expect(await materialize(folder)).toEqual([])

    expect(JSON.parse(read(folder, 'shop/click/1.0.0.json'))).toEqual(click('1.0.0'))
    expect(read(folder, 'shop/click/latest.json')).toBe(read(folder, 'shop/click/1.0.0.json'))
    expect(lstatSync(join(folder, 'shop/click/latest.json')).isFile()).toBe(true)
    expect(readdirSync(join(folder, 'shop/click'))).toHaveLength(3)
  })

  test('a next version leaves the one before as it is, and moves latest', async () => {
    const folder = await folderOf({ 'shop/click/current.yaml': click('1.9.0') })
    await materialize(folder)
    const before = read(folder, 'shop/click/1.9.0.json')
    await writeInto(folder, { 'shop/click/current.yaml': click('1.10.0', { type: 'object' }) })

    expect(await materialize(folder)).toEqual(['shop/click/1.10.0.json', 'shop/click/latest.json'])

    expect(read(folder, 'shop/click/1.9.0.json')).toBe(before)
    expect(JSON.parse(read(folder, 'shop/click/latest.json'))).toMatchObject({ $id: '/shop/click/1.10.0' })
  })

  test('a folder of YAML with links gets YAML and links', async () => {
    const folder = await folderOf({
      'shop/click/current.yaml': click('1.1.0'),
      'shop/click/1.0.0.yaml': click('1.0.0'),
      'shop/view/current.yaml': head('shop/view'),
    })
    await symlink('1.0.0.yaml', join(folder, 'shop/click/1.0.0'))
    await symlink('1.0.0.yaml', join(folder, 'shop/click/latest'))
    await symlink('1.0.0.yaml', join(folder, 'shop/click/latest.yaml'))

    await materialize(folder)

    for (const [title, version] of [
      ['shop/click', '1.1.0'],
      ['shop/view', '1.0.0'],
    ] as const) {
      expect(read(folder, `${title}/${version}.yaml`)).toContain(`$id: /${title}/${version}\n`)
      for (const link of [version, 'latest', 'latest.yaml'])
        expect(readlinkSync(join(folder, title, link))).toBe(`${version}.yaml`)
    }
    expect(readdirSync(join(folder, 'shop/view')).sort()).toEqual([
      '1.0.0',
      '1.0.0.yaml',
      'current.yaml',
      'latest',
      'latest.yaml',
    ])
    expect(await materialize(folder)).toEqual([])
  })

  test('a folder of YAML and JSON gets both', async () => {
    const folder = await folderOf({
      'shop/click/current.yaml': click('1.1.0'),
      'shop/click/1.0.0.yaml': click('1.0.0'),
      'shop/click/1.0.0.json': click('1.0.0'),
    })

    expect(await materialize(folder)).toEqual([
      'shop/click/1.1.0.json',
      'shop/click/1.1.0.yaml',
      'shop/click/latest.json',
      'shop/click/latest.yaml',
    ])
  })

  test('schemas refer to each other over all folders, and to the repositories of their configs', async () => {
    const repository = await folderOf({
      'a/far/1.0.0.json': { ...head('a/far'), properties: { far: { type: 'string' } } },
    })
    const near = await folderOf({
      'a/near/current.yaml': { ...head('a/near'), properties: { near: { type: 'string' } } },
    })
    const folder = await folderOf({
      'rivulet-schemas.yaml': `repositories: [${repository}]\noff: { a-rule-of-others: [shop] }\n`,
      'shop/click/current.yaml': click('1.0.0', {
        allOf: [{ $ref: '/a/near/1.0.0#' }, { $ref: '/a/far/1.0.0#' }],
      }),
    })

    await materialize(folder, near)

    expect(Object.keys(JSON.parse(read(folder, 'shop/click/1.0.0.json')).properties)).toEqual(['far', 'near'])
  })

  test('where a folder cannot be made, no file is written', async () => {
    const folder = await folderOf({ 'a/1.0.0.json': 'old', 'b/x': '' })
    const files = ['a/1.0.0.json', 'b/x/1.0.0.json'].map((path) => ({
      path: join(folder, path),
      text: 'new',
    }))

    expect(() => writeFiles(files)).toThrow(/b\/x: cannot be made \(.*\); choose another folder/)

    expect(read(folder, 'a/1.0.0.json')).toBe('old')
  })

  test('a folder in the place of a file is an error that names it, and no rest is left', async () => {
    const folder = await folderOf({ 'b/1.0.0.json/x': '' })
    const files = ['a/1.0.0.json', 'b/1.0.0.json'].map((path) => ({ path: join(folder, path), text: 'new' }))

    expect(() => writeFiles(files)).toThrow(
      /b\/1\.0\.0\.json: cannot be written \(.*\); make the folder writable/,
    )

    expect(readdirSync(join(folder, 'a'))).toEqual(['1.0.0.json'])
    expect(readdirSync(join(folder, 'b'))).toEqual(['1.0.0.json'])
  })
})

describe('published versions', () => {
  test.each(['json', 'yaml'])(
    'one that would change is refused, with where, and what to do (%s)',
    async (ending) => {
      const folder = await folderOf({
        'shop/click/current.yaml': `title: shop/click\n$id: /shop/click/1.0.0\n$schema: ${click('1').$schema}\nproperties: { a: { type: string } }\n`,
        [`shop/click/1.0.0.${ending}`]: click('1.0.0', { properties: { a: { type: 'boolean' } } }),
      })

      const [finding, ...others] = await findingsIn(folder)

      expect(others).toEqual([])
      expect(finding).toMatchObject({
        rule: 'published',
        file: join(folder, 'shop/click/current.yaml'),
        line: 2,
        pointer: '/$id',
        message: expect.stringMatching(
          /1\.0\.0 is published, and would change at \/properties\/a\/type; raise the version in "\$id" \(patch/,
        ),
      })
    },
  )

  test('with git, a version is published by the commit, not by being there', async () => {
    const { folder, commit } = await tempRepository({ 'shop/click/current.yaml': click('1.0.0') })
    await materialize(folder)
    await writeInto(folder, { 'shop/click/current.yaml': click('1.0.0', { type: 'object' }) })
    expect(await materialize(folder)).toEqual(['shop/click/1.0.0.json', 'shop/click/latest.json'])

    await commit()
    await writeInto(folder, { 'shop/click/current.yaml': click('1.0.0', { type: 'string' }) })

    expect(await findingsIn(folder)).toEqual([expect.objectContaining({ rule: 'published' })])
  })

  test('one that would change is told the way out that there is without git, and with it', async () => {
    const made = { 'shop/click/current.yaml': click('1.0.0'), 'shop/click/1.0.0.json': click('1.0.0') }
    const edited = { 'shop/click/current.yaml': click('1.0.0', { type: 'string' }) }
    const bare = await folderOf({ ...made, ...edited })
    const { folder, commit } = await tempRepository(made)
    await commit()
    await writeInto(folder, edited)

    const [outside] = await findingsIn(bare)
    const [inside] = await findingsIn(folder)

    expect(outside!.message).toMatch(
      `outside of git all that is written counts as published: where nobody has it yet, delete ${join(bare, 'shop/click/1.0.0.*')}`,
    )
    expect(inside!.message).toMatch(
      `where its commit is not merged yet: git rm ${join(folder, 'shop/click/1.0.0.*')}, commit, and materialize again`,
    )
  })

  test('one that was changed or removed by hand is written again as it was published', async () => {
    const { folder, commit } = await tempRepository({
      'shop/click/current.yaml': click('1.0.0'),
      'shop/click/1.0.0.json': click('1.0.0'),
    })
    await materialize(folder)
    await commit()
    const published = read(folder, 'shop/click/1.0.0.json')

    await writeFile(join(folder, 'shop/click/1.0.0.json'), '{"title":"tampered"}')
    expect(await materialize(folder)).toEqual(['shop/click/1.0.0.json'])
    expect(read(folder, 'shop/click/1.0.0.json')).toBe(published)

    await rm(join(folder, 'shop/click/1.0.0.json'))
    expect(await materialize(folder)).toEqual(['shop/click/1.0.0.json'])
    expect(read(folder, 'shop/click/1.0.0.json')).toBe(published)
  })

  test('one that says the same in another format stays as it is, and so does its latest', async () => {
    const text = `${JSON.stringify(click('1.0.0'), null, 8)}\r\n`
    const folder = await folderOf({
      'shop/click/current.yaml': click('1.0.0'),
      'shop/click/1.0.0.json': text,
      'shop/click/latest.json': text,
    })

    const { files, kept } = await materializeFolders([folder])

    expect(files).toEqual([])
    expect(kept).toEqual([join(folder, 'shop/click/1.0.0.json')])
  })

  test('an example that another tool has made up is no change', async () => {
    const folder = await folderOf({
      'shop/click/current.yaml': click('1.0.0'),
      'shop/click/1.0.0.json': click('1.0.0', { examples: [{ $schema: '/shop/click/1.0.0' }] }),
    })

    expect(await materialize(folder)).toEqual(['shop/click/latest.json'])
  })

  test('a schema is made of the fragment as it is now, not of what lies beside it', async () => {
    const { folder } = await tempRepository({
      'a/part/current.yaml': { ...head('a/part'), properties: { x: { type: 'string' } } },
      'shop/click/current.yaml': click('1.0.0', { allOf: [{ $ref: '/a/part/1.0.0#' }] }),
    })
    await materialize(folder)
    await writeInto(folder, {
      'a/part/current.yaml': { ...head('a/part'), properties: { y: { type: 'string' } } },
    })

    expect(await materialize(folder)).toHaveLength(4)
    expect(await materialize(folder)).toEqual([])

    expect(Object.keys(JSON.parse(read(folder, 'shop/click/1.0.0.json')).properties)).toEqual(['y'])
  })

  test('a folder below the root of its git repository is looked up there', async () => {
    const { folder: root, commit } = await tempRepository({
      'x/schemas/shop/click/current.yaml': click('1.0.0', { type: 'object' }),
      'x/schemas/shop/click/1.0.0.json': click('1.0.0'),
    })
    await commit()

    expect(await findingsIn(join(root, 'x/schemas'))).toEqual([
      expect.objectContaining({ rule: 'published' }),
    ])
  })

  test('a version below the newest is refused', async () => {
    const folder = await folderOf({
      'shop/click/current.yaml': `$id: /shop/click/1.9.0\ntitle: shop/click\n$schema: ${click('1').$schema}`,
      'shop/click/1.10.0.json': click('1.10.0'),
    })

    expect(await findingsIn(folder)).toEqual([
      expect.objectContaining({
        rule: 'current-is-newest',
        line: 1,
        message: '"$id" is version 1.9.0, and there is 1.10.0; raise it above that',
      }),
    ])
  })

  test('a draft above the version may be removed, since nobody has it', async () => {
    const { folder, commit } = await tempRepository({ 'shop/click/current.yaml': click('1.0.0') })
    await commit()
    await writeInto(folder, { 'shop/click/1.1.0.json': click('1.1.0') })

    expect((await findingsIn(folder))[0]?.message).toMatch(
      /raise it above that, or remove that one, which is not published/,
    )
  })
})

describe('findings', () => {
  test('of one title leave the files of the others, for the caller to decide on', async () => {
    const folder = await folderOf({
      'shop/click/current.yaml': click('1.0.0', { title: 'shop/klick' }),
      'shop/view/current.yaml': head('shop/view'),
    })

    const { findings, files } = await materializeFolders([folder])

    expect(findings).toHaveLength(1)
    expect(files.map(({ path }) => path)).toEqual([
      join(folder, 'shop/view/1.0.0.json'),
      join(folder, 'shop/view/latest.json'),
    ])
  })

  test.each([
    [
      'a title that is not the path',
      { title: 'shop/klick' },
      2,
      'title-is-path',
      '"title" is "shop/klick"; write shop/click',
    ],
    ['no title', { title: undefined }, 1, 'title-is-path', '"title" is missing; write shop/click'],
    [
      'an $id without a version',
      { $id: '/shop/click' },
      3,
      'id-is-title-and-version',
      '"$id" is "/shop/click"; write /shop/click/X.Y.Z',
    ],
    [
      'an $id of latest',
      { $id: '/shop/click/latest' },
      3,
      'id-is-title-and-version',
      'write /shop/click/X.Y.Z',
    ],
    [
      'an $id of another title',
      { $id: '/shop/view/1.0.0' },
      3,
      'id-is-title-and-version',
      '"$id" is "/shop/view/1.0.0"',
    ],
    ['an $id that is no text', { $id: 1 }, 3, 'id-is-title-and-version', '"$id" is 1'],
  ])('%s', async (_, fields, line, rule, message) => {
    const folder = await folderOf({ 'shop/click/current.json': click('1.0.0', fields) })

    expect(await findingsIn(folder)).toEqual([
      expect.objectContaining({
        rule,
        file: join(folder, 'shop/click/current.json'),
        line,
        message: expect.stringContaining(message),
      }),
    ])
  })

  test('of a folder below the schema folder say that the one above is to be named', async () => {
    const folder = await folderOf({ 'shop/click/current.yaml': click('1.0.0') })

    const findings = await findingsIn(join(folder, 'shop'))

    expect(findings.map(({ rule }) => rule)).toEqual(['title-is-path', 'id-is-title-and-version'])
    for (const { message } of findings)
      expect(message).toMatch(/; the folder that was named is probably shop below the schema folder, so name/)
  })

  test('a version that no tool would read is not written', async () => {
    const fields = Object.fromEntries(
      Array.from({ length: 9000 }, (_, index) => [`number_${index}`, { type: 'integer' }]),
    )
    const folder = await folderOf({
      'shop/click/current.yaml': JSON.stringify(click('1.0.0', { properties: fields })),
    })

    expect(await findingsIn(folder)).toEqual([
      expect.objectContaining({
        rule: 'readable',
        message: expect.stringMatching(
          /version 1\.0\.0 would have 1,\d+,\d+ characters, a schema at most 1,000,000; split it/,
        ),
      }),
    ])
  })

  test('two schemas with one $id', async () => {
    const folder = await folderOf({
      'shop/click/current.yaml': click('1.0.0'),
      'shop/view/current.yaml': click('1.0.0', { title: 'shop/view' }),
    })

    expect(await findingsIn(folder)).toEqual([
      expect.objectContaining({
        rule: 'unique-id',
        file: join(folder, 'shop/view/current.yaml'),
        message: `"$id" is "/shop/click/1.0.0", which ${join(folder, 'shop/click/current.yaml')} has already; write /shop/view/X.Y.Z`,
      }),
    ])
  })

  test('names that a config lets pass are let pass', async () => {
    const folder = await folderOf({
      'rivulet-schemas.yaml': 'off: { title-is-path: [shop], id-is-title-and-version: [shop] }\n',
      'shop/click/current.yaml': { ...click('1.0.0'), title: 'klick', $id: '/klick/1.0.0' },
    })

    expect(await materialize(folder)).toEqual(['shop/click/1.0.0.json', 'shop/click/latest.json'])
  })

  test('a broken fragment is found once, however many refer to it', async () => {
    const folder = await folderOf({
      'a/part/current.yaml': 'title: a/part\ntype: [',
      'shop/click/current.yaml': click('1.0.0', { allOf: [{ $ref: '/a/part/1.0.0#' }] }),
      'shop/view/current.yaml': { ...head('shop/view'), allOf: [{ $ref: '/a/part/1.0.0#' }] },
    })

    expect(await findingsIn(folder)).toEqual([
      expect.objectContaining({ file: join(folder, 'a/part/current.yaml'), line: expect.any(Number) }),
    ])
  })

  test('two current files of one title', async () => {
    const folder = await folderOf({
      'shop/click/current.yaml': click('1.0.0'),
      'shop/click/current.json': click('1.0.0'),
    })

    expect(await findingsIn(folder)).toEqual([
      expect.objectContaining({
        file: join(folder, 'shop/click/current.yaml'),
        message: expect.stringContaining('remove the other'),
      }),
    ])
  })
})
