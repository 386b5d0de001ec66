import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

// What `npm test` says at its end rests on these counts, so they are taken from real runs of vitest.

const ROOT = resolve(import.meta.dirname, '../..')

describe('the counts of a run', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rivulet-counts-'))
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  })

  afterEach(() => rm(folder, { recursive: true, force: true }))

  test('tell passed, failed and skipped tests apart, with the reason of a skip', async () => {
    const { counts, output } = await run(`
      test('holds', () => {})
      test('does not hold', () => { throw new Error('no') })
      test('cannot be tried here', (context) => context.skip('no schemas here'))
    `)

    expect(counts).toEqual({ passed: 1, failed: 1, skipped: 1 })
    expect(output).toContain('skipped: a.test.mjs > cannot be tried here: no schemas here')
  })

  test('take what a file says when it is loaded as the reason of its skips', async () => {
    const { counts, output } = await run(`
      console.log('no schemas here')
      describe.runIf(false)('schemas', () => { test('hold', () => {}) })
    `)

    expect(counts).toEqual({ passed: 0, failed: 0, skipped: 1 })
    expect(output).toContain('skipped: a.test.mjs > schemas > hold: no schemas here')
  })

  test('take a skip without a reason as a failure', async () => {
    const { counts, output } = await run(`
      test('holds', () => {})
      test.skip('is left out', () => {})
    `)

    expect(counts).toEqual({ passed: 1, failed: 1, skipped: 0 })
    expect(output).toContain('skipped without a reason: a.test.mjs > is left out')
  })

  test.each([
    ['a file that cannot be loaded', "throw new Error('no')", { passed: 0, failed: 1, skipped: 0 }],
    ['a file without a test', 'export {}', { passed: 0, failed: 1, skipped: 0 }],
    [
      'a hook that fails after its tests passed',
      "test('holds', () => {}); afterAll(() => { throw new Error('no') })",
      { passed: 1, failed: 1, skipped: 0 },
    ],
    [
      'an error that nobody caught',
      "test('holds', () => { Promise.reject(new Error('no')) })",
      { passed: 1, failed: 1, skipped: 0 },
    ],
  ])('count %s as a failure', async (_what, source, expected) => {
    const { counts } = await run(source)

    expect(counts).toEqual(expected)
  })

  async function run(source: string) {
    await writeFile(
      join(folder, 'a.test.mjs'),
      `import { afterAll, describe, test } from 'vitest'\n${source}\n`,
    )
    const counts = join(folder, 'counts.json')
    const reporter = join(ROOT, 'test/count-reporter.mjs')
    const output = await vitest(['run', '--root', folder, `--reporter=${reporter}`], {
      RIVULET_TEST_COUNTS: counts,
    })
    return { counts: JSON.parse(await readFile(counts, 'utf8')) as unknown, output }
  }

  /** What it prints, whether its tests pass or not. */
  function vitest(args: readonly string[], variables: Record<string, string>): Promise<string> {
    const command = join(ROOT, 'node_modules/.bin/vitest')
    const options = { cwd: folder, env: { ...process.env, ...variables } }
    return new Promise((resolve) => {
      execFile(command, args, options, (_error, stdout) => resolve(stdout))
    })
  }
})
