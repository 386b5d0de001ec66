import type { SchemaConfig } from '../config.ts'
import { namesDraft07 } from '../draft-07.ts'
import type { Finding } from '../finding.ts'
import type { TitleFile } from '../folder.ts'
import type { ReadTitle } from './linted-folder.ts'
import { placeInCurrent } from './place-in-current.ts'
import type { FileProblem, LintedSchema, LintedTitle, Rule } from './rule.ts'
import { RULES } from './rules.ts'

/** A finding whose line is not looked up yet. */
export type Unplaced = Omit<Finding, 'line'>

/**
 * What a title's files break, rule by rule. What the version that is next breaks is said of current, once, unless the
 * config has the rule off for the version's files.
 */
export function problemsOf(read: ReadTitle, config: SchemaConfig): Unplaced[] {
  const { title, next } = read
  const schemas = checkedIn(read)
  const found = RULES.flatMap((rule) =>
    rule.of === 'titles' ? ofTitle(rule, title) : ofSchemas(rule, schemas),
  )
  if (!next) return found

  const isSaid = new Set(found.filter(({ file }) => file === next.current.path).map(saying))
  const ofNext = RULES.flatMap((rule) => (rule.of === 'titles' ? [] : ofSchemas(rule, [next.schema])))
    .filter((finding) => !isSaid.has(saying(finding)))
    .filter(({ rule }) => next.files.every((file) => config.isOn(rule, file)))
    .map((finding) => ({
      ...finding,
      pointer: placeInCurrent(next.current.content, next.schema.content, finding.pointer),
    }))
  return [...found, ...ofNext]
}

const saying = ({ rule, message }: Unplaced) => `${rule}: ${message}`

/**
 * The schemas of files that rules look at one by one: current, and each version in one of its formats; but not the one
 * that is next, which stands for its files.
 */
export function checkedIn({ title: { schemas }, next }: ReadTitle): LintedSchema[] {
  const versions = new Map<string, LintedSchema>()
  for (const schema of schemas.filter(({ kind }) => kind === 'version')) {
    const known = versions.get(schema.version)
    if (!known || (known.isLink && !schema.isLink)) versions.set(schema.version, schema)
  }
  if (next) versions.delete(next.schema.version)
  return [...versions.values(), ...schemas.filter(({ kind, isLink }) => kind === 'current' && !isLink)]
}

function ofTitle(rule: Extract<Rule, { of: 'titles' }>, title: LintedTitle): Unplaced[] {
  return rule
    .problemsIn(title)
    .filter(({ file }) => isRead(file))
    .map((problem) => findingOf(rule, problem))

  // A file that cannot be read has one finding; whatever else is wrong shows when it can be.
  function isRead({ path }: TitleFile): boolean {
    return title.schemas.some((schema) => schema.path === path)
  }
}

function ofSchemas(rule: Exclude<Rule, { of: 'titles' }>, schemas: readonly LintedSchema[]): Unplaced[] {
  return schemas
    .filter(({ kind }) => rule.of === 'schemas' || (rule.of === 'current') === (kind === 'current'))
    .filter(({ content: { $schema } }) => rule.anyDialect || $schema === undefined || namesDraft07($schema))
    .flatMap((file) => rule.problemsIn(file).map((problem) => findingOf(rule, { file, ...problem })))
}

function findingOf({ name, reason }: Rule, { file, pointer, message }: FileProblem): Unplaced {
  return { rule: name, file: file.path, pointer, message, reason }
}
