import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { dayFilesIn, eachLine } from './day-files.ts'
import type { EventSink, LogRecord, NoteOf } from './event-sink.ts'
import type { Log } from './log.ts'
import type { Commit } from './metrics.ts'

/** A line that was there when the log was opened. */
export interface StoredLine {
  readonly event: { readonly [field: string]: unknown }
  /** The day of receipt, `YYYY-MM-DD`. */
  readonly day: string
}

/**
 * The stored events, as JSON lines: a folder a stream, a file a UTC day of receipt. A line is in it as a whole or not
 * at all, and one line per event id, also after a crash.
 */
export interface EventLog extends EventSink {
  /** How many bytes of a file are stored for good: what is behind them may be half of a write. Undefined: all of it. */
  storedBytes(path: string): number | undefined
  /** Calls back with the files that a write has added to, each time. Returns what ends it. */
  onStored(listener: (paths: readonly string[]) => void): () => void
}

interface OpenFile {
  readonly handle: FileHandle
  readonly day: string
  /** Bytes of whole lines: what a failed write leaves behind is cut back to this. */
  size: number
}

/**
 * In ms: a write that failed longer ago says nothing of the next. As long as the trouble is told, no load balancer lets
 * through the event whose success would end it.
 */
const TROUBLE_LASTS = 10_000

interface Append {
  readonly records: readonly LogRecord[]
  readonly noteOf: NoteOf
  readonly resolve: (stored: readonly LogRecord[]) => void
  readonly reject: (error: unknown) => void
}

/** Opens the log in a folder, cuts what a crash left half-written, and reports each line that is there. */
export async function openEventLog({
  folder,
  log,
  onLine,
  onCommit = () => undefined,
}: {
  folder: string
  log: Log
  onLine: (line: StoredLine) => void
  onCommit?: (commit: Commit) => void
}): Promise<EventLog> {
  const storedIds = new Set<string>()
  const files = new Map<string, OpenFile>()
  /** Files that could not be cut back at once, and the size to cut them to. */
  const spoilt = new Map<string, number>()
  const listeners = new Set<(paths: readonly string[]) => void>()
  let trouble: { readonly message: string; readonly until: number } | undefined
  let waiting: Append[] = []
  let writing: Promise<void> | undefined

  await mkdir(folder, { recursive: true })
  await readAll()

  return {
    append: (records, { noteOf }) =>
      new Promise((resolve, reject) => {
        waiting.push({ records, noteOf, resolve, reject })
        writing ??= writeWaiting()
      }),
    trouble: () => (trouble && Date.now() < trouble.until ? trouble.message : undefined),
    storedBytes: (path) => files.get(path)?.size,
    onStored(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close() {
      await writing
      await Promise.all([...files.keys()].map(closeFile))
    },
  }

  /** What arrives while a group is being written is the next group: one write and one sync for all of it. */
  async function writeWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      // If the group fails, each gets its own try: one stream's bad folder is not the others' fault.
      if (!(await settled(group))) for (const append of group) await settled([append], { last: true })
    }
    writing = undefined
  }

  async function settled(group: readonly Append[], { last = group.length === 1 } = {}): Promise<boolean> {
    try {
      const stored = await write(group)
      for (const [index, { resolve }] of group.entries()) resolve(stored[index]!)
      trouble = undefined
      return true
    } catch (error) {
      trouble = { message: (error as Error).message, until: Date.now() + TROUBLE_LASTS }
      if (last) for (const { reject } of group) reject(error)
      return last
    }
  }

  /** Returns what is stored of each. */
  async function write(group: readonly Append[]): Promise<LogRecord[][]> {
    const ids = new Set<string>()
    const isNew = ({ id }: LogRecord): boolean => {
      if (id === undefined) return true
      if (storedIds.has(id) || ids.has(id)) return false
      ids.add(id)
      return true
    }
    const fresh = group.map(({ records, noteOf }) => {
      const [ones, duplicates] = partition(records, isNew)
      const note = duplicates.length > 0 ? noteOf(duplicates) : undefined
      return note ? [...ones, note] : ones
    })

    const lines = new Map<string, { day: string; text: string }>()
    for (const { stream, receivedAt, event } of fresh.flat()) {
      const day = dayOf(receivedAt)
      const path = join(folder, folderName(stream), `${day}.jsonl`)
      const text = lines.get(path)?.text ?? ''
      lines.set(path, { day, text: `${text}${JSON.stringify(event)}\n` })
    }
    const startedAt = performance.now()
    const bytes = await writeLines(lines)
    onCommit({ records: fresh.flat().length, bytes, seconds: (performance.now() - startedAt) / 1_000 })

    for (const id of ids) storedIds.add(id)
    return fresh
  }

  async function writeLines(lines: ReadonlyMap<string, { day: string; text: string }>): Promise<number> {
    const touched: string[] = []
    try {
      for (const [path, { day, text }] of lines) {
        const { handle } = await openFile(path, day)
        touched.push(path)
        await handle.appendFile(text)
      }
      for (const path of touched) await files.get(path)!.handle.datasync()
    } catch (error) {
      for (const path of touched) await cutBack(path)
      throw error
    }
    let bytes = 0
    for (const [path, { text }] of lines) {
      const length = Buffer.byteLength(text)
      files.get(path)!.size += length
      bytes += length
    }
    for (const listener of listeners) listener([...lines.keys()])
    await closeFilesOfOtherDays(lines)
    return bytes
  }

  async function openFile(path: string, day: string): Promise<OpenFile> {
    const known = files.get(path)
    if (known) return known

    const made = await mkdir(dirname(path), { recursive: true })
    const handle = await open(path, 'a')
    try {
      const cutTo = spoilt.get(path)
      if (cutTo !== undefined) await handle.truncate(cutTo)
      spoilt.delete(path)
      const { size } = await handle.stat()
      if (size === 0) await syncFolder(dirname(path))
      if (made !== undefined) await syncFolder(folder)
      const file = { handle, day, size }
      files.set(path, file)
      return file
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async function cutBack(path: string): Promise<void> {
    const { handle, size } = files.get(path)!
    try {
      await handle.truncate(size)
    } catch (error) {
      spoilt.set(path, size)
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

  async function closeFilesOfOtherDays(lines: ReadonlyMap<string, { day: string }>): Promise<void> {
    const days = new Set([...lines.values()].map(({ day }) => day))
    if (days.size === 0) return
    for (const [path, { day }] of files) if (!days.has(day)) await closeFile(path)
  }

  async function readAll(): Promise<void> {
    for (const { path, day } of await dayFilesIn(folder)) await readFile(path, day)
  }

  async function readFile(path: string, day: string): Promise<void> {
    const onEvent = (event: StoredLine['event']) => {
      const id = idOf(event)
      if (id !== undefined) storedIds.add(id)
      onLine({ event, day })
    }
    const unfinished = await eachLine(path, { onEvent, log })
    if (unfinished.bytes === 0) return
    await truncate(path, unfinished.from)
    log({
      level: 'warn',
      message: `${path}: cut an unfinished last line of ${unfinished.bytes} bytes, left by a crash before it was acknowledged`,
    })
  }
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

function partition<Item>(items: readonly Item[], test: (item: Item) => boolean): [Item[], Item[]] {
  const passed: Item[] = []
  const failed: Item[] = []
  for (const item of items) (test(item) ? passed : failed).push(item)
  return [passed, failed]
}

/** A new file is on disk for good once its folder is. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // where a folder cannot be opened
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
