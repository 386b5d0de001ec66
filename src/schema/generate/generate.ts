import { basename, posix } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { camelCase, fieldName, quoted } from './code.ts'
import { dataType } from './data-type.ts'
import { type Finding, findingOf } from '../finding.ts'
import type { Schema, SchemaRepository } from '../repository.ts'
import { SchemaError } from '../schema-error.ts'
import { parseSchemaUri } from '../schema-uri.ts'
import type { StreamSettings } from './streams-file.ts'
import { formatsIn, formatsModule, validatorModule } from './validator-code.ts'
import { type RulesText, rulesOf } from './validator-rules.ts'

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

/** One stream and what is made of its schema. */
interface Stream extends StreamSettings {
  readonly $schema: string
  readonly schema: Schema
  readonly rules: RulesText
}

/** The client and the intake write these, and see to it that they are valid. */
const OWN_TITLES = ['rivulet/ledger', 'rivulet/rejected', 'rivulet/duplicates']

/** Validators and types for streams, as modules that `createClient({ schemas })` takes. Reads schemas, writes nothing. */
export function generate({ streams, source, revision, repository, validator }: GenerateOptions): Generated {
  const isLeftOut = ({ name, schemaTitle = '' }: StreamSettings) =>
    name.startsWith('/') || OWN_TITLES.includes(schemaTitle)
  const findings: Finding[] = []
  const found: Stream[] = []
  const rulesByPath = new Map<string, RulesText>()
  for (const stream of streams) {
    if (isLeftOut(stream)) continue
    try {
      found.push(withSchema(stream))
    } catch (error) {
      findings.push({
        ...findingOf(error, { file: source, line: stream.line }),
        rule: 'generate',
        reason: WHY,
      })
    }
  }

  const header = `// Written by "rivulet generate" from ${basename(source)}${revision ? `, revision ${revision}` : ''}. Do not edit.\n\n`
  const bySchema = grouped(found)
  return {
    files: new Map(findings.length ? [] : filesOf(found, bySchema, { header, validator })),
    findings: onePerPlace(findings),
    schemas: [...bySchema].map(([$schema, [first, ...others]]) => ({
      $schema,
      streams: [first!, ...others].map(({ name }) => name),
      bytes: brotliCompressSync(moduleOf(first!, validator).replace(/\s+/g, ' ')).length,
    })),
    leftOut: streams.filter(isLeftOut).map(({ name }) => name),
  }

  function withSchema(stream: StreamSettings): Stream {
    const { name, schemaTitle, line } = stream
    const fail = (what: string) => new SchemaError(what, { place: { file: source, line } })
    if (!/^\w[\w.-]*$/.test(name))
      throw fail(
        `the stream ${JSON.stringify(name)} has a name that no file can have; use letters, digits, "_", "." and "-"`,
      )
    if (schemaTitle === undefined)
      throw fail(`the stream ${name} has no "schema_title"; name the title of its schema`)
    const $schema = newest(schemaTitle, repository)
    const schema = $schema && repository.find($schema)
    if (!schema)
      throw fail(
        `the stream ${name} has the schema_title ${schemaTitle}, which ${whatIsThere(schemaTitle, repository)}`,
      )
    const rules = rulesByPath.get(schema.path) ?? rulesOf(schema)
    rulesByPath.set(schema.path, rules)
    return { ...stream, $schema, schema, rules }
  }
}

const WHY = 'A page can only check what is known of its events.'

/** The URI of the highest version that is materialized: events name it from now on. */
function newest(title: string, { versionsOf, find }: SchemaRepository): string | undefined {
  const isMaterialized = (uri: string) => !basename(find(uri)?.path ?? '').startsWith('current')
  return versionsOf(title).filter(isMaterialized).at(-1)
}

function whatIsThere(title: string, { folders, versionsOf }: SchemaRepository): string {
  return versionsOf(title).length
    ? `is only drafted; run "rivulet schemas materialize" on the folder of ${title}`
    : `no schema has in ${folders.join(', ')}; correct it, or add the schema: "rivulet schemas new ${title}"`
}

/** What is wrong with a schema is wrong for all of its streams. */
function onePerPlace(findings: readonly Finding[]): Finding[] {
  return [
    ...new Map(
      findings.map((finding) => [`${finding.file}:${finding.line} ${finding.message}`, finding]),
    ).values(),
  ]
}

function grouped(streams: readonly Stream[]): Map<string, Stream[]> {
  const groups = new Map<string, Stream[]>()
  for (const stream of streams) groups.set(stream.$schema, [...(groups.get(stream.$schema) ?? []), stream])
  return groups
}

function* filesOf(
  streams: readonly Stream[],
  bySchema: ReadonlyMap<string, readonly Stream[]>,
  { header, validator }: { header: string; validator: string },
): Iterable<[string, string]> {
  yield ['streams.js', header + streamsModule(streams, bySchema)]
  yield ['streams.d.ts', header + streamsTypes(streams)]
  for (const [$schema, [first]] of bySchema) yield [modulePath($schema), header + moduleOf(first!, validator)]
  for (const { name, $schema } of streams) {
    yield [`streams/${name}.js`, header + streamModule(name, $schema)]
    yield [`streams/${name}.d.ts`, header + streamTypes(name)]
  }
  const formats = [...new Set(streams.flatMap(({ rules }) => formatsIn(rules)))].sort()
  if (formats.length) yield ['formats.js', header + formatsModule(formats)]
}

const modulePath = ($schema: string) => `schemas${$schema}.js`

function moduleOf({ $schema, rules, schema }: Stream, validator: string): string {
  const { properties = {} } = schema.content as { properties?: object }
  const names = Object.keys(properties)
  const has = {
    dt: names.includes('dt'),
    client_dt: names.includes('client_dt'),
    sample: names.includes('sample'),
  }
  const formats = `./${posix.relative(posix.dirname(modulePath($schema)), 'formats.js')}`.replace(
    /^\.\/\.\./,
    '..',
  )
  return validatorModule({ $schema, rules, has, validator, formats })
}

function streamsModule(streams: readonly Stream[], bySchema: ReadonlyMap<string, readonly Stream[]>): string {
  const names = distinct(
    [...bySchema.keys()],
    ($schema) => `${camelCase(parseSchemaUri($schema)!.title)}Schema`,
  )
  const imports = [...names].map(
    ([$schema, name]) => `import { schema as ${name} } from './${modulePath($schema)}'\n`,
  )
  const fields = streams.map(({ name, $schema }) => `  ${fieldName(name)}: ${names.get($schema)},\n`)
  return `${imports.join('')}\nexport const schemas = {\n${fields.join('')}}\n`
}

function streamModule(name: string, $schema: string): string {
  return `import { schema } from '../${modulePath($schema)}'\n\nexport const schemas = { ${fieldName(name)}: schema }\n`
}

function streamsTypes(streams: readonly Stream[]): string {
  const names = distinct(
    streams.map(({ name }) => name),
    (name) =>
      camelCase(name)
        .replace(/^./, (letter) => letter.toUpperCase())
        .replace(/^(?=\d)/, 'Stream'),
  )
  const types = streams.map(({ name, $schema, schema, provideValues }) => {
    const filled = [
      '$schema',
      'dt',
      'client_dt',
      'sample',
      'meta',
      ...provideValues.map((value) => value.split('_')[0]!),
    ]
    return `${dataType(schema.content, { name: names.get(name)!, $schema, filled })}\n`
  })
  const fields = streams.map(
    ({ name }) => `  readonly ${fieldName(name)}: StreamSchema<${names.get(name)}>\n`,
  )
  return `import type { StreamSchema } from 'rivulet'

${types.join('')}/** What is submitted to each stream. */
export type Schemas = {
${fields.join('')}}

/** What \`createClient\` takes as \`schemas\`. */
export declare const schemas: Schemas
`
}

function streamTypes(name: string): string {
  return `import type { Schemas } from '../streams.js'\n\nexport declare const schemas: Pick<Schemas, ${quoted(name)}>\n`
}

/** A name in code for each key; a number tells apart those that would be the same. */
function distinct(keys: readonly string[], nameOf: (key: string) => string): Map<string, string> {
  const names = new Map<string, string>()
  const taken = new Set(['Schemas', 'StreamSchema'])
  for (const key of keys) {
    let name = nameOf(key)
    for (let number = 2; taken.has(name); number++) name = `${nameOf(key)}${number}`
    taken.add(name)
    names.set(key, name)
  }
  return names
}
