import { isFragment } from '../schema-uri.ts'
import { type Reference, referencesIn } from '../refs.ts'
import type { Schema } from '../repository.ts'
import { SchemaError } from '../schema-error.ts'
import type { SchemaObject } from '../schema-file.ts'
import { valueAt } from '../json-pointer.ts'
import { isObject } from '../subschemas.ts'
import type { Library, LintedSchema, SchemaRule } from './rule.ts'

export const refsResolve: SchemaRule = {
  name: 'refs-resolve',
  reason: 'A schema whose references lead nowhere, or round in a loop, cannot be materialized.',
  of: 'schemas',
  problemsIn: (schema) =>
    referencesIn(schema.content).flatMap((reference) => {
      const message = trouble(reference, schema)
      return message ? [{ pointer: `${reference.pointer}/$ref`, message }] : []
    }),
}

function trouble(reference: Reference, schema: LintedSchema): string | undefined {
  const { ref } = reference
  const target = follow(ref, schema, schema.home.library)
  if (target === 'elsewhere') return undefined
  if (target === 'nowhere')
    return `"$ref" points to ${ref}, which is no schema here; correct it to /title/X.Y.Z#, or name the folder that has it in "repositories"`
  if (target === 'no-part') return `"$ref" points to ${ref}, a part that the schema does not have; correct it`
  return troubleBehind({ ...reference, schema }, schema.home.library)
}

/** Where a reference leads: a part of a schema. */
interface Target {
  readonly schema: Schema
  readonly pointer: string
}

function follow(ref: string, from: Schema, library: Library): Target | 'elsewhere' | 'nowhere' | 'no-part' {
  const [uri = '', pointer = ''] = ref.split('#')
  if (/^https?:\/\/json-schema\.org\//.test(uri)) return 'elsewhere'
  const schema = OWN.has(uri) || uri === from.content.$id ? from : found(uri, library)
  if (schema === 'unreadable') return 'elsewhere'
  if (!schema) return isElsewhere(uri, library) ? 'elsewhere' : 'nowhere'
  if (pointer === '') return { schema, pointer }
  const isPart = pointer.startsWith('/') && valueAt(schema.content, decoded(pointer)) !== undefined
  return isPart ? { schema, pointer: decoded(pointer) } : 'no-part'
}

/** Without a path, or with the path to the folder it is in, a reference points into its own schema. */
const OWN = new Set(['', '.', './'])

function found(uri: string, library: Library): Schema | 'unreadable' | undefined {
  try {
    return library.find(uri)
  } catch (error) {
    if (error instanceof SchemaError) return 'unreadable' // a finding of its own, where it is
    throw error
  }
}

function isElsewhere(uri: string, { elsewhere }: Library): boolean {
  return elsewhere.some((repository) => uri.startsWith('/') || uri.startsWith(repository))
}

function decoded(pointer: string): string {
  try {
    return decodeURIComponent(pointer)
  } catch {
    return pointer // a bare % is no code, and means itself
  }
}

type Placed = Reference & { readonly schema: Schema }

const keyOf = ({ schema, pointer }: Placed) => `${schema.path}#${pointer}`

/** A reference of the family leads through a few others; with many more, the search would take long. */
const MOST_BEHIND = 100

/** A loop is said once: at the first of its references, by file and pointer. */
function troubleBehind(start: Placed, library: Library): string | undefined {
  const reached = [start]
  const before = new Map<string, Placed>()
  for (const reference of reached) {
    for (const next of referencesBehind(reference, library)) {
      if (before.has(keyOf(next))) continue
      before.set(keyOf(next), reference)
      if (keyOf(next) === keyOf(start)) return loopInWords(start, before)
      reached.push(next)
    }
    if (reached.length > MOST_BEHIND)
      return `"$ref" leads through more than ${MOST_BEHIND} others; take some of them out`
  }
  return undefined
}

function loopInWords(start: Placed, before: ReadonlyMap<string, Placed>): string | undefined {
  const loop = [start]
  for (let at = before.get(keyOf(start))!; keyOf(at) !== keyOf(start); at = before.get(keyOf(at))!)
    loop.unshift(at)
  if (loop.some((other) => keyOf(other) < keyOf(start))) return undefined
  return `"$ref" leads back to itself, through ${loop.map(({ ref }) => ref).join(' and ')}; take one of them out`
}

/** The references in what a reference stands for. */
function referencesBehind({ ref, schema }: Placed, library: Library): Placed[] {
  const target = follow(ref, schema, library)
  if (typeof target === 'string') return []
  return referencesIn(target.schema.content, target.pointer).map((reference) => ({
    ...reference,
    schema: target.schema,
  }))
}

export const commonFragment: SchemaRule = {
  name: 'common-fragment',
  reason: 'What every event has is written once, so that readers find it the same everywhere.',
  of: 'current',
  problemsIn(schema) {
    if (isFragment(schema.home.title)) return []
    const parts = [schema.content, ...listed(schema.content.allOf)]
    const refs = parts.flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []))
    const bases = refs.map((ref) => follow(ref, schema, schema.home.library))
    // One that cannot be looked into may have it; a reference to nowhere is a finding of its own.
    if (bases.some((base) => typeof base === 'string')) return []

    const hasBase = (name: string) => bases.some((base) => propertyOf(base as Target, name) !== undefined)
    const hasItself = (name: string) => parts.some(({ properties }) => valueAt(properties, `/${name}`))
    // The older fragments have no dt but meta.dt; then an event goes without, as long as it adds none.
    const needed = hasItself('dt') ? ['$schema', 'meta', 'dt'] : ['$schema', 'meta']
    const missing = needed.filter((name) => !hasBase(name))
    if (missing.length === 0) return []
    const message = `takes ${missing.join(', ')} from no fragment; add {"$ref": "/rivulet/fragment/common/1.0.0#"} to "allOf", or a fragment of your own that has it`
    return [{ pointer: bases.length > 0 ? '/allOf' : '/properties', message }]
  },
}

const listed = (value: unknown): SchemaObject[] => (Array.isArray(value) ? value.filter(isObject) : [])

function propertyOf({ schema, pointer }: Target, name: string): unknown {
  return valueAt(schema.content, `${pointer}/properties/${name}`)
}
