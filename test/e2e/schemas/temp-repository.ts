import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { tempFolder, write } from '../intake/temp-intake.ts'

/** A git repository in a folder of its own, removed when the test ends. */
export interface TempRepository {
  readonly folder: string
  git(...args: readonly string[]): Promise<string>
  /** Writes these files, and commits all that is there. */
  commit(files?: { readonly [path: string]: unknown }): Promise<void>
}

export async function tempRepository(): Promise<TempRepository> {
  const folder = await tempFolder()
  await git('init', '--quiet', '--initial-branch', 'main')
  return { folder, git, commit }

  async function commit(files: { readonly [path: string]: unknown } = {}): Promise<void> {
    for (const [path, content] of Object.entries(files)) await write(join(folder, path), content)
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
