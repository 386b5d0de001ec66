import { readConfig, type SchemaConfig } from '../config.ts'
import { type Finding, findingOf, inOrder, READABLE } from '../finding.ts'
import { readTitles, realPath, type TitleFile, type TitleFolder } from '../folder.ts'
import { openSchemaRepository } from '../repository.ts'
import { namesDraft07 } from '../draft-07.ts'
import { isAtItsId } from './identity.ts'
import type { FileProblem, Library, LintedSchema, LintedTitle, Rule } from './rule.ts'
import { RULES } from './rules.ts'
import { MATERIALIZED } from './unmaterialized.ts'
import { linesIn, readSchemaFile, type SchemaObject, textOf } from '../schema-file.ts'

/** Every rule's name and reason, in the order in which they are checked. */
export const LINT_RULES: readonly { readonly name: string; readonly reason: string }[] = [
  READABLE,
  ...RULES,
  MATERIALIZED,
]

export interface LintOptions {
  /** The schemas that come with the package: where a `$ref` is looked up last. */
  readonly ownSchemas: string
  /** What the configs may switch off besides: the rules of other tools. */
  readonly otherRules?: readonly string[]
}

/**
 * Checks every schema below some folders by every rule that the folder's config does not switch off. A file that cannot
 * be read is a finding too, and keeps no other from being checked. Throws a SchemaError where a folder is missing, or
 * its config cannot be used.
 */
export function lint(
  folders: readonly string[],
  { ownSchemas, otherRules = [] }: LintOptions,
): { readonly findings: readonly Finding[]; readonly schemas: number } {
  const ruleNames = [...LINT_RULES.map(({ name }) => name), ...otherRules]
  const configs = new Map(distinct(folders).map((folder) => [folder, readConfig(folder, ruleNames)]))
  const readOnce = remembered(readSchemaFile)

  const titles = [...configs].flatMap(([folder, config]) => {
    const library = openLibrary(folder, config)
    return readTitles(folder).map((title) => readTitle(title, library, (path) => readOnce(realPath(path))))
  })
  const owners = ownersOf(titles.flatMap(({ title }) => checkedIn(title)))
  const findings = titles.flatMap(({ title, unreadable }) =>
    [...unreadable, ...findingsIn(title)].filter((finding) => isOn(title, finding)),
  )
  const files = titles.flatMap(({ title }) => title.files)
  const schemas = files.filter(({ kind, isLink }) => kind !== 'latest' && !isLink).length
  return { findings: inOrder(withLines(findings)), schemas }

  function openLibrary(folder: string, { repositories }: SchemaConfig): Library {
    const local = repositories.filter((place) => !isRemote(place))
    const repository = openSchemaRepository(distinct([folder, ...configs.keys(), ...local, ownSchemas]))
    return {
      find: remembered((uri) => repository.find(uri)),
      elsewhere: repositories.filter(isRemote),
      ownerOf: (id) => owners.get(id),
    }
  }

  function isOn({ folder }: LintedTitle, { rule, file }: Unplaced): boolean {
    return configs.get(folder)!.isOn(rule, file)
  }
}

/** By `$id`, the schema at the path that it names, or else the first that has it. */
function ownersOf(schemas: readonly LintedSchema[]): ReadonlyMap<unknown, LintedSchema> {
  const owners = new Map<unknown, LintedSchema>()
  for (const schema of schemas) {
    const owner = owners.get(schema.content.$id)
    if (!owner || (!isAtItsId(owner) && isAtItsId(schema))) owners.set(schema.content.$id, schema)
  }
  return owners
}

const isRemote = (place: string) => /^https?:/.test(place)

/** A function that works out each answer once, or why there is none. */
function remembered<T>(answerTo: (question: string) => T): (question: string) => T {
  const known = new Map<string, () => T>()

  return (question) => {
    const answer = known.get(question) ?? outcomeOf(question)
    known.set(question, answer)
    return answer()
  }

  function outcomeOf(question: string): () => T {
    try {
      const answer = answerTo(question)
      return () => answer
    } catch (error) {
      return () => {
        throw error
      }
    }
  }
}

/** What of a title can be read, and a finding for each file of it that cannot. */
function readTitle(
  folder: TitleFolder,
  library: Library,
  read: (path: string) => SchemaObject,
): { readonly title: LintedTitle; readonly unreadable: readonly Finding[] } {
  const schemas: LintedSchema[] = []
  const title = { ...folder, schemas, library }
  const unreadable = folder.files.flatMap((file): Finding[] => {
    try {
      schemas.push({ ...file, content: read(file.path), home: title })
      return []
    } catch (error) {
      // What a link leads to has its own finding.
      const isSaid =
        file.isLink &&
        folder.files.some(({ path, isLink }) => !isLink && realPath(path) === realPath(file.path))
      return isSaid ? [] : [{ ...findingOf(error, { file: file.path }), file: file.path }]
    }
  })
  return { title, unreadable }
}

type Unplaced = Omit<Finding, 'line'>

function findingsIn(title: LintedTitle): Unplaced[] {
  return RULES.flatMap((rule) =>
    problemsOf(rule, title).map(({ file, pointer, message }) => ({
      rule: rule.name,
      file: file.path,
      pointer,
      message,
      reason: rule.reason,
    })),
  )
}

function problemsOf(rule: Rule, title: LintedTitle): readonly FileProblem[] {
  if (rule.of === 'titles') return rule.problemsIn(title).filter(({ file }) => isRead(file))
  return checkedIn(title)
    .filter(({ kind }) => rule.of === 'schemas' || (rule.of === 'current') === (kind === 'current'))
    .filter(({ content: { $schema } }) => rule.anyDialect || $schema === undefined || namesDraft07($schema))
    .flatMap((file) => rule.problemsIn(file).map((problem) => ({ file, ...problem })))

  // A file that cannot be read has one finding; whatever else is wrong shows when it can be.
  function isRead({ path }: TitleFile): boolean {
    return title.schemas.some((schema) => schema.path === path)
  }
}

/** The schemas that rules look at one by one: current, and each version in one of its formats. */
function checkedIn({ schemas }: LintedTitle): LintedSchema[] {
  const versions = new Map<string, LintedSchema>()
  for (const schema of schemas.filter(({ kind }) => kind === 'version')) {
    const known = versions.get(schema.version)
    if (!known || (known.isLink && !schema.isLink)) versions.set(schema.version, schema)
  }
  return [...versions.values(), ...schemas.filter(({ kind, isLink }) => kind === 'current' && !isLink)]
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
