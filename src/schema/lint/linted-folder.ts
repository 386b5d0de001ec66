import { readConfig, type SchemaConfig } from '../config.ts'
import { type Finding, findingOf } from '../finding.ts'
import { readTitles, realPath, type TitleFolder } from '../folder.ts'
import { type Materialized, materializeFolders } from '../materialize/materialize-folders.ts'
import { openSchemaRepository } from '../repository.ts'
import { readSchemaFile, type SchemaObject } from '../schema-file.ts'
import { type NextVersion, nextVersion } from './next-version.ts'
import type { Library, LintedSchema, LintedTitle } from './rule.ts'

/** A schema folder with all that is checked in it. */
export interface LintedFolder {
  readonly name: string
  readonly config: SchemaConfig
  readonly titles: readonly ReadTitle[]
  /** What materializing it comes to. */
  readonly materialized: Materialized
}

/** What of a title can be read, and a finding for each file of it that cannot. */
export interface ReadTitle {
  readonly title: LintedTitle
  readonly unreadable: readonly Finding[]
  readonly next: NextVersion | undefined
}

export interface OpenOptions {
  /** The names of all rules, which are what a config may switch off. */
  readonly rules: readonly string[]
  /** Where a `$ref` is looked up after the folder itself, before and after the repositories of its config. */
  readonly beside: readonly string[]
  readonly own: readonly string[]
  readonly ownerOf: Library['ownerOf']
}

/** Reads a schema folder. Throws a SchemaError where it is missing, or its config cannot be used. */
export async function openLintedFolder(
  name: string,
  { rules, beside, own, ownerOf }: OpenOptions,
): Promise<LintedFolder> {
  const config = readConfig(name, rules)
  const local = config.repositories.filter((place) => !isRemote(place))
  const repository = openSchemaRepository([...new Set([name, ...beside, ...local, ...own])])
  const library: Library = {
    find: remembered((uri) => repository.find(uri)),
    elsewhere: config.repositories.filter(isRemote),
    ownerOf,
  }
  const readOnce = remembered(readSchemaFile)
  const read = readTitles(name).map((title) => readTitle(title, library, (path) => readOnce(realPath(path))))
  const materialized = await materializeFolders([name], { own: [...beside, ...own] })
  const titles = read.map((each) => ({ ...each, next: nextVersion(each.title, materialized) }))
  return { name, config, titles, materialized }
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

function readTitle(
  folder: TitleFolder,
  library: Library,
  read: (path: string) => SchemaObject,
): Omit<ReadTitle, 'next'> {
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
