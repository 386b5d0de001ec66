import type { SchemaObject } from './schema-file.ts'

/** A schema within a schema, or the whole of it, and the JSON pointer to it. */
export interface Subschema {
  readonly pointer: string
  readonly node: SchemaObject
}

const ONE = ['items', 'additionalItems', 'additionalProperties', 'contains', 'propertyNames', 'not']
const CONDITION = ['if', 'then', 'else']
const LIST = ['allOf', 'anyOf', 'oneOf']
const BY_NAME = ['properties', 'patternProperties', 'definitions', 'dependencies']
const EVERYWHERE = [...ONE, ...CONDITION, ...LIST, ...BY_NAME]

/** The keywords under which a schema says what values are like; the others only test them. */
export const DESCRIBING = ['properties', 'items', 'additionalProperties', 'allOf', 'oneOf', 'definitions']

/**
 * A schema and every schema within it, in the order of the file; `through` names the keywords that are followed, by
 * default all that hold schemas in draft-07. What is no schema where one should be is passed over.
 */
export function subschemasOf(
  schema: SchemaObject,
  through: readonly string[] = EVERYWHERE,
): readonly Subschema[] {
  const found: Subschema[] = []
  collect(schema, '')
  return found

  function collect(node: unknown, pointer: string): void {
    if (!isObject(node)) return
    found.push({ node, pointer })
    for (const keyword of Object.keys(node)) {
      if (!through.includes(keyword)) continue
      const value = node[keyword]
      const isMap = BY_NAME.includes(keyword) && isObject(value)
      if (isMap || Array.isArray(value))
        for (const [key, child] of Object.entries(value)) collect(child, below(pointer, keyword, key))
      else collect(value, below(pointer, keyword))
    }
  }
}

/** A JSON pointer to what stands below another. */
export function below(pointer: string, ...keys: readonly (string | number)[]): string {
  return [pointer, ...keys.map((key) => String(key).replace(/~/g, '~0').replace(/\//g, '~1'))].join('/')
}

/** What a JSON pointer leads to; undefined where that is nothing. */
export function valueAt(content: unknown, pointer: string): unknown {
  const keys = pointer.split('/').slice(1)
  return keys
    .map((key) => key.replace(/~1/g, '/').replace(/~0/g, '~'))
    .reduce((node, key) => (Object(node) === node ? ownValue(node as object, key) : undefined), content)
}

const ownValue = (node: object, key: string): unknown => Object.getOwnPropertyDescriptor(node, key)?.value

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
