import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SchemaError } from './schema-error.ts'
import { compareVersions, parseSchemaUri } from './schema-uri.ts'
import { readSource, type Source } from './source.ts'

/** A schema and the file it was read from, for those who need no text. */
export type Schema = Omit<Source, 'text'>

/** Whether a schema is the one that people edit, and no version. */
export function isDraft({ path }: Schema): boolean {
  return basename(path).startsWith('current.')
}

/** The schemas of several folders, each `<title>/X.Y.Z.json|yaml`, `<title>/latest…` and `<title>/current.yaml`. */
export interface SchemaRepository {
  readonly folders: readonly string[]
  /**
   * The schema that a URI names, from the first folder that has it; undefined where none has. Throws a SchemaError
   * if the file cannot be read.
   */
  find(uri: string): Source | undefined
  /** The URIs of all versions of a title, oldest first. Empty where no folder has the title. */
  versionsOf(title: string): readonly string[]
}

/** Opens schema folders. Throws a SchemaError where one is missing; schemas are read when they are asked for. */
export function openSchemaRepository(folders: readonly string[]): SchemaRepository {
  for (const folder of folders) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
      throw new SchemaError('no such schema folder; name one that holds <area>/<name>/current.yaml', {
        place: { file: folder },
      })
  }

  return {
    folders,

    find(uri) {
      const parts = parseSchemaUri(uri)
      if (!parts) return undefined
      for (const folder of folders) {
        const schema = findIn(join(folder, parts.title), parts.version)
        if (schema) return schema
      }
      return undefined
    },

    versionsOf(title) {
      const versions = folders.flatMap((folder) => versionsIn(join(folder, title)))
      return [...new Set(versions)].sort(compareVersions).map((version) => `/${title}/${version}`)
    },
  }
}

function findIn(folder: string, version: string): Source | undefined {
  if (!existsSync(folder)) return undefined
  return (
    read(join(folder, version)) ??
    // A folder of materialized versions need not hold a `latest`, and one that is just being written holds only `current`.
    (version === 'latest' ? newestIn(folder) : undefined) ??
    currentAs(folder, version)
  )
}

/** A version stands in a file per content type, with or without an ending. */
function read(path: string): Source | undefined {
  const found = [`${path}.json`, `${path}.yaml`, `${path}.yml`, path].find((file) => existsSync(file))
  return found === undefined ? undefined : readSource(found)
}

function newestIn(folder: string): Source | undefined {
  const newest = versionsIn(folder).sort(compareVersions).at(-1)
  return newest === undefined ? undefined : (read(join(folder, newest)) ?? currentAs(folder, newest))
}

/** `current.yaml` stands for the version in its `$id`, until that version is materialized. */
function currentAs(folder: string, version: string): Source | undefined {
  const current = read(join(folder, 'current'))
  return current && (version === 'latest' || versionIn(current) === version) ? current : undefined
}

function versionsIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  const materialized = readdirSync(folder).flatMap(
    (file) => /^(\d+\.\d+\.\d+)(?:\.json|\.ya?ml)?$/.exec(file)?.[1] ?? [],
  )
  const current = read(join(folder, 'current'))
  const drafted = current && versionIn(current)
  return [...new Set(drafted ? [...materialized, drafted] : materialized)]
}

const versionIn = ({ content }: Source) => parseSchemaUri(String(content.$id))?.version
