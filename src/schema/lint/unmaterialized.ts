import { basename, dirname } from 'node:path'
import { differences } from '../differences.ts'
import { type Finding, READABLE } from '../finding.ts'
import type { Materialized } from '../materialize/materialize-folders.ts'
import { parseSchema } from '../schema-file.ts'
import { PUBLISHED } from '../shared-rules.ts'
import type { FileToWrite } from '../write-files.ts'
import type { LintedTitle } from './rule.ts'

/** The rule that is kept where materializing has nothing to do. */
export const MATERIALIZED = {
  name: 'materialized',
  reason:
    'Events are judged by the versions, and people read and edit current; so the two must say the same.',
}

/** A finding where the versions of a title are not what its current schema makes: one, for all its files. */
export function unmaterialized(title: LintedTitle, { files, findings }: Materialized): Finding[] {
  const changed = findings.filter(({ rule, file }) => rule === PUBLISHED.name && isIn(title, file))
  const stale = files.filter((file) => isIn(title, file.path) && saysOtherwise(file, title))
  return [...changed, ...(stale.length > 0 ? [findingFor(title, stale)] : [])]
}

/** A finding where a current schema cannot become a version at all, such as by an `allOf` that contradicts itself. */
export function unmaterializable(title: LintedTitle, { findings }: Materialized): Finding[] {
  return findings
    .filter(({ rule, file }) => rule === READABLE.name && isIn(title, file))
    .map((finding) => ({
      ...finding,
      ...named(MATERIALIZED),
      message: `cannot be materialized: ${finding.message}`,
    }))
}

const isIn = ({ path }: LintedTitle, file: string) => dirname(file) === path
const named = ({ name, reason }: typeof MATERIALIZED) => ({ rule: name, reason })

/** How a file is written is no matter, nor what is a link. What cannot be read has a finding of its own. */
function saysOtherwise(file: FileToWrite, { files, schemas }: LintedTitle): boolean {
  if ('linkTo' in file) return false
  if (!files.some(({ path }) => path === file.path)) return true
  const there = schemas.find(({ path }) => path === file.path)
  return there !== undefined && differences(there.content, parseSchema(file.path, file.text)).length > 0
}

function findingFor({ path, files }: LintedTitle, stale: readonly FileToWrite[]): Finding {
  const names = stale.map((file) => basename(file.path))
  return {
    ...named(MATERIALIZED),
    file: files.find(({ kind, ending }) => kind === 'current' && ending)?.path ?? path,
    line: 1,
    pointer: '',
    message: `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} not there, or not what it makes; run rivulet schemas materialize`,
  }
}
