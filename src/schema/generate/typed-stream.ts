import { readTitles } from '../folder.ts'
import { nearest } from '../lint/nearest.ts'
import { isDraft, type SchemaRepository } from '../repository.ts'
import { SchemaError } from '../schema-error.ts'
import type { SchemaObject } from '../schema-file.ts'
import type { Source } from '../source.ts'
import { has, isObject } from '../subschemas.ts'
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

/** The URI of the highest version that is materialized: events name it from now on. */
function newest(title: string, { versionsOf, find }: SchemaRepository): string | undefined {
  return versionsOf(title)
    .filter((uri) => !isDraft(find(uri)!))
    .at(-1)
}

function whatIsThere(title: string, { folders, versionsOf }: SchemaRepository): string {
  const bare = title.replace(/^\/+|\/\d+\.\d+\.\d+$/g, '')
  if (bare !== title) return `which is no title; write ${JSON.stringify(bare)}, without slash and version`
  if (versionsOf(title).length)
    return 'which is not materialized yet; run rivulet schemas materialize on its folder'

  const titles = folders.flatMap((folder) => readTitles(folder).map((known) => known.title))
  const meant = nearest(title, titles)
  const fix = meant ? `did you mean ${meant}?` : `correct it, or begin it: rivulet schemas new ${title}`
  return `which no schema has in ${folders.join(', ')}; ${fix}`
}

/** What clients know by themselves. Other values are the page's own, which it may have or not. */
const KNOWN_VALUES: ReadonlySet<string> = new Set([
  'agent_client_platform_family',
  'page_content_language',
  'page_title',
  'performer_pageview_id',
  'performer_session_id',
])

/** Whether a schema allows the field of a value: `page_title` is `page.title`. */
function allows(schema: SchemaObject, value: string): boolean {
  const [group = '', ...field] = value.split('_')
  let node: unknown = schema
  for (const name of [group, field.join('_')]) {
    const { properties, additionalProperties } = isObject(node) ? node : {}
    if (!isObject(properties) || !has(properties, name)) return additionalProperties !== false
    node = properties[name]
  }
  return true
}
