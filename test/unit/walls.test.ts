import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// The checks keep "who may import whom" (README, "Working on it"). Here each wall is broken once, in a copy
// of the tree, and has to be noticed: a wall whose pattern no longer matches would let everything pass in silence.

const ROOT = resolve(import.meta.dirname, '../..')
const binary = (name: string) => join(ROOT, 'node_modules/.bin', name)

let copy: string

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'rivulet-walls-'))
  for (const path of ['src', 'biome.json', 'package.json', 'tsconfig.json', '.gitignore']) {
    await cp(join(ROOT, path), join(copy, path), { recursive: true })
  }
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
})

afterAll(() => rm(copy, { recursive: true, force: true }))

const forbidden = [
  ['core', "import * as environment from '../environments/browser.ts'"],
  ['core', "import type { Environment } from '../environments/browser.ts'"],
  ['core', "export { browserEnvironment } from '../environments/browser.ts'"],
  ['core', "export const later = () => import('../environments/browser.ts')"],
  ['core', "import { createIntake } from '../intake/intake.ts'"],
  ['core', "import { readFile } from 'node:fs/promises'"],
  ['core', "import { createStore } from 'idb-keyval'"],
  ['core', "import { onLCP } from 'web-vitals'"],
  ['environments', "import { createClient } from '../entries/browser.ts'"],
  ['environments', "import { collectWebVitals } from '../collectors/web-vitals.ts'"],
  ['environments', "import { readSchemas } from '../schema/repository.ts'"],
  ['entries', "import { createIntake } from '../intake/intake.ts'"],
  ['entries', "import { collectWebVitals } from '../collectors/web-vitals.ts'"],
  ['entries', "import { openOverlay } from '../debug/overlay.ts'"],
  ['core', "import type { Note } from '../debug/note.ts'"],
  ['entries', "import { readSchemas } from '../schema/repository.ts'"],
  ['entries', "import { program } from '../cli/main.ts'"],
  ['collectors', "import { browserEnvironment } from '../environments/browser.ts'"],
  ['collectors', "import { createClient } from '../entries/browser.ts'"],
  ['collectors', "import type { Intake } from '../intake/intake.ts'"],
  ['collectors', "import { inSample } from '../core/sample.ts'"],
  ['collectors', "import * as sample from '../core/sample.ts'"],
  ['debug', "import { createClient } from '../entries/browser.ts'"],
  ['debug', "import { inSample } from '../core/sample.ts'"],
  ['debug', "import { clockText } from '../intake/console/format.ts'"],
  ['schema', "import type { Event } from '../core/event.ts'"],
  ['schema', "import { createIntake } from '../intake/intake.ts'"],
  ['schema', "import { lint } from './lint/lint.ts'"],
  ['schema/lint', "import type { Event } from '../../core/event.ts'"],
  ['schema/generate', "import { createIntake } from '../../intake/intake.ts'"],
  ['validator', "import { inSample } from '../core/sample.ts'"],
  ['validator', "import { readSchemas } from '../schema/repository.ts'"],
  ['streams', "import { createIntake } from '../intake/intake.ts'"],
  ['streams', "import { browserEnvironment } from '../environments/browser.ts'"],
  ['streams', "import { check } from '../validator/check.ts'"],
  ['streams', "import { program } from '../cli/main.ts'"],
  ['intake', "import { createClient } from '../entries/node.ts'"],
  ['intake', "import { fileQueue } from '../environments/file-queue.ts'"],
  ['intake', "import { inSample } from '../core/sample.ts'"],
  ['intake', "import { program } from '../cli/main.ts'"],
  ['intake/console', "import { createClient } from '../../entries/browser.ts'"],
  ['intake/console', "import { inSample } from '../../core/sample.ts'"],
  ['intake/console', "import { isObject } from '../ingest.ts'"],
  ['intake/console', "import { simulate } from '../../streams/simulate.ts'"],
  ['intake/console', "import { readFile } from 'node:fs/promises'"],
  ['intake/console', "import { createServer } from 'node:http'"],
  ['intake/console/live', "import { isObject } from '../../ingest.ts'"],
  ['intake/console/live', "import { inSample } from '../../../core/sample.ts'"],
  ['intake/console/live', "import { readFile } from 'node:fs/promises'"],
  ['intake/query', "import { inSample } from '../../core/sample.ts'"],
  ['testing', "import { startIntake } from '../intake/intake.ts'"],
  ['testing', "import { createClient } from '../entries/node.ts'"],
  ['testing', "import { ruleInWords } from '../validator/words.ts'"],
  ['cli', "import { inSample } from '../core/sample.ts'"],
  ['cli', "import { nodeEnvironment } from '../environments/node.ts'"],
  ['cli', "import { createClient } from '../entries/browser.ts'"],
  ['cli', "import { collectWebVitals } from '../collectors/web-vitals.ts'"],
] as const

const allowed = [
  ['core', "import { inSample } from './sample.ts'"],
  ['environments', "import { createMemoryQueue } from '../core/queue.ts'"],
  ['environments', "import { createStore } from 'idb-keyval'"],
  ['environments', "import { open } from 'node:fs/promises'"],
  ['entries', "import { browserEnvironment } from '../environments/browser.ts'"],
  ['entries', "import { createClient } from '../core/client.ts'"],
  ['collectors', "import type { Client } from '../core/client.ts'"],
  ['collectors', "import { onLCP } from 'web-vitals'"],
  ['debug', "import type { Explanation } from '../core/client.ts'"],
  ['schema', "import { parse } from 'yaml'"],
  ['schema/lint', "import type { SchemaObject } from '../schema-file.ts'"],
  ['schema/lint', "import { materializeFolders } from '../materialize/materialize-folders.ts'"],
  ['validator', "import type { Event } from '../core/event.ts'"],
  ['streams', "import { readConfig } from '../core/settings.ts'"],
  ['streams', "import { nearest } from '../schema/nearest.ts'"],
  ['intake', "import { ruleInWords } from '../validator/words.ts'"],
  ['intake', "import { readSchemas } from '../schema/repository.ts'"],
  ['intake', "import type { Event } from '../core/event.ts'"],
  ['intake', "import { simulate } from '../streams/simulate.ts'"],
  ['intake/query', "import { folderName } from '../event-log.ts'"],
  ['intake/console', "import type { Stored } from '../event-log.ts'"],
  ['intake/console', "import { createLive } from './live/live.ts'"],
  ['intake/console/live', "import { clockText } from '../format.ts'"],
  ['intake/console/live', "import { render } from 'preact'"],
  ['testing', "import { createClient } from '../core/client.ts'"],
  ['testing', "import { createIds } from '../environments/ids.ts'"],
  ['cli', "import { createIntake } from '../intake/intake.ts'"],
  ['cli', "import { createClient } from '../entries/node.ts'"],
  ['cli', "import { lint } from '../streams/lint.ts'"],
] as const

describe('the linter', () => {
  test.each(forbidden)('refuses in src/%s: %s', async (folder, line) => {
    const rules = await lint({ [`src/${folder}/trespass.ts`]: line })

    expect(rules).toContain('lint/style/noRestrictedImports')
  })

  test.each(allowed)('accepts in src/%s: %s', async (folder, line) => {
    const rules = await lint({ [`src/${folder}/trespass.ts`]: line })

    expect(rules).not.toContain('lint/style/noRestrictedImports')
  })

  test('refuses an import cycle', async () => {
    const rules = await lint({
      'src/core/hen.ts': "import { egg } from './egg.ts'\nexport const hen = () => egg",
      'src/core/egg.ts': "import { hen } from './hen.ts'\nexport const egg = () => hen",
    })

    expect(rules).toContain('lint/suspicious/noImportCycles')
  })
})

describe('the compiler', () => {
  const beyond = [
    'document.title',
    "fetch('/')",
    'setTimeout(() => 0, 1)',
    'crypto.randomUUID()',
    "console.log('')",
    'process.env',
    "Buffer.from('')",
    "'a'.replaceAll('a', 'b')", // ES2021
  ]

  test('knows in src/core neither DOM nor Node, and the language up to ES2020', async () => {
    const expressions = [...beyond, "'a'.trimStart()"]
    const nameOf = (index: number) => `src/core/trespass-${index}.ts`
    const files = expressions.map((expression, index) => [
      nameOf(index),
      `export const a = () => ${expression}`,
    ])

    const output = await withFiles(Object.fromEntries(files), () => run('tsc', ['-p', 'src/core']))

    const refused = expressions.filter((_, index) => output.includes(`${nameOf(index)}(1,`))
    expect(refused).toEqual(beyond)
  })
})

/** The rules of the linter that fire in these files, once they lie in the copy of the tree. */
async function lint(files: Record<string, string>): Promise<string[]> {
  const output = await withFiles(files, () =>
    run('biome', ['lint', '--reporter=json', ...Object.keys(files)]),
  )
  const { diagnostics } = JSON.parse(output) as { diagnostics: { category: string; severity: string }[] }
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ category }) => category)
}

async function withFiles<T>(files: Record<string, string>, look: () => Promise<T>): Promise<T> {
  const paths = Object.keys(files).map((path) => join(copy, path))
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(copy, path)), { recursive: true })
      await writeFile(join(copy, path), `${text}\n`)
    }
    return await look()
  } finally {
    for (const path of paths) await rm(path, { force: true })
  }
}

/** What a tool prints, whether it is content or not. */
function run(tool: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(binary(tool), args, { cwd: copy }, (_error, stdout) => resolve(stdout))
  })
}
