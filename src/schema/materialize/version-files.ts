import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { differences } from '../differences.ts'
import type { Draft } from './drafts.ts'
import { type Finding, READABLE } from '../finding.ts'
import type { PublishedFile } from './published.ts'
import { LARGEST_SCHEMA, lineOf, type SchemaObject, textOf } from '../schema-file.ts'
import { compareVersions } from '../schema-uri.ts'
import { serialize } from './serialize.ts'
import { CURRENT_IS_NEWEST, PUBLISHED } from '../shared-rules.ts'
import { readSource, type Source, sourceOf } from '../source.ts'
import type { FileToWrite } from '../write-files.ts'

/** What a materialized schema means for the files of its title. */
export interface VersionFiles {
  readonly findings: readonly Finding[]
  /** What is new, or differs from what lies there. */
  readonly files: readonly FileToWrite[]
  /** Published files that say the same in other bytes. */
  readonly kept: readonly string[]
}

/** The files of a draft's version and of `latest`, given what it was materialized to. */
export function versionFiles(draft: Draft, content: SchemaObject): VersionFiles {
  const findings = [...newerVersion(draft), ...publishedChange(draft, content)]
  if (findings.length > 0) return { findings, files: [], kept: [] }

  const { layout } = draft.folder
  const versions = layout.endings.map((ending) => versionFile(draft, content, ending))
  const largest = versions.find(({ text }) => text.length > LARGEST_SCHEMA)
  if (largest) return { findings: [tooLarge(draft, largest.text.length)], files: [], kept: [] }
  const files = [...versions, ...links(draft), ...latest(draft, versions)]
  const kept = versions.filter(({ text, ending }) => text !== serialized(content, ending))
  return { findings, files: files.filter(isNews), kept: kept.map(({ path }) => path) }
}

function newerVersion({ title, version, folder, source }: Draft): Finding[] {
  const there = title.files.filter(({ kind }) => kind === 'version')
  const published = folder.published.filter((file) => file.title === title.title)
  const newest = [...there, ...published]
    .map((file) => file.version)
    .sort(compareVersions)
    .at(-1)
  if (newest === undefined || compareVersions(version, newest) >= 0) return []
  const isPublished = published.some((file) => file.version === newest)
  return [
    findingAtId(source, {
      rule: CURRENT_IS_NEWEST.name,
      message: `"$id" is version ${version}, and there is ${newest}; raise it above that${isPublished ? '' : ', or remove that one, which is not published'}`,
      reason: CURRENT_IS_NEWEST.reason,
    }),
  ]
}

const MOST_POINTERS = 5

function publishedChange(draft: Draft, content: SchemaObject): Finding[] {
  const changed = publishedSources(draft)
    .map((published) => differences(comparable(published.content, content), content))
    .find((pointers) => pointers.length > 0)
  if (!changed) return []
  const more = changed.length - MOST_POINTERS
  const where = [...changed.slice(0, MOST_POINTERS), ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return [
    findingAtId(draft.source, {
      rule: PUBLISHED.name,
      message: `version ${draft.version} is published, and would change at ${where}; raise the version in "$id" (patch: words only, minor: new optional fields, major: all else), or take the change back; ${wayOut(draft)}`,
      reason: PUBLISHED.reason,
    }),
  ]
}

function tooLarge({ source, version }: Draft, size: number): Finding {
  return findingAtId(source, {
    rule: READABLE.name,
    message: `version ${version} would have ${size.toLocaleString('en')} characters, a schema at most ${LARGEST_SCHEMA.toLocaleString('en')}; split it`,
    reason: READABLE.reason,
  })
}

/** For a version that nobody has yet. */
function wayOut({ folder, title, version }: Draft): string {
  const files = join(title.path, `${version}.*`)
  return folder.isInGit
    ? `where its commit is not merged yet: git rm ${files}, commit, and materialize again`
    : `outside of git all that is written counts as published: where nobody has it yet, delete ${files}`
}

function findingAtId({ path, text }: Source, finding: Pick<Finding, 'rule' | 'message' | 'reason'>): Finding {
  return { ...finding, file: path, line: lineOf(text, '/$id'), pointer: '/$id' }
}

function publishedFiles({ folder, title, version }: Draft): PublishedFile[] {
  return folder.published.filter((file) => file.title === title.title && file.version === version)
}

/** The published files of a draft's version. */
export function publishedSources(draft: Draft): Source[] {
  return publishedFiles(draft).map(({ version, ending, text }) =>
    sourceOf(join(draft.title.path, `${version}.${ending}`), text()),
  )
}

/** Tools of the family make up an example where a schema has none. */
function comparable(published: SchemaObject, content: SchemaObject): SchemaObject {
  if ('examples' in content) return published
  const { examples: _madeUp, ...others } = published
  return others
}

type Ending = Draft['folder']['layout']['endings'][number]

/** With the text that is to lie there: of a published version the one that it has, whatever its format. */
function versionFile(draft: Draft, content: SchemaObject, ending: Ending) {
  const path = join(draft.title.path, `${draft.version}.${ending}`)
  const published = publishedFiles(draft).find((file) => file.ending === ending)
  if (!published) return { path, ending, text: serialized(content, ending) }
  // Git may have checked it out with other line ends.
  const isThere =
    existsSync(path) && isDeepStrictEqual(readSource(path).content, sourceOf(path, published.text()).content)
  return { path, ending, text: isThere ? textOf(path) : published.text() }
}

function latest({ title, version, folder }: Draft, versions: readonly { ending: Ending; text: string }[]) {
  return versions.map(({ ending, text }): FileToWrite => {
    const path = join(title.path, `latest.${ending}`)
    return folder.layout.linksLatest ? { path, linkTo: `${version}.${ending}` } : { path, text }
  })
}

/** Those without an ending. */
function links({ title, version, folder }: Draft): FileToWrite[] {
  const { bare, bareEnding } = folder.layout
  return bare.map((kind) => ({
    path: join(title.path, kind === 'version' ? version : 'latest'),
    linkTo: `${version}.${bareEnding}`,
  }))
}

function isNews(file: FileToWrite): boolean {
  const there = lstatSync(file.path, { throwIfNoEntry: false })
  if ('linkTo' in file) return !there?.isSymbolicLink() || readlinkSync(file.path) !== file.linkTo
  return !there?.isFile() || textOf(file.path) !== file.text
}

const serialized = (content: SchemaObject, ending: Ending) =>
  serialize(content, ending === 'json' ? 'json' : 'yaml')
