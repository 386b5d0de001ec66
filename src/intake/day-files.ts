import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { IntakeError } from './intake-error.ts'
import type { Log } from './log.ts'

/** A file of stored events, a JSON line each. */
export interface DayFile {
  readonly path: string
  /** The name of the folder it is in, which is a stream's (`folderName`). */
  readonly folder: string
  /** The UTC day of receipt, `YYYY-MM-DD`. */
  readonly day: string
}

/** The files of a data folder, those of one stream by day. */
export async function dayFilesIn(data: string): Promise<DayFile[]> {
  const files: DayFile[] = []
  for (const entry of await readdir(data, { withFileTypes: true })) {
    // Names with a dot in front are not streams, see `folderName`.
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue
    const path = join(data, entry.name)
    for (const day of await daysIn(path)) files.push({ path: dayFile(path, day), folder: entry.name, day })
  }
  return files
}

/** The days of which a stream's folder has a file, in their order. */
export async function daysIn(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  return names.flatMap((name) => /^(\d{4}-\d\d-\d\d)\.jsonl$/.exec(name)?.[1] ?? []).sort()
}

/** The file of a day in a stream's folder. */
export const dayFile = (folder: string, day: string) => join(folder, `${day}.jsonl`)

/** Of what is read at once, in bytes: some thousand lines. */
const CHUNK = 1 << 20

/** An event as it stands in its line. */
export type StoredEvent = { readonly [field: string]: unknown }

/** Calls back for the event of each whole line, or of those between two places where lines begin. */
export async function eachLine(
  path: string,
  { onEvent, log, ...between }: { onEvent: (event: StoredEvent) => void; log: Log } & Between,
): Promise<void> {
  for await (const { lines } of linesOf(path, between))
    for (const line of lines) {
      const event = eventIn(line, { path, log })
      if (event) onEvent(event)
    }
}

interface Between {
  readonly from?: number | undefined
  /** Not itself among them. */
  readonly to?: number | undefined
}

/** Whole lines, as many as come at once, with where an unfinished one begins, and what there is of it. */
export async function* linesOf(
  source: string | AsyncIterable<Buffer>,
  { from = 0, to = Number.POSITIVE_INFINITY }: Between = {},
): AsyncGenerator<{ lines: readonly string[]; from: number; rest: readonly Buffer[] }, void> {
  if (from >= to) return
  const chunks =
    typeof source === 'string'
      ? (createReadStream(source, {
          highWaterMark: CHUNK,
          start: from,
          end: to - 1,
        }) as AsyncIterable<Buffer>)
      : source
  let rest: Buffer[] = []
  for await (const chunk of chunks) {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      from += bytesOf(rest) + end - start + 1
      lines.push(
        rest.length === 0
          ? chunk.toString('utf8', start, end)
          : Buffer.concat([...rest, chunk.subarray(start, end)]).toString(),
      )
      rest = []
      start = end + 1
    }
    rest.push(chunk.subarray(start))
    yield { lines, from, rest }
  }
}

/** The event of a line; what is none is told, but where the line is blank, as after an erasure. */
export function eventIn(line: string, { path, log }: { path: string; log: Log }): StoredEvent | undefined {
  if (/^\s*$/.test(line)) return undefined
  const event = asObject(line)
  if (!event)
    log({
      level: 'warn',
      message: `${path}: a line is no JSON object and is passed over; look at it with an editor`,
    })
  return event
}

/** Why a file or folder of events cannot be read, for the one who asked for it. */
export function unreadable(path: string, cause: unknown): IntakeError {
  return new IntakeError(`${path}: cannot be read (${(cause as Error).message}); make it readable`, { cause })
}

const bytesOf = (chunks: readonly Buffer[]) => chunks.reduce((sum, { length }) => sum + length, 0)

function asObject(text: string): StoredEvent | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as StoredEvent)
      : undefined
  } catch {
    return undefined // the caller tells of it
  }
}
