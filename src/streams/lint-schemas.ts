import type { SchemaRepository } from '../schema/repository.ts'
import { pointerTo } from '../schema/json-pointer.ts'
import { nearest } from '../schema/nearest.ts'
import { shown } from '../schema/schema-error.ts'
import { allows, KNOWN_VALUES, newest, whatIsThere } from '../schema/stream-schema.ts'
import { type LintedStream, type Problem, type StreamSchema, settingOf } from './linted-config.ts'

/** Where schemas are looked up. */
export interface Schemas {
  readonly repository: SchemaRepository
  /** Whether it has schemas of others than Rivulet, so that a title that it has not is wrong. */
  readonly isComplete: boolean
}

/** The schema that a stream's events carry, where it can be found. */
export function schemaOf({ settings }: LintedStream, { repository }: Schemas): StreamSchema | undefined {
  const { schema_title: title } = settings
  if (typeof title !== 'string') return undefined
  const $schema = newest(title, repository)
  const source = $schema && repository.find($schema)
  return source ? { $schema, source } : undefined
}

/** A `schema_title` that is missing, no title, or that of no schema. */
export function titleProblems(
  stream: LintedStream,
  { repository, isComplete }: Schemas,
  schema: StreamSchema | undefined,
): Problem[] {
  const { settings, pointer, value } = stream
  const { schema_title: title } = settings
  if (title === undefined || title === null) {
    const redirect = settingOf(stream, 'stream_name')?.value
    const isTypo = nearest('schema_title', Object.keys(settings))
    return redirect || isTypo || value !== settings
      ? []
      : [
          {
            rule: 'schema-title',
            pointer,
            message: `the stream ${shown(stream.name)} has no schema_title, so that the intake refuses its events; name the title of their schema`,
            level: 'warning',
          },
        ]
  }
  if (typeof title !== 'string' || schema) return []
  const isTitle = /^\w[\w.-]*(\/\w[\w.-]*)*$/.test(title) && !/\/\d+\.\d+\.\d+$/.test(title)
  if (isTitle && !isComplete && !title.startsWith('rivulet/')) return []
  return [
    {
      rule: 'schema-title',
      pointer: pointerTo(pointer, 'schema_title'),
      message: `the schema_title is ${shown(title)}, ${whatIsThere(title, repository)}`,
    },
  ]
}

/** Values that the schema forbids, or whose names look misspelt. */
export function valueProblems(stream: LintedStream, schema: StreamSchema | undefined): Problem[] {
  const asked = settingOf(stream, 'provide_values')
  if (!Array.isArray(asked?.value)) return []
  const { value: names, pointer } = asked
  return names.flatMap((name: unknown, index): Problem[] => {
    if (typeof name !== 'string') return [] // is said of the list
    const at = (message: string, level?: 'warning'): Problem[] => [
      {
        rule: 'provide-values',
        pointer: pointerTo(pointer, index),
        message: `provide_values ${message}`,
        ...(level ? { level } : {}),
      },
    ]
    if (names.indexOf(name) < index) return at(`has ${name} twice; keep one of them`, 'warning')
    if (schema && !allows(schema.source.content, name))
      return KNOWN_VALUES.has(name)
        ? at(
            `asks for ${name}, which ${schema.$schema} does not allow, so that no event is valid; take it out, or add {"$ref": "/rivulet/fragment/web/1.0.0#"} to the schema's allOf`,
          )
        : at(
            `asks for ${name}, which ${schema.$schema} does not allow, so that events of pages that have it are invalid; take it out, or add it to the schema`,
            'warning',
          )
    const meant = FAMILY.has(name) ? undefined : nearest(name, [...FAMILY])
    return meant ? at(`asks for ${name}, which clients do not know; did you mean ${meant}?`, 'warning') : []
  })
}

const namesIn = (group: string, fields: string) => fields.split(' ').map((field) => `${group}_${field}`)

/** The contextual attributes that clients of the family know. A page may have values of its own beside them. */
const FAMILY: ReadonlySet<string> = new Set([
  ...namesIn(
    'agent',
    'client_platform client_platform_family ua_string app_install_id app_flavor app_theme app_version app_version_name device_family device_language release_status',
  ),
  ...namesIn(
    'page',
    'id title namespace_id namespace_name revision_id wikidata_id wikidata_qid content_language is_redirect user_groups_allowed_to_move user_groups_allowed_to_edit path',
  ),
  ...namesIn(
    'mediawiki',
    'skin version database is_production is_debug_mode site_content_language site_content_language_variant',
  ),
  ...namesIn(
    'performer',
    'is_logged_in is_bot is_temp id name session_id pageview_id active_browsing_session_token groups language language_variant language_primary language_groups can_probably_edit_page edit_count edit_count_bucket registration_dt',
  ),
])
