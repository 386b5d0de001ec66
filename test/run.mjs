// `npm test`: everything, in one run that ends in the line `N passed, N failed`. Each check counts as one test.
// A step that fails does not keep the next from running, so that one run shows all that is wrong.
// `npm run test:engines`: only the stories of faults, in each engine. Elsewhere $RIVULET_ENGINES says in which.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ENGINES, enginesAsked, findEngine } from './support/engines/find.mjs'

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PASSED = { passed: 1, failed: 0, skipped: 0 }
const FAILED = { passed: 0, failed: 1, skipped: 0 }

const onlyFaults = process.argv[2] === 'engines'
if (onlyFaults) process.env.RIVULET_ENGINES ||= ENGINES.join(',')

const missing = await findBrowsers().then(
  () => undefined,
  (/** @type {Error} */ error) => error,
)
if (missing) {
  console.error(`\n${missing.message}`)
  finish([FAILED])
} else {
  finish(onlyFaults ? await runFaults() : await runAll())
}

async function findBrowsers() {
  // Most browser tests are in Chromium.
  /** @type {Set<import('./support/engines/find.mjs').EngineName>} */
  const names = new Set(['chromium', ...enginesAsked()])
  // One after the other, since they may have to be installed.
  for (const name of names) await findEngine(name)
}

/** @returns {Promise<Counts[]>} */
async function runAll() {
  // Built first: tests and examples are checked against the types that dist/ has.
  const built = await check('build', 'npm', ['run', '--silent', 'build'])
  return [
    built,
    await check('format, lint and imports', 'biome', ['check', '--error-on-warnings']),
    await check('src/core compiles without DOM and Node', 'tsc', ['-p', 'src/core']),
    await check('types of tests and tools', 'tsc', ['-p', 'test']),
    ...(built.passed
      ? [...(await ownSchemas()), await tests(['unit', 'e2e', 'package'])]
      : await withoutBuild()),
  ]
}

/**
 * Our own events and the shop's are kept by the tools that we hand out. Against HEAD, so that a version once committed
 * stays as it is.
 *
 * @returns {Promise<Counts[]>}
 */
async function ownSchemas() {
  const folders = ['schemas', 'examples/shop/schemas']
  return [
    await check('schemas: lint', 'npm', ['run', '--silent', 'rivulet', '--', 'schemas', 'lint', ...folders]),
    await check('schemas: compat', 'npm', [
      'run',
      '--silent',
      'rivulet',
      '--',
      'schemas',
      'compat',
      ...folders,
      '--against',
      'HEAD',
    ]),
    await check("the shop's generated files are up to date", 'npm', [
      'run',
      '--silent',
      'generate',
      '--',
      '--check',
    ]),
  ]
}

/** @returns {Promise<Counts[]>} */
async function runFaults() {
  const built = await check('build', 'npm', ['run', '--silent', 'build'])
  return [built, built.passed ? await tests(['e2e'], ['test/e2e/faults']) : FAILED]
}

/** Stale or missing files in dist/ would only tell the same failure many times over. */
async function withoutBuild() {
  const unit = await tests(['unit'])
  console.log('\nfailed: the tests in test/e2e and test/package did not run, since the build failed')
  return [unit, FAILED, FAILED]
}

/**
 * @param {string} name
 * @param {string} command
 * @param {readonly string[]} args
 */
async function check(name, command, args) {
  const code = await run(command, args)
  console.log(code === 0 ? `passed: ${name}` : `failed: ${name} (${[command, ...args].join(' ')})\n`)
  return code === 0 ? PASSED : FAILED
}

/**
 * @param {readonly string[]} projects
 * @param {readonly string[]} [files] Folders or files, if not all.
 * @returns {Promise<Counts>}
 */
async function tests(projects, files = []) {
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
function finish(results) {
  /** @param {keyof Counts} key */
  const total = (key) => results.reduce((sum, counts) => sum + counts[key], 0)
  process.exitCode = total('failed') === 0 ? 0 : 1
  if (total('skipped')) console.log(`\n${total('skipped')} skipped, each with its reason above`)
  console.log(`\n${total('passed')} passed, ${total('failed')} failed`)
}
