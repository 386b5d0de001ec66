import { rmdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type DayFile, dayFilesIn } from './day-files.ts'
import { dayOf } from './event-log.ts'
import { codeOf, IntakeError } from './intake-error.ts'
import type { Log } from './log.ts'

const A_DAY = 24 * 3_600_000
/** A timer that waits for midnight would come late on a machine that slept, or whose clock was set. */
const CHECK_EVERY = 60_000

/**
 * Keeps the stored events of the last days: a file of an older UTC day of receipt is removed, now and at each day's turn,
 * and the folder of a stream that has no other. An event is there for `keepDays` days, and is gone a day later. Resolves
 * when what is old is gone. What cannot be removed is told, and tried again the next day.
 */
export async function startRetention({
  data,
  keepDays,
  now = Date.now,
  checkEvery = CHECK_EVERY,
  log,
  removeFiles,
  onRemoved = () => undefined,
}: {
  data: string
  keepDays: number
  /** The time in ms since 1970. */
  now?: () => number
  /** In ms. */
  checkEvery?: number
  log: Log
  /** Removes all that it can, and rejects where it cannot remove one of them. */
  removeFiles: (paths: readonly string[]) => Promise<void>
  /** Told that nothing is left of the time before, in ms since 1970. */
  onRemoved?: (before: number) => void
}): Promise<{ stop(): Promise<void> }> {
  if (!Number.isInteger(keepDays) || keepDays < 1)
    throw new IntakeError(
      `events cannot be kept for ${keepDays} days; give a whole number of days, 1 or more`,
    )

  let today = dayOf(new Date(now()))
  await removeOld()
  let removing: Promise<void> | undefined
  const timer = setInterval(() => {
    if (removing || dayOf(new Date(now())) === today) return
    today = dayOf(new Date(now()))
    removing = removeOld().finally(() => {
      removing = undefined
    })
  }, checkEvery)
  timer.unref()

  return {
    async stop() {
      clearInterval(timer)
      await removing
    },
  }

  async function removeOld(): Promise<void> {
    const before = Date.parse(today) - keepDays * A_DAY
    const oldest = dayOf(new Date(before))
    const old = await filesBefore(oldest)
    if (old.length === 0) return
    await removeFiles(old.map(({ path }) => path)).catch((error: unknown) => tell(data, error))
    const left = new Set((await filesBefore(oldest)).map(({ path }) => path))
    const removed = old.filter(({ path }) => !left.has(path))
    if (removed.length === 0) return

    for (const folder of new Set(removed.map(({ path }) => dirname(path)))) await removeEmpty(folder)
    onRemoved(before)
    const bytes = removed.reduce((sum, file) => sum + file.bytes, 0)
    const streams = [...new Set(removed.map(({ folder }) => folder))].join(', ')
    const days = [...new Set(removed.map(({ day }) => day))].sort()
    const span = days.length > 1 ? `${days[0]} to ${days.at(-1)}` : days[0]
    log({
      level: 'info',
      message: `removed what was received ${span}, since it is older than ${keepDays} days: ${bytes.toLocaleString('en')} bytes in ${removed.length} ${removed.length === 1 ? 'file' : 'files'}, of ${streams}`,
    })
  }

  async function filesBefore(oldest: string): Promise<(DayFile & { bytes: number })[]> {
    try {
      const files = (await dayFilesIn(data)).filter(({ day }) => day < oldest)
      return await Promise.all(files.map(async (file) => ({ ...file, bytes: (await stat(file.path)).size })))
    } catch (error) {
      tell(data, error)
      return []
    }
  }

  async function removeEmpty(folder: string): Promise<void> {
    try {
      await rmdir(folder)
    } catch (error) {
      if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') tell(folder, error)
    }
  }

  function tell(path: string, error: unknown): void {
    log({
      level: 'error',
      message: `${path}: what is older than ${keepDays} days could not be removed (${(error as Error).message}); make the data folder writable`,
    })
  }
}
