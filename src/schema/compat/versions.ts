import { join } from 'node:path'
import { type Finding, findingOf } from '../finding.ts'
import { readTitles } from '../folder.ts'
import { parseSchema, type SchemaObject } from '../schema-file.ts'
import { compareVersions } from '../schema-uri.ts'
import { type VersionFile, versionFilesAt, versionFilesOf } from '../version-file.ts'

/** A materialized version of a title: the file of its first content type, JSON before YAML. */
export interface Version extends Content {
  readonly title: string
  readonly version: string
  /** Its files of other content types. */
  readonly twins: readonly Content[]
}

interface Content {
  /** Below the schema folder, with `/`. */
  readonly path: string
  readonly text: string
  /** undefined where it cannot be read. */
  readonly content: SchemaObject | undefined
}

/** The versions of a schema folder, by title, the oldest first, and a finding for each file that cannot be read. */
interface Versions {
  readonly versions: readonly Version[]
  readonly findings: readonly Finding[]
}

/** Those that stand in the folder. `current.yaml` and `latest` are no versions. */
export function versionsIn(folder: string): Versions {
  return versionsOf(folder, versionFilesOf(readTitles(folder)))
}

/** Those that stood there at a git revision. */
export function versionsAt(folder: string, revision: string): Versions {
  return versionsOf(folder, versionFilesAt(folder, revision))
}

function versionsOf(folder: string, all: readonly VersionFile[]): Versions {
  const findings: Finding[] = []
  const groups = new Map<string, VersionFile[]>()
  for (const file of all) {
    const key = `${file.title}/${file.version}`
    groups.set(key, [...(groups.get(key) ?? []), file])
  }
  const versions = [...groups.values()].map((group): Version => {
    const { title, version } = group[0]!
    const files = group.filter(({ isLink }) => !isLink)
    // A link leads to one of the files, and counts only where there is nothing else.
    const [first, ...twins] = (files.length > 0 ? files : group).sort(byEnding).map(read)
    return { ...first!, title, version, twins }
  })
  return { versions: versions.sort(byTitleAndVersion), findings }

  function read({ path, text: textOf }: VersionFile): Content {
    const file = join(folder, path)
    try {
      const text = textOf()
      return { path, text, content: parseSchema(file, text) }
    } catch (error) {
      findings.push(findingOf(error, { file }))
      return { path, text: '', content: undefined }
    }
  }
}

const ENDINGS = ['json', 'yaml', 'yml', '']

const byEnding = (a: VersionFile, b: VersionFile) => ENDINGS.indexOf(a.ending) - ENDINGS.indexOf(b.ending)

function byTitleAndVersion(a: Version, b: Version): number {
  if (a.title !== b.title) return a.title < b.title ? -1 : 1
  return compareVersions(a.version, b.version)
}
