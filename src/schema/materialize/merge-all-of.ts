import { isDeepStrictEqual } from 'node:util'
import { pointerTo } from '../json-pointer.ts'
import type { SchemaObject } from '../schema-file.ts'
import { has, isObject, listOf, mapSubschemas, SCHEMA_MAPS } from '../subschemas.ts'

/** Two schemas of an `allOf` that cannot be made one. */
export interface Conflict {
  /** Into the merged schema: where it shows. */
  readonly pointer: string
  /** What contradicts each other: a keyword of one, and of another schema. */
  readonly sides: readonly [Side, Side]
}

interface Side {
  readonly schema: SchemaObject
  readonly keyword: string
}

/** `true` allows everything, `false` nothing. */
type AnySchema = SchemaObject | boolean

/**
 * The schema with every `allOf` merged into what stands around it: it allows what all of them allow, and of two
 * descriptions the first stays, that of the schema itself before those of its `allOf`. `additionalProperties: false`
 * closes the merged schema, not the part that it came from. False where an `allOf` has false in it, which nothing keeps.
 * Throws the error made of a conflict where two parts contradict each other, or cannot be merged.
 */
export function mergeAllOf(
  schema: SchemaObject,
  errorOf: (conflict: Conflict) => Error,
): SchemaObject | false {
  const merged = merge([schema], '')
  return isObject(merged) && merged

  function merge(schemas: readonly AnySchema[], pointer: string): AnySchema {
    const parts = schemas.flatMap(partsOf)
    if (parts.includes(false)) return false
    const holders = parts.filter(isObject)
    if (holders.length === 0) return true

    const keywords = [...new Set(holders.flatMap(Object.keys))].filter((keyword) => keyword !== 'allOf')
    const entries = keywords.map((keyword) => [keyword, mergeKeyword(keyword, holders, pointer)] as const)
    const content = Object.fromEntries(entries.filter(([keyword, value]) => !saysNothing(keyword, value)))
    checkRanges(content, holders, pointer)
    return content.additionalProperties === false ? withoutForbidden(content) : content
  }

  function mergeKeyword(keyword: string, schemas: readonly SchemaObject[], pointer: string): unknown {
    const place = pointerTo(pointer, keyword)
    const holders = schemas.filter((schema) => has(schema, keyword))
    const values = holders.map((schema) => schema[keyword])
    if (SCHEMA_MAPS.has(keyword)) return mergeMaps(values, place, () => conflict(holders[0]!, holders[1]!))

    const [one, other] = distinct(keyword, holders) as [SchemaObject, SchemaObject?]
    if (!other)
      return mapSubschemas(keyword, one[keyword], (child, step) =>
        merge([child], step ? pointerTo(place, step) : place),
      )
    if (MERGED_SCHEMAS.has(keyword) && values.every(isSchema)) return merge(values, place)
    const value = MERGES.get(keyword)?.(values)
    return value === undefined ? conflict(one, other) : value

    function conflict(a: SchemaObject, b: SchemaObject): never {
      const sides = [
        { schema: a, keyword },
        { schema: b, keyword },
      ] as const
      throw errorOf({ pointer: place, sides })
    }
  }

  function mergeMaps(maps: readonly unknown[], pointer: string, conflict: () => never): unknown {
    const objects = maps.filter(isObject)
    const names = [...new Set(objects.flatMap(Object.keys))]
    const mergeName = (name: string) => {
      const values = objects.flatMap((map) => (has(map, name) ? [map[name]] : []))
      if (values.every(isSchema)) return merge(values, pointerTo(pointer, name))
      // A dependency may be a list of names.
      return values.every((value) => isDeepStrictEqual(value, values[0])) ? values[0] : conflict()
    }
    return Object.fromEntries(names.map((name) => [name, mergeName(name)]))
  }

  /** Two parts may each be possible, and not together. */
  function checkRanges(content: SchemaObject, holders: readonly SchemaObject[], pointer: string): void {
    for (const [lower, upper] of RANGES) {
      const [low, high] = [content[lower], content[upper]]
      const [one, other] = [holderOf(lower, low), holderOf(upper, high)]
      if (one && other && one !== other && Number(low) > Number(high))
        throw errorOf({
          pointer,
          sides: [
            { schema: one, keyword: lower },
            { schema: other, keyword: upper },
          ],
        })
    }
    function holderOf(keyword: string, value: unknown): SchemaObject | undefined {
      return value === undefined ? undefined : holders.find((holder) => holder[keyword] === value)
    }
  }
}

/** The schema itself, then those of its `allOf`, and theirs. */
function partsOf(schema: AnySchema): AnySchema[] {
  const parts = isObject(schema) && Array.isArray(schema.allOf) ? (schema.allOf as AnySchema[]) : []
  return [schema, ...parts.flatMap(partsOf)]
}

/** The holders whose values of the keyword differ. */
function distinct(keyword: string, holders: readonly SchemaObject[]): SchemaObject[] {
  const found: SchemaObject[] = []
  for (const holder of holders) {
    if (!found.some((other) => same(keyword, holder[keyword], other[keyword]))) found.push(holder)
  }
  return found
}

/** These are lists whose order says nothing. */
const SETS = new Set(['enum', 'required', 'type'])

function same(keyword: string, a: unknown, b: unknown): boolean {
  if (!SETS.has(keyword)) return isDeepStrictEqual(a, b)
  const [left, right] = [listOf(a), listOf(b)]
  return isWithin(left, right) && isWithin(right, left)
}

const isWithin = (list: readonly unknown[], other: readonly unknown[]) =>
  list.every((item) => other.some((each) => isDeepStrictEqual(item, each)))

/** Keywords whose value is a schema, which has to hold in each part. */
const MERGED_SCHEMAS = new Set(['additionalProperties', 'items', 'propertyNames'])

type Merge = (values: readonly unknown[]) => unknown

const first: Merge = ([value]) => value
const greatest: Merge = (values) => Math.max(...(values as number[]))
const least: Merge = (values) => Math.min(...(values as number[]))
const anyTrue: Merge = (values) => values.includes(true)

const union: Merge = (values) => [...new Set((values as string[][]).flat())].sort()

/** Undefined where nothing is left. */
const enumIntersection: Merge = (values) => {
  const left = intersection(values)
  return left.length === 0 ? undefined : left.sort((a, b) => ((a as string) < (b as string) ? -1 : 1))
}

const typeIntersection: Merge = (values) => {
  const left = intersection(values)
  return left.length > 1 ? left : left[0]
}

function intersection(values: readonly unknown[]): unknown[] {
  const [start, ...others] = values.map(listOf)
  return start!.filter((item) => others.every((list) => isWithin([item], list)))
}

/** What becomes of values that differ. With a keyword that is not here they cannot be merged. */
const MERGES: ReadonlyMap<string, Merge> = new Map(
  Object.entries({
    $comment: first,
    $id: first,
    $schema: first,
    default: first,
    description: first,
    enum: enumIntersection,
    examples: first,
    exclusiveMaximum: least,
    exclusiveMinimum: greatest,
    maximum: least,
    maxItems: least,
    maxLength: least,
    maxProperties: least,
    minimum: greatest,
    minItems: greatest,
    minLength: greatest,
    minProperties: greatest,
    required: union,
    title: first,
    type: typeIntersection,
    uniqueItems: anyTrue,
  }),
)

const RANGES = [
  ['minimum', 'maximum'],
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['minProperties', 'maxProperties'],
] as const

/** Where these are empty, everything is allowed, as without them. */
const EMPTY_SAYS_NOTHING = new Set([
  'additionalItems',
  'additionalProperties',
  'items',
  'patternProperties',
  'properties',
])

function saysNothing(keyword: string, value: unknown): boolean {
  return EMPTY_SAYS_NOTHING.has(keyword) && [{}, []].some((empty) => isDeepStrictEqual(value, empty))
}

/** In a closed schema, a property that allows nothing needs no mention. */
function withoutForbidden(content: SchemaObject): SchemaObject {
  if (!isObject(content.properties)) return content
  const allowed = Object.entries(content.properties).filter(([, schema]) => schema !== false)
  const { properties: _all, ...others } = content
  return allowed.length > 0 ? { ...others, properties: Object.fromEntries(allowed) } : others
}

const isSchema = (value: unknown): value is AnySchema => isObject(value) || typeof value === 'boolean'
