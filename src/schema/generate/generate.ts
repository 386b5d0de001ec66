import { basename } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { type Finding, findingOf, onceEach } from '../finding.ts'
import type { SchemaRepository } from '../repository.ts'
import { SchemaError } from '../schema-error.ts'
import { filesOf, moduleOf } from './modules.ts'
import { typedStream, type TypedStream } from './typed-stream.ts'
import type { StreamSettings } from './streams-file.ts'

export interface GenerateOptions {
  /** The streams to generate for, and the file that they are from. */
  readonly streams: readonly StreamSettings[]
  readonly source: string
  readonly revision: string | undefined
  readonly repository: SchemaRepository
  /** What the generated modules import `createValidator` from. */
  readonly validator: string
}

/** What is generated for a list of streams. */
export interface Generated {
  /** The text of each file, by its path below the folder. Empty where something was found. */
  readonly files: ReadonlyMap<string, string>
  readonly findings: readonly Finding[]
  readonly schemas: readonly SchemaReport[]
  /** Streams without files: those whose name is a pattern, and those that Rivulet itself writes. */
  readonly leftOut: readonly string[]
}

/** What a page loads for one schema. */
export interface SchemaReport {
  readonly $schema: string
  readonly streams: readonly string[]
  /** Its rules compressed by brotli, beside others or alone: what it adds to a bundle at most. */
  readonly bytes: number
}

/** The client and the intake write these, and see to it that they are valid. */
const OWN_TITLES = ['rivulet/ledger', 'rivulet/rejected', 'rivulet/duplicates']

/** Validators and types for streams, as modules that `createClient({ schemas })` takes. Reads schemas, writes nothing. */
export function generate({ streams, source, revision, repository, validator }: GenerateOptions): Generated {
  const isLeftOut = ({ name, schemaTitle = '' }: StreamSettings) =>
    name.startsWith('/') || OWN_TITLES.includes(schemaTitle)
  const findings: Finding[] = []
  const found: TypedStream[] = []
  for (const stream of streams) {
    if (isLeftOut(stream)) continue
    try {
      if (found.some(({ name }) => name === stream.name)) throw new SchemaError(taken(stream))
      found.push(typedStream(stream, { source, repository }))
    } catch (error) {
      findings.push({
        ...findingOf(error, { file: source, line: stream.line }),
        rule: 'generate',
        reason: WHY,
      })
    }
  }

  const origin = `${basename(source)}${revision ? `, revision ${revision}` : ''}`.replace(/\s+/g, ' ')
  const header = `// Written by "rivulet generate" from ${origin}. Do not edit.\n\n`
  const bySchema = grouped(found)
  return {
    files: new Map(findings.length ? [] : filesOf(found, bySchema, { header, validator })),
    // What is wrong with a schema is wrong for all of its streams.
    findings: onceEach(findings),
    schemas: [...bySchema].map(([$schema, [first, ...others]]) => ({
      $schema,
      streams: [first!, ...others].map(({ name }) => name),
      bytes: brotliCompressSync(moduleOf(first!, validator).replace(/\s+/g, ' ')).length,
    })),
    leftOut: streams.filter(isLeftOut).map(({ name }) => name),
  }
}

const taken = ({ name, schemaTitle }: StreamSettings) =>
  `the stream ${name} carries another schema, so that ${schemaTitle} has no stream of that name; add one to the config`

const WHY = 'A page can only check what is known of its events.'

function grouped(streams: readonly TypedStream[]): Map<string, TypedStream[]> {
  const groups = new Map<string, TypedStream[]>()
  for (const stream of streams) groups.set(stream.$schema, [...(groups.get(stream.$schema) ?? []), stream])
  return groups
}
