import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SchemaError } from '../schema-error.ts'
import { writeFiles } from '../write-files.ts'

/** How a file begins that was generated; what does not begin so is nobody's to remove. */
const HEADER = /^\/\/ Written by "rivulet generate".*\n/

/** The files below a folder that differ from what they should be: stale ones, missing ones, and ones no longer needed. */
export function staleFiles(folder: string, files: ReadonlyMap<string, string>): string[] {
  const stale = [...files].filter(
    ([path, text]) => withoutHeader(textOf(join(folder, path))) !== withoutHeader(text),
  )
  return [...stale.map(([path]) => path), ...leftovers(folder, files)].sort()
}

/**
 * Brings the files below a folder up to date, and tells which it has written or removed. Throws a SchemaError where
 * one cannot be written, or is somebody else's; then none is removed.
 */
export function updateFiles(folder: string, files: ReadonlyMap<string, string>): string[] {
  const stale = staleFiles(folder, files)
  const foreign = stale.find((path) => !HEADER.test(textOf(join(folder, path)) ?? NEW))
  if (foreign !== undefined)
    throw new SchemaError('is there, and was not written by rivulet generate; move it, or write elsewhere', {
      place: { file: join(folder, foreign) },
    })
  const texts = stale.flatMap((path) => {
    const text = files.get(path)
    return text === undefined ? [] : [{ path: join(folder, path), text }]
  })
  writeFiles(texts)
  for (const path of stale) if (!files.has(path)) rmSync(join(folder, path))
  return stale
}

/** Files of an earlier run that this one does not write. */
function leftovers(folder: string, files: ReadonlyMap<string, string>): string[] {
  const found = ['streams', 'schemas'].flatMap((below) => pathsBelow(folder, below))
  return [...found, 'formats.js'].filter(
    (path) => !files.has(path) && HEADER.test(textOf(join(folder, path)) ?? ''),
  )
}

function pathsBelow(folder: string, below: string): string[] {
  if (!existsSync(join(folder, below))) return []
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = `${below}/${entry.name}`
    return entry.isDirectory() ? pathsBelow(folder, path) : [path]
  })
}

/** What stands for a file that is not there yet. */
const NEW = '// Written by "rivulet generate"\n'

function textOf(path: string): string | undefined {
  const there = statSync(path, { throwIfNoEntry: false })
  return there && (there.isFile() ? readFileSync(path, 'utf8') : 'a folder')
}

/** No file is stale for a new revision of the stream config that changes nothing else, nor for the line ends of a checkout. */
const withoutHeader = (text: string | undefined) => text?.replace(/\r\n/g, '\n').replace(HEADER, '')
