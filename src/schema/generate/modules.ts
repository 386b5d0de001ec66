import { posix } from 'node:path'
import { fieldName, pascalCase, quoted } from './code.ts'
import { dataType } from './data-type.ts'
import { parseSchemaUri } from '../schema-uri.ts'
import { leavesDtToIntake } from './validator-rules.ts'
import type { TypedStream } from './typed-stream.ts'
import { formatsIn, formatsModule, validatorModule } from './validator-code.ts'

/** The files for some streams, by path: of all together, of each, of each schema, and of the formats. */
export function* filesOf(
  streams: readonly TypedStream[],
  bySchema: ReadonlyMap<string, readonly TypedStream[]>,
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

/** The module of a stream's schema. */
export function moduleOf({ $schema, rules, schema }: TypedStream, validator: string): string {
  const { properties = {} } = schema.content as { properties?: object }
  const names = Object.keys(properties)
  const has = {
    dt: names.includes('dt') && !leavesDtToIntake(schema.content),
    client_dt: names.includes('client_dt'),
    sample: names.includes('sample'),
  }
  const formats = posix.relative(posix.dirname(modulePath($schema)), 'formats.js')
  return validatorModule({ $schema, rules, has, validator, formats })
}

function streamsModule(
  streams: readonly TypedStream[],
  bySchema: ReadonlyMap<string, readonly TypedStream[]>,
): string {
  const names = uniqueNames(
    [...bySchema.keys()],
    ($schema) => `schemaOf${pascalCase(parseSchemaUri($schema)!.title)}`,
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

function streamsTypes(streams: readonly TypedStream[]): string {
  const names = uniqueNames(
    streams.map(({ name }) => name),
    (name) => pascalCase(name).replace(/^(?=\d|$)/, 'Stream'),
  )
  const types = streams.map(({ name, $schema, schema, provideValues, isSampled }) => {
    const groups = provideValues.map((value) => value.split('_')[0]!)
    const filled = ['dt', 'client_dt', ...(isSampled ? ['sample'] : []), ...groups]
    return `${dataType(schema.content, { name: names.get(name)!, $schema, filled })}\n`
  })
  const fields = streams.map(
    ({ name }) => `  readonly ${fieldName(name)}: StreamSchema<${names.get(name)}>\n`,
  )
  return `import type { GivenMeta, StreamSchema } from 'rivulet'

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
function uniqueNames(keys: readonly string[], nameOf: (key: string) => string): Map<string, string> {
  const names = new Map<string, string>()
  const taken = new Set(['GivenMeta', 'Schemas', 'StreamSchema'])
  for (const key of keys) {
    let name = nameOf(key)
    for (let number = 2; taken.has(name); number++) name = `${nameOf(key)}${number}`
    taken.add(name)
    names.set(key, name)
  }
  return names
}
