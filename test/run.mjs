// `npm test`: everything, in one run that ends in the line `N passed, N failed`. Each check counts as one test.
// A step that fails does not keep the next from running, so that one run shows all that is wrong.
// `npm run test:engines`: only the stories of faults, in each engine. Elsewhere $RIVULET_ENGINES says in which.
import { check, FAILED, finish, tests } from './steps.mjs'
import { ENGINES, enginesAsked, findEngine } from './support/engines/find.mjs'

/** @typedef {import('./steps.mjs').Counts} Counts */

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
