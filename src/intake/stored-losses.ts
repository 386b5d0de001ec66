import { LEDGER_STREAM } from './account.ts'
import { type DayFile, eachLine, unreadable } from './day-files.ts'
import { DUPLICATES_STREAM } from './duplicates.ts'
import { folderName } from './event-log.ts'
import { IntakeError } from './intake-error.ts'
import type { Log } from './log.ts'
import { createLossCount, type LossQuestion, type LossReport } from './loss.ts'
import { REJECTED_STREAM } from './rejection.ts'
import { storedFilesIn } from './stored-events.ts'

/** Streams that tell of the events of others. */
const TELLING = [LEDGER_STREAM, REJECTED_STREAM, DUPLICATES_STREAM]

/**
 * Counts what was lost from what a data folder holds; an intake may be at work in it. Rejects with an IntakeError
 * where there is nothing to count.
 */
export async function readLosses(
  data: string,
  { stream, since, log }: LossQuestion & { log: Log },
): Promise<LossReport> {
  const files = await filesOf(data)
  const count = createLossCount({ stream, since })
  const wanted = files.filter(({ folder }) => isNeeded(folder, stream))
  // An account may speak of events that are stored while we read, so accounts are read before them.
  const isLedger = ({ folder }: DayFile) => folder === LEDGER_STREAM
  for (const { path } of [...wanted.filter(isLedger), ...wanted.filter((file) => !isLedger(file))])
    await readable(path, () => eachLine(path, { onEvent: count.add, log }))

  const report = count.report()
  if (report.losses.length > 0) return report
  const streams = new Set(files.map(({ folder }) => folder).filter((folder) => !TELLING.includes(folder)))
  throw new IntakeError(nothingFound(data, { stream, since, streams: [...streams] }))
}

async function filesOf(data: string): Promise<DayFile[]> {
  const files = await storedFilesIn(data)
  if (files.length > 0) return files
  throw new IntakeError(`${data}: no events are stored yet; submit some to the intake that stores here`)
}

async function readable<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function isNeeded(folder: string, stream: string | undefined): boolean {
  return stream === undefined || folder === folderName(stream) || TELLING.includes(folder)
}

function nothingFound(
  data: string,
  { stream, since, streams }: LossQuestion & { streams: readonly string[] },
): string {
  const of = stream === undefined ? '' : ` of stream ${stream}`
  const from = since === undefined ? '' : ` since ${since.toISOString()}`
  const hint = since === undefined ? `here are ${streams.join(', ') || 'none'}` : 'try an earlier --since'
  return `${data}: nothing is stored${of}${from}; ${hint}`
}
