import { createRequire } from 'node:module'
import { Ajv, type AnySchemaObject, type ErrorObject } from 'ajv'
import { isSafePattern } from 'redos-detector'
import type { SchemaObject } from '../schema-file.ts'
import { pointerTo } from '../json-pointer.ts'
import { isObject, subschemasOf } from '../subschemas.ts'
import type { Problem, SchemaRule } from './rule.ts'
import { shown } from '../schema-error.ts'

const require = createRequire(import.meta.url)
const secureMetaschema: AnySchemaObject = require('ajv/lib/refs/json-schema-secure.json')
const isSecure = new Ajv({ strict: false, allErrors: true }).compile(secureMetaschema)

export const secure: SchemaRule = {
  name: 'secure',
  reason: 'Events come from anyone, and one long text must not keep the intake busy.',
  of: 'schemas',
  problemsIn({ content }) {
    if (isSecure(content)) return []
    return (isSecure.errors ?? []).flatMap(inWords)
  },
}

const LIMITS: { readonly [keyword: string]: string } = {
  pattern: 'has no "maxLength" beside it; add one, so that no long text is matched',
  format: 'has no "maxLength" beside it; add one, so that no long text is checked',
  uniqueItems: 'has no "maxItems" beside it; add one, as each object or list is compared with each',
  patternProperties: 'has no "propertyNames" with a "maxLength" beside it; add them',
}

function inWords({ instancePath, schemaPath, keyword }: ErrorObject): Problem[] {
  const [, limited] = /\/dependencies\/(\w+)\//.exec(schemaPath) ?? []
  const limit = keyword === 'required' && limited !== undefined ? LIMITS[limited] : undefined
  if (!limit) return []
  // The one of patternProperties may be found in the propertyNames beside it.
  const place = limited === 'patternProperties' ? instancePath.replace(/\/propertyNames$/, '') : instancePath
  return [{ pointer: `${place}/${limited}`, message: `"${limited}" ${limit}` }]
}

export const safePattern: SchemaRule = {
  name: 'safe-pattern',
  reason: 'A pattern that tries many ways to match lets one short text stop the intake (ReDoS).',
  of: 'schemas',
  problemsIn: ({ content }) =>
    patternsIn(content).flatMap(({ pattern, pointer }) => {
      const trouble = troubleWith(pattern)
      return trouble ? [{ pointer, message: `the pattern ${shown(pattern)} ${trouble}` }] : []
    }),
}

/** Whether no text can make the patterns of a schema run for long. */
export function hasSafePatterns(schema: SchemaObject): boolean {
  return patternsIn(schema).every(({ pattern }) => !troubleWith(pattern))
}

function patternsIn(schema: SchemaObject): { readonly pattern: string; readonly pointer: string }[] {
  return subschemasOf(schema).flatMap(({ node: { pattern, patternProperties }, pointer }) => {
    const names = isObject(patternProperties) ? Object.keys(patternProperties) : []
    return [
      ...(typeof pattern === 'string' ? [{ pattern, pointer: `${pointer}/pattern` }] : []),
      ...names.map((name) => ({ pattern: name, pointer: pointerTo(pointer, 'patternProperties', name) })),
    ]
  })
}

/**
 * In steps and ms: ten times what patterns in use need. A bad pattern uses them up, and the detector keeps some
 * memory for each step, so that hundreds of bad patterns would not fit with many more.
 */
const BOUNDS = { maxSteps: 500, timeout: 1_000 }
const UNSAFE =
  'can be made to backtrack for very long; write it so that each text matches in one way only, without a repetition in or beside one of the same characters, and begin it with ^'

/** How many unsafe patterns a run judges: each takes some megabytes, and those that are left show in the next run. */
const MOST_UNSAFE = 50
const TOO_MANY = 'is not judged, since so many others are unsafe; correct those first'

const known = new Map<string, string | undefined>()
let unsafe = 0

/** Why a pattern cannot be used, as the end of a sentence; undefined where it can. */
export function troubleWith(pattern: string): string | undefined {
  if (known.has(pattern)) return known.get(pattern)
  if (unsafe >= MOST_UNSAFE) return TOO_MANY
  const trouble = judge(pattern)
  if (trouble) unsafe++
  known.set(pattern, trouble)
  return trouble
}

function judge(pattern: string): string | undefined {
  try {
    new RegExp(pattern) // without the u flag, as the intake
  } catch (error) {
    return `is none: ${(error as Error).message.split(': ').pop()}; correct it`
  }
  // The detector does not look into it.
  if (/\(\?<[=!]/.test(pattern)) return 'cannot be judged; write it without looking behind'
  try {
    return isSafePattern(pattern, BOUNDS).safe ? undefined : UNSAFE
  } catch {
    // Named groups, and what is nested thousands of times.
    return 'cannot be judged; write it simpler, without named groups'
  }
}
