import { type Draft, draftsOf, openFolder } from './drafts.ts'
import { type Finding, findingOf, onceEach } from '../finding.ts'
import { openLookup } from './lookup.ts'
import { createMaterializer } from './materialize.ts'
import type { SchemaObject } from '../schema-file.ts'
import type { Source } from '../source.ts'
import { publishedSources, versionFiles } from './version-files.ts'
import type { FileToWrite } from '../write-files.ts'

/** What materializing folders comes to. Nothing is written yet; whether to write in spite of findings is the caller's to say. */
export interface Materialized {
  readonly findings: readonly Finding[]
  /** What is new, or differs from what lies there: of the titles that nothing is wrong with. */
  readonly files: readonly FileToWrite[]
  /** What each current schema makes, where nothing is wrong with that. */
  readonly made: readonly MadeVersion[]
  /** Published files that say the same in other bytes, and stay as they are. */
  readonly kept: readonly string[]
  /** How many schemas there are to materialize. */
  readonly schemas: number
}

export interface MadeVersion {
  /** The file of the current schema. */
  readonly path: string
  readonly version: string
  readonly content: SchemaObject
}

/**
 * Materializes the current schema of each title: the file of its version, by the endings that the folder has, and
 * `latest`. A published version stays as it is; that it would change is a finding. `$ref` is looked up in the folders,
 * then in the repositories of their configs, then in `own`. Throws a SchemaError where a folder is missing or its
 * config cannot be used.
 */
export async function materializeFolders(
  names: readonly string[],
  { own = [] }: { own?: readonly string[] } = {},
): Promise<Materialized> {
  const folders = names.map(openFolder)
  const { drafts, findings } = draftsOf(folders)
  const repositories = folders.flatMap(({ config }) => config.repositories)
  const places = [...new Set([...names, ...repositories, ...own])]
  const materialize = createMaterializer(openLookup(places, sourcesOf(drafts)))

  const files: FileToWrite[] = []
  const kept: string[] = []
  const made: MadeVersion[] = []
  for (const draft of drafts) {
    try {
      const content = await materialize(draft.source)
      const itsFiles = versionFiles(draft, content)
      findings.push(...itsFiles.findings)
      files.push(...itsFiles.files)
      kept.push(...itsFiles.kept)
      if (itsFiles.findings.length === 0)
        made.push({ path: draft.source.path, version: draft.version, content })
    } catch (error) {
      findings.push(findingOf(error, { file: draft.source.path }))
    }
  }
  const titles = folders.flatMap((folder) => folder.titles)
  const schemas = titles.filter(({ files }) => files.some(({ kind }) => kind === 'current')).length
  return { findings: onceEach(findings), files, made, kept, schemas }
}

/**
 * What a version is when this run is over: as published, or as the draft says. The files that lie there may be older,
 * or changed by hand.
 */
function sourcesOf(drafts: readonly Draft[]): (uri: string) => Source | undefined {
  const byUri = new Map(drafts.map((draft) => [`/${draft.title.title}/${draft.version}`, draft]))
  return (uri) => {
    const draft = byUri.get(uri)
    return draft && (publishedSources(draft)[0] ?? draft.source)
  }
}
