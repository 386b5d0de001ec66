import type { SchemaObject } from '../schema-file.ts'
import { pointerTo } from '../json-pointer.ts'
import { DESCRIBING, isObject, subschemasOf } from '../subschemas.ts'
import { type Problem, problemsIf, type SchemaRule } from './rule.ts'
import { shown } from '../schema-error.ts'

export const deterministicTypes: SchemaRule = {
  name: 'deterministic-types',
  reason: 'Tables and typed languages have one type for a field.',
  of: 'versions',
  problemsIn: ({ content }) =>
    subschemasOf(content, DESCRIBING).flatMap(({ node, pointer }) => [
      ...typeProblems(node, pointer),
      ...branchProblems(node, pointer),
    ]),
}

function typeProblems(node: SchemaObject, pointer: string): Problem[] {
  const { type, items, additionalProperties, properties } = node
  const several = Array.isArray(type) && type.filter((name) => name !== 'null').length > 1
  const saysWhat = [properties, node.oneOf, node.allOf, additionalProperties].some(Boolean)
  const untyped = Object.entries(isObject(properties) ? properties : {}).filter(
    ([, child]) => !hasType(child),
  )
  return [
    ...problemsIf(several, `${pointer}/type`, `"type" is ${shown(type)}; choose one, or a field for each`),
    ...problemsIf(
      type === 'array' && !hasType(items),
      pointer,
      'an array without a type for its items; add "items" with one "type"',
    ),
    ...problemsIf(
      type === 'object' && !saysWhat,
      pointer,
      'an object that does not say what is in it; add "properties", or "additionalProperties" with a "type"',
    ),
    ...problemsIf(
      isObject(additionalProperties) && !hasType(additionalProperties),
      `${pointer}/additionalProperties`,
      'a map without a type for its values; add one "type"',
    ),
    ...untyped.map(([name]) => ({
      pointer: pointerTo(pointer, 'properties', name),
      message: `"${name}" has no type; add one "type"`,
    })),
  ]
}

function branchProblems({ oneOf }: SchemaObject, pointer: string): Problem[] {
  const branches = Array.isArray(oneOf) ? oneOf.filter(isObject) : []
  const shapes = branches.map(({ type, required }) =>
    JSON.stringify([type, Array.isArray(required) ? [...required].sort() : []]),
  )
  return problemsIf(
    new Set(shapes).size > 1,
    `${pointer}/oneOf`,
    'the branches of "oneOf" differ in "type" or "required"; give them the same, or make fields of them',
  )
}

const hasType = (schema: unknown) => isObject(schema) && schema.type !== undefined

export const noNull: SchemaRule = {
  name: 'no-null',
  reason: 'Optional means absent; with null, each reader has two kinds of nothing to tell apart.',
  of: 'schemas',
  problemsIn: ({ content }) =>
    subschemasOf(content).flatMap(({ node, pointer }) =>
      ['type', 'enum', 'const', 'default']
        .filter((keyword) => isNullIn(keyword, node[keyword]))
        .map((keyword) => ({
          pointer: `${pointer}/${keyword}`,
          message: `"${keyword}" has null; take it out, and leave the field out of "required" instead`,
        })),
    ),
}

function isNullIn(keyword: string, value: unknown): boolean {
  if (keyword === 'type') return [value].flat().includes('null')
  return keyword === 'enum' ? Array.isArray(value) && value.includes(null) : value === null
}

export const typedMaps: SchemaRule = {
  name: 'typed-maps',
  reason: 'What may hold anything ends up in no column and is checked by nobody.',
  of: 'schemas',
  problemsIn: ({ content }) =>
    subschemasOf(content, DESCRIBING).flatMap(({ node: { additionalProperties }, pointer }) =>
      problemsIf(
        additionalProperties === true,
        `${pointer}/additionalProperties`,
        '"additionalProperties" is true; write false, or a schema with the type of the values',
      ),
    ),
}
