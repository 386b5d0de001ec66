import { statSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { createIdFiles } from './id-files.ts'
import type { IdRange, IdWindow } from './id-window.ts'
import { IntakeError } from './intake-error.ts'
import type { Log } from './log.ts'
import {
  type Next,
  readSnapshot,
  SnapshotError,
  type Snapshotted,
  together,
  writeSnapshot,
} from './snapshot.ts'
import { lineAt } from './stored-end.ts'

/**
 * Snapshots of what an event log remembers of its lines, in `.rivulet/snapshot` and `.rivulet/ids`: they save reading all
 * lines at the next start. Nothing depends on them, and no event is in one.
 */
export interface LogSnapshots {
  /**
   * Takes up the newest snapshot. Resolves to how many bytes of each file are in it; to nothing where all lines are to be
   * read, after saying why.
   */
  restore(): Promise<ReadonlyMap<string, number>>
  /** Takes a snapshot of this moment, which is written later. Where it cannot be written, that is said. */
  take(counted: Counted): Promise<void>
  /** Of the newest snapshot. */
  bytes(): number
}

/** Whose lines are in a snapshot. */
interface Counted {
  /** How many bytes of each file. */
  readonly files: ReadonlyMap<string, number>
  /** Files that are about to be deleted: whether they still are there or not, their lines are in it. */
  readonly removed: ReadonlySet<string>
}

/** The first piece. Paths are relative to the data folder. */
interface Head {
  readonly files: ReadonlyMap<string, number>
  readonly removed: readonly string[]
  readonly ids: IdRange
}

export function createLogSnapshots({
  folder,
  window,
  state,
  log,
}: {
  folder: string
  window: IdWindow
  state: Snapshotted
  log: Log
}): LogSnapshots {
  const own = join(folder, '.rivulet')
  const path = join(own, 'snapshot')
  const idFiles = createIdFiles(join(own, 'ids'))
  /** Ids before this one are in their files. */
  let idsWritten = 0
  let bytes = 0

  return {
    async restore() {
      try {
        const restored = await readSnapshot(path, restoreFrom)
        bytes = restored ? statSync(path).size : 0
        return restored ?? new Map()
      } catch (error) {
        if (!(error instanceof SnapshotError)) throw error
        log({
          level: 'warn',
          message: `${path} is not used, since ${error.message}; all stored lines are read instead, and counted anew`,
        })
        await rm(path) // its ids are about to be overwritten
        return new Map()
      }
    },
    async take({ files, removed }) {
      const ids = window.known()
      const from = Math.max(ids.from, idsWritten)
      const keys = window.keysFrom(from)
      const head: Head = {
        files: new Map([...files].map(([file, length]) => [relative(folder, file), length])),
        removed: [...removed].map((file) => relative(folder, file)),
        ids,
      }
      const pieces = state.freeze()
      try {
        await mkdir(own, { recursive: true })
        await idFiles.write(from, keys)
        bytes = await writeSnapshot(path, together([[head], pieces]))
        idsWritten = ids.to
        await idFiles.removeBefore(ids.from)
      } catch (error) {
        log({
          level: 'warn',
          message: `${path} could not be written (${(error as Error).message}); the next start reads more lines instead`,
        })
      }
    },
    bytes: () => bytes,
  }

  async function restoreFrom(next: Next): Promise<Map<string, number>> {
    const { files, removed, ids } = next<Head>()
    const counted = new Map([...files].map(([name, length]) => [join(folder, name), length]))
    for (const [file, length] of counted) check(file, length)
    for (const file of removed.map((name) => join(folder, name))) {
      const { size } = statSync(file, { throwIfNoEntry: false }) ?? {}
      if (size !== undefined) counted.set(file, size)
    }
    await idFiles.readInto(window, ids)
    idsWritten = ids.to
    try {
      state.restore(next)
    } catch (cause) {
      throw new IntakeError(
        `${path}: cannot be read (${(cause as Error).message}); remove it, and all stored lines are read instead`,
        { cause },
      )
    }
    return counted
  }
}

/** A file only ever grows: where it did not, somebody has changed what is counted. */
function check(file: string, length: number): void {
  const { size } = statSync(file, { throwIfNoEntry: false }) ?? {}
  if (size === undefined) throw new SnapshotError(`${file} is gone`)
  if (size < length || lineAt(file, length) !== length) throw new SnapshotError(`${file} is not what it was`)
}
