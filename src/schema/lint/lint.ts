import { dirname } from 'node:path'
import { type Finding, inOrder, READABLE } from '../finding.ts'
import { realPath } from '../folder.ts'
import { linesIn, textOf } from '../schema-file.ts'
import { COMPATIBLE, PUBLISHED, type SharedRule } from '../shared-rules.ts'
import { changedSinceCommit } from './changed-since-commit.ts'
import { isAtItsId } from './identity.ts'
import { type LintedFolder, openLintedFolder } from './linted-folder.ts'
import { checkedIn, problemsOf, type Unplaced } from './problems.ts'
import { refsResolve } from './references.ts'
import type { LintedSchema } from './rule.ts'
import { RULES } from './rules.ts'
import { MATERIALIZED, unmaterializable, unmaterialized } from './unmaterialized.ts'
import { latestIsNewest, versionsAgree } from './versions.ts'

/** Every rule's name and reason, in the order in which they are checked; the last is for the command compat. */
export const LINT_RULES: readonly SharedRule[] = [READABLE, ...RULES, MATERIALIZED, PUBLISHED, COMPATIBLE]

/** What was checked, and what was found. */
export interface LintReport {
  readonly findings: readonly Finding[]
  /** How many schema files there are: current and versions, without links. */
  readonly files: number
}

/**
 * Checks every schema below some folders by every rule that the folder's config does not switch off, and the version that
 * each current makes before it is written. A file that cannot be read is a finding too, and keeps no other from being
 * checked. A `$ref` is looked up in the folders, then in the repositories of the config, then in `own`. Throws a
 * SchemaError where a folder is missing, or its config cannot be used.
 */
export async function lint(
  names: readonly string[],
  { own = [] }: { readonly own?: readonly string[] } = {},
): Promise<LintReport> {
  const owners = new Map<unknown, LintedSchema>()
  const rules = LINT_RULES.map(({ name }) => name)
  const folders = await Promise.all(
    distinct(names).map((name, _, all) =>
      openLintedFolder(name, {
        rules,
        beside: all.filter((other) => other !== name),
        own,
        ownerOf: (id) => owners.get(id),
      }),
    ),
  )
  const titles = folders.flatMap((folder) => folder.titles)
  for (const schema of titles.flatMap(checkedIn)) addOwner(owners, schema)

  const files = titles.flatMap(({ title }) => title.files)
  return {
    findings: inOrder(folders.flatMap(findingsIn)),
    files: files.filter(({ kind, isLink }) => kind !== 'latest' && !isLink).length,
  }
}

/** By `$id`, the schema at the path that it names, or else the first that has it. */
function addOwner(owners: Map<unknown, LintedSchema>, schema: LintedSchema): void {
  const owner = owners.get(schema.content.$id)
  if (!owner || (!isAtItsId(owner) && isAtItsId(schema))) owners.set(schema.content.$id, schema)
}

/** Each cause is one finding, where it is to be mended. */
function findingsIn({ name, config, titles, materialized }: LintedFolder): Finding[] {
  const isOn = ({ rule, file }: Unplaced) => config.isOn(rule, file)
  const changed = changedSinceCommit(name).filter(isOn)
  const broken = titles
    .flatMap((read) => [...read.unreadable, ...problemsOf(read, config)])
    .filter((finding) => isOn(finding) && !followsFrom(changed, finding))

  // A title with something wrong in it is to be materialized anyway.
  const wrong = new Set([...titlesOf(changed), ...broken.map(({ file }) => dirname(file))])
  const sound = titles.map(({ title }) => title).filter(({ path }) => !wrong.has(path))
  // A reference that is wrong in one title stops others.
  const hasWrongRef = broken.some(({ rule }) => rule === refsResolve.name)
  const stale = sound.flatMap((title) => [
    ...unmaterialized(title, materialized),
    ...(hasWrongRef ? [] : unmaterializable(title, materialized)),
  ])
  return [...changed, ...withLines(broken), ...stale.filter(isOn)]
}

/** Whether something is wrong only as long as a published version is not what it was. */
function followsFrom(changed: readonly Finding[], { rule, file }: Unplaced): boolean {
  if (changed.some((version) => version.file === file)) return true
  return [latestIsNewest.name, versionsAgree.name].includes(rule) && titlesOf(changed).has(dirname(file))
}

/** The folders of titles whose versions have changed; where none is left, the finding is at that folder. */
function titlesOf(changed: readonly Finding[]): ReadonlySet<string> {
  return new Set(changed.flatMap(({ file }) => [file, dirname(file)]))
}

/** Texts are parsed for lines only where there is something to show. */
function withLines(findings: readonly (Unplaced & Partial<Finding>)[]): Finding[] {
  const byFile = new Map<string, (pointer: string) => number>()
  return findings.map((finding) => {
    if (finding.line !== undefined) return finding
    const lineOf = byFile.get(finding.file) ?? linesIn(textOf(finding.file))
    byFile.set(finding.file, lineOf)
    return { ...finding, line: lineOf(finding.pointer) }
  })
}

/** Folders, each once, however it is named. */
function distinct(folders: readonly string[]): string[] {
  const paths = folders.map(realPath)
  return folders.filter((_, index) => paths.indexOf(paths[index]!) === index)
}
