import { readTitles } from './folder.ts'
import { nearest } from './nearest.ts'
import { isDraft, type SchemaRepository } from './repository.ts'
import type { SchemaObject } from './schema-file.ts'
import { has, isObject } from './subschemas.ts'

/** The URI of the highest version that is materialized: events name it from now on. */
export function newest(title: string, { versionsOf, find }: SchemaRepository): string | undefined {
  return versionsOf(title)
    .filter((uri) => {
      const schema = find(uri) // none where the title begins with a slash
      return schema && !isDraft(schema)
    })
    .at(-1)
}

/** Why no events can carry the schema that a `schema_title` names, and what to do about it. */
export function whatIsThere(title: string, { folders, versionsOf }: SchemaRepository): string {
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
export const KNOWN_VALUES: ReadonlySet<string> = new Set([
  'agent_client_platform_family',
  'page_content_language',
  'page_title',
  'performer_pageview_id',
  'performer_session_id',
])

/** Whether a schema allows the field of a value: `page_title` is `page.title`. */
export function allows(schema: SchemaObject, value: string): boolean {
  const [group = '', ...field] = value.split('_')
  let node: unknown = schema
  for (const name of [group, field.join('_')]) {
    const { properties, additionalProperties } = isObject(node) ? node : {}
    if (!isObject(properties) || !has(properties, name)) return additionalProperties !== false
    node = properties[name]
  }
  return true
}
