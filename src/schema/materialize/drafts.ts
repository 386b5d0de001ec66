import { readConfig, type SchemaConfig } from '../config.ts'
import { type Finding, findingOf } from '../finding.ts'
import { readTitles, type TitleFolder } from '../folder.ts'
import { type Layout, layoutOf } from './layout.ts'
import { type PublishedFile, readPublished } from './published.ts'
import { quoted, SchemaError } from '../schema-error.ts'
import { lineOf } from '../schema-file.ts'
import { parseSchemaUri } from '../schema-uri.ts'
import { readSource, type Source } from '../source.ts'

/** A schema folder, its titles and its habits. */
export interface SchemaFolder {
  readonly config: SchemaConfig
  readonly titles: readonly TitleFolder[]
  readonly layout: Layout
  readonly published: readonly PublishedFile[]
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
  const holds = (rule: string) => folder.config.isOn(rule, path)
  const namesake = content.$id === undefined ? undefined : files.get(content.$id)
  const version = parseSchemaUri(String(content.$id))?.version ?? ''
  const isVersion = /^\d/.test(version)

  const found: Finding[] = []
  if (content.title !== title.title && holds('title-is-path')) add('title', WRONG_TITLE)
  if (namesake) add('$id', takenId(namesake))
  else if (!isVersion || (content.$id !== `/${title.title}/${version}` && holds('id-is-title-and-version')))
    add('$id', WRONG_ID)
  return found

  function add(key: string, { rule, reason, inWords }: Misnomer): void {
    const pointer = key in content ? `/${key}` : ''
    const message = `"${key}" is ${quoted(content[key])}${inWords(title.title)}`
    found.push({ rule, file: path, line: lineOf(text, pointer), pointer, message, reason })
  }
}

interface Misnomer extends Pick<Finding, 'rule' | 'reason'> {
  inWords(title: string): string
}

const WRONG_TITLE: Misnomer = {
  rule: 'title-is-path',
  inWords: (title) => `; write ${title}, the path of the folder, or move the folder`,
  reason: 'Stream config names a schema by its title, and tools find it by its path.',
}

const WRONG_ID: Misnomer = {
  rule: 'id-is-title-and-version',
  inWords: (title) => `; write /${title}/X.Y.Z, with 1.0.0 for the first version`,
  reason: 'Events name their schema by its $id, and tools find the file by it.',
}

const takenId = (file: string): Misnomer => ({
  rule: 'unique-id',
  inWords: (title) => `, which ${file} has already; write /${title}/X.Y.Z`,
  reason: 'Events name their schema by its $id.',
})
