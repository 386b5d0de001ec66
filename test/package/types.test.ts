import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pack } from './tarball.ts'

// What an editor says of a stream and its fields: the package as its user has it, with what `rivulet generate` has
// written of a schema, under three versions of TypeScript.

const COMPILERS = ['5.9', '6.0', '7.0']

const SCHEMA = {
  title: 'shop/order',
  description: 'An order was placed',
  $id: '/shop/order/1.0.0',
  $schema: 'https://json-schema.org/draft-07/schema#',
  type: 'object',
  additionalProperties: false,
  required: ['$schema', 'dt', 'meta', 'action', 'lines', 'agent', 'count'],
  properties: {
    $schema: { type: 'string' },
    dt: { type: 'string', format: 'date-time', maxLength: 128 },
    meta: { type: 'object', required: ['stream'], properties: { stream: { type: 'string' } } },
    agent: { type: 'object', properties: { family: { type: 'string' } } },
    action: {
      type: 'string',
      enum: ['place', "customer's", 'cancel'],
      description: 'What was done. Not */ the end',
    },
    count: { type: 'integer', default: 1 },
    total: { type: 'integer', minimum: 0, maximum: 1000 },
    'with-dash': { type: 'boolean' },
    lines: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['product_id'],
        properties: { product_id: { type: 'string' }, kind: { type: 'string', enum: ['new', 'used'] } },
      },
    },
    tags: { type: 'object', additionalProperties: { type: 'string' } },
    either: { type: ['string', 'integer', 'null'] },
    code: { const: 7 },
  },
}

/** Its schema requires nothing of the caller. */
const VIEW = { ...SCHEMA, title: 'shop/view', $id: '/shop/view/1.0.0', required: ['$schema', 'dt', 'meta'] }

/** It requires what the client fills in where the stream is sampled. */
const SAMPLED = {
  ...VIEW,
  title: 'shop/sampled',
  $id: '/shop/sampled/1.0.0',
  required: ['$schema', 'dt', 'meta', 'sample'],
  properties: { ...VIEW.properties, sample: { type: 'object', properties: { rate: { type: 'number' } } } },
}

const STREAMS = {
  'shop.order': { schema_title: 'shop/order', producers: { rivulet: { provide_values: ['agent_family'] } } },
  'shop.order2': { schema_title: 'shop/order' },
  'shop.view': { schema_title: 'shop/view' },
  'shop.sampled': { schema_title: 'shop/sampled', sample: { unit: 'session', rate: 0.5 } },
  'shop.sampling': {
    schema_title: 'shop/sampled',
    producers: { metrics_platform_client: { sampling: { unit: 'session', rate: 0.5 } } },
  },
  'shop.unsampled': { schema_title: 'shop/sampled' },
  'rivulet.web_vital': { schema_title: 'rivulet/web_vital' },
}

const HEAD = `
import { createClient } from 'rivulet'
import { collectWebVitals } from 'rivulet/collectors/web-vitals'
import { schemas } from './generated/streams.js'
const events = createClient({ intakeUrl: '/v1/events', schemas })
const lazy = createClient({ intakeUrl: '/v1/events', schemas: () => import('./generated/streams.js') })
const untyped = createClient({ intakeUrl: '/v1/events' })
/** @type {readonly { readonly product_id: string }[]} */
const lines = [{ product_id: 'teapot' }]
`

const COMPILES = [
  "events.submit('shop.order', { action: 'place', lines: [] })",
  "events.submit('shop.order', { action: \"customer's\", lines, total: 3, 'with-dash': true, tags: { a: 'b' } })",
  "events.submit('shop.order', { $schema: '/shop/order/1.0.0', dt: '', meta: { request_id: 'r' }, action: 'place', lines })",
  "events.submit('shop.view', { meta: { cause: events.submit('shop.view'), team: 'checkout' } })",
  "untyped.submit('any.stream', { meta: { cause: ['a', 'b'], request_id: undefined } })",
  "events.submit('shop.order', { action: 'place', lines, either: null, code: 7, agent: { family: 'app' } })",
  "events.submit('shop.view')",
  "events.submit('shop.sampled')",
  "events.submit('shop.sampling')",
  "events.submit('shop.view', { action: 'place' })",
  "lazy.submit('shop.order', { action: 'place', lines })",
  "untyped.submit('any.stream', { any: 1 })",
  "events.isInSample('shop.view')",
  'collectWebVitals(events)',
  'collectWebVitals(untyped)',
]

const DOES_NOT_COMPILE = [
  ['a stream that there is not', "events.submit('shop.oder', { action: 'place', lines })"],
  ['a value that is not in the enum', "events.submit('shop.order', { action: 'plase', lines })"],
  [
    'a field that the schema does not have',
    "events.submit('shop.order', { action: 'place', lines, colour: 'red' })",
  ],
  ['a required field left out', "events.submit('shop.order', { lines })"],
  ['all data left out', "events.submit('shop.order')"],
  [
    'a field that only the config of another stream fills in',
    "events.submit('shop.order2', { action: 'place', lines })",
  ],
  ['a value of another type', "events.submit('shop.order', { action: 'place', lines, total: '3' })"],
  ['null for an optional field', "events.submit('shop.order', { action: 'place', lines, total: null })"],
  [
    'a wrong field in an item of a list',
    "events.submit('shop.order', { action: 'place', lines: [{ product_id: 'a', sise: 1 }] })",
  ],
  [
    'a required field left out in an item',
    "events.submit('shop.order', { action: 'place', lines: [{ kind: 'new' }] })",
  ],
  ['a wrong value in a map', "events.submit('shop.order', { action: 'place', lines, tags: { a: 1 } })"],
  ['another schema', "events.submit('shop.order', { $schema: '/shop/order/2.0.0', action: 'place', lines })"],
  ['a sample left out where nothing fills it in', "events.submit('shop.unsampled')"],
  ['a cause that is no id', "events.submit('shop.view', { meta: { cause: 7 } })"],
  ['another constant', "events.submit('shop.order', { action: 'place', lines, code: 8 })"],
  ['a wrong value where schemas are loaded later', "lazy.submit('shop.order', { action: 'plase', lines })"],
  ['a wrong stream in a question', "events.explain('shop.oder')"],
] as const

describe('generated types', () => {
  let project: string

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'rivulet-types-'))
    const { path } = await pack(project)
    await write('package.json', JSON.stringify({ private: true, type: 'module' }))
    await write('schemas/shop/order/1.0.0.json', JSON.stringify(SCHEMA))
    await write('schemas/shop/view/1.0.0.json', JSON.stringify(VIEW))
    await write('schemas/shop/sampled/1.0.0.json', JSON.stringify(SAMPLED))
    await write('streams.json', JSON.stringify({ revision: '1', streams: STREAMS }))
    const compilers = COMPILERS.map((version) => `typescript-${version}@npm:typescript@~${version}`)
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', path, ...compilers])
    await run(join(project, 'node_modules/.bin/rivulet'), ['generate', '--out', 'generated'])
  })

  afterAll(() => rm(project, { recursive: true, force: true }))

  describe.each(COMPILERS)('under TypeScript %s', (version) => {
    test('let pass what the schema lets pass', async () => {
      expect(await errorsIn(version, 'passes.ts', COMPILES)).toEqual([])
    })

    test.each(DOES_NOT_COMPILE)('refuse %s', async (name, code) => {
      const lines = DOES_NOT_COMPILE.flatMap(([, line]) => ['// @ts-expect-error', line])

      // All at once, since a compiler takes its time: the directive tells of a line that compiles.
      const errors = await errorsIn(version, 'refused.ts', lines)

      const line = HEAD.split('\n').length + 2 * DOES_NOT_COMPILE.findIndex(([one]) => one === name)
      expect(
        errors.filter((error) => error.startsWith(`refused.ts(${line},`)),
        code,
      ).toEqual([])
    })

    test('tell plain JavaScript the same', async () => {
      expect(await errorsIn(version, 'passes.js', COMPILES)).toEqual([])
      const [, wrong] = DOES_NOT_COMPILE[1]
      expect(await errorsIn(version, 'refused.js', [wrong])).toEqual([expect.stringContaining('"plase"')])
    })
  })

  test('plain JavaScript names the streams of a client whose schemas are each loaded later', async () => {
    const code = (action: string) => `
      import { createClient } from 'rivulet'
      /** @type {import('rivulet').Client<import('./generated/streams.js').Schemas>} */
      const events = createClient({ intakeUrl: '/', schemas: (stream) => import(\`./generated/streams/\${stream}.js\`) })
      events.submit('shop.order', { action: '${action}', lines: [] })`

    expect(await compiled('7.0', 'later.js', code('place'))).toEqual([])
    expect(await compiled('7.0', 'later.js', code('plase'))).toEqual([expect.stringContaining('"plase"')])
  })

  test('a stream of its own is typed, and so are all where each is loaded with its first event', async () => {
    const code = `
      import { createClient } from 'rivulet'
      import type { Schemas } from './generated/streams.js'
      import { schemas } from './generated/streams/shop.view.js'
      createClient({ intakeUrl: '/', schemas }).submit('shop.view')
      const all = createClient<Schemas>({ intakeUrl: '/', schemas: (stream) => import(\`./generated/streams/\${stream}.js\`) })
      all.submit('shop.order', { action: 'place', lines: [] })
      // @ts-expect-error: the file has one stream only
      createClient({ intakeUrl: '/', schemas }).submit('shop.order', { action: 'place', lines: [] })
      // @ts-expect-error
      all.submit('shop.order', { action: 'plase', lines: [] })`

    expect(await compiled('7.0', 'single.ts', code)).toEqual([])
  })

  test.each(COMPILERS)(
    'TypeScript %s takes `await using` in Node where it knows of it, and the rest where not',
    async (version) => {
      const code = (declaration: string) => `
      import { createClient } from 'rivulet'
      export async function work(waitUntil: (promise: Promise<unknown>) => void) {
        ${declaration} events = createClient({ intakeUrl: 'http://127.0.0.1:9/', waitUntil, exitTimeout: 500 })
        events.submit('shop.click')
      }`
      const node = ['--module', 'nodenext', '--moduleResolution', 'nodenext']
      const withSymbol = [...node, '--lib', 'es2022,dom,esnext.disposable']

      expect(await compiled(version, 'using.ts', code('await using'), withSymbol)).toEqual([])
      expect(await compiled(version, 'const.ts', code('const'), node)).toEqual([])
    },
  )

  const results = new Map<string, Promise<string[]>>()

  function errorsIn(version: string, file: string, lines: readonly string[]): Promise<string[]> {
    const key = `${version} ${file}`
    const result = results.get(key) ?? compiled(version, file, `${HEAD}${lines.join('\n')}\n`)
    results.set(key, result)
    return result
  }

  /** What `more` says comes last, and so counts. */
  async function compiled(
    version: string,
    file: string,
    code: string,
    more: readonly string[] = [],
  ): Promise<string[]> {
    await write(file, code)
    // Without skipLibCheck, so that the generated declarations themselves hold.
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom']
    const modules = ['--module', 'es2022', '--moduleResolution', 'bundler', '--allowJs', '--checkJs']
    const tsc = join(project, `node_modules/typescript-${version}/bin/tsc`)
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [tsc, ...options, ...modules, ...more, file],
      {
        cwd: project,
      },
    ).catch((error: { stdout: string }) => error)
    return stdout.split('\n').filter((line) => /error TS/.test(line))
  }

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(project, path)), { recursive: true })
    await writeFile(join(project, path), text)
  }

  function run(command: string, args: readonly string[]) {
    return promisify(execFile)(command, args, { cwd: project, timeout: 100_000 })
  }
})
