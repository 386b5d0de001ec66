import { parseSchemaUri } from '../schema-uri.ts'
import { namesDraft07 } from '../draft-07.ts'
import { ID_IS_TITLE_AND_VERSION, TITLE_IS_PATH, UNIQUE_ID, wrongId, wrongTitle } from '../shared-rules.ts'
import type { LintedSchema, SchemaRule } from './rule.ts'
import { shown } from '../schema-error.ts'

export const titleIsPath: SchemaRule = {
  ...TITLE_IS_PATH,
  of: 'schemas',
  anyDialect: true,
  problemsIn({ content, home: { title } }) {
    if (!parseSchemaUri(`/${title}/1.0.0`)) return [{ pointer: '', message: notInUri(title) }]
    if (content.title === title) return []
    return [{ pointer: '/title', message: wrongTitle(content.title, title) }]
  },
}

const notInUri = (title: string) =>
  `${title} cannot stand in a schema URI; name its folders with letters, digits, _, - and .`

export const idIsTitleAndVersion: SchemaRule = {
  ...ID_IS_TITLE_AND_VERSION,
  of: 'schemas',
  anyDialect: true,
  problemsIn(schema) {
    if (isAtItsId(schema) || isDuplicate(schema)) return []
    const { content, kind, home, version } = schema
    const message = wrongId(content.$id, home.title, kind === 'current' ? undefined : version)
    return [{ pointer: '/$id', message }]
  },
}

export const uniqueId: SchemaRule = {
  ...UNIQUE_ID,
  of: 'schemas',
  anyDialect: true,
  problemsIn(schema) {
    if (!isDuplicate(schema)) return []
    const { content, home } = schema
    const owner = home.library.ownerOf(String(content.$id))!
    const message = `"$id" ${content.$id} is that of ${owner.path} too; give this schema its own, or remove it`
    return [{ pointer: '/$id', message }]
  },
}

export const dialect: SchemaRule = {
  name: 'dialect',
  reason: 'The validators of the family know draft-07 only, and take other dialects for it.',
  of: 'schemas',
  anyDialect: true,
  problemsIn({ content }) {
    if (namesDraft07(content.$schema)) return []
    const message = `"$schema" is ${shown(content.$schema)}; write the schema in draft-07, https://json-schema.org/draft-07/schema#`
    return [{ pointer: '/$schema', message }]
  },
}

/** Whether the `$id` is the path of the schema; for `current`, with any version. */
export function isAtItsId({ content, kind, home, version }: LintedSchema): boolean {
  if (kind !== 'current') return content.$id === `/${home.title}/${version}`
  const parts = parseSchemaUri(String(content.$id))
  return (
    parts?.title === home.title &&
    content.$id === `/${parts.title}/${parts.version}` &&
    /^\d/.test(parts.version)
  )
}

/** Whether a schema of another folder has the `$id` by right. The files of one title may share it. */
function isDuplicate({ content, home }: LintedSchema): boolean {
  const owner = typeof content.$id === 'string' ? home.library.ownerOf(content.$id) : undefined
  return owner !== undefined && owner.home.path !== home.path
}
