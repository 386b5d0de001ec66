import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SchemaError } from './schema-error.ts'
import { compareVersions } from './schema-uri.ts'

/** All files of one title: `<folder>/<title>/…`. */
export interface TitleFolder {
  /** The schema folder, as it was named. */
  readonly folder: string
  /** The path below it, with `/`: `shop/click`. */
  readonly title: string
  readonly path: string
  /** By version, the oldest first; then `latest`, then `current`. */
  readonly files: readonly TitleFile[]
}

/** A file that a title's folder may hold. */
export interface TitleFile {
  readonly path: string
  readonly name: string
  readonly version: string
  readonly kind: 'version' | 'latest' | 'current'
  /** Without an ending it is a link to one that has it. */
  readonly ending: 'json' | 'yaml' | 'yml' | ''
  readonly isLink: boolean
}

const FILE = /^(\d+\.\d+\.\d+|latest|current)(?:\.(json|ya?ml))?$/

/** Every title of a schema folder, by name. Throws a SchemaError where there is no such folder. */
export function readTitles(folder: string): TitleFolder[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new SchemaError('no such schema folder; name one that holds <area>/<name>/current.yaml', {
      place: { file: folder },
    })
  return titlesBelow(folder, '')
}

/** Where a path leads, through every link; itself, where that is nowhere. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path // whoever reads it is told why there is nothing
  }
}

function titlesBelow(folder: string, title: string): TitleFolder[] {
  const path = join(folder, title)
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  const files = entries.flatMap(({ name }) => fileOf(path, name) ?? []).sort(byVersion)
  const own = files.length > 0 && title ? [{ folder, title, path, files }] : []
  const below = entries
    .filter((entry) => entry.isDirectory() && holdsTitles(entry.name))
    .flatMap(({ name }) => titlesBelow(folder, title ? `${title}/${name}` : name))
  return [...own, ...below]
}

/** Whether a folder of that name is part of a title. */
function holdsTitles(name: string): boolean {
  return !/^\.|^node_modules$/.test(name) && !FILE.test(name)
}

function fileOf(folder: string, name: string): TitleFile | undefined {
  const parts = partsOf(name)
  const path = join(folder, name)
  return parts && { ...parts, path, isLink: lstatSync(path).isSymbolicLink() }
}

/** What the name of a file says of it; undefined where no title's folder has such a file. */
function partsOf(name: string): Omit<TitleFile, 'path' | 'isLink'> | undefined {
  const [, version, ending = ''] = FILE.exec(name) ?? []
  if (!version) return undefined
  const kind = version === 'latest' || version === 'current' ? version : 'version'
  return { name, version, kind, ending: ending as TitleFile['ending'] }
}

/** What the path of a version's file below its schema folder, with `/`, says of it; undefined for all other files. */
export function placeOf(
  path: string,
): { title: string; version: string; ending: TitleFile['ending'] } | undefined {
  const folders = path.split('/')
  const parts = partsOf(folders.pop()!)
  if (parts?.kind !== 'version' || folders.length === 0 || !folders.every(holdsTitles)) return undefined
  return { title: folders.join('/'), version: parts.version, ending: parts.ending }
}

const KINDS = ['version', 'latest', 'current']

function byVersion(a: TitleFile, b: TitleFile): number {
  const byKind = KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)
  return (
    byKind || (a.kind === 'version' ? compareVersions(a.version, b.version) : 0) || (a.name < b.name ? -1 : 1)
  )
}
