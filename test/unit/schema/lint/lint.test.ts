import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lint } from '../../../../src/schema/lint/lint.ts'
import { folderOf } from '../../../support/folder.ts'
import {
  EXAMPLE,
  FRAGMENT,
  GOOD,
  OPTIONS,
  VERSION,
  foundIn,
  text,
  withProperties,
  withVersion,
} from './good-repository.ts'

test('a repository that keeps every rule has no findings', async () => {
  const folder = await folderOf(GOOD)

  expect(await lint([folder], OPTIONS)).toEqual({ findings: [], files: 4 })
})

describe('files', () => {
  test('that are the same version are checked once, and links to them not at all', async () => {
    const wrong = { ...VERSION, properties: { ...VERSION.properties, aB: text } }

    const found = await foundIn({
      ...withVersion(wrong),
      'shop/click/1.0.0.yaml': wrong,
      'shop/click/1.0.0': 'link:1.0.0.yaml',
      'shop/click/latest.yaml': 'link:1.0.0.yaml',
      'shop/click/latest': 'link:latest.yaml',
    })

    expect(found.map(({ rule, file }) => [rule, file])).toEqual([['snake-case', 'shop/click/1.0.0.json']])
  })

  test('that cannot be read are a finding each, and keep no other from being checked', async () => {
    const folder = await folderOf({
      ...withProperties({ aB: text }),
      'fragment/common/1.0.0.json': '{\n"title": "a",\n"title": "b"\n}',
      'fragment/common/current.yaml': 'title: a\nb: c: d',
      'fragment/common/1.0.0': 'link:1.0.0.json',
      'fragment/common/latest.json': 'link:none.json',
    })

    const { findings } = await lint([folder], OPTIONS)

    const path = (name: string) => join(folder, name)
    expect(findings).toMatchObject([
      { rule: 'readable', file: path('fragment/common/1.0.0.json'), line: 3 },
      { rule: 'readable', file: path('fragment/common/current.yaml'), line: 2 },
      { rule: 'readable', file: path('fragment/common/latest.json'), line: 1 },
      { rule: 'snake-case', file: path('shop/click/1.0.0.json') },
    ])
  })

  test('of one $id in two folders are a finding each in the second', async () => {
    const [first, second] = [await folderOf(GOOD), await folderOf(GOOD)]

    const { findings } = await lint([first, second], OPTIONS)

    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['unique-id']))
    expect(findings.map(({ file }) => file)).toEqual([
      join(second, 'fragment/common/current.yaml'),
      join(second, 'shop/click/current.yaml'),
    ])
    expect(findings[0]!.message).toContain(join(first, 'fragment/common/current.yaml'))
  })

  test('of a folder that is named twice are checked once', async () => {
    const folder = await folderOf(GOOD)

    expect(await lint([folder, `${folder}/shop/..`], OPTIONS)).toEqual({ findings: [], files: 4 })
  })
})

test('an example that an unsafe pattern would take years for is not tried', async () => {
  const found = await foundIn({
    ...withVersion({
      properties: { ...VERSION.properties, a: { ...text, pattern: '^(a+)+$' } },
      examples: [{ ...EXAMPLE, a: `${'a'.repeat(60)}!` }],
    }),
  })

  expect(found.map(({ rule }) => rule)).toEqual(['safe-pattern'])
})

test('a name of 100 kB is no trouble', async () => {
  const name = 'a'.repeat(100_000)

  expect(await foundIn(withProperties({ [name]: text }))).toEqual([])
  expect(await foundIn(withProperties({ [`${name}!`]: text }))).toMatchObject([{ rule: 'snake-case' }])
})

test('a folder below the schema folder has findings that say to name the one above', async () => {
  const folder = await folderOf(GOOD)

  const { findings } = await lint([join(folder, 'shop')], OPTIONS)

  expect(findings.map(({ rule }) => rule)).toContain('title-is-path')
  for (const { message } of findings.filter(({ rule }) => rule === 'title-is-path'))
    expect(message).toBe(
      '"title" is "shop/click"; the folder that was named is probably shop below the schema folder, so name that, the one that holds shop',
    )
})

test('a rule that the config switches off for a path holds everywhere else', async () => {
  const definitions = { a: { type: 'object', properties: { aB: text } } }

  const found = await foundIn({
    ...withProperties({ aB: text }),
    'fragment/common/current.yaml': { ...FRAGMENT, definitions },
    'rivulet-schemas.yaml': 'off: { snake-case: [shop/click/1.0.0.json], published: [.] }',
  })

  expect(found.map(({ file }) => file)).toEqual(['fragment/common/current.yaml'])
})

test('findings come by file and line, each with the reason of its rule', async () => {
  const folder = await folderOf(withProperties({ bC: text, aB: text }))

  const { findings } = await lint([folder], OPTIONS)

  expect(findings.map(({ pointer }) => pointer)).toEqual(['/properties/bC', '/properties/aB'])
  expect(findings[0]).toEqual({
    rule: 'snake-case',
    file: join(folder, 'shop/click/1.0.0.json'),
    line: expect.any(Number),
    pointer: '/properties/bC',
    message: '"bC" is not in snake_case; call it b_c',
    reason: 'Fields become columns, and columns do not tell capitals apart.',
  })
})

test('a folder that is missing, and a config that cannot be used, are errors', async () => {
  const folder = await folderOf({ 'rivulet-schemas.yaml': 'off: {snakecase: [.]}' })

  await expect(lint([join(folder, 'none')], OPTIONS)).rejects.toThrow(/none: no such schema folder/)
  await expect(lint([folder], OPTIONS)).rejects.toThrow(/names the rule snakecase/)
})

test('of hundreds of unsafe patterns the first are judged, and the rest wait for those to be mended', async () => {
  const bad = Array.from({ length: 200 }, (_, index) => [
    `f${index}`,
    { ...text, pattern: `^(a{0,${index + 2}}a+)+$` },
  ])
  const folder = await folderOf(withProperties(Object.fromEntries(bad)))

  const { findings } = await lint([folder], OPTIONS)
  const ofPatterns = findings.filter(({ rule }) => rule === 'safe-pattern')

  expect(ofPatterns).toHaveLength(200)
  expect(ofPatterns.filter(({ message }) => message.includes('is not judged')).length).toBeGreaterThan(100)
})
