import { shown } from './schema-error.ts'
import { parseSchemaUri } from './schema-uri.ts'

/** What findings, configs and `--rules` call a rule that several tools keep, and why it is there, in one sentence. */
export interface SharedRule {
  readonly name: string
  readonly reason: string
}

export const TITLE_IS_PATH: SharedRule = {
  name: 'title-is-path',
  reason: 'Stream config, tools and people find a schema by its title, and files by their path.',
}

export const ID_IS_TITLE_AND_VERSION: SharedRule = {
  name: 'id-is-title-and-version',
  reason: 'An event names its schema by the $id, and the intake takes that for a path.',
}

export const UNIQUE_ID: SharedRule = {
  name: 'unique-id',
  reason: 'Where two schemas have one $id, it is chance which of them judges an event.',
}

export const CURRENT_IS_NEWEST: SharedRule = {
  name: 'current-is-newest',
  reason: 'A version that is published cannot be made again, so current describes the newest or the next.',
}

export const PUBLISHED: SharedRule = {
  name: 'published',
  reason:
    'Events that are stored name the version they were made by, and their readers look it up as it was.',
}

export const COMPATIBLE: SharedRule = {
  name: 'compatible',
  reason:
    'Within a major version, what is stored stays readable and what producers send stays valid, whichever version they know.',
}

/** What to do about a `title` that is not the path of its folder. */
export function wrongTitle(title: unknown, path: string): string {
  const fix = folderAbove(title, path) ?? `write ${path}, the path of the folder, or move the folder`
  return `"title" is ${shown(title)}; ${fix}`
}

/** What to do about an `$id` that is not the path of its folder with a version; by default, one that is to be chosen. */
export function wrongId(
  $id: unknown,
  path: string,
  version = 'X.Y.Z, with 1.0.0 for the first version',
): string {
  const fix = folderAbove(parseSchemaUri(String($id))?.title, path) ?? `write /${path}/${version}`
  return `"$id" is ${shown($id)}; ${fix}`
}

/** Whoever names schemas/shop for schemas gets every title wrong. */
function folderAbove(title: unknown, path: string): string | undefined {
  if (typeof title !== 'string' || !title.endsWith(`/${path}`)) return undefined
  const below = title.slice(0, -path.length - 1)
  return `the folder that was named is probably ${below} below the schema folder, so name that, the one that holds ${below}`
}
