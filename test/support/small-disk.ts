import { execFileSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { folderOf } from './folder.ts'

/** A file system of two MB, unmounted when the test ends. Undefined where none can be mounted, after saying why. */
export async function smallDisk(): Promise<string | undefined> {
  const folder = await folderOf()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    console.log(
      `not tried on a full disk, since none can be mounted here: ${(error as Error).message.trim()}`,
    )
    return undefined
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  return folder
}
