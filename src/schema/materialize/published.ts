import type { TitleFolder } from '../folder.ts'
import { hasCommits, isInRepository, readRevision } from '../git-revision.ts'
import { textOf } from '../schema-file.ts'

/** A file of a version that others may have already. */
export interface PublishedFile {
  readonly title: string
  readonly version: string
  /** `json`, `yaml` or `yml`. */
  readonly ending: string
  text(): string
}

const VERSION_FILE = /^(.+)\/(\d+\.\d+\.\d+)\.(json|ya?ml)$/

/**
 * The published versions of a schema folder: those that git's HEAD has, or what lies there where no git repository
 * is. Throws a SchemaError where there is one that git does not read.
 */
export function readPublished(folder: string, titles: readonly TitleFolder[]): PublishedFile[] {
  if (!isInRepository(folder)) return titles.flatMap(versionFiles)
  if (!hasCommits(folder)) return []
  const files = readRevision(folder, 'HEAD', (path) => VERSION_FILE.test(path))
  return files
    .filter(({ isLink }) => !isLink)
    .map(({ path, text }) => {
      const [, title, version, ending] = VERSION_FILE.exec(path)!
      return { title: title!, version: version!, ending: ending!, text: () => text }
    })
}

function versionFiles({ title, files }: TitleFolder): PublishedFile[] {
  return files
    .filter(({ kind, ending, isLink }) => kind === 'version' && ending && !isLink)
    .map(({ version, ending, path }) => ({ title, version, ending, text: () => textOf(path) }))
}
