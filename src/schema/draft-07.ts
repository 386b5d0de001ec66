import { Ajv } from 'ajv'
import { shown } from './schema-error.ts'
import type { SchemaObject } from './schema-file.ts'
import { errorAt, type Source } from './source.ts'

/** Whether a `$schema` names draft-07. */
export function namesDraft07($schema: unknown): boolean {
  return /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/.test(String($schema))
}

/** Whether draft-07 allows a schema; its `errors` has all that it does not, until it is asked again. */
export const metaschema = new Ajv({ strict: false, allErrors: true, validateFormats: false }).getSchema(
  'http://json-schema.org/draft-07/schema',
)!

/** Throws a SchemaError where a schema is not written in draft-07, with the line as far as the source has it. */
export function checkDraft07(source: Source, content: SchemaObject): void {
  if (!namesDraft07(source.content.$schema))
    throw errorAt(
      source,
      '/$schema',
      `"$schema" is ${shown(source.content.$schema)}; write it in draft-07, and "$schema": "https://json-schema.org/draft-07/schema#"`,
    )
  if (metaschema(content)) return
  const [error] = metaschema.errors ?? []
  const { instancePath = '', message } = error ?? {}
  throw errorAt(source, instancePath, `is no draft-07 schema: ${instancePath || 'it'} ${message}; correct it`)
}
