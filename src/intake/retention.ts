import { rmdir, stat, unlink } from 'node:fs/promises'
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
  onRemoved = () => undefined,
}: {
  data: string
  keepDays: number
  /** The time in ms since 1970. */
  now?: () => number
  /** In ms. */
  checkEvery?: number
  log: Log
  /** Told of the files that are gone, and that nothing is left of the time before, in ms since 1970. */
  onRemoved?: (paths: readonly string[], before: number) => void
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
    const removed: (DayFile & { bytes: number })[] = []
    for (const file of await filesBefore(oldest)) {
      const bytes = await removeFile(file.path)
      if (bytes !== undefined) removed.push({ ...file, bytes })
    }
    if (removed.length === 0) return

    for (const folder of new Set(removed.map(({ path }) => dirname(path)))) await removeEmpty(folder)
    onRemoved(
      removed.map(({ path }) => path),
      before,
    )
    const bytes = removed.reduce((sum, file) => sum + file.bytes, 0)
    const streams = [...new Set(removed.map(({ folder }) => folder))].join(', ')
    const days = [...new Set(removed.map(({ day }) => day))].sort()
    const span = days.length > 1 ? `${days[0]} to ${days.at(-1)}` : days[0]
    log({
      level: 'info',
      message: `removed what was received ${span}, since it is older than ${keepDays} days: ${bytes.toLocaleString('en')} bytes in ${removed.length} ${removed.length === 1 ? 'file' : 'files'}, of ${streams}`,
    })
  }

  async function filesBefore(oldest: string): Promise<DayFile[]> {
    try {
      return (await dayFilesIn(data)).filter(({ day }) => day < oldest)
    } catch (error) {
      tell(data, error)
      return []
    }
  }

  /** Its size; undefined where it stays, or somebody else has removed it. */
  async function removeFile(path: string): Promise<number | undefined> {
    try {
      const { size } = await stat(path)
      await unlink(path)
      return size
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') tell(path, error)
      return undefined
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
