import { parseSchemaUri } from '../schema-uri.ts'
import { type LintedSchema, type SchemaRule, shown } from './rule.ts'

export const titleIsPath: SchemaRule = {
  name: 'title-is-path',
  reason: 'Stream config, tools and people find a schema by its title, and files by their path.',
  of: 'schemas',
  anyDialect: true,
  problemsIn({ content, home: { title } }) {
    if (!parseSchemaUri(`/${title}/1.0.0`)) return [{ pointer: '', message: notInUri(title) }]
    if (content.title === title) return []
    const message = `"title" is ${shown(content.title)}; write ${title}, the path of its folder`
    return [{ pointer: '/title', message }]
  },
}

const notInUri = (title: string) =>
  `${title} cannot stand in a schema URI; name its folders with letters, digits, _, - and .`

export const idIsTitleAndVersion: SchemaRule = {
  name: 'id-is-title-and-version',
  reason: 'An event names its schema by the $id, and the intake takes that for a path.',
  of: 'schemas',
  anyDialect: true,
  problemsIn(schema) {
    if (isAtItsId(schema) || isDuplicate(schema)) return []
    const { content, kind, home, version } = schema
    const id = `/${home.title}/${kind === 'current' ? 'X.Y.Z, the version that is being written' : version}`
    return [{ pointer: '/$id', message: `"$id" is ${shown(content.$id)}; write ${id}` }]
  },
}

export const uniqueId: SchemaRule = {
  name: 'unique-id',
  reason: 'Where two schemas have one $id, it is chance which of them judges an event.',
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
    if (DRAFT_07.test(String(content.$schema))) return []
    const message = `"$schema" is ${shown(content.$schema)}; write the schema in draft-07, https://json-schema.org/draft-07/schema#`
    return [{ pointer: '/$schema', message }]
  },
}

const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/

/** Whether a schema is of draft-07, or does not say. */
export function isDraft07({ content }: LintedSchema): boolean {
  return content.$schema === undefined || DRAFT_07.test(String(content.$schema))
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
