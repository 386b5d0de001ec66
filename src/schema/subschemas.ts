import type { SchemaObject } from './schema-file.ts'

/** Whether a value is an object that is no list: in the place of a schema, a schema with keywords. */
export function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
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
export const DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples'])

/** Keywords whose values are a schema, or a list of them. */
const SCHEMAS = new Set([
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
