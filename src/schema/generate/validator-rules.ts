import { Ajv } from 'ajv'
import { checkDraft07 } from '../draft-07.ts'
import { FORMATS } from '../formats.ts'
import { pointerTo } from '../json-pointer.ts'
import { errorAt, type Source } from '../source.ts'
import type { SchemaObject } from '../schema-file.ts'
import { has, isObject } from '../subschemas.ts'

/** The rules of a schema as data: `rivulet/validator`'s, with patterns and formats still by their text and name. */
export type RulesText = { readonly [keyword: string]: unknown } | true

const NUMBERS = [
  'maximum',
  'maxItems',
  'maxLength',
  'maxProperties',
  'minimum',
  'minItems',
  'minLength',
  'minProperties',
]

/** What the intake's validator looks at; all other words of a schema say nothing of which values are valid. */
const ajv = new Ajv({ strict: false, validateFormats: false })
const CHECKED = new Map(Object.entries(ajv.RULES.all))

/** Tells what cannot be checked in a page, and where in the schema it stands. */
type Refuse = (pointer: string, what: string) => never

/**
 * The rules by which a page checks events of a schema, as the intake does once it has filled in what is its own: a
 * `meta.dt`, and the `dt` of a legacy schema. Throws a SchemaError at what no page can check.
 */
export function rulesOf(source: Source): RulesText {
  const { content } = source
  checkDraft07(source, content)
  const rules = rulesAt(content, '', (pointer, what) => {
    throw errorAt(source, pointer, what)
  })
  return rules === true ? rules : withoutTheIntakesFields(rules, content)
}

function withoutTheIntakesFields(rules: Exclude<RulesText, true>, content: SchemaObject): RulesText {
  const properties = rules.properties as { [name: string]: RulesText | false } | undefined
  const meta = properties?.meta
  return {
    ...(leavesDtToIntake(content) ? without(rules, 'dt') : rules),
    ...(typeof meta === 'object' && { properties: { ...properties, meta: without(meta, 'dt') } }),
  }
}

/** Whether `dt` is the time of receipt, and `client_dt` that of the event: so it is in the family's legacy schemas. */
export function leavesDtToIntake({ title, properties }: SchemaObject): boolean {
  return String(title).startsWith('analytics/legacy') && isObject(properties) && has(properties, 'client_dt')
}

function without(rules: Exclude<RulesText, true>, name: string): Exclude<RulesText, true> {
  const { required, ...others } = rules as { required?: readonly string[] }
  const left = required?.filter((one) => one !== name) ?? []
  return left.length ? { ...rules, required: left } : others
}

function rulesAt(schema: unknown, pointer: string, refuse: Refuse): RulesText {
  if (schema === true) return true
  // Nothing is one of no values.
  if (schema === false) return { enum: [] }
  if (!isObject(schema)) return refuse(pointer, `${JSON.stringify(schema)} is no schema; write an object`)
  const rules = Object.entries(schema).flatMap(([keyword, value]) => {
    if (!CHECKED.has(keyword) || keyword === '$comment') return []
    return [[keyword, ruleOf(keyword, value, schema, `${pointer}/${keyword}`, refuse)] as const]
  })
  const { const: only, ...others } = Object.fromEntries(rules.filter(([, rule]) => rule !== undefined))
  return only === undefined ? others : { ...others, enum: only }
}

/** The rule of one keyword; undefined where it lets everything pass. */
function ruleOf(
  keyword: string,
  value: unknown,
  schema: SchemaObject,
  pointer: string,
  refuse: Refuse,
): unknown {
  const below = (part: unknown, name: string) => rulesAt(part, pointerTo(pointer, name), refuse)
  if (NUMBERS.includes(keyword)) return value
  switch (keyword) {
    case 'type':
    case 'enum':
    case 'uniqueItems':
      return value
    case 'const':
      return 'enum' in schema
        ? refuse(pointer, '"const" stands beside "enum"; leave one of them out')
        : [value]
    case 'required':
      return someOf(requiredOf(schema))
    case 'pattern':
      return patternOf(String(value), pointer, refuse)
    case 'format':
      return formatOf(String(value), pointer, refuse)
    case 'properties': {
      const properties = Object.entries(value as SchemaObject)
      return Object.fromEntries(
        properties.map(([name, part]) => [name, part === false ? part : below(part, name)]),
      )
    }
    case 'additionalProperties':
      return value === true ? undefined : value === false ? value : rulesAt(value, pointer, refuse)
    case 'propertyNames':
      return rulesAt(value, pointer, refuse)
    case 'items':
      if (!Array.isArray(value)) return rulesAt(value, pointer, refuse)
      return refuse(
        pointer,
        'items with a schema for each cannot be checked in a page; give all items one schema',
      )
    default:
      return refuse(
        pointer,
        `"${keyword}" cannot be checked in a page${hint(keyword)}; use what ${SUPPORTED.join(', ')} can say`,
      )
  }
}

const SUPPORTED = [
  ...['type', 'enum', 'const', 'required', 'properties', 'additionalProperties', 'propertyNames', 'items'],
  ...['uniqueItems', 'pattern', 'format', ...NUMBERS],
]

function hint(keyword: string): string {
  const isMaterialized = keyword === '$ref' || keyword === 'allOf'
  return isMaterialized ? ', unless "rivulet schemas materialize" has resolved it' : ''
}

/** What of a schema's required fields an event has to have: the intake fills a default in before it looks. */
export function requiredOf({ required, properties }: SchemaObject): string[] {
  const fields = new Map(Object.entries(isObject(properties) ? properties : {}))
  return ((required ?? []) as string[]).filter((name) => {
    const field = fields.get(name)
    return !isObject(field) || field.default === undefined || !isValid(field, field.default)
  })
}

/** In a schema without `$id`, which Ajv would remember. */
function isValid({ $id: _, ...schema }: SchemaObject, value: unknown): boolean {
  return ajv.validate(schema, value)
}

/** No rule where there is nothing to ask for. */
function someOf(names: readonly string[]): readonly string[] | undefined {
  return names.length > 0 ? names : undefined
}

function patternOf(pattern: string, pointer: string, refuse: Refuse): string {
  try {
    return new RegExp(pattern).source
  } catch (cause) {
    return refuse(pointer, `the pattern cannot be used (${(cause as Error).message}); correct it`)
  }
}

/** The name of a format that the intake checks by a pattern. What it does not know, it lets pass. */
function formatOf(name: string, pointer: string, refuse: Refuse): string | undefined {
  const found = patternOfFormat(name)
  if (found === undefined || found instanceof RegExp) return found && name
  return refuse(pointer, `the format ${name} cannot be checked in a page; use a pattern, or no format`)
}

/** How the intake checks a format: by a pattern, otherwise (null), or not at all (undefined). */
export function patternOfFormat(name: string): RegExp | null | undefined {
  const known = (has(FORMATS, name) && FORMATS[name]) || true
  if (known === true) return undefined
  const pattern = typeof known === 'object' && 'validate' in known ? known.validate : known
  return pattern instanceof RegExp ? pattern : null
}
