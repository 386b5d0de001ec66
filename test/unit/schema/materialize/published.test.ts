import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readTitles } from '../../../../src/schema/folder.ts'
import { readPublished } from '../../../../src/schema/materialize/published.ts'
import { type Files, folderOf } from '../../../support/folder.ts'
import { tempRepository } from '../../../support/temp-repository.ts'

const FILES: Files = {
  'shop/click/1.0.0.json': '{}',
  'shop/click/1.0.0': 'link:1.0.0.json',
  'shop/click/latest.json': '{}',
  'shop/click/current.yaml': 'title: shop/click',
  'node_modules/shop/click/1.0.0.json': '{}',
  '.old/shop/click/1.0.0.json': '{}',
  '1.0.0.json': '{}',
}
const CLICK = { title: 'shop/click', version: '1.0.0', ending: 'json' }

const publishedIn = (folder: string) =>
  readPublished(folder, readTitles(folder)).map(({ title, version, ending }) => ({ title, version, ending }))

test('without git, published is each file of a version that lies in a title', async () => {
  expect(publishedIn(await folderOf(FILES))).toEqual([CLICK])
})

test('with git it is each that HEAD has, and of the same names', async () => {
  const { folder, commit } = await tempRepository(FILES)
  const before = publishedIn(folder)
  await commit()
  await rm(join(folder, 'shop'), { recursive: true })

  expect(before).toEqual([])
  expect(publishedIn(folder)).toEqual([CLICK])
})
