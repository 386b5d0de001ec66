import { defineConfig } from 'vitest/config'

const project = (name: string, options = {}) => ({
  // What is waited for comes soon, but on a machine that may be busy.
  test: { name, include: [`test/${name}/**/*.test.ts`], expect: { poll: { timeout: 10_000 } }, ...options },
})

export default defineConfig({
  test: {
    allowOnly: false,
    projects: [
      // Some run the tools themselves, on a machine that may be busy.
      project('unit', { testTimeout: 20_000, hookTimeout: 20_000 }),
      project('e2e', { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('package', { testTimeout: 120_000, hookTimeout: 120_000 }),
      // One file after another, since they share a broker, and two cores with it.
      project('kafka', { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false }),
    ],
  },
})
