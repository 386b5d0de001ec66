import { basename, dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Materialized } from '../materialize/materialize-folders.ts'
import type { LintedSchema, LintedTitle } from './rule.ts'

/** What current makes, as a version to check, and the current file that people edit for it. */
export interface NextVersion {
  /** Its path is that of current. */
  readonly schema: LintedSchema
  readonly current: LintedSchema
  /** What there is of its files. */
  readonly files: readonly string[]
}

/**
 * The version that current makes, where that is what its files say, or what the next run of materialize writes; undefined
 * where it cannot be made, or a published version stays as it is.
 */
export function nextVersion(
  title: LintedTitle,
  { made, files }: Pick<Materialized, 'made' | 'files'>,
): NextVersion | undefined {
  const draft = made.find(({ path }) => dirname(path) === title.path)
  const current = title.schemas.find(({ path }) => path === draft?.path)
  if (!draft || !current) return undefined

  const { version, content } = draft
  const isWritten = files.some(
    ({ path }) => dirname(path) === title.path && basename(path).startsWith(`${version}.`),
  )
  const there = title.schemas.filter((schema) => schema.version === version)
  if (!isWritten && !there.every((schema) => isDeepStrictEqual(schema.content, content))) return undefined
  const paths = title.files.filter((file) => file.version === version).map(({ path }) => path)
  return { current, files: paths, schema: { ...current, kind: 'version', version, content } }
}
