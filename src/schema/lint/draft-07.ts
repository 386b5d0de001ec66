import { Ajv, type ErrorObject } from 'ajv'
import ajvFormats from 'ajv-formats'
import { metaschema } from '../draft-07.ts'
import { pointerTo, valueAt } from '../json-pointer.ts'
import { subschemasOf } from '../subschemas.ts'
import { nearest } from '../nearest.ts'
import type { Problem, SchemaRule } from './rule.ts'
import { shown } from '../schema-error.ts'

const { properties } = metaschema.schema as { properties: object }
const KEYWORDS = [...Object.keys(properties), 'writeOnly']
const FORMATS = Object.keys(ajvFormats.default(new Ajv()).formats)

export const valid: SchemaRule = {
  name: 'valid',
  reason: 'Validators refuse a schema that draft-07 does not allow, and with it every event that names it.',
  of: 'schemas',
  problemsIn({ content, kind }) {
    if (metaschema(content)) return []
    return [...byPointer(metaschema.errors ?? [])].flatMap(([pointer, errors]) => {
      // What a reference stands for is seen in the version that is made of current.
      if (kind === 'current' && isReference(content, pointer)) return []
      const allowed = [...new Set(errors.flatMap(inWords))].join(' or ')
      const name = pointer.split('/').pop()
      const message = `"${name}" is ${shown(valueAt(content, pointer))}; draft-07 wants ${allowed}`
      return [{ pointer, message }]
    })
  },
}

/** The errors at each pointer, without those around others: an error within a schema makes one of all around it. */
function byPointer(errors: readonly ErrorObject[]): ReadonlyMap<string, readonly ErrorObject[]> {
  const found = new Map<string, ErrorObject[]>()
  for (const error of errors) found.set(error.instancePath, [...(found.get(error.instancePath) ?? []), error])
  for (const pointer of [...found.keys()]) {
    const keys = pointer.split('/')
    for (let length = 1; length < keys.length; length++) found.delete(keys.slice(0, length).join('/'))
  }
  return found
}

function isReference(content: unknown, pointer: string): boolean {
  return pointer.endsWith('/$ref') || valueAt(content, `${pointer}/$ref`) !== undefined
}

function inWords({ keyword, params, message = '' }: ErrorObject): string[] {
  if (keyword === 'anyOf') return []
  if (keyword === 'enum') return [`one of ${(params.allowedValues as unknown[]).join(', ')}`]
  if (keyword === 'type') return [`${params.type}`.replace(',', ' or ')]
  return [`that it ${message}`]
}

export const knownKeyword: SchemaRule = {
  name: 'known-keyword',
  reason: 'A validator passes over a keyword it does not know, so a typo switches the check off.',
  of: 'schemas',
  problemsIn: ({ content }) =>
    subschemasOf(content).flatMap(({ node, pointer }) =>
      Object.keys(node)
        .filter((key) => !KEYWORDS.includes(key) && !key.startsWith('x-'))
        .map((key) => ({ pointer: pointerTo(pointer, key), message: unknownKeyword(key) })),
    ),
}

function unknownKeyword(key: string): string {
  const keyword = nearest(key, KEYWORDS)
  const fix = keyword ? `write "${keyword}"` : 'correct or remove it, or begin it with x- if it is your own'
  return `"${key}" is no keyword of draft-07; ${fix}`
}

export const knownFormat: SchemaRule = {
  name: 'known-format',
  reason: 'A validator passes over a format it does not know, so anything would be valid.',
  of: 'schemas',
  problemsIn: ({ content }) =>
    subschemasOf(content).flatMap(({ node: { format }, pointer }): Problem[] => {
      if (typeof format !== 'string' || FORMATS.includes(format)) return []
      const similar = nearest(format, FORMATS)
      const fix = similar ? `write "${similar}"` : 'take a known one, or a "pattern"'
      return [{ pointer: `${pointer}/format`, message: `the format "${format}" is not known; ${fix}` }]
    }),
}
