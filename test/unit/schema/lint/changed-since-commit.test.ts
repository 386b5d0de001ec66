import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lint } from '../../../../src/schema/lint/lint.ts'
import { type Files, folderOf, writeInto } from '../../../support/folder.ts'
import { CURRENT, EXAMPLE, GOOD, OPTIONS, VERSION } from './good-repository.ts'

/** The good repository, committed. */
async function committed(more: Files = {}): Promise<string> {
  const folder = await folderOf({ ...GOOD, ...more })
  git(folder, 'init', '--quiet')
  git(folder, 'add', '.')
  git(folder, 'commit', '--quiet', '--message', 'x')
  return folder
}

function git(folder: string, ...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args], {
    cwd: folder,
    stdio: 'pipe',
  })
}

async function foundAt(folder: string) {
  const { findings } = await lint([folder], OPTIONS)
  return findings.map(({ rule, file, message }) => ({ rule, file: file.slice(folder.length + 1), message }))
}

const WRONG = { ...VERSION, properties: { ...VERSION.properties, aB: { type: 'string' } } }

test('a published version that the work tree has changed is one finding, with the way back', async () => {
  const folder = await committed()
  await writeInto(folder, { 'shop/click/1.0.0.json': WRONG })

  const path = join(folder, 'shop/click/1.0.0.json')
  expect(await foundAt(folder)).toEqual([
    {
      rule: 'published',
      file: 'shop/click/1.0.0.json',
      message: expect.stringContaining(`bring it back with git checkout HEAD -- ${path}`),
    },
  ])
})

test('one that is gone is one finding', async () => {
  const folder = await committed({
    'shop/click/0.9.0.json': {
      ...VERSION,
      $id: '/shop/click/0.9.0',
      examples: [{ ...EXAMPLE, $schema: '/shop/click/0.9.0' }],
    },
  })
  rmSync(join(folder, 'shop/click/1.0.0.json'))

  expect(await foundAt(folder)).toMatchObject([{ rule: 'published', file: 'shop/click/1.0.0.json' }])
})

test('the only one that is gone is one finding, at the title', async () => {
  const folder = await committed()
  rmSync(join(folder, 'shop/click/1.0.0.json'))

  expect(await foundAt(folder)).toMatchObject([{ rule: 'published', file: 'shop/click' }])
})

test('a title that is gone is one finding', async () => {
  const folder = await committed()
  rmSync(join(folder, 'shop/click'), { recursive: true })

  expect(await foundAt(folder)).toMatchObject([{ rule: 'published', file: 'shop/click' }])
})

test('what is new since the commit, or as it was, is none, and neither is one that the config lets pass', async () => {
  const folder = await committed({ 'rivulet-schemas.yaml': 'off: { published: [shop] }' })

  const before = await foundAt(folder)
  await writeInto(folder, {
    'shop/tap/current.yaml': { ...CURRENT, title: 'shop/tap', $id: '/shop/tap/1.0.0' },
    'shop/click/1.0.0.json': { ...VERSION, description: 'changed' },
    'shop/click/latest.json': { ...VERSION, description: 'changed' },
  })

  expect(before).toEqual([])
  expect(await foundAt(folder)).toMatchObject([
    { rule: 'materialized', file: 'shop/click/current.yaml' },
    { rule: 'materialized', file: 'shop/tap/current.yaml' },
  ])
})
