import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Files, folderOf, writeInto } from './folder.ts'

/** A git repository in a folder of its own, removed when the test ends. */
interface TempRepository {
  readonly folder: string
  git(...args: readonly string[]): Promise<string>
  /** Writes these files, and commits all that is there. */
  commit(files?: Files): Promise<void>
}

/** Has the files in it, and no commit yet. */
export async function tempRepository(files: Files = {}): Promise<TempRepository> {
  const folder = await folderOf(files)
  await git('init', '--quiet', '--initial-branch', 'main')
  return { folder, git, commit }

  async function commit(changed: Files = {}): Promise<void> {
    await writeInto(folder, changed)
    await git('add', '--all')
    await git('commit', '--quiet', '--allow-empty', '--message', 'schemas')
  }

  /** What the user has set for git, such as signing or hooks, is left out. */
  async function git(...args: readonly string[]): Promise<string> {
    const user = ['-c', 'user.name=A', '-c', 'user.email=a@example.org']
    const { stdout } = await promisify(execFile)('git', [...user, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    })
    return stdout.trim()
  }
}
