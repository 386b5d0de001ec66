import { placeOf, type TitleFile, type TitleFolder } from './folder.ts'
import { readRevision } from './git-revision.ts'
import { textOf } from './schema-file.ts'

/** A file of a version, as it lies in a schema folder, or as a git revision has it. */
export interface VersionFile {
  readonly title: string
  readonly version: string
  readonly ending: TitleFile['ending']
  /** Below the schema folder, with `/`. */
  readonly path: string
  readonly isLink: boolean
  /** Throws a SchemaError where it cannot be read. */
  text(): string
}

/** The version files of some titles. `current.yaml` and `latest` are none. */
export function versionFilesOf(titles: readonly TitleFolder[]): VersionFile[] {
  return titles.flatMap(({ title, files }) =>
    files
      .filter(({ kind }) => kind === 'version')
      .map(({ name, version, ending, isLink, path }) => ({
        title,
        version,
        ending,
        path: `${title}/${name}`,
        isLink,
        text: () => textOf(path),
      })),
  )
}

/** Those that a schema folder had at a git revision. Throws a SchemaError where that cannot be read. */
export function versionFilesAt(folder: string, revision: string): VersionFile[] {
  const files = readRevision(folder, revision, (path) => placeOf(path) !== undefined)
  return files.map(({ path, isLink, text }) => ({ ...placeOf(path)!, path, isLink, text: () => text }))
}
