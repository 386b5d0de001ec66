import { addBounds } from './bounds.ts'
import { checkDraft07 } from '../draft-07.ts'
import type { SchemaLookup } from './lookup.ts'
import { type Conflict, mergeAllOf } from './merge-all-of.ts'
import { type Resolved, resolveRefs, loopInWords } from './resolve-refs.ts'
import { type SchemaError, shown } from '../schema-error.ts'
import type { SchemaObject } from '../schema-file.ts'
import { errorAt, type Source } from '../source.ts'

/**
 * Makes versions of schemas as they are edited: what `$ref` leads to in its place, `allOf` merged, bounds on every
 * number. The same schema gives the same version, and a version itself. Throws a SchemaError that says what stands
 * in the way, in which file and line.
 */
export type Materializer = (schema: Source) => Promise<SchemaObject>

/** A materializer for many schemas: what several of them refer to is looked up and made once. */
export function createMaterializer(lookup: SchemaLookup): Materializer {
  const made = new Map<string, SchemaObject>()
  const failed = new Map<string, unknown>()
  return (schema) => make(schema, [])

  async function make(schema: Source, trail: readonly string[]): Promise<SchemaObject> {
    const { path } = schema
    const known = made.get(path)
    if (known) return known
    // One error for a broken fragment, whoever refers to it.
    if (failed.has(path)) throw failed.get(path)
    try {
      const content = await materialize(schema, [...trail, path])
      made.set(path, content)
      return content
    } catch (error) {
      failed.set(path, error)
      throw error
    }
  }

  async function materialize(schema: Source, trail: readonly string[]): Promise<SchemaObject> {
    const resolved = await resolveRefs(schema, async (uri, refPointer) => {
      const target = await lookup.find(uri)
      if (!target) throw errorAt(schema, refPointer, nowhere(uri, lookup))
      if (trail.includes(target.path)) throw errorAt(schema, refPointer, loopInWords([...trail, target.path]))
      return make(target, trail)
    })
    checkDraft07(schema, resolved.content)
    const merged = mergeAllOf(resolved.content, (conflict) => contradiction(schema, resolved, conflict))
    if (!merged)
      throw errorAt(schema, '/allOf', '"allOf" has false in it, so that no event is valid; take it out')
    const { examples: _ofFragments, ...others } = merged
    return addBounds('examples' in schema.content ? merged : others)
  }
}

function nowhere(uri: string, { places }: SchemaLookup): string {
  return `"$ref" leads to ${uri}, which is no schema in ${places.join(', ')}; correct it, or add the folder or URL that has it to "repositories" in rivulet-schemas.yaml`
}

function contradiction(schema: Source, { originOf }: Resolved, { pointer, sides }: Conflict): SchemaError {
  const [one, other] = sides.map(({ schema: part, keyword }) => {
    const { ref, pointer: at = '' } = originOf(part) ?? {}
    return `"${keyword}" is ${shown(part[keyword])} in ${ref ?? `#${at}`}`
  })
  const at = originOf(sides[1].schema)?.pointer ?? ''
  return errorAt(
    schema,
    at,
    `"allOf" cannot be merged at ${pointer || '#'}: ${one}, and ${other}; make them agree, or take one out`,
  )
}
