import { readConfig, type SchemaConfig } from '../config.ts'
import { type Finding, findingOf } from '../finding.ts'
import { readTitles, type TitleFolder } from '../folder.ts'
import { isInRepository } from '../git-revision.ts'
import { type Layout, layoutOf } from './layout.ts'
import { type PublishedFile, readPublished } from './published.ts'
import { shown, SchemaError } from '../schema-error.ts'
import { lineOf } from '../schema-file.ts'
import { parseSchemaUri } from '../schema-uri.ts'
import {
  ID_IS_TITLE_AND_VERSION,
  type SharedRule,
  TITLE_IS_PATH,
  UNIQUE_ID,
  wrongId,
  wrongTitle,
} from '../shared-rules.ts'
import { readSource, type Source } from '../source.ts'

/** A schema folder, its titles and its habits. */
export interface SchemaFolder {
  readonly config: SchemaConfig
  readonly titles: readonly TitleFolder[]
  readonly layout: Layout
  readonly published: readonly PublishedFile[]
  readonly isInGit: boolean
}

/** A title's current schema, and the version that it is to become. */
export interface Draft {
  readonly folder: SchemaFolder
  readonly title: TitleFolder
  readonly source: Source
  readonly version: string
}

/** Throws a SchemaError where there is no such folder, or its config cannot be used. */
export function openFolder(name: string): SchemaFolder {
  const titles = readTitles(name)
  return {
    config: readConfig(name),
    titles,
    layout: layoutOf(titles),
    published: readPublished(name, titles),
    isInGit: isInRepository(name),
  }
}

/** The current schema of each title that has one, and what is wrong with those that cannot become a version. */
export function draftsOf(folders: readonly SchemaFolder[]): { drafts: Draft[]; findings: Finding[] } {
  const files = new Map<unknown, string>()
  const drafts: Draft[] = []
  const findings: Finding[] = []
  for (const folder of folders) {
    for (const title of folder.titles) {
      const currents = title.files.filter(({ kind, ending }) => kind === 'current' && ending)
      if (currents.length === 0) continue
      try {
        const source = readOnly(currents.map(({ path }) => path))
        const found = misnamed(source, { folder, title, files })
        files.set(source.content.$id, source.path)
        if (found.length > 0) findings.push(...found)
        else
          drafts.push({ folder, title, source, version: parseSchemaUri(String(source.content.$id))!.version })
      } catch (error) {
        findings.push(findingOf(error, { file: title.path }))
      }
    }
  }
  return { drafts, findings }
}

function readOnly([path, second]: readonly string[]): Source {
  if (!second) return readSource(path!)
  throw new SchemaError(`there is ${path} beside it, and one of them only can be current; remove the other`, {
    place: { file: second, line: 1 },
  })
}

/** What is wrong with its title and `$id`; `files` has those that came before it, by `$id`. */
function misnamed(
  { path, text, content }: Source,
  { folder, title, files }: { folder: SchemaFolder; title: TitleFolder; files: ReadonlyMap<unknown, string> },
): Finding[] {
  const namesake = content.$id === undefined ? undefined : files.get(content.$id)
  const version = parseSchemaUri(String(content.$id))?.version ?? ''
  const isVersion = /^\d/.test(version)

  const found: Finding[] = []
  if (content.title !== title.title && holds(TITLE_IS_PATH))
    add('title', TITLE_IS_PATH, wrongTitle(content.title, title.title))
  if (namesake) add('$id', UNIQUE_ID, takenId(content.$id, namesake, title.title))
  else if (!isVersion || (content.$id !== `/${title.title}/${version}` && holds(ID_IS_TITLE_AND_VERSION)))
    add('$id', ID_IS_TITLE_AND_VERSION, wrongId(content.$id, title.title))
  return found

  function holds({ name }: SharedRule): boolean {
    return folder.config.isOn(name, path)
  }

  function add(key: string, { name, reason }: SharedRule, message: string): void {
    const pointer = key in content ? `/${key}` : ''
    found.push({ rule: name, file: path, line: lineOf(text, pointer), pointer, message, reason })
  }
}

function takenId($id: unknown, file: string, title: string): string {
  return `"$id" is ${shown($id)}, which ${file} has already; write /${title}/X.Y.Z`
}
