import { writeFileSync } from 'node:fs'

// Beside vitest's own reporter: counts for test/run.mjs, in the file that $RIVULET_TEST_COUNTS names, and the
// reason of every skipped test, which vitest's JSON leaves out. A test is skipped with `context.skip(reason)`.

/** @typedef {import('vitest/node').Reporter} Reporter */

/** @implements {Reporter} */
export default class CountReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }

    for (const module of modules) {
      const tests = [...module.children.allTests()]
      // A file that breaks before or after its tests has failed even if each of them passed.
      const broken = module.errors().length > 0 || suiteErrors(module) > 0
      if (broken || tests.length === 0) counts.failed += 1
      for (const test of tests) counts[judge(test)] += 1
    }

    if (process.env.RIVULET_TEST_COUNTS)
      writeFileSync(process.env.RIVULET_TEST_COUNTS, JSON.stringify(counts))
  }
}

/** @param {import('vitest/node').TestModule} module */
function suiteErrors(module) {
  return [...module.children.allSuites()].filter((suite) => suite.errors().length > 0).length
}

/**
 * @param {import('vitest/node').TestCase} test
 * @returns {'passed' | 'failed' | 'skipped'}
 */
function judge(test) {
  const result = test.result()
  if (result.state === 'passed') return 'passed'
  if (result.state !== 'skipped') return 'failed'

  const name = `${test.module.relativeModuleId} > ${test.fullName}`
  // No reason: skipped by `.only` or `.skip`, which nobody would see.
  console.log(result.note ? `skipped: ${name}: ${result.note}` : `skipped without a reason: ${name}`)
  return result.note ? 'skipped' : 'failed'
}
