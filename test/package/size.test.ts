import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { ROOT, tool } from './tarball.ts'

// Measured and limited as package.json's `size-limit` says: minified, brotli, with all dependencies.

interface Measured {
  readonly name: string
  readonly size: number
  readonly passed?: boolean
}

describe('the size', () => {
  let measured: readonly Measured[]

  beforeAll(async () => {
    // It exits with 1 where a limit is passed, having printed the sizes.
    const { stdout } = await promisify(execFile)(tool('size-limit'), ['--json'], { cwd: ROOT }).catch(
      (error) => error,
    )
    measured = JSON.parse(stdout)
  })

  test('stays within its limits', () => {
    expect(measured.filter(({ passed }) => passed === false)).toEqual([])
    expect(measured.filter(({ passed }) => passed).map(({ name }) => name)).toEqual([
      'rivulet',
      'rivulet/webview',
      'rivulet/collectors/clicks',
      'rivulet/collectors/errors',
      'rivulet/collectors/page-views',
      'rivulet/collectors/web-vitals',
      'rivulet/config-push',
      'rivulet/curation',
      'rivulet/debug',
      'rivulet/fetch-later',
      'rivulet/redact',
      'rivulet/validator',
      'dist/script.js',
    ])
  })

  test('is the one that the README tells', async () => {
    const told = sizesIn(await readFile(join(ROOT, 'README.md'), 'utf8'))

    expect(told).toEqual(Object.fromEntries(measured.map(({ name, size }) => [name, inKilobytes(size)])))
  })
})

describe("the README's figures", () => {
  test('are read from table rows, whatever stands between name and figure', () => {
    const readme = [
      '| entry | size |',
      '| --- | ---: |',
      '| `rivulet` | 3.9 kB |',
      '| `rivulet/intake` | (Node) |',
    ]
    const more = ['| `dist/script.js`, for a tag | as IIFE | **4.3 kB** |', 'about `x` in 7.7 kB']

    expect(sizesIn([...readme, ...more].join('\n'))).toEqual({ rivulet: '3.9', 'dist/script.js': '4.3' })
  })

  test('are rounded up to a tenth of a kB of 1,000 bytes', () => {
    expect([3801, 3899, 3900, 3901, 4000].map(inKilobytes)).toEqual(['3.9', '3.9', '3.9', '4.0', '4.0'])
  })
})

/** The sizes of entries and files in the tables of a README, in kB, as they are written. */
function sizesIn(readme: string): Record<string, string> {
  const rows = readme.matchAll(/^\|\s*`(rivulet[^`]*|dist\/[^`]*)`.*\|[^|]*?(\d+\.\d) kB[^|]*\|/gm)
  return Object.fromEntries([...rows].map(([, entry, size]) => [entry, size]))
}

function inKilobytes(bytes: number): string {
  return (Math.ceil(bytes / 100) / 10).toFixed(1)
}
