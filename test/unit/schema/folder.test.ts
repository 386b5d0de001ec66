import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readTitles } from '../../../src/schema/folder.ts'
import { folderOf } from '../../support/folder.ts'

test('a title is a folder with schema files, at any depth, and titles come by name', async () => {
  const folder = await folderOf({
    'shop/click/current.yaml': '',
    'shop/click/detail/1.0.0.json': '',
    'error/latest.yml': '',
    'shop/README.md': '',
  })

  const titles = readTitles(folder)

  expect(titles.map(({ title }) => title)).toEqual(['error', 'shop/click', 'shop/click/detail'])
  expect(titles[1]).toMatchObject({ folder, path: join(folder, 'shop/click') })
})

test('its files are its versions by number, then latest, then current', async () => {
  const names = ['latest.json', '1.10.0.json', '1.9.0.yaml', 'current.yaml', '1.9.0.json', 'CHANGELOG.md']
  const folder = await folderOf(Object.fromEntries(names.map((name) => [`a/${name}`, ''])))

  const [title] = readTitles(folder)

  expect(title!.files.map(({ name }) => name)).toEqual([
    '1.9.0.json',
    '1.9.0.yaml',
    '1.10.0.json',
    'latest.json',
    'current.yaml',
  ])
})

test('a file tells its version, kind, ending, and whether it is a link', async () => {
  const folder = await folderOf({ 'a/1.0.0.yaml': '', 'a/1.0.0': 'link:1.0.0.yaml', 'a/latest': 'link:none' })

  const files = readTitles(folder)[0]!.files

  expect(files).toEqual([
    expect.objectContaining({ version: '1.0.0', kind: 'version', ending: '', isLink: true }),
    expect.objectContaining({ version: '1.0.0', kind: 'version', ending: 'yaml', isLink: false }),
    expect.objectContaining({ version: 'latest', kind: 'latest', ending: '', isLink: true }),
  ])
})

test('what is hidden, installed, or named like no schema is passed over', async () => {
  const folder = await folderOf({
    '.git/a/1.0.0.json': '',
    'node_modules/a/1.0.0.json': '',
    'a/1.0.json': '',
    'a/v1.0.0.json': '',
    'a/1.0.0.txt': '',
    'current.yaml': '',
  })

  expect(readTitles(folder)).toEqual([])
})

test('a folder that is missing, or a file, is an error that names it', async () => {
  const folder = await folderOf({ file: '' })

  for (const path of [join(folder, 'none'), join(folder, 'file')])
    expect(() => readTitles(path)).toThrow(`${path}: no such schema folder; name one that holds`)
})
