import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { tempRepository } from '../../support/temp-repository.ts'
import { EXAMPLES } from './examples.ts'

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url))

interface Step {
  readonly name?: string
  readonly run?: string
  readonly with?: { readonly [name: string]: unknown }
}
interface Project {
  readonly folder: string
  readonly run: (command: string) => Promise<Ended>
}
interface Ended {
  readonly code: number
  readonly output: string
}

const workflow = parse(await readFile(join(EXAMPLES, 'schemas-ci/schemas.yml'), 'utf8'))
const steps: readonly Step[] = workflow.jobs.schemas.steps
/** What the workflow runs once the packages are there, by name. */
const commands = steps.flatMap(({ name = '', run }) => (run && name !== 'install' ? [{ name, run }] : []))
const generate = commands.find(({ name }) => name === 'generate')!.run.replace(' --check', '')

test('the checkout has the history that compat asks for', () => {
  expect(commands.map(({ name }) => name)).toEqual(['lint', 'compat', 'generate'])
  expect(steps[0]?.with).toEqual({ 'fetch-depth': 0 })
})

test('a pull request that lets an enum grow passes each step', async () => {
  const shop = await project()
  const { run } = shop
  await publish(shop, '1.1.0', [
    'open_product',
    'add_to_basket',
    'remove_from_basket',
    'check_out',
    'buy',
    'give_away',
  ])
  await run(generate)

  for (const { name, run: command } of commands) {
    const { code, output } = await run(command)
    expect(code, `${name}: ${output}`).toBe(0)
  }
})

test('a pull request that takes a value out of an enum is stopped by compat, with what to do', async () => {
  const shop = await project()
  const { run } = shop
  await publish(shop, '1.1.0', ['buy'])
  await run(generate)

  const ended: { [name: string]: Ended } = {}
  for (const { name, run: command } of commands) ended[name] = await run(command)

  expect(ended).toMatchObject({ lint: { code: 0 }, compat: { code: 1 }, generate: { code: 0 } })
  expect(ended.compat!.output).toMatch(
    /^schemas\/shop\/click\/1\.1\.0\.json:\d+: 1\.1\.0 breaks 1\.0\.0 at \/properties\/action\/enum: .*publish it as 2\.0\.0 instead, and remove 1\.1\.0\.json \[compatible\]$/m,
  )
})

/** A clone of a repository with the schemas of the shop, as a pull request's checkout has it. */
async function project(): Promise<Project> {
  const origin = await tempRepository()
  await cp(join(EXAMPLES, 'shop/schemas'), join(origin.folder, 'schemas'), { recursive: true })
  await origin.commit({
    'package.json': { private: true, type: 'module' },
    '.gitignore': 'node_modules\n',
    'streams.json': { streams: { 'shop.click': { schema_title: 'shop/click' } } },
  })
  const clone = await tempRepository()
  await clone.git('clone', '--quiet', `file://${origin.folder}`, 'shop')
  const folder = join(clone.folder, 'shop')
  await install(folder)

  return {
    folder,
    run: (command: string) =>
      new Promise<Ended>((resolve) => {
        const env = { ...process.env, npm_config_offline: 'true' }
        execFile('bash', ['-e', '-c', command], { cwd: folder, env }, (error, stdout, stderr) =>
          resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
        )
      }),
  }
}

/** What the install step does, with the build in place of the package. */
async function install(folder: string): Promise<void> {
  const binary = join(folder, 'node_modules/.bin/rivulet')
  await mkdir(dirname(binary), { recursive: true })
  await writeFile(binary, `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`)
  await chmod(binary, 0o755)
}

/** A new version of shop/click, as its team makes one. */
async function publish({ folder, run }: Project, version: string, actions: readonly string[]): Promise<void> {
  const path = join(folder, 'schemas/shop/click/current.yaml')
  const schema = parse(
    (await readFile(path, 'utf8')).replaceAll('/shop/click/1.0.0', `/shop/click/${version}`),
  )
  schema.properties.action.enum = actions
  for (const example of schema.examples) example.action = actions.at(-1)
  await writeFile(path, stringify(schema))
  expect(await run('npx rivulet schemas materialize schemas')).toMatchObject({ code: 0 })
}
