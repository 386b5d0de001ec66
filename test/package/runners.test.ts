import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findChromium, QUIET } from '../support/chromium.mjs'
import { pack, ROOT } from './tarball.ts'

// Runners and documents that are not among our tools: installed here, along with the package as its user has it.

const TOOLS = [
  'jest@30.2.0',
  'jest-environment-jsdom@30.2.0',
  'vitest@~4.1',
  '@vitest/browser-playwright@~4.1',
  'playwright@1.65',
  'happy-dom@20',
  'jsdom@27',
]

let project: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'rivulet-runners-'))
  const { path } = await pack(project)
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  await run('npm', ['install', ...options, ...TOOLS, path])
  await cp(join(ROOT, 'examples/testing'), join(project, 'testing'), { recursive: true })
}, 300_000)

afterAll(() => rm(project, { recursive: true, force: true }))

test.each(['jsdom', 'happy-dom'])('the example passes in vitest with %s', async (environment) => {
  const { stdout } = await vitest('--environment', environment)

  expect(stdout).toMatch(/Tests +8 passed/)
})

test("the example passes in vitest's browser mode", async () => {
  const launchOptions = { executablePath: await findChromium(), args: QUIET }
  await writeFile(
    join(project, 'testing/vitest/browser.config.js'),
    `import { playwright } from '@vitest/browser-playwright'
     const browser = {
       enabled: true,
       headless: true,
       instances: [{ browser: 'chromium' }],
       provider: playwright({ launchOptions: ${JSON.stringify(launchOptions)} }),
     }
     export default { test: { browser } }`,
  )

  const { stdout } = await vitest('--config', 'browser.config.js')

  expect(stdout).toMatch(/chromium.*basket\.test\.ts/)
  expect(stdout).toMatch(/Tests +8 passed/)
})

test('the example passes in jest', async () => {
  const { stderr } = await jest('basket')

  expect(stderr).toMatch(/Tests: +1 passed/)
})

test("rivulet/testing runs in jest's jsdom, which has a document and no condition node", async () => {
  await writeFile(
    join(project, 'testing/jest/jsdom.config.js'),
    "export default { transform: {}, testEnvironment: 'jsdom', testMatch: ['**/jsdom.test.js'] }",
  )
  await writeFile(
    join(project, 'testing/jest/jsdom.test.js'),
    `import { expect, test } from '@jest/globals'
     import { createDrivenTime, createRecordingClient, startFaultyIntake } from 'rivulet/testing'

     test('in jsdom', async () => {
       document.title = 'Cart'
       const time = createDrivenTime()
       const streamConfigs = { streams: { '/./': { producers: { rivulet: { provide_values: ['page_title'] } } } } }
       const events = createRecordingClient({ time, streamConfigs })
       events.submit('shop.click')
       await time.pass(1000)
       expect(events.submitted()).toMatchObject([{ page: { title: 'Cart' } }])
       expect(events.outcomes()).toMatchObject([{ kind: 'delivered' }])
       await expect(startFaultyIntake()).rejects.toThrow('needs Node')
     })`,
  )

  const { stderr } = await jest('--config', 'jsdom.config.js')

  expect(stderr).toMatch(/Tests: +1 passed/)
})

test('jest shows what differs, and the line of the test', async () => {
  await writeFile(
    join(project, 'testing/jest/fails.test.js'),
    `import { test } from '@jest/globals'
     import { createRecordingClient, expectSubmitted } from 'rivulet/testing'

     test('fails', () => {
       const events = createRecordingClient()
       events.submit('shop.click', { action: 'open', product: 'mug' })
       expectSubmitted(events, 'shop.click', { action: 'buy' })
     })`,
  )

  const { stderr } = await jest('fails').catch((error) => error.cause)

  expect(stderr).toContain('/action is "open", wanted "buy"')
  expect(stderr).toMatch(/- {3}"action": "buy",\n *\+ {3}"action": "open",/)
  expect(stderr).toMatch(/> 7 \| +expectSubmitted\(events/)
})

function vitest(...args: readonly string[]) {
  return run(process.execPath, ['../../node_modules/vitest/vitest.mjs', 'run', ...args], {
    cwd: join(project, 'testing/vitest'),
  })
}

function jest(...args: readonly string[]) {
  return run(
    process.execPath,
    ['--experimental-vm-modules', '../../node_modules/jest/bin/jest.js', ...args],
    {
      cwd: join(project, 'testing/jest'),
    },
  )
}

function run(command: string, args: readonly string[], { cwd = project } = {}) {
  // What vitest has set for its own workers is not meant for others.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV$|TEST$)/.test(name))
  const env = { ...Object.fromEntries(inherited), NO_COLOR: '1', FORCE_COLOR: '0' }
  return promisify(execFile)(command, args, { cwd, env, timeout: 280_000 }).catch((error) => {
    throw new Error(`${command} ${args.join(' ')}\n${error.stdout}${error.stderr}`, { cause: error })
  })
}
