// What a run of checks and tests is made of: each step has counts, and the run ends in the line `N passed, N failed`.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PASSED = { passed: 1, failed: 0, skipped: 0 }
export const FAILED = { passed: 0, failed: 1, skipped: 0 }

/**
 * @param {string} name
 * @param {string} command
 * @param {readonly string[]} args
 */
export async function check(name, command, args) {
  const code = await run(command, args)
  console.log(code === 0 ? `passed: ${name}` : `failed: ${name} (${[command, ...args].join(' ')})\n`)
  return code === 0 ? PASSED : FAILED
}

/**
 * @param {readonly string[]} projects
 * @param {readonly string[]} [files] Folders or files, if not all.
 * @returns {Promise<Counts>}
 */
export async function tests(projects, files = []) {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-counts-'))
  const file = join(folder, 'counts.json')
  try {
    const code = await run(
      'vitest',
      [
        'run',
        ...files,
        ...projects.map((name) => `--project=${name}`),
        '--reporter=default',
        '--reporter=./test/count-reporter.mjs',
      ],
      { RIVULET_TEST_COUNTS: file },
    )
    const counts = await readFile(file, 'utf8').then(JSON.parse, () => FAILED)
    // It can also fail after its last test, as when it cannot stop.
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Runs a tool of this project, its output to be seen; resolves to its exit code.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, string>} [variables]
 * @returns {Promise<number>}
 */
function run(command, args, variables = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`, ...variables },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

/** @param {readonly Counts[]} results */
export function finish(results) {
  /** @param {keyof Counts} key */
  const total = (key) => results.reduce((sum, counts) => sum + counts[key], 0)
  process.exitCode = total('failed') === 0 ? 0 : 1
  if (total('skipped')) console.log(`\n${total('skipped')} skipped, each with its reason above`)
  console.log(`\n${total('passed')} passed, ${total('failed')} failed`)
}
