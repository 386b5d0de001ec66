import { fstatSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type DayFile, dayFilesIn } from './day-files.ts'
import { codeOf, IntakeError } from './intake-error.ts'
import type { IsGone } from './live-feed.ts'
import type { Log } from './log.ts'

/** Whose events. */
export interface ForgetOptions {
  /** Of the visitor: a session's, or any other that stands in their events. */
  readonly ids: readonly string[]
  /** Only look. */
  readonly dryRun?: boolean
  /** Stops between two files. */
  readonly signal?: AbortSignal
}

/** What was removed, or would be. */
export interface Forgotten {
  readonly events: number
  /** How many of each stream that had some. */
  readonly streams: { readonly [stream: string]: number }
}

const SHORTEST_ID = 8

/** Why these are no ids by which events may be removed: words such as a stream's name stand in the events of all. */
export function whyNoIds(ids: unknown): string | undefined {
  if (!Array.isArray(ids) || ids.length === 0) return "the visitor's ids are to be a list of texts"
  const wrong = ids.find(
    (id) => typeof id !== 'string' || id.length < SHORTEST_ID || !/\d/.test(id) || /\p{C}/u.test(id),
  )
  return wrong === undefined
    ? undefined
    : `${JSON.stringify(wrong)} is no id of a visitor; give it in full: it has ${SHORTEST_ID} characters or more, a digit among them`
}

/**
 * Removes a visitor's events from all day files of a data folder, while others read and append: the lines in which one of
 * the ids stands are overwritten with spaces, so that each other line stays in its place. When it resolves they are gone
 * from the disk; if it is cut off, the next one finishes what it has begun. Rejects with an IntakeError.
 */
export async function forgetEvents(
  data: string,
  {
    ids,
    dryRun = false,
    signal,
    storedBytes = () => undefined,
  }: ForgetOptions & {
    /** Of files that are being appended to. Default: nobody appends. */
    storedBytes?: (path: string) => number | undefined
  },
): Promise<Forgotten> {
  const why = whyNoIds(ids)
  if (why !== undefined) throw new IntakeError(why)
  const streams = new Map<string, number>()
  for (const file of await dayFilesIn(data)) {
    signal?.throwIfAborted()
    const found = await forgetIn(file)
    if (found) streams.set(found.stream, found.events + (streams.get(found.stream) ?? 0))
  }
  return {
    events: [...streams.values()].reduce((sum, events) => sum + events, 0),
    streams: Object.fromEntries([...streams].sort(([a], [b]) => (a < b ? -1 : 1))),
  }

  async function forgetIn({ path, folder }: DayFile) {
    let file: FileHandle | undefined
    try {
      file = await open(path, dryRun ? 'r' : 'r+')
      // In one task: of a file that nobody appends to at this moment, all is stored.
      const end = storedBytes(path) ?? fstatSync(file.fd).size
      const lines = end > 0 ? await linesOfTheirs(file, end, ids) : []
      if (lines.length === 0) return undefined
      if (!dryRun) await overwrite(file, lines)
      const { stream = folder } = lines.find((line) => line.stream !== undefined) ?? {}
      return { stream, events: lines.length }
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return undefined // retention was faster
      throw new IntakeError(
        `${path}: a visitor's events cannot be removed (${(cause as Error).message}); make it writable and run this again`,
        { cause },
      )
    } finally {
      await file?.close()
    }
  }
}

/** What shows events without reading them from the disk. */
export interface Memory {
  forget(isGone: IsGone): void
}

/** Removes a visitor's events from what a running intake has stored and has in memory. */
export type Forget = (options: ForgetOptions) => Promise<Forgotten>

export function createForget({
  data,
  storedBytes,
  memories,
  log,
}: {
  data: string
  storedBytes: (path: string) => number | undefined
  memories: readonly Memory[]
  log: Log
}): Forget {
  return async (options) => {
    const forgotten = await forgetEvents(data, { ...options, storedBytes })
    if (options.dryRun) return forgotten
    for (const memory of memories) memory.forget(namesOneOf(options.ids))
    // Not whose they were.
    const counts = Object.entries(forgotten.streams).map(([stream, events]) => `${stream} ${events}`)
    log({ level: 'info', message: `removed a visitor's events: ${counts.join(', ') || 'there were none'}` })
    return forgotten
  }
}

/** A line of a file, without its end. */
interface Line {
  readonly from: number
  readonly bytes: number
  /** Undefined of a line that is no event any more. */
  readonly stream: string | undefined
}

const NEWLINE = 0x0a
/** What a line begins with while it is overwritten: no event does, and no line that is done. */
const BEGUN = '\t'
const CHUNK = 1 << 20

/** The lines in which one of the ids stands, and those of which a part is overwritten already. */
async function linesOfTheirs(file: FileHandle, end: number, ids: readonly string[]): Promise<Line[]> {
  const isTheirs = namesOneOf(ids)
  // Looking for bytes is much faster than looking into each line.
  const needles = [...ids.flatMap(writtenForms), `\n${BEGUN}`].map((needle) => Buffer.from(needle))
  const lines: Line[] = []
  let from = 0
  let rest = Buffer.alloc(0)
  const chunks = file.createReadStream({ start: 0, end: end - 1, highWaterMark: CHUNK, autoClose: false })
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk])
    const whole = bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1)
    for (const start of linesAt(whole, needles))
      look(whole.subarray(start, whole.indexOf(NEWLINE, start)), start)
    from += whole.length
    rest = bytes.subarray(whole.length)
  }
  // What a crash has left of a line, until the intake starts again and cuts it.
  if (rest.length > 0) look(rest, 0)
  return lines

  function look(line: Buffer, start: number): void {
    const text = line.toString()
    if (text.startsWith(BEGUN) || isTheirs(text))
      lines.push({ from: from + start, bytes: line.length, stream: streamIn(text) })
  }
}

/** Where the lines begin that have a needle, and the first one. */
function linesAt(bytes: Buffer, needles: readonly Buffer[]): number[] {
  const starts = new Set(bytes.length > 0 ? [0] : [])
  for (const needle of needles) {
    for (let at = bytes.indexOf(needle); at >= 0; ) {
      // A needle may begin with the end of the line before.
      const from = bytes.subarray(0, at + 1).lastIndexOf(NEWLINE) + 1
      starts.add(from)
      at = bytes.indexOf(needle, bytes.indexOf(NEWLINE, from))
    }
  }
  return [...starts].sort((a, b) => a - b)
}

/** How an id is written in an event, in the JSON of a rejected one, and in URLs. */
function writtenForms(id: string): string[] {
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1)
  const forms = [id, encodeURIComponent(id)].map(inJson)
  return [...new Set([...forms, ...forms.map(inJson)])]
}

/**
 * Whether one of the ids stands in a text as a word: next to it is no letter, digit, `_` or `-`, but for those of an
 * escape such as `\n` and `%3D`.
 */
function namesOneOf(ids: readonly string[]): (json: string) => boolean {
  const words = ids.flatMap(writtenForms).map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  const begins = String.raw`(?:(?<![\p{L}\p{N}_-])|(?<=\\[bfnrt]|\\u[\da-f]{4}|%[\da-fA-F]{2}))`
  const pattern = new RegExp(String.raw`${begins}(?:${words.join('|')})(?![\p{L}\p{N}_-])`, 'u')
  return (json) => pattern.test(json)
}

/** Each line is marked before any is overwritten, so that one of which a crash leaves a part is found by its mark. */
async function overwrite(file: FileHandle, lines: readonly Line[]): Promise<void> {
  for (const { from } of lines) await file.write(BEGUN, from)
  await file.datasync()
  for (const { from, bytes } of lines) await file.write(' '.repeat(bytes), from)
  await file.datasync()
}

function streamIn(line: string): string | undefined {
  try {
    return JSON.parse(line).meta.stream
  } catch {
    return undefined // a part of a line, or someone edited the file
  }
}
