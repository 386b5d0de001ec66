import type { TitleFolder } from '../folder.ts'
import { hasCommits, isInRepository } from '../git-revision.ts'
import { type VersionFile, versionFilesAt, versionFilesOf } from '../version-file.ts'

/** A version file that others may have already. */
export type PublishedFile = VersionFile

/**
 * The published files of a schema folder, without links: those that git's HEAD has, or what lies there where
 * no git repository is. Throws a SchemaError where there is one that git does not read.
 */
export function readPublished(folder: string, titles: readonly TitleFolder[]): PublishedFile[] {
  return filesIn(folder, titles).filter(({ ending, isLink }) => ending && !isLink)
}

function filesIn(folder: string, titles: readonly TitleFolder[]): VersionFile[] {
  if (!isInRepository(folder)) return versionFilesOf(titles)
  return hasCommits(folder) ? versionFilesAt(folder, 'HEAD') : []
}
