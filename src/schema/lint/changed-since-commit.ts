import { changesOfPublished } from '../compat/published-changes.ts'
import { versionsAt, versionsIn } from '../compat/versions.ts'
import type { Finding } from '../finding.ts'
import { hasCommits, isInRepository } from '../git-revision.ts'

/**
 * A finding for each version of a schema folder that git's HEAD has and the work tree has changed or lost. None outside of
 * git, or before the first commit. Throws a SchemaError where there is a repository that git does not read.
 */
export function changedSinceCommit(folder: string): Finding[] {
  if (!isInRepository(folder) || !hasCommits(folder)) return []
  const { versions: published } = versionsAt(folder, 'HEAD')
  return changesOfPublished(published, versionsIn(folder).versions, { folder, revision: 'HEAD' })
}
