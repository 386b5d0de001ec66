import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'
import { minify } from 'terser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generate } from '../../src/schema/generate/generate.ts'
import { updateFiles } from '../../src/schema/generate/generated-files.ts'
import { openSchemaRepository } from '../../src/schema/repository.ts'
import { ROOT } from './tarball.ts'

// What the generated files add to a page, once a bundler has been over them.

const REAL = process.env.RIVULET_TEST_SCHEMAS
if (!REAL)
  console.log('RIVULET_TEST_SCHEMAS is not set: generated validators are not measured on real schemas')

/** As many fields as the family's base schema of web instruments. */
const WIDE = {
  title: 'wide',
  $id: '/wide/1.0.0',
  $schema: 'https://json-schema.org/draft-07/schema#',
  type: 'object',
  additionalProperties: false,
  required: ['$schema', 'dt', 'meta', 'action'],
  properties: {
    $schema: { type: 'string', description: 'Left out of what a page loads.' },
    dt: { type: 'string', format: 'date-time', maxLength: 128 },
    meta: { type: 'object', required: ['stream'], properties: { stream: { type: 'string', minLength: 1 } } },
    action: { type: 'string', maxLength: 64 },
    ...Object.fromEntries(
      ['page', 'performer', 'agent', 'experiment'].map((group) => [
        group,
        {
          type: 'object',
          additionalProperties: false,
          properties: Object.fromEntries(
            ['id', 'kind', 'title', 'language', 'count', 'is_new', 'group', 'path', 'state'].map(
              (name, index) => [
                `${name}_${group.slice(0, 3)}`,
                index % 3
                  ? { type: 'string', minLength: 1, maxLength: 255 - index }
                  : { type: 'integer', minimum: 0, maximum: 10 ** index },
              ],
            ),
          ),
        },
      ]),
    ),
  },
}

const TITLES = [
  'wide',
  'rivulet/web_vital',
  ...(REAL
    ? ['analytics/product_metrics/web/base', 'analytics/product_metrics/app/base', 'mediawiki/client/error']
    : []),
]
const streamOf = (title: string) => title.split('/').join('.')

describe('generated files', () => {
  let folder: string
  let shared: number

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rivulet-sizes-'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module", "sideEffects": false }')
    await mkdir(join(folder, 'node_modules'))
    await symlink(ROOT, join(folder, 'node_modules/rivulet'))
    await mkdir(join(folder, 'schemas/wide'), { recursive: true })
    await writeFile(join(folder, 'schemas/wide/1.0.0.json'), JSON.stringify(WIDE))
    const real = REAL ? [join(REAL, 'jsonschema')] : []
    const { files, findings } = generate({
      streams: TITLES.map((title) => ({
        name: streamOf(title),
        schemaTitle: title,
        provideValues: [],
        isSampled: false,
        others: [],
        line: 1,
      })),
      source: 'streams.json',
      revision: undefined,
      repository: openSchemaRepository([join(folder, 'schemas'), ...real, join(ROOT, 'schemas')]),
      validator: 'rivulet/validator',
    })
    expect(findings).toEqual([])
    updateFiles(join(folder, 'out'), files)
    shared = (await bundle("export { createValidator } from 'rivulet/validator'")).bytes
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('share a part of at most 0.8 kB', () => {
    expect(shared).toBeLessThanOrEqual(800)
  })

  test.each(TITLES)('add at most 1.0 kB for %s', async (title) => {
    const { bytes } = await bundle(`export { schemas } from './out/streams/${streamOf(title)}.js'`)

    expect(bytes - shared).toBeGreaterThan(100)
    expect(bytes - shared).toBeLessThanOrEqual(1000)
  })

  test('bring nothing of Ajv, nor of any other package', async () => {
    const { inputs } = await bundle(
      "import { createClient } from 'rivulet'\nimport { schemas } from './out/streams.js'\ncreateClient({ intakeUrl: '/', schemas })",
    )

    const foreign = Object.keys(inputs).filter(
      (path) => !/^(out\/|page\.js$|.*dist\/(browser|validator)\.js$)/.test(path),
    )
    expect(foreign).toEqual([])
    expect(Object.keys(inputs).filter((path) => path.startsWith('out/schemas/'))).toHaveLength(TITLES.length)
  })

  test('of streams that a page does not import are not in its bundle', async () => {
    const { code } = await bundle("export { schemas } from './out/streams/wide.js'")

    expect(code).toContain('/wide/1.0.0')
    expect(code).not.toContain('/rivulet/web_vital/1.0.0')
  })

  test.each([
    ['production', false],
    ['development', true],
  ])(
    'take the validator of the %s build where the bundler builds for that',
    async (condition, hasMessages) => {
      const { code } = await bundle("export { schemas } from './out/streams/wide.js'", [condition])

      expect(code.includes('is not a field of its schema')).toBe(hasMessages)
    },
  )

  async function bundle(
    source: string,
    conditions: string[] = [],
  ): Promise<{ code: string; bytes: number; inputs: Metafile['inputs'] }> {
    await writeFile(join(folder, 'page.js'), source)
    const { outputFiles, metafile } = await build({
      absWorkingDir: folder,
      entryPoints: ['page.js'],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2020',
      platform: 'browser',
      conditions,
      metafile: true,
    })
    const { code = '' } = await minify(outputFiles[0]!.text, {
      module: true,
      ecma: 2020,
      compress: { passes: 3 },
    })
    return { code, bytes: brotliCompressSync(code).length, inputs: metafile.inputs }
  }
})
