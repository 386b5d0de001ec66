import type { SchemaObject } from '../schema-file.ts'
import { mapSubschemas } from '../subschemas.ts'

/**
 * The schema with bounds for every integer and number that has none: beyond ±(2^53 − 1), JSON's readers do not agree
 * on a number. Bounds that it has stay as they are, as those who wrote it may know their readers.
 */
export function addBounds(schema: SchemaObject): SchemaObject {
  const isNumber = schema.type === 'integer' || schema.type === 'number'
  const bounded: SchemaObject = isNumber
    ? { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, ...schema }
    : schema
  return Object.fromEntries(
    Object.entries(bounded).map(([keyword, value]) => [keyword, mapSubschemas(keyword, value, addBounds)]),
  )
}
