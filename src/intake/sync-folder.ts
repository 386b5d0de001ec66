import { open } from 'node:fs/promises'

/** A new file is on disk for good once its folder is. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // where a folder cannot be opened
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
