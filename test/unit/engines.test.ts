import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CANNOT } from '../e2e/faults/cannot.ts'
import { enginesAsked } from '../support/engines/find.mjs'

const ROOT = resolve(import.meta.dirname, '../..')

describe('the engines that the stories of faults run in', () => {
  test.each([
    ['', ['chromium']],
    ['all', ['chromium', 'firefox', 'webkit']],
    ['webkit, firefox', ['firefox', 'webkit']],
  ])('$RIVULET_ENGINES = "%s"', (asked, engines) => {
    expect(enginesAsked(asked)).toEqual(engines)
  })

  test('an engine that there is not is an error, not a run without it', () => {
    expect(() => enginesAsked('chromium,safari')).toThrow('"safari"')
  })
})

describe('what an engine cannot be asked to do', () => {
  test('is in the README, with the reason', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
    const reasons = Object.values(CANNOT).flatMap((engines) => Object.values(engines))

    expect(reasons.filter((reason) => !readme.includes(reason))).toEqual([])
  })

  test('is of a story that there is', async () => {
    const folder = join(ROOT, 'test/e2e/faults')
    const files = (await readdir(folder)).filter((name) => name.endsWith('.test.ts'))
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))

    expect(Object.keys(CANNOT).filter((name) => !texts.join('').includes(`'${name}'`))).toEqual([])
  })
})
