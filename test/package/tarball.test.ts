import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pack, ROOT, type Tarball, tool } from './tarball.ts'

describe('the packed package', () => {
  let folder: string
  let tarball: Tarball

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rivulet-pack-'))
    tarball = await pack(folder)
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('has nothing that publint would say', async () => {
    const bytes = await readFile(tarball.path)
    const { messages, pkg } = await publint({ strict: true, pack: { tarball: arrayBuffer(bytes) } })

    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  test('has types that are right, for importers of each kind', async () => {
    // The IIFEs and the schemas have no types, and CommonJS is not supported.
    const options = [
      '--profile',
      'esm-only',
      '--exclude-entrypoints',
      'script',
      'stub',
      'schemas/*',
      '--no-definitely-typed',
    ]
    const { code, output } = await run(tool('attw'), [tarball.path, ...options, '--no-emoji', '--no-color'])

    expect(code, output).toBe(0)
  })

  test('holds what is documented, and nothing else', () => {
    const documents = [
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md'],
      ...[
        'docs/collectors.md',
        'docs/console.md',
        'docs/consuming.md',
        'docs/designing-an-event.md',
        'docs/kafka.md',
        'docs/node.md',
        'docs/operating.md',
        'docs/privacy.md',
        'docs/producers.md',
        'docs/querying.md',
        'docs/scale.md',
        'docs/serverless.md',
        'docs/stream-config.md',
        'docs/testing.md',
        'docs/tracing.md',
        'docs/web-views.md',
        'docs/workers.md',
        'package.json',
      ],
    ]

    const elsewhere = tarball.files.filter((path) => !/^(dist|schemas)\//.test(path))
    const odd = tarball.files.filter(
      (path) => !/\.(js|js\.map|d\.ts|json|yaml|html|css|md)$|^LICENSE$/.test(path),
    )

    expect(elsewhere.sort()).toEqual(documents)
    expect(odd).toEqual([])
  })

  test('names no folder of the machine that packed it, nor of its build', async () => {
    const texts = await Promise.all(tarball.files.map((path) => readFile(join(ROOT, path), 'utf8')))
    const maps = tarball.files.filter((path) => path.endsWith('.map'))

    const telling = tarball.files.filter((_, index) => texts[index]?.includes(ROOT))
    const sources = await Promise.all(maps.map(sourcesOf))

    expect(telling).toEqual([])
    expect(maps).not.toEqual([])
    expect(sources.flat().filter((source) => !/^(\.\.\/)+(src|node_modules)\//.test(source))).toEqual([])
  })

  test('has a file behind each of its exports', async () => {
    const { exports, bin } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    const targets = [...leaves(exports), ...leaves(bin)].map((path) => path.replace(/^\.\//, ''))

    const missing = targets.filter((path) => !path.includes('*') && !tarball.files.includes(path))

    expect(targets).not.toEqual([])
    expect(missing).toEqual([])
  })
})

async function sourcesOf(path: string): Promise<string[]> {
  return JSON.parse(await readFile(join(ROOT, path), 'utf8')).sources
}

function leaves(value: unknown): string[] {
  return typeof value === 'string' ? [value] : Object.values(value as object).flatMap(leaves)
}

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

async function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return promisify(execFile)(command, args).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stdout, stderr }) => ({ code, output: `${stdout}${stderr}` }),
  )
}
