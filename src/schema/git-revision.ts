import { spawnSync } from 'node:child_process'
import { SchemaError } from './schema-error.ts'

/** A file as a git revision has it. */
interface RevisionFile {
  /** Below the folder that was read, with `/`. */
  readonly path: string
  /** Of a link, the path it leads to. */
  readonly text: string
  readonly isLink: boolean
}

/**
 * The files of a folder, and of those below it, at a git revision; none where the revision has no such folder. `wanted`
 * tells by the path which to read. Throws a SchemaError where the folder is in no repository, or the revision unknown.
 */
export function readRevision(
  folder: string,
  revision: string,
  wanted: (path: string) => boolean,
): RevisionFile[] {
  if (!isInRepository(folder))
    throw new SchemaError(
      `${folder} is in no git repository, or git is not installed; compare with a revision within one`,
    )
  const commit = commitOf(folder, revision)
  if (commit === undefined && !hasCommits(folder))
    throw new SchemaError(
      `"${revision}" is no revision that git knows here, since there is no commit yet; commit first, or compare without it`,
    )
  if (commit === undefined)
    throw new SchemaError(
      `"${revision}" is no revision that git knows here; fetch it (a shallow checkout has only its own: in CI, set fetch-depth: 0), or name another`,
    )

  const entries = listed(folder, commit).filter(({ path }) => wanted(path))
  const texts = blobs(
    folder,
    entries.map(({ hash }) => hash),
  )
  return entries.map(({ path, mode }, index) => ({ path, text: texts[index]!, isLink: mode === LINK }))
}

/** Whether a folder is in a git repository. Throws a SchemaError where it is in one that git does not read. */
export function isInRepository(folder: string): boolean {
  const { output, error, isMissing } = git(folder, ['rev-parse', '--is-inside-work-tree'])
  if (isMissing || error.includes('not a git repository')) return false
  if (`${output}`.trim() === 'true') return true
  throw new SchemaError(
    `git does not read the repository (${error || 'only its .git is here'}); make it readable`,
    {
      place: { file: folder },
    },
  )
}

/** Whether a folder's repository has any commit yet. */
export function hasCommits(folder: string): boolean {
  return commitOf(folder, 'HEAD') !== undefined
}

function commitOf(folder: string, revision: string): string | undefined {
  const { output, error } = git(folder, ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`])
  return error ? undefined : `${output}`.trim()
}

const LINK = '120000'

function listed(folder: string, commit: string): { mode: string; hash: string; path: string }[] {
  // From a folder below the top, git lists that folder alone, and paths below it.
  return done(git(folder, ['ls-tree', '-r', '-z', commit]))
    .output.toString()
    .split('\0')
    .flatMap((entry) => {
      const [, mode, hash, path] = /^(\d+) blob (\w+)\t(.+)$/s.exec(entry) ?? []
      return mode && hash && path ? [{ mode, hash, path }] : []
    })
}

function blobs(folder: string, hashes: readonly string[]): string[] {
  if (hashes.length === 0) return []
  const { output } = done(git(folder, ['cat-file', '--batch'], hashes.map((hash) => `${hash}\n`).join('')))
  let at = 0
  return hashes.map((hash) => {
    // `<hash> blob <bytes>`, then the bytes, then a line feed.
    const start = output.indexOf('\n', at) + 1
    const [, , size] = output.toString('latin1', at, start).split(' ')
    if (size === undefined) throw new SchemaError(`git has no object ${hash}; fetch all of the history`)
    at = start + Number(size) + 1
    return output.toString('utf8', start, start + Number(size))
  })
}

interface Answer {
  readonly output: Buffer
  /** The first line of what git says, where it could not do it. */
  readonly error: string
  /** Whether there is no git here. */
  readonly isMissing: boolean
}

function git(folder: string, args: readonly string[], input = ''): Answer {
  const { stdout, stderr, status, error } = spawnSync('git', ['-C', folder, ...args], {
    input,
    maxBuffer: Number.POSITIVE_INFINITY,
    env: { ...process.env, ...OF_THE_FOLDER, LC_ALL: 'C' },
  })
  if (error) return { output: Buffer.alloc(0), error: error.message, isMissing: true }
  const complaint = stderr.toString().trim().split('\n')[0] || `git ended with ${status}`
  return { output: stdout, error: status === 0 ? '' : complaint, isMissing: false }
}

function done(answer: Answer): Answer {
  if (answer.error) throw new SchemaError(`git cannot read the revision (${answer.error}); fetch all of it`)
  return answer
}

/** A git hook has these set, for a repository that need not be the folder's. */
const OF_THE_FOLDER = {
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_PREFIX: undefined,
}
