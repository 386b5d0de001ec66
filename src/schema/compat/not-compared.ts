import { readTitles } from '../folder.ts'
import { SchemaError } from '../schema-error.ts'
import { readSchemaFile } from '../schema-file.ts'
import { parseSchemaUri } from '../schema-uri.ts'

/** A version that stands in a title's current schema alone. */
export interface NotCompared {
  readonly title: string
  readonly version: string
  readonly file: string
}

/** The versions of a schema folder that are still to be materialized. Nothing is said of a file that cannot be read. */
export function notComparedIn(folder: string): NotCompared[] {
  return readTitles(folder).flatMap(({ title, files }) => {
    const current = files.find(({ kind, ending }) => kind === 'current' && ending)
    const version = current && versionIn(current.path)
    const isThere = files.some((file) => file.kind === 'version' && file.version === version)
    return version && !isThere ? [{ title, version, file: current.path }] : []
  })
}

/** The version in its `$id`; undefined where that names none. */
function versionIn(path: string): string | undefined {
  try {
    const version = parseSchemaUri(String(readSchemaFile(path).$id))?.version
    return /^\d/.test(version ?? '') ? version : undefined
  } catch (error) {
    if (error instanceof SchemaError) return undefined // lint and materialize say what is wrong with it
    throw error
  }
}
