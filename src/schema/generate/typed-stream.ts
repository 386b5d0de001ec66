import { nearest } from '../nearest.ts'
import type { SchemaRepository } from '../repository.ts'
import { SchemaError } from '../schema-error.ts'
import type { Source } from '../source.ts'
import { allows, KNOWN_VALUES, newest, whatIsThere } from '../stream-schema.ts'
import type { StreamSettings } from './streams-file.ts'
import { type RulesText, rulesOf } from './validator-rules.ts'

/** A stream, the schema that its events carry, and the rules by which a page checks them. */
export interface TypedStream extends StreamSettings {
  /** `/title/X.Y.Z` */
  readonly $schema: string
  readonly schema: Source
  readonly rules: RulesText
}

/**
 * What a stream's events carry: the highest version of its schema that is materialized. Throws a SchemaError that says
 * what of its settings, at their line in `source`, or of its schema cannot be used.
 */
export function typedStream(
  stream: StreamSettings,
  { source, repository }: { readonly source: string; readonly repository: SchemaRepository },
): TypedStream {
  const { name, schemaTitle, line, provideValues } = stream
  const fail = (what: string) =>
    new SchemaError(`the stream ${JSON.stringify(name)} ${what}`, { place: { file: source, line } })
  if (!/^\w[\w.-]*$/.test(name))
    throw fail('has a name that no file can have; use letters, digits, "_", "." and "-"')
  if (schemaTitle === undefined) throw fail(`has no "schema_title"${misspelt(stream)}`)
  const $schema = newest(schemaTitle, repository)
  const schema = $schema && repository.find($schema)
  if (!schema)
    throw fail(`has the schema_title ${JSON.stringify(schemaTitle)}, ${whatIsThere(schemaTitle, repository)}`)

  const refused = provideValues.filter((value) => KNOWN_VALUES.has(value) && !allows(schema.content, value))
  if (refused.length)
    throw fail(
      `asks for ${refused.join(', ')} (provide_values), which ${$schema} does not allow, so that no event would be valid; take it out, or add {"$ref": "/rivulet/fragment/web/1.0.0#"} to the schema's allOf`,
    )
  return { ...stream, $schema, schema, rules: rulesOf(schema) }
}

function misspelt({ others }: StreamSettings): string {
  const meant = nearest('schema_title', others)
  return meant ? `, but "${meant}"; correct that` : '; name the title of its schema'
}
