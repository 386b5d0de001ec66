import type { Schema, SchemaRepository } from './repository.ts'
import { SchemaError } from './schema-error.ts'
import type { SchemaObject } from './schema-file.ts'
import { pointerTo, stepsOf, valueAt } from './json-pointer.ts'
import { type Kind, kindBelow } from './subschemas.ts'

/**
 * The schemas that a schema refers to by `$ref: /title/X.Y.Z#`, directly and through others, by URI. Throws a
 * SchemaError where a reference leads to no schema of the repository.
 */
export function referencedSchemas(schema: Schema, repository: SchemaRepository): ReadonlyMap<string, Schema> {
  const found = new Map<string, Schema>()
  collect(schema)
  return found

  function collect(from: Schema): void {
    for (const { ref } of referencesIn(from.content)) {
      const uri = ref.split('#')[0]!
      // Without a path it points into its own schema; json-schema.org's own are known to every validator.
      if (uri === '' || found.has(uri) || /^https?:\/\/json-schema\.org\//.test(uri)) continue

      const target = repository.find(uri)
      if (!target) throw new SchemaError(nowhere(ref, repository), { place: { file: from.path } })
      found.set(uri, target)
      collect(target)
    }
  }
}

function nowhere(ref: string, { folders }: SchemaRepository): string {
  return `"$ref" points to ${ref}, which is no schema in ${folders.join(', ')}; correct it to /title/X.Y.Z#, or add the folder that has it`
}

/** A `$ref`, and the JSON pointer to the object that holds it. */
export interface Reference {
  readonly ref: string
  readonly pointer: string
}

/** Every `$ref` of a schema, or of the part that a pointer leads to; what stands in data, such as examples, is none. */
export function referencesIn(schema: SchemaObject, pointer = ''): Reference[] {
  return referencesBelow(
    valueAt(schema, pointer),
    pointer,
    stepsOf(pointer).reduce<Kind>(kindBelow, 'schema'),
  )
}

function referencesBelow(node: unknown, pointer: string, kind: Kind): Reference[] {
  if (typeof node !== 'object' || node === null || kind === 'data') return []
  return Object.entries(node).flatMap(([key, value]) => {
    if (key === '$ref' && typeof value === 'string') return [{ ref: value, pointer }]
    return referencesBelow(value, pointerTo(pointer, key), kindBelow(kind, key))
  })
}
