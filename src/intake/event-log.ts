import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { type FileHandle, mkdir, open, rm, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type DayFile, dayFilesIn, eachLine } from './day-files.ts'
import type { EventSink, LogRecord, NoteOf } from './event-sink.ts'
import { createIdWindow } from './id-window.ts'
import { IntakeError } from './intake-error.ts'
import type { Log } from './log.ts'
import { createLogSnapshots } from './log-snapshots.ts'
import type { Commit } from './metrics.ts'
import type { Snapshotted } from './snapshot.ts'
import { lineAt, soundEnd } from './stored-end.ts'
import { syncFolder } from './sync-folder.ts'

/** A line that was there when the log was opened. */
export interface StoredLine {
  readonly event: { readonly [field: string]: unknown }
  /** The day of receipt, `YYYY-MM-DD`. */
  readonly day: string
}

/**
 * The stored events, as JSON lines: a folder a stream, a file a UTC day of receipt. A line is in it as a whole or not
 * at all, and one line per event id among the newest ids, also after a crash. A file no longer grows once one of a later
 * day does.
 */
export interface EventLog extends EventSink {
  /** How many bytes of a file are stored for good: what is behind them may be half of a write. Undefined: all of it. */
  storedBytes(path: string): number | undefined
  /** Calls back with the files that a write has added to, each time. Returns what ends it. */
  onStored(listener: (paths: readonly string[]) => void): () => void
  /** Deletes files of days that are over. Their events stay in the counts, which tell what was ever accepted. */
  removeFiles(paths: readonly string[]): Promise<void>
}

/** What remembers the lines, so that they need not be read anew at each start. */
export interface LogState extends Snapshotted {
  /** Takes one of the newest lines that were read before the snapshot, for what is in no snapshot. */
  recall(line: StoredLine): void
}

interface OpenFile {
  readonly handle: FileHandle
  readonly day: string
}

interface Append {
  readonly records: readonly LogRecord[]
  /** Of the records, in their order. */
  readonly lines: readonly string[]
  readonly noteOf: NoteOf
  readonly resolve: (stored: readonly LogRecord[]) => void
  readonly reject: (error: unknown) => void
}

const DAY = 86_400_000

/** Of so many at least it is known whether they are stored. */
const DEDUPE_IDS = 4_000_000
/** Of lines, between two snapshots; or as many as two snapshots have, where that is more. */
const SNAPSHOT_BYTES = 64 << 20
/** In ms; after it a quarter of them is enough, since a snapshot is cheap then beside what is stored. */
const SNAPSHOT_EVERY = 30_000
/** Of lines that are worth a snapshot as the log is closed: to read them takes no time. */
const FEW_BYTES = 1 << 20
/** Of the ends of files, which are read again: of each, and of all together. */
const END_BYTES = 1 << 18
const ALL_ENDS_BYTES = 1 << 24
/** Files that are kept open for the next write. */
const MOST_OPEN = 500
/** Of an attempt to write: as much as a small batch. */
const PROBE_BYTES = 1 << 16
/** In ms, between attempts to write while nothing can be stored. */
const PROBE_EVERY = 1_000

/**
 * Opens the log in a folder, cuts what a crash left half-written, and reports each line that is there. With `state`,
 * which has to know of an append in the turn in which it resolves, there are snapshots of it, and just the lines are
 * reported that are not in the newest one.
 */
export async function openEventLog({
  folder,
  log,
  onLine,
  state,
  dedupeIds = DEDUPE_IDS,
  snapshotBytes = SNAPSHOT_BYTES,
  onCommit = () => undefined,
}: {
  folder: string
  log: Log
  onLine: (line: StoredLine) => void
  state?: LogState | undefined
  dedupeIds?: number | undefined
  snapshotBytes?: number | undefined
  onCommit?: (commit: Commit) => void
}): Promise<EventLog> {
  const storedIds = createIdWindow(dedupeIds)
  const snapshots = state && createLogSnapshots({ folder, window: storedIds, state, log })
  const files = new Map<string, OpenFile>()
  /** Bytes of whole lines, by file: what a failed write leaves behind is cut back to this. */
  const sizes = new Map<string, number>()
  /** Files that could not be cut back at once. */
  const spoilt = new Set<string>()
  /** Files that are being deleted. */
  const removed = new Set<string>()
  const listeners = new Set<(paths: readonly string[]) => void>()
  /** In days since 1970. */
  let newestDay = 0
  let bytesSinceSnapshot = 0
  let snapshotAt = Date.now()
  let snapshotting: Promise<void> | undefined
  let trouble: string | undefined
  let probing: NodeJS.Timeout | undefined
  let waiting: Append[] = []
  let writing: Promise<void> | undefined

  await mkdir(folder, { recursive: true })
  await readAll()

  return {
    append: (records, { noteOf }) =>
      new Promise((resolve, reject) => {
        // Already here, since what cannot be serialized is not the others' fault, and the disk may still be at work.
        const lines = records.map(lineOf)
        waiting.push({ records, lines, noteOf, resolve, reject })
        writing ??= writeWaiting()
      }),
    trouble: () => trouble,
    storedBytes: (path) => sizes.get(path),
    onStored(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async removeFiles(paths) {
      for (const path of paths) {
        if (files.has(path)) await closeFile(path)
        sizes.delete(path)
        removed.add(path)
      }
      await snapshotNow() // or the next start would miss them
      const removals = await Promise.allSettled(paths.map((path) => rm(path, { force: true })))
      for (const path of paths) removed.delete(path)
      const failed = removals.find(({ status }) => status === 'rejected')
      if (failed) throw (failed as PromiseRejectedResult).reason
    },
    async close() {
      await writing
      clearInterval(probing)
      await snapshotting
      if (bytesSinceSnapshot >= Math.min(FEW_BYTES, snapshotBytes)) await snapshotNow()
      await Promise.all([...files.keys()].map(closeFile))
    },
  }

  /** What arrives while a group is being written is the next group: one write and one sync a file for all of it. */
  async function writeWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      await settle(group)
      // Only now, since those whose append has resolved have told the state of it: a snapshot may be taken meanwhile.
      await closeOthers()
      if (isSnapshotDue() && !snapshotting) void snapshotNow()
    }
    writing = undefined
  }

  async function settle(group: readonly Append[]): Promise<void> {
    const error = await refusalOf(group)
    // If the group fails, each gets its own try: one stream's bad folder is not the others' fault.
    const errors = error && group.length > 1 ? await inTurn(group, (append) => refusalOf([append])) : [error]
    const failed = errors.filter((each) => each !== undefined)
    if (failed.length === errors.length) beginTrouble(failed[0]!)
    else endTrouble()
  }

  async function refusalOf(group: readonly Append[]): Promise<Error | undefined> {
    try {
      const stored = await write(group)
      for (const [index, { resolve }] of group.entries()) resolve(stored[index]!)
      return undefined
    } catch (error) {
      const refusal = notStored(error)
      if (group.length === 1) group[0]!.reject(refusal)
      return refusal
    }
  }

  /** Returns what is stored of each. */
  async function write(group: readonly Append[]): Promise<LogRecord[][]> {
    const ids = new Set<string>()
    const texts = new Map<string, string>()
    let day = newestDay
    const put = ({ stream, receivedAt }: LogRecord, line: string) => {
      texts.set(stream, (texts.get(stream) ?? '') + line)
      day = Math.max(day, Math.floor(receivedAt.getTime() / DAY))
    }
    const stored = group.map(({ records, lines, noteOf }) => {
      const duplicates: LogRecord[] = []
      const fresh: LogRecord[] = []
      for (const [index, record] of records.entries()) {
        const { id } = record
        if (id !== undefined && (ids.has(id) || storedIds.has(id))) {
          duplicates.push(record)
          continue
        }
        if (id !== undefined) ids.add(id)
        put(record, lines[index]!)
        fresh.push(record)
      }
      const note = duplicates.length > 0 ? noteOf(duplicates) : undefined
      if (!note) return fresh
      put(note, lineOf(note))
      return [...fresh, note]
    })

    newestDay = day
    if (texts.size > 0) {
      const startedAt = performance.now()
      const bytes = await writeTexts(texts, dayOf(new Date(day * DAY)))
      const records = stored.reduce((sum, { length }) => sum + length, 0)
      onCommit({ records, bytes, seconds: (performance.now() - startedAt) / 1_000 })
    }
    for (const id of ids) storedIds.add(id)
    return stored
  }

  async function writeTexts(texts: ReadonlyMap<string, string>, day: string): Promise<number> {
    const added = new Map<string, Buffer>()
    for (const [stream, text] of texts) {
      const path = join(folder, folderName(stream), `${day}.jsonl`)
      const bytes = Buffer.from(text)
      const others = added.get(path) // of a stream whose name differs only in what no name of a folder can hold
      added.set(path, others ? Buffer.concat([others, bytes]) : bytes)
    }
    // Side by side, since the system makes one of syncs that come together.
    const written = await Promise.allSettled(
      [...added].map(async ([path, bytes]) => {
        const { handle } = files.get(path) ?? (await openFile(path, day))
        await writeWhole(handle, bytes)
      }),
    )
    const failed = written.find((each) => each.status === 'rejected')
    if (failed) {
      for (const path of added.keys()) if (files.has(path)) await cutBack(path)
      throw failed.reason
    }
    let all = 0
    for (const [path, { length }] of added) {
      sizes.set(path, sizes.get(path)! + length)
      all += length
    }
    bytesSinceSnapshot += all
    for (const listener of listeners) listener([...added.keys()])
    return all
  }

  async function openFile(path: string, day: string): Promise<OpenFile> {
    const made = await mkdir(dirname(path), { recursive: true })
    const handle = await open(path, 'a')
    try {
      if (spoilt.has(path)) await handle.truncate(sizes.get(path))
      spoilt.delete(path)
      const { size } = await handle.stat()
      if (size === 0) await syncFolder(dirname(path))
      if (made !== undefined) await syncFolder(folder)
      const file = { handle, day }
      files.set(path, file)
      sizes.set(path, size)
      return file
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async function cutBack(path: string): Promise<void> {
    try {
      await files.get(path)!.handle.truncate(sizes.get(path))
    } catch (error) {
      spoilt.add(path)
      log({
        level: 'error',
        message: `${path}: a failed write could not be cut back (${(error as Error).message}); it will be before the next`,
      })
    }
    await closeFile(path)
  }

  async function closeFile(path: string): Promise<void> {
    const { handle } = files.get(path)!
    files.delete(path)
    await handle.close()
  }

  /** Those of other days, and the oldest of too many. */
  async function closeOthers(): Promise<void> {
    const day = dayOf(new Date(newestDay * DAY))
    for (const [path, file] of files) {
      if (file.day === day && files.size <= MOST_OPEN) continue
      await closeFile(path).catch(({ message }: Error) =>
        log({ level: 'warn', message: `${path}: could not be closed (${message}); what it holds is safe` }),
      )
    }
  }

  function beginTrouble({ message }: Error): void {
    trouble = message
    probing ??= setInterval(probe, PROBE_EVERY).unref()
  }

  function endTrouble(): void {
    trouble = undefined
    clearInterval(probing)
    probing = undefined
  }

  /** Whoever is told of the trouble may send nothing more, so that no append would show its end. */
  async function probe(): Promise<void> {
    const path = join(folder, '.rivulet', 'probe')
    try {
      await mkdir(dirname(path), { recursive: true })
      const handle = await open(path, 'w')
      try {
        await writeWhole(handle, Buffer.alloc(PROBE_BYTES))
      } finally {
        await handle.close()
        await rm(path, { force: true })
      }
      endTrouble()
    } catch (error) {
      beginTrouble(notStored(error))
    }
  }

  function isSnapshotDue(): boolean {
    if (bytesSinceSnapshot >= Math.max(snapshotBytes, 2 * (snapshots?.bytes() ?? 0))) return true
    return bytesSinceSnapshot >= snapshotBytes / 4 && Date.now() - snapshotAt >= SNAPSHOT_EVERY
  }

  /** One after another. */
  function snapshotNow(): Promise<void> {
    const last = (snapshotting ?? Promise.resolve()).then(async () => {
      // Those whose append has just resolved have told the state of it by then.
      await new Promise(setImmediate)
      bytesSinceSnapshot = 0
      snapshotAt = Date.now()
      await snapshots?.take({ files: sizes, removed })
      if (snapshotting === last) snapshotting = undefined
    })
    snapshotting = last
    return last
  }

  async function readAll(): Promise<void> {
    const counted = (await snapshots?.restore()) ?? new Map<string, number>()
    const dayFiles = await dayFilesIn(folder)
    for (const { path, day, from, to } of endsOf(dayFiles, counted))
      await eachLine(path, { from, to, log: () => {}, onEvent: (event) => state?.recall({ event, day }) })
    // By day, so that of more ids than are remembered the older ones are forgotten.
    for (const file of dayFiles.sort((a, b) => (a.day < b.day ? -1 : Number(a.day > b.day))))
      await readFile(file, counted.get(file.path) ?? 0)
    if (bytesSinceSnapshot >= snapshotBytes) await snapshotNow()
  }

  async function readFile({ path, day }: DayFile, from: number): Promise<void> {
    const { size } = statSync(path)
    const to = soundEnd(path, { from, size })
    sizes.set(path, to)
    if (size > to) {
      await truncate(path, to)
      log({
        level: 'warn',
        message: `${path}: cut an unfinished end of ${size - to} bytes, left by a crash before it was acknowledged`,
      })
    }
    bytesSinceSnapshot += to - from
    const onEvent = (event: StoredLine['event']) => {
      const id = idOf(event)
      if (id !== undefined && !storedIds.has(id)) storedIds.add(id)
      onLine({ event, day })
    }
    await eachLine(path, { from, to, onEvent, log })
  }
}

/**
 * Of the two newest files of each stream, their last lines that are counted: soon after midnight what is new stands in the
 * older one.
 */
function endsOf(
  dayFiles: readonly DayFile[],
  counted: ReadonlyMap<string, number>,
): (DayFile & { from: number; to: number })[] {
  // Those of one stream stand together, by day.
  const newest = dayFiles.filter(({ folder }, index) => dayFiles[index + 2]?.folder !== folder)
  const each = Math.min(END_BYTES, Math.floor(ALL_ENDS_BYTES / newest.length))
  return newest.flatMap((file) => {
    const to = counted.get(file.path) ?? 0
    return to > 0 ? [{ ...file, from: lineAt(file.path, to - each), to }] : []
  })
}

function notStored(cause: unknown): IntakeError {
  return new IntakeError(`${(cause as Error).message}; make room or correct the data folder`, { cause })
}

/** An event as a line. */
function lineOf({ event }: LogRecord): string {
  return `${JSON.stringify(event)}\n`
}

/** Writes all of it, and resolves once it is on disk for good. */
async function writeWhole(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done)).bytesWritten
  await handle.datasync()
}

async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (const item of items) results.push(await work(item))
  return results
}

/** The `meta.id` by which an event is kept once. */
export function idOf(event: { readonly [field: string]: unknown }): string | undefined {
  const { id } = (event.meta ?? {}) as { id?: unknown }
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** The UTC day, `YYYY-MM-DD`. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}

const LONGEST_FOLDER_NAME = 200

/**
 * A stream's name as the name of a folder: what is not a letter, digit, `_`, `-` or `.` is percent-encoded, and a dot
 * in front too, so that no name leads elsewhere and folders that begin with a dot are free for other use.
 */
export function folderName(stream: string): string {
  const safe = encodeURIComponent(Buffer.from(stream).toString()) // a lone surrogate becomes U+FFFD, which can be encoded
    .replace(/[!'()*~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/^\./, '%2E')
  if (safe.length <= LONGEST_FOLDER_NAME) return safe
  const digest = createHash('sha256').update(stream).digest('hex').slice(0, 16)
  return `${safe.slice(0, LONGEST_FOLDER_NAME - digest.length - 1)}-${digest}`
}
