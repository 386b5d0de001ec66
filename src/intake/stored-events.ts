import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  type DayFile,
  dayFilesIn,
  eventIn,
  linesOf,
  type StoredEvent,
  storedLinesOf,
  unreadable,
} from './day-files.ts'
import { folderName } from './event-log.ts'
import { IntakeError } from './intake-error.ts'
import type { Log } from './log.ts'
import { checkDataFolder } from './state.ts'

/** The files that an intake has stored in a folder. Rejects with an IntakeError where none has stored anything there. */
export async function storedFilesIn(data: string): Promise<DayFile[]> {
  checkDataFolder(data)
  const files = await dayFilesIn(data).catch((cause) => {
    throw unreadable(data, cause)
  })
  if (files.length > 0 || existsSync(join(data, '.rivulet'))) return files
  throw new IntakeError(
    `${data}: this is no data folder, it has no <stream>/<day>.jsonl; name the one that rivulet intake stores in with --data`,
  )
}

/**
 * The events that a data folder holds, or those of some streams, stream by stream and day by day; an intake may be at
 * work in it. Rejects with an IntakeError where there is no such folder, or a file of it cannot be read.
 */
export async function* storedEvents(
  data: string,
  {
    streams,
    folders = streams?.map(folderName),
    log,
  }: {
    streams?: readonly string[] | undefined
    /** Their folders, in place of their names. */
    folders?: readonly string[] | undefined
    log: Log
  },
): AsyncGenerator<StoredEvent, void> {
  const files = await storedFilesIn(data)
  let reading = data
  try {
    for (const { path, folder } of files) {
      if (folders && !folders.includes(folder)) continue
      reading = path
      // What stands behind the last whole line is being written.
      for await (const { lines } of storedLinesOf(path))
        for (const line of lines) {
          const event = eventIn(line, { path, log })
          if (event) yield event
        }
    }
  } catch (cause) {
    throw unreadable(reading, cause)
  }
}

/** The events of a file, a JSON object a line; `-` is the standard input. Rejects with an IntakeError where it cannot be read. */
export async function* eventsIn(file: string, log: Log): AsyncGenerator<StoredEvent, void> {
  const path = file === '-' ? 'the standard input' : file
  const asEvent = (line: string) => eventIn(line, { path, log })
  let last: readonly Buffer[] = []
  try {
    for await (const { lines, rest } of linesOf(file === '-' ? process.stdin : file)) {
      for (const line of lines) {
        const event = asEvent(line)
        if (event) yield event
      }
      last = rest
    }
    const event = asEvent(Buffer.concat(last).toString())
    if (event) yield event
  } catch (cause) {
    throw unreadable(path, cause)
  }
}
