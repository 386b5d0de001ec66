import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pack, ROOT } from './tarball.ts'

// jest is not among our tools: it is installed here, along with the package as its user has it.

let project: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'rivulet-jest-'))
  const { path } = await pack(project)
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const packages = ['jest@30.2.0', 'jest-environment-jsdom@30.2.0', path]
  await run('npm', [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    ...packages,
  ])
  await cp(join(ROOT, 'examples/testing'), join(project, 'testing'), { recursive: true })
}, 300_000)

afterAll(() => rm(project, { recursive: true, force: true }))

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
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', NODE_ENV: 'test' }
  return promisify(execFile)(command, args, { cwd, env, timeout: 280_000 }).catch((error) => {
    throw new Error(`${command} ${args.join(' ')}\n${error.stdout}${error.stderr}`, { cause: error })
  })
}
