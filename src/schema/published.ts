import { execFileSync } from 'node:child_process'
import type { TitleFolder } from './folder.ts'
import { SchemaError } from './schema-error.ts'
import { textOf } from './schema-file.ts'

/** A file of a version that others may have already. */
export interface PublishedFile {
  readonly title: string
  readonly version: string
  /** `json`, `yaml` or `yml`. */
  readonly ending: string
  text(): string
}

/**
 * The published versions of a schema folder: those that git's HEAD has, or what lies there where no git repository
 * is. Throws a SchemaError where there is one that git does not read.
 */
export function readPublished(folder: string, titles: readonly TitleFolder[]): PublishedFile[] {
  const tree = treeOf(folder)
  if (!tree) return titles.flatMap(versionFiles)
  return tree.flatMap(({ path, blob }) => {
    const [, title, version, ending] = /^(.+)\/(\d+\.\d+\.\d+)\.(json|ya?ml)$/.exec(path) ?? []
    if (!title || !version || !ending) return []
    return { title, version, ending, text: () => git(folder, ['cat-file', 'blob', blob]) }
  })
}

function versionFiles({ title, files }: TitleFolder): PublishedFile[] {
  return files
    .filter(({ kind, ending, isLink }) => kind === 'version' && ending && !isLink)
    .map(({ version, ending, path }) => ({ title, version, ending, text: () => textOf(path) }))
}

/** The files of HEAD below a folder, without links. Undefined outside of git; none before the first commit. */
function treeOf(folder: string): { path: string; blob: string }[] | undefined {
  try {
    git(folder, ['rev-parse', '--git-dir'])
  } catch (cause) {
    const { code, stderr = '' } = cause as { code?: string; stderr?: string }
    if (code === 'ENOENT' || stderr.includes('not a git repository')) return undefined
    throw new SchemaError(
      `git cannot tell what is published (${stderr.trim().split('\n')[0]}); make git read it`,
      {
        place: { file: folder },
        cause,
      },
    )
  }
  if (!hasCommits(folder)) return []
  const lines = git(folder, ['ls-tree', '-r', '-z', 'HEAD']).split('\0')
  return lines.flatMap((line) => {
    const [, blob, path] = /^100\d{3} blob (\w+)\t(.+)$/s.exec(line) ?? []
    return blob && path ? { blob, path } : []
  })
}

function hasCommits(folder: string): boolean {
  try {
    git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD'])
    return true
  } catch {
    return false // a repository that has just been made
  }
}

/** A hook of git has these in its environment, and they would lead git past the folder. */
const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, GIT_PREFIX, ...environment } = process.env

function git(folder: string, args: readonly string[]): string {
  return execFileSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...environment, LC_ALL: 'C' },
    maxBuffer: 100_000_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
