import { writeFileSync } from 'node:fs'

// Beside vitest's own reporter: counts for test/run.mjs, in the file that $RIVULET_TEST_COUNTS names, and the
// reason of every skipped test, which vitest's JSON leaves out. It is the one given to `context.skip(reason)`, or
// what the file printed when it was loaded, where it skips as a whole.

/** @typedef {import('vitest/node').Reporter} Reporter */

/** @implements {Reporter} */
export default class CountReporter {
  /** What a file printed outside of its tests, by the id of its module. @type {Map<string, string>} */
  #said = new Map()

  /** @param {{ content: string, taskId?: string }} log */
  onUserConsoleLog({ content, taskId }) {
    if (taskId) this.#said.set(taskId, content.trim())
  }

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
      for (const test of tests) counts[judge(test, this.#said.get(module.id))] += 1
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
 * @param {string | undefined} said
 * @returns {'passed' | 'failed' | 'skipped'}
 */
function judge(test, said) {
  const result = test.result()
  if (result.state === 'passed') return 'passed'
  if (result.state !== 'skipped') return 'failed'

  const name = `${test.module.relativeModuleId} > ${test.fullName}`
  const reason = result.note ?? said
  // Without one it was left out by a `.skip` or `.only` that nobody would see.
  console.log(reason ? `skipped: ${name}: ${reason}` : `skipped without a reason: ${name}`)
  return reason ? 'skipped' : 'failed'
}
