import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { SchemaError } from './schema-error.ts'

/** A JSON Schema as it was read: an object. */
export interface SchemaObject {
  readonly $id?: unknown
  readonly title?: unknown
  readonly [keyword: string]: unknown
}

/**
 * Reads a schema file: JSON where its name ends so, YAML otherwise (a file without an ending is a link to one of
 * both, and JSON is YAML). Throws a SchemaError that names the file and the line.
 */
export function readSchemaFile(path: string): SchemaObject {
  const content = parsed(path, contentOf(path))
  if (typeof content === 'object' && content !== null && !Array.isArray(content))
    return content as SchemaObject
  throw new SchemaError(
    `${path}: a schema is an object with "title", "$id" and "properties", this is none; write one there or remove the file`,
  )
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SchemaError(`${path}: cannot be read (${reason(cause)}); make the schema readable`, { cause })
  }
}

function parsed(path: string, text: string): unknown {
  const isJson = extname(path) === '.json'
  try {
    return isJson ? JSON.parse(text) : parseYaml(text)
  } catch (cause) {
    throw new SchemaError(`${path}: is no ${isJson ? 'JSON' : 'YAML'} (${reason(cause)}); correct the file`, {
      cause,
    })
  }
}

/** YAML's messages go on with an excerpt of the file; the first line says what and where. */
const reason = (cause: unknown) =>
  String((cause as Error).message)
    .split('\n')[0]!
    .replace(/:$/, '')
