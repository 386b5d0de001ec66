import { statSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { IdRange, IdWindow } from './id-window.ts'
import { SnapshotError } from './snapshot.ts'
import { syncFolder } from './sync-folder.ts'

/** Of an id, in bytes. */
const KEY = 16
/** Ids of a file. */
const EACH = 2 ** 18

/**
 * Files of ids, beside a snapshot: a file for each 262,144, in their order, so that only what is new is written. What
 * stands in them behind the range of the newest snapshot is overwritten.
 */
export interface IdFiles {
  write(from: number, keys: Uint32Array): Promise<void>
  /** Removes files that only have ids before this one. */
  removeBefore(number: number): Promise<void>
  /** Throws a SnapshotError where some are not there; then none are taken. */
  readInto(window: IdWindow, range: IdRange): Promise<void>
}

export function createIdFiles(folder: string): IdFiles {
  const pathOf = (file: number) => join(folder, String(file))

  return {
    async write(from, keys) {
      await mkdir(folder, { recursive: true })
      const bytes = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength)
      for (const part of partsOf({ from, to: from + keys.length / 4 })) {
        const offset = (part.from - from) * KEY
        await writeAt(pathOf(part.file), {
          bytes: bytes.subarray(offset, offset + (part.to - part.from) * KEY),
          position: (part.from - part.file * EACH) * KEY,
        })
      }
      await syncFolder(folder)
    },
    async removeBefore(number) {
      for (const name of await readdir(folder))
        if ((Number(name) + 1) * EACH <= number) await rm(join(folder, name))
    },
    async readInto(window, range) {
      const parts = [...partsOf(range)]
      for (const { file, to } of parts) {
        const { size = 0 } = statSync(pathOf(file), { throwIfNoEntry: false }) ?? {}
        if (size < (to - file * EACH) * KEY) throw new SnapshotError(`its ids are not in ${pathOf(file)}`)
      }
      for (const { file, from, to } of parts) {
        const { buffer, byteOffset } = await readFile(pathOf(file))
        const begin = byteOffset + (from - file * EACH) * KEY
        window.restore(from, new Uint32Array(buffer, begin, (to - from) * (KEY / 4)))
      }
    },
  }
}

function* partsOf({ from, to }: IdRange): Generator<IdRange & { file: number }, void> {
  for (let at = from; at < to; ) {
    const file = Math.floor(at / EACH)
    const end = Math.min(to, (file + 1) * EACH)
    yield { file, from: at, to: end }
    at = end
  }
}

async function writeAt(
  path: string,
  { bytes, position }: { bytes: Buffer; position: number },
): Promise<void> {
  // Not 'a', which would write behind what a crash has left, nor 'w', which would begin anew.
  const file = await open(path, 'r+').catch(() => open(path, 'w'))
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
    await file.datasync()
  } finally {
    await file.close()
  }
}
