import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SchemaError } from './schema-error.ts'

/** What is to lie at a path: a text, or a link to a file beside it. */
export type FileToWrite =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly linkTo: string }

/**
 * Writes files, and makes the folders they go to. All are written beside their places before the first is put there, and
 * each is replaced as a whole, so that nobody ever reads half of one. Throws a SchemaError that names what cannot be
 * written.
 */
export function writeFiles(files: readonly FileToWrite[]): void {
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) makeFolder(folder)
  const begun: string[] = []
  const place = (path: string) => join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  let path = ''
  try {
    for (const file of files) {
      path = file.path
      begun.push(place(path))
      if ('text' in file) writeFileSync(place(path), file.text)
      else symlinkSync(file.linkTo, place(path))
    }
    for (const file of files) {
      path = file.path
      renameSync(place(path), path)
    }
  } catch (cause) {
    begun.forEach(remove)
    throw new SchemaError(`cannot be written (${(cause as Error).message}); make the folder writable`, {
      place: { file: path },
      cause,
    })
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // What kept it from being written keeps it from being there.
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    throw new SchemaError(`cannot be made (${(cause as Error).message}); choose another folder`, {
      place: { file: path },
      cause,
    })
  }
}
