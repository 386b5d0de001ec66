import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Event } from '../../src/core/event.ts'
import type { StreamSchema } from '../../src/core/options.ts'
import { generate } from '../../src/schema/generate/generate.ts'
import { updateFiles } from '../../src/schema/generate/generated-files.ts'
import { openSchemaRepository, type SchemaRepository } from '../../src/schema/repository.ts'

const DIST = resolve(import.meta.dirname, '../../dist')
export const DRAFT_7 = 'https://json-schema.org/draft-07/schema#'

/** What was generated for some schemas, loaded as a page would, and the repository that it is from. */
export interface GeneratedSchemas {
  readonly schemas: Readonly<Record<string, Required<StreamSchema>>>
  readonly repository: SchemaRepository
  readonly folder: string
  remove(): Promise<void>
}

/**
 * Generates for schemas by title, each version 1.0.0 and `a/b` in the stream `a.b`, and imports the modules with
 * the validator of dist/.
 */
export async function generatedFor(
  contents: Readonly<Record<string, object>>,
  build: 'validator' | 'validator.development' = 'validator',
): Promise<GeneratedSchemas> {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-generated-'))
  for (const [title, content] of Object.entries(contents)) {
    const schema = { title, $id: `/${title}/1.0.0`, $schema: DRAFT_7, ...content }
    const path = join(folder, 'schemas', title, '1.0.0.json')
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, JSON.stringify(schema))
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const repository = openSchemaRepository([join(folder, 'schemas')])
  const streams = Object.keys(contents).map((title) => ({
    name: title.replaceAll('/', '.'),
    schemaTitle: title,
    provideValues: [],
    isSampled: false,
    others: [],
    line: 1,
  }))
  const validator = pathToFileURL(join(DIST, `${build}.js`)).href
  const { files, findings } = generate({
    streams,
    source: 'streams.json',
    revision: '1',
    repository,
    validator,
  })
  if (findings.length) throw new Error(findings.map(({ message }) => message).join('\n'))
  updateFiles(join(folder, 'out'), files)
  const { schemas } = await import(pathToFileURL(join(folder, 'out/streams.js')).href)
  return { schemas, repository, folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** Anything, as an event to validate. */
export const asEvent = (value: unknown) => value as Event
