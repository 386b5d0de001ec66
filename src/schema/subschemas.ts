import { pointerTo } from './json-pointer.ts'
import type { SchemaObject } from './schema-file.ts'

/** A schema within a schema, or the whole of it, and the JSON pointer to it. */
interface Subschema {
  readonly pointer: string
  readonly node: SchemaObject
}

/** Whether a value is an object that is no list: in the place of a schema, a schema with keywords. */
export function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value of a keyword such as `type`, which may be a list or one of its items, as a list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

/** Whether an object has a key of its own; a schema may use any name, such as "constructor". */
export function has(object: object, key: string): boolean {
  return Object.getOwnPropertyDescriptor(object, key) !== undefined
}

/** Keywords whose values are schemas by name. */
export const SCHEMA_MAPS: ReadonlySet<string> = new Set([
  'definitions',
  'dependencies',
  'patternProperties',
  'properties',
])

/** Keywords whose values are data: an event, or a part of one. */
const DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples'])

/** Keywords whose values are a schema, or a list of them. */
export const SCHEMAS: ReadonlySet<string> = new Set([
  'additionalItems',
  'additionalProperties',
  'allOf',
  'anyOf',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'oneOf',
  'propertyNames',
  'then',
])

/** What an object is to its keys: a schema has keywords, a map has names, and data is an event's. */
export type Kind = 'schema' | 'map' | 'data'

/** What stands under a key, given what the object is; an item of a list is what the list is. */
export function kindBelow(kind: Kind, key: string): Kind {
  if (kind === 'data') return 'data'
  if (kind === 'map' || !(DATA.has(key) || SCHEMA_MAPS.has(key))) return 'schema'
  return DATA.has(key) ? 'data' : 'map'
}

/** The keywords under which a schema says what values are like; the others only test them. */
export const DESCRIBING: ReadonlySet<string> = new Set([
  'additionalProperties',
  'allOf',
  'definitions',
  'items',
  'oneOf',
  'properties',
])

/**
 * A schema and every schema within it, in the order of the file; `through` names the keywords that are followed, by
 * default all that hold schemas in draft-07. What is no schema where one should be is passed over.
 */
export function subschemasOf(
  schema: SchemaObject,
  through: ReadonlySet<string> = new Set([...SCHEMA_MAPS, ...SCHEMAS]),
): readonly Subschema[] {
  const found: Subschema[] = []
  collect(schema, '')
  return found

  function collect(node: unknown, pointer: string): void {
    if (!isObject(node)) return
    found.push({ node, pointer })
    for (const keyword of Object.keys(node)) {
      if (!through.has(keyword)) continue
      const value = node[keyword]
      const isMap = SCHEMA_MAPS.has(keyword) && isObject(value)
      if (isMap || Array.isArray(value))
        for (const [key, child] of Object.entries(value)) collect(child, pointerTo(pointer, keyword, key))
      else collect(value, pointerTo(pointer, keyword))
    }
  }
}

/** The value of a keyword with each schema right below it replaced. */
export function mapSubschemas(
  keyword: string,
  value: unknown,
  replace: (schema: SchemaObject, step: string) => unknown,
): unknown {
  const replaced = (child: unknown, step: string) => (isObject(child) ? replace(child, step) : child)
  if (SCHEMAS.has(keyword) && Array.isArray(value))
    return value.map((child, index) => replaced(child, String(index)))
  if (SCHEMAS.has(keyword)) return replaced(value, '')
  if (!SCHEMA_MAPS.has(keyword) || !isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, replaced(child, name)]))
}
