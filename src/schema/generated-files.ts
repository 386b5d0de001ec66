import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** How a file begins that was generated; what does not begin so is nobody's to remove. */
const HEADER = /^\/\/ Written by "rivulet generate".*\n/

/** The files below a folder that differ from what they should be: stale ones, missing ones, and ones no longer needed. */
export function staleFiles(folder: string, files: ReadonlyMap<string, string>): string[] {
  const stale = [...files].filter(
    ([path, text]) => withoutHeader(textOf(join(folder, path))) !== withoutHeader(text),
  )
  return [...stale.map(([path]) => path), ...leftovers(folder, files)].sort()
}

/** Brings the files below a folder up to date, and tells which it has written or removed. No file is ever half written. */
export function writeFiles(folder: string, files: ReadonlyMap<string, string>): string[] {
  const stale = staleFiles(folder, files)
  for (const path of stale) {
    const text = files.get(path)
    if (text === undefined) rmSync(join(folder, path))
    else write(join(folder, path), text)
  }
  return stale
}

function write(path: string, text: string): void {
  const draft = `${path}.new`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(draft, text)
  renameSync(draft, path)
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

const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)

/** A new revision of the stream config that changes nothing else makes no file stale. */
const withoutHeader = (text: string | undefined) => text?.replace(HEADER, '')
