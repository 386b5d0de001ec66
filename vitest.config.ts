import { defineConfig } from 'vitest/config'

const project = (name: string, options = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
})

export default defineConfig({
  test: {
    projects: [
      project('unit'),
      project('e2e', { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('package', { testTimeout: 120_000, hookTimeout: 120_000 }),
    ],
  },
})
