import type { Schema } from './repository.ts'
import { SchemaError } from './schema-error.ts'
import { lineOf, parseSchema, textOf } from './schema-file.ts'

/** A schema with the text it stands in, so that what is said of it can name a line. */
export interface Source extends Schema {
  readonly text: string
}

/** Reads a schema file. Throws a SchemaError that names the file and the line. */
export function readSource(path: string): Source {
  return sourceOf(path, textOf(path))
}

/** The same for a text that was had from elsewhere; `path` may be a URL. */
export function sourceOf(path: string, text: string): Source {
  return { path, text, content: parseSchema(path, text) }
}

/** An error that names the line on which stands what a JSON pointer leads to. */
export function errorAt({ path, text }: Source, pointer: string, what: string): SchemaError {
  return new SchemaError(what, { place: { file: path, line: lineOf(text, pointer) } })
}
