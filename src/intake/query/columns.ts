import type { SchemaObject } from '../../schema/schema-file.ts'
import { isObject } from '../ingest.ts'

/** A column of a view. */
export interface Column {
  readonly name: string
  /** In SQL. */
  readonly type: string
}

/** What the values of a field are, by its schema. */
export type FieldType =
  | { readonly scalar: 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'VARCHAR' | 'TIMESTAMPTZ' | 'JSON' }
  | { readonly fields: Fields }
  | { readonly items: FieldType }
  | { readonly values: FieldType }

/** The fields of an object. No two names differ in case only, which SQL does not tell apart. */
export type Fields = ReadonlyMap<string, FieldType>

const JSON_TYPE: FieldType = { scalar: 'JSON' }
/** What is nested deeper is JSON. */
const DEEPEST = 12

/** The fields of events that any of the schemas describes. What they disagree on is JSON. */
export function fieldsOf(schemas: readonly SchemaObject[]): Fields {
  return schemas
    .map((schema) => fieldsIn(schema.properties, 0) ?? new Map())
    .reduce(mergedFields, new Map<string, FieldType>())
}

/** The fields of both. */
export function mergedFields(a: Fields, b: Fields): Fields {
  const fields = new Map(a)
  const names = new Map([...a.keys()].map((name) => [name.toLowerCase(), name]))
  for (const [name, type] of b) {
    const same = names.get(name.toLowerCase()) ?? name
    const known = fields.get(same)
    // Of two names that differ in case only, the first has the column; the other is in the view `raw`.
    if (same === name) fields.set(name, known ? merged(known, type) : type)
    names.set(name.toLowerCase(), same)
  }
  return fields
}

/** The type in SQL. */
export function sqlType(type: FieldType): string {
  if ('scalar' in type) return type.scalar
  if ('items' in type) return `${sqlType(type.items)}[]`
  if ('values' in type) return `MAP(VARCHAR, ${sqlType(type.values)})`
  return `STRUCT(${[...type.fields].map(([name, field]) => `${quoted(name)} ${sqlType(field)}`).join(', ')})`
}

/** A name in SQL. */
export const quoted = (name: string): string => `"${name.replace(/"/g, '""')}"`

/** A text in SQL. */
export const literal = (text: string): string => `'${text.replace(/'/g, "''")}'`

function typeOf(schema: unknown, depth: number): FieldType {
  if (!isObject(schema) || depth > DEEPEST) return JSON_TYPE
  const types = [schema.type].flat().filter((type) => type !== 'null')
  if (types.length !== 1) return JSON_TYPE
  switch (types[0]) {
    case 'integer':
      return { scalar: 'BIGINT' }
    case 'number':
      return { scalar: 'DOUBLE' }
    case 'boolean':
      return { scalar: 'BOOLEAN' }
    case 'string':
      return { scalar: schema.format === 'date-time' ? 'TIMESTAMPTZ' : 'VARCHAR' }
    case 'array':
      return { items: typeOf(schema.items, depth + 1) }
    case 'object':
      return typeOfObject(schema, depth)
    default:
      return JSON_TYPE
  }
}

function typeOfObject(schema: SchemaObject, depth: number): FieldType {
  const fields = fieldsIn(schema.properties, depth)
  if (fields) return { fields }
  const { additionalProperties: values, patternProperties } = schema
  return isObject(values) && !patternProperties ? { values: typeOf(values, depth + 1) } : JSON_TYPE
}

/** Undefined where there are none, or where SQL cannot tell their names apart. */
function fieldsIn(properties: unknown, depth: number): Fields | undefined {
  if (!isObject(properties)) return undefined
  const names = Object.keys(properties)
  const isAmbiguous = new Set(names.map((name) => name.toLowerCase())).size < names.length
  // Within a column, nothing is left out: it is JSON instead.
  if (names.length === 0 || (isAmbiguous && depth > 0)) return undefined
  const one = (name: string): Fields => new Map([[name, typeOf(properties[name], depth + 1)]])
  return names.map(one).reduce(mergedFields)
}

function merged(a: FieldType, b: FieldType): FieldType {
  if ('scalar' in a && 'scalar' in b) {
    if (a.scalar === b.scalar) return a
    const isNumber = ({ scalar }: typeof a) => scalar === 'BIGINT' || scalar === 'DOUBLE'
    return isNumber(a) && isNumber(b) ? { scalar: 'DOUBLE' } : JSON_TYPE
  }
  if ('items' in a && 'items' in b) return { items: merged(a.items, b.items) }
  if ('values' in a && 'values' in b) return { values: merged(a.values, b.values) }
  if ('fields' in a && 'fields' in b) {
    const fields = mergedFields(a.fields, b.fields)
    const isWhole = [...b.fields.keys()].every((name) => fields.has(name))
    return isWhole ? { fields } : JSON_TYPE
  }
  return JSON_TYPE
}
