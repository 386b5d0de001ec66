import { Ajv } from 'ajv'
import { quoted } from './schema-error.ts'
import type { SchemaObject } from './schema-file.ts'
import { errorAt, type Source } from './source.ts'

/** Throws a SchemaError where a schema is not written in draft-07, with the line as far as the source has it. */
export function checkDraft07(source: Source, content: SchemaObject): void {
  if (!/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/.test(String(source.content.$schema)))
    throw errorAt(
      source,
      '/$schema',
      `"$schema" is ${quoted(source.content.$schema)}; write it in draft-07, and "$schema": "https://json-schema.org/draft-07/schema#"`,
    )
  if (isDraft07(content)) return
  const [error] = isDraft07.errors ?? []
  const { instancePath = '', message } = error ?? {}
  throw errorAt(source, instancePath, `is no draft-07 schema: ${instancePath || 'it'} ${message}; correct it`)
}

const isDraft07 = new Ajv({ strict: false, validateFormats: false }).getSchema(
  'http://json-schema.org/draft-07/schema',
)!
