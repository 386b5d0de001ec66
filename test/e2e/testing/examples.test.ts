import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findChromium } from '../../support/chromium.mjs'
import { folderOf } from '../../support/folder.ts'
import { freePort, ROOT, runNode, tool } from './programs.ts'

// jest is not among our tools: test/package/runners.test.ts installs it along with the package.

const EXAMPLES = join(ROOT, 'examples/testing')

describe('examples/testing', () => {
  test('passes in vitest, with validators that speak in words', async () => {
    const { code, output } = await runNode([tool('vitest/vitest.mjs'), 'run', '--root', 'vitest'], {
      cwd: EXAMPLES,
    })

    expect(output).toMatch(/Tests +8 passed/)
    expect(code).toBe(0)
  })

  test.each([
    ['as it is', []],
    ['with words', ['--conditions=development']],
  ])('passes in node:test, %s', async (_, conditions) => {
    const { code, output } = await runNode([...conditions, '--test', 'node/'], { cwd: EXAMPLES })

    expect(output).toMatch(/pass 2$/m)
    expect(code, output).toBe(0)
  })

  test('passes in Playwright', { timeout: 180_000 }, async () => {
    const results = await folderOf()

    const { code, output } = await runNode(
      [tool('@playwright/test/cli.js'), 'test', '--output', join(results, 'results')],
      {
        cwd: join(EXAMPLES, 'playwright'),
        env: { CHROMIUM: await findChromium(), PORT: String(await freePort()) },
      },
    )

    expect(output).toContain('5 passed')
    expect(code, output).toBe(0)
  })

  test('compiles with the generated types', async () => {
    const { code, output } = await runNode([tool('typescript/bin/tsc'), '-p', EXAMPLES])

    expect(output).toBe('')
    expect(code).toBe(0)
  })

  test('has what rivulet generate writes now', async () => {
    const { code, output } = await runNode([
      ...['dist/cli.js', 'generate', '--check', '--schemas', 'examples/shop/schemas'],
      ...['--streams', 'examples/testing/streams.json', '--out', 'examples/testing/generated'],
    ])

    expect(code, output).toBe(0)
  })
})

const unindented = (code: string) => code.replace(/^ +/gm, '')

describe('docs/testing.md', async () => {
  const guide = await readFile(join(ROOT, 'docs/testing.md'), 'utf8')
  const snippets = [...guide.matchAll(/```[jt]s\n(.*?)```/gs)].map(([, code]) => code ?? '')
  const sources = await Promise.all(
    ['vitest', 'jest', 'node', 'playwright'].flatMap(async (folder) => {
      const names = await readdir(join(EXAMPLES, folder), { withFileTypes: true })
      const files = names.filter((entry) => entry.isFile()).map(({ name }) => join(EXAMPLES, folder, name))
      return Promise.all(files.map((file) => readFile(file, 'utf8')))
    }),
  )

  test('has code', () => {
    expect(snippets.length).toBeGreaterThan(8)
  })

  test.each(snippets)('has code of the examples only: %s', (snippet) => {
    expect(sources.flat().some((source) => unindented(source).includes(unindented(snippet)))).toBe(true)
  })
})
