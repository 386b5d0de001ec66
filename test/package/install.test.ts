import { execFile } from 'node:child_process'
import { lstat, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pack, tool } from './tarball.ts'

// The package as its user has it: the tarball, installed into an empty project.

const BROWSER_ENTRIES = ['rivulet', 'rivulet/collectors/web-vitals', 'rivulet/validator']

describe('in an empty project', () => {
  let project: string

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'rivulet-install-'))
    const { path } = await pack(project)
    await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', path])
  })

  afterAll(() => rm(project, { recursive: true, force: true }))

  test('createClient is there for Node', async () => {
    const { stdout } = await node(`
      import { createClient } from 'rivulet'
      const events = createClient({ intakeUrl: 'http://127.0.0.1:9/v1/events', streamConfigs: {} })
      console.log(typeof events.submit('shop.click', { action: 'buy' }))
      await events.close()
    `)

    expect(stdout).toBe('string\n')
  })

  test('the command line tells what it can do', async () => {
    const { stdout } = await run(join(project, 'node_modules/.bin/rivulet'), ['--help'])

    expect(stdout).toMatch(/^Usage: rivulet/)
    expect(stdout).toContain('intake')
  })

  test('an intake starts, with the schemas of our own events and the console', async () => {
    await writeFile(join(project, 'streams.json'), JSON.stringify({ streams: {} }))
    const { stdout } = await node(`
      import { startIntake } from 'rivulet/intake'
      const intake = await startIntake({ data: './data', schemas: [], streams: './streams.json', port: 0 })
      for (const path of ['/', '/v1/stream-configs', '/schemas/rivulet/web_vital/latest']) {
        console.log((await fetch(intake.url + path)).status)
      }
      await intake.close()
    `)

    expect(stdout).toBe('200\n200\n200\n')
  })

  test('the latest version of our schemas is a file of its own', async () => {
    const path = 'schemas/rivulet/web_vital/latest.json'
    const file = join(project, 'node_modules/rivulet', path)

    const { stdout } = await node(`console.log(import.meta.resolve('rivulet/${path}'))`)

    expect((await lstat(file)).isFile()).toBe(true)
    expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('properties.meta')
    expect(stdout.trim()).toMatch(new RegExp(`${path}$`))
  })

  test.each([
    { moduleResolution: 'bundler', module: 'es2022' },
    { moduleResolution: 'nodenext', module: 'nodenext' },
  ])('types resolve under moduleResolution $moduleResolution', async ({ moduleResolution, module }) => {
    await writeFile(
      join(project, 'index.ts'),
      `import { createClient } from 'rivulet'
       import * as webVitals from 'rivulet/collectors/web-vitals'
       const events = createClient({ intakeUrl: '/v1/events', onOutcome: (outcome) => console.log(outcome.kind) })
       export const id: string = events.submit('shop.click', { action: 'buy' })
       export const queued: Promise<number> = events.flush({ timeout: 2000 })
       export const collectors: object = webVitals
       // @ts-expect-error: a stream has a name
       events.submit(1)
       // @ts-expect-error: the intake's URL is no option to leave out
       createClient({})
      `,
    )

    // Without skipLibCheck, so that the types of the package themselves hold.
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom', '--types', '']
    const { stdout } = await run(tool('tsc'), [
      ...options,
      ...['--module', module, '--moduleResolution', moduleResolution, 'index.ts'],
    ])

    expect(stdout).toBe('')
  })

  test.each(BROWSER_ENTRIES)('importing %s where there is no browser changes nothing', async (entry) => {
    // The browser's file, whatever Node would take.
    const conditions = ['--conditions=browser']
    const source = `
      const before = Reflect.ownKeys(globalThis)
      await import(${JSON.stringify(await browserFile(entry))})
      console.log(JSON.stringify(Reflect.ownKeys(globalThis).filter((key) => !before.includes(key))))
    `

    // It also ends: a timer or a connection would keep it up, and run into the timeout.
    const { stdout, stderr } = await node(source, conditions)

    expect(stdout).toBe('[]\n')
    expect(stderr).toBe('')
  })

  /** The file that a bundler takes for a browser. */
  async function browserFile(entry: string): Promise<string> {
    const folder = join(project, 'node_modules/rivulet')
    const { exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    return join(folder, exports[entry.replace(/^rivulet/, '.')].default)
  }

  function node(source: string, options: readonly string[] = []) {
    return run(process.execPath, [...options, '--input-type=module', '--eval', source], 20_000)
  }

  function run(command: string, args: readonly string[], timeout = 100_000) {
    return promisify(execFile)(command, args, { cwd: project, timeout }).catch((error) => {
      throw new Error(`${command} ${args.join(' ')}\n${error.stdout}${error.stderr}`, { cause: error })
    })
  }
})
