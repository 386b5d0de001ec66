import { SchemaError } from './schema-error.ts'
import { lineOf, parseSchema, type SchemaObject, textOf } from './schema-file.ts'

/** A schema, and the file it was read from with its text, so that what is said of it can name a line. */
export interface Source {
  /** Or the URL. */
  readonly path: string
  readonly text: string
  readonly content: SchemaObject
}

/** Reads a schema file. Throws a SchemaError that names the file and the line. */
export function readSource(path: string): Source {
  return sourceOf(path, textOf(path))
}

/** The same for a text that was had from elsewhere. */
export function sourceOf(path: string, text: string): Source {
  return { path, text, content: parseSchema(path, text) }
}

/** An error that names the line on which stands what a JSON pointer leads to. */
export function errorAt({ path, text }: Source, pointer: string, what: string): SchemaError {
  return new SchemaError(what, { place: { file: path, line: lineOf(text, pointer) } })
}
