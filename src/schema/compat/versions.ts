import { join } from 'node:path'
import { type Finding, findingOf } from '../finding.ts'
import { holdsTitles, partsOf, readTitles } from '../folder.ts'
import { readRevision } from '../git-revision.ts'
import { parseSchema, type SchemaObject, textOf } from '../schema-file.ts'
import { compareVersions } from '../schema-uri.ts'

/** A materialized version of a title: the file of its first content type, JSON before YAML. */
export interface Version extends VersionFile {
  readonly title: string
  readonly version: string
  /** Its files of other content types. */
  readonly twins: readonly VersionFile[]
}

export interface VersionFile {
  /** Below the schema folder, with `/`. */
  readonly path: string
  readonly text: string
  /** undefined where it cannot be read. */
  readonly content: SchemaObject | undefined
}

/** The versions of a schema folder, by title, the oldest first, and a finding for each file that cannot be read. */
export interface Versions {
  readonly versions: readonly Version[]
  readonly findings: readonly Finding[]
}

/** Those that stand in the folder. `current.yaml` and `latest` are no versions. */
export function versionsIn(folder: string): Versions {
  const sources = readTitles(folder).flatMap(({ title, files }) =>
    files.map(({ name, path, isLink }) => ({ path: `${title}/${name}`, isLink, read: () => textOf(path) })),
  )
  return versionsOf(folder, sources)
}

/** Those that stood there at a git revision. */
export function versionsAt(folder: string, revision: string): Versions {
  const files = readRevision(folder, revision, (path) => placeOf(path) !== undefined)
  const sources = files.map(({ text, ...file }) => ({ ...file, read: () => text }))
  return versionsOf(folder, sources)
}

interface Source {
  readonly path: string
  readonly isLink: boolean
  read(): string
}

function versionsOf(folder: string, sources: readonly Source[]): Versions {
  const findings: Finding[] = []
  const groups = new Map<string, Source[]>()
  for (const source of sources) {
    const place = placeOf(source.path)
    if (!place) continue
    const key = `${place.title}/${place.version}`
    groups.set(key, [...(groups.get(key) ?? []), source])
  }
  const versions = [...groups.values()].map((group): Version => {
    const { title, version } = placeOf(group[0]!.path)!
    const files = group.filter(({ isLink }) => !isLink)
    // A link leads to one of the files, and counts only where there is nothing else.
    const [first, ...twins] = (files.length > 0 ? files : group).sort(byEnding).map(readFile)
    return { ...first!, title, version, twins }
  })
  return { versions: versions.sort(byTitleAndVersion), findings }

  function readFile({ path, read }: Source): VersionFile {
    const file = join(folder, path)
    try {
      const text = read()
      return { path, text, content: parseSchema(file, text) }
    } catch (error) {
      findings.push(findingOf(error, { file }))
      return { path, text: '', content: undefined }
    }
  }
}

/** The title and version of a file that holds one; undefined for all others. */
function placeOf(path: string): { title: string; version: string; ending: string } | undefined {
  const folders = path.split('/')
  const parts = partsOf(folders.pop()!)
  if (parts?.kind !== 'version' || folders.length === 0 || !folders.every(holdsTitles)) return undefined
  return { title: folders.join('/'), version: parts.version, ending: parts.ending }
}

const ENDINGS = ['json', 'yaml', 'yml', '']

function byEnding(a: Source, b: Source): number {
  const [left, right] = [a, b].map(({ path }) => ENDINGS.indexOf(placeOf(path)!.ending)) as [number, number]
  return left - right
}

function byTitleAndVersion(a: Version, b: Version): number {
  if (a.title !== b.title) return a.title < b.title ? -1 : 1
  return compareVersions(a.version, b.version)
}
