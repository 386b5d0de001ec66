import { pointerTo, valueAt } from '../json-pointer.ts'
import { isObject, subschemasOf } from '../subschemas.ts'
import { problemsIf, type SchemaRule } from './rule.ts'
import { shown } from '../schema-error.ts'

export const snakeCase: SchemaRule = {
  name: 'snake-case',
  reason: 'Fields become columns, and columns do not tell capitals apart.',
  of: 'schemas',
  problemsIn: ({ content }) =>
    subschemasOf(content).flatMap(({ node: { properties }, pointer }) =>
      Object.keys(isObject(properties) ? properties : {})
        .filter((name) => !SNAKE_CASE.test(name))
        .map((name) => ({
          pointer: pointerTo(pointer, 'properties', name),
          message: `${shown(name)} is not in snake_case; ${renamed(name)}`,
        })),
    ),
}

/** The family's `^[$a-z]+[a-z0-9_]*$`, written so that a long name does not make it slow. */
const SNAKE_CASE = /^[$a-z]+(?:[0-9_][a-z0-9_]*)?$/

function renamed(name: string): string {
  const better = name
    .slice(0, LONGEST_NAME)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^a-z0-9_$]+/gi, '_')
    .toLowerCase()
  return SNAKE_CASE.test(better)
    ? `call it ${better}`
    : 'call it by lower-case letters, digits and _, a letter first'
}

const LONGEST_NAME = 128

/** The keywords under which a `required` is about the properties beside it. */
const OWN_PROPERTIES: ReadonlySet<string> = new Set([
  'additionalProperties',
  'definitions',
  'items',
  'properties',
])

export const requiredExist: SchemaRule = {
  name: 'required-exist',
  reason: 'No event can have a field that the schema does not know, so none would be valid.',
  of: 'versions',
  problemsIn: ({ content }) =>
    subschemasOf(content, OWN_PROPERTIES).flatMap(({ node: { required, properties }, pointer }) =>
      (Array.isArray(required) ? required : []).flatMap((name, index) =>
        problemsIf(
          typeof name === 'string' && valueAt(properties, pointerTo('', name)) === undefined,
          pointerTo(pointer, 'required', index),
          `"${name}" is required, but is none of the properties; add it there, or take it out here`,
        ),
      ),
    ),
}
