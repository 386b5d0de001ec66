import { isDeepStrictEqual } from 'node:util'
import { type Harm, harmOf, harmOfLength, harmOfSchema, OTHER, WIDER } from './harm.ts'
import { ownValue, pointerTo } from '../json-pointer.ts'
import { shown } from '../schema-error.ts'
import type { SchemaObject } from '../schema-file.ts'
import { isObject, SCHEMA_MAPS, SCHEMAS } from '../subschemas.ts'

/** A change between two versions of a schema that no minor version may make. */
interface Break extends Harm {
  /** JSON pointer into the new schema; into the old one where what it leads to is gone. */
  readonly pointer: string
  /** What was there and what is there, in words: `it was "string" and is "integer"`. */
  readonly what: string
}

/**
 * What a version changed that it may not within its major version, both materialized. It may change `$id`, `description`
 * and `examples`, let an `enum` grow, and add properties and keywords, `required` among them; all else has to be as it was.
 */
export function breaksBetween(old: SchemaObject, now: SchemaObject): Break[] {
  return schemas('', old, now, { pointer: '', isMixed: false })
}

interface Where {
  readonly pointer: string
  /** Below a keyword such as `not`, where what takes more inside takes less outside, or neither. */
  readonly isMixed: boolean
}

const MAY_CHANGE = new Set(['$id', 'description', 'examples'])
const MIXED = new Set(['not', 'if', 'oneOf'])
/** Two schemas, of which either may be `true` or `false`, or gone. */
function schemas(keyword: string, was: unknown, is: unknown, where: Where): Break[] {
  if (isObject(was) && isObject(is))
    return Object.keys(was).flatMap((key) =>
      keywords(key, was, is, { ...where, pointer: pointerTo(where.pointer, key) }),
    )
  return plain(was, is, where, harmOfSchema(keyword, was, is))
}

function keywords(
  keyword: string,
  old: SchemaObject,
  now: SchemaObject,
  { pointer, isMixed }: Where,
): Break[] {
  if (MAY_CHANGE.has(keyword)) return []
  const was = ownValue(old, keyword)
  const is = ownValue(now, keyword)
  const where = { pointer, isMixed: isMixed || MIXED.has(keyword) }

  if (keyword === 'required' && isList(was) && (isList(is) || is === undefined))
    return required(was, is ?? [], where)
  if (keyword === 'enum' && isList(was) && isList(is)) return values(was, is, where)
  if (isMap(keyword) && isObject(was) && (isObject(is) || is === undefined))
    return byName(keyword, was, is ?? {}, { ...where, rest: ownValue(now, 'additionalProperties') })
  if (SCHEMAS.has(keyword) && isList(was))
    return isList(is)
      ? lists(keyword, was, is, where)
      : plain(was, is, where, is === undefined ? WIDER : OTHER)
  if (SCHEMAS.has(keyword)) return schemas(keyword, was, is, where)
  if (keyword === 'title' && pointer === '/title') return plain(was, is, where, RENAMED)
  return plain(was, is, where, harmOf(keyword, was, is))
}

const RENAMED = { producers: 'producers are refused on streams whose config names the old title' }

function required(was: readonly unknown[], is: readonly unknown[], where: Where): Break[] {
  const added = is.filter((name) => !was.includes(name))
  const gone = was.filter((name) => !is.includes(name))
  return [
    ...(added.length > 0
      ? [broken(where, { producers: `producers who leave ${them(added)} out are refused` }, now(added))]
      : []),
    ...(gone.length > 0
      ? [broken(where, { readers: `readers may find ${them(gone)} missing` }, noLonger(gone))]
      : []),
  ]

  function now(names: readonly unknown[]): string {
    return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} required now`
  }
  function noLonger(names: readonly unknown[]): string {
    return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} no longer required`
  }
}

function values(was: readonly unknown[], is: readonly unknown[], where: Where): Break[] {
  const gone = was.filter((value) => !is.some((other) => isDeepStrictEqual(other, value)))
  if (gone.length === 0) return []
  const producers = `producers who still send ${them(gone)} are refused`
  return [
    broken(where, { producers }, `${gone.map(shown).join(', ')} ${gone.length === 1 ? 'is' : 'are'} gone`),
  ]
}

/** The properties of an object, or other schemas with names. */
function byName(
  keyword: string,
  was: SchemaObject,
  is: SchemaObject,
  { rest, ...where }: Where & { rest: unknown },
): Break[] {
  return Object.keys(was).flatMap((name) => {
    const at = { ...where, pointer: pointerTo(where.pointer, name) }
    if (ownValue(is, name) !== undefined) return schemas(keyword, ownValue(was, name), ownValue(is, name), at)
    return [broken(at, keyword === 'properties' ? harmOfLoss(rest) : OTHER, 'it is gone')]
  })
}

/** What it does that a property is gone depends on what its object says of those it does not name. */
function harmOfLoss(additionalProperties: unknown): Harm {
  const refused =
    additionalProperties === false ? 'are' : isObject(additionalProperties) ? 'may be' : undefined
  return {
    readers: 'readers lose the field',
    producers: refused
      ? `producers who still send it ${refused} refused`
      : 'what producers still send is no longer checked',
  }
}

function lists(keyword: string, was: readonly unknown[], is: readonly unknown[], where: Where): Break[] {
  if (was.length !== is.length)
    return [
      broken(
        where,
        harmOfLength(keyword, was.length, is.length),
        `its length was ${was.length} and is ${is.length}`,
      ),
    ]
  return was.flatMap((schema, index) =>
    schemas(keyword, schema, is[index], { ...where, pointer: pointerTo(where.pointer, index) }),
  )
}

function plain(was: unknown, is: unknown, where: Where, harm: Harm): Break[] {
  if (isDeepStrictEqual(was, is)) return []
  return [broken(where, harm, `it was ${shown(was)} and is ${is === undefined ? 'gone' : shown(is)}`)]
}

function broken({ pointer, isMixed }: Where, harm: Harm, what: string): Break {
  return { pointer, what, ...(isMixed && isHarm(harm) ? OTHER : harm) }
}

/** Whether a change hurts anyone; else it is a slip that can be put back. */
export function isHarm({ readers, producers }: Harm): boolean {
  return readers !== undefined || producers !== undefined
}

const them = ({ length }: readonly unknown[]) => (length === 1 ? 'it' : 'them')
const isList = Array.isArray as (value: unknown) => value is readonly unknown[]
/** Later drafts have definitions under another name. */
const isMap = (keyword: string) => SCHEMA_MAPS.has(keyword) || keyword === '$defs'
