import { basename, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../../src/schema/config.ts'
import { SchemaError } from '../../../src/schema/schema-error.ts'
import { folderOf } from '../../support/folder.ts'

const RULES = ['snake-case', 'no-null']

async function configOf(text: string) {
  const folder = await folderOf({ 'rivulet-schemas.yaml': text })
  return { folder, read: () => readConfig(folder, RULES) }
}

test('without a file every rule holds, and there are no repositories', async () => {
  const folder = await folderOf({})

  const config = readConfig(folder, RULES)

  expect(config.repositories).toEqual([])
  expect(config.isOn('snake-case', join(folder, 'shop/click/1.0.0.json'))).toBe(true)
})

test('a rule is off for a folder with all below it, or for a single file', async () => {
  const { folder, read } = await configOf('off:\n  snake-case: [shop/old/, ./shop/click/1.0.0.json]\n')

  const config = read()
  const isOn = (rule: string, path: string) => config.isOn(rule, join(folder, path))

  expect(isOn('snake-case', 'shop/old/1.0.0.json')).toBe(false)
  expect(isOn('snake-case', 'shop/old/deep/current.yaml')).toBe(false)
  expect(isOn('snake-case', 'shop/click/1.0.0.json')).toBe(false)
  expect(isOn('snake-case', 'shop/older/1.0.0.json')).toBe(true)
  expect(isOn('snake-case', 'shop/click/1.1.0.json')).toBe(true)
  expect(isOn('no-null', 'shop/old/1.0.0.json')).toBe(true)
})

test('"." is the whole folder', async () => {
  const { folder, read } = await configOf('off:\n  no-null: [.]\n')

  expect(read().isOn('no-null', join(folder, 'a/1.0.0.json'))).toBe(false)
})

test('a file is the same, however its path is written', async () => {
  const { folder } = await configOf('off: {no-null: [shop/old]}')

  const config = readConfig(`${folder}/../${basename(folder)}/`, RULES)

  expect(config.isOn('no-null', join(folder, 'shop/old/current.yaml'))).toBe(false)
  expect(config.isOn('no-null', relative('.', join(folder, 'shop/old/current.yaml')))).toBe(false)
})

test('repositories are folders, relative to the file, and URLs as they are', async () => {
  const { folder, read } = await configOf('repositories: [../common, /srv/schemas, https://example.org/s/]\n')

  expect(read().repositories).toEqual([join(folder, '../common'), '/srv/schemas', 'https://example.org/s/'])
})

describe('a config that cannot be used is an error that says what there is', () => {
  test.each([
    ['an unknown setting', 'ignore: []', /"ignore" is no setting; there are "repositories" and "off"/],
    ['an unknown rule', 'off: {snakecase: [.]}', /names the rule snakecase; there are snake-case, no-null/],
    ['paths that are no list', 'off: {no-null: shop}', /has to have a list of paths for no-null/],
    ['rules that are no map', 'off: [no-null]', /"off" is to have lists of paths/],
    ['repositories that are no list', 'repositories: ../common', /"repositories" is to be a list/],
    ['YAML that is none', 'off: [', /is no YAML/],
  ])('%s', async (_, text, message) => {
    const { folder, read } = await configOf(text)

    expect(read).toThrow(message)
    expect(read).toThrow(SchemaError)
    expect(read).toThrow(join(folder, 'rivulet-schemas.yaml'))
  })
})

test.each([
  [
    'off:\n  readable: [.]\n',
    /"off" names readable; a file that cannot be read is to be corrected or removed/,
  ],
  ['off:\n  no-null: [""]\n', /"off" has an empty path for no-null; "\." is all of them/],
])('%j is an error', async (text, message) => {
  const { read } = await configOf(text)

  expect(read).toThrow(message)
})
