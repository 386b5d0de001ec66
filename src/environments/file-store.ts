import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { type FileHandle, mkdir, open, readdir, stat, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { attempt } from '../core/fields.ts'
import type { QueuedEvent, RecordStore } from '../core/queue.ts'
import { atExit, isExiting } from './at-exit.ts'
import { type Change, decode, type Framed, framesOf } from './log-frames.ts'
import { hasEnded, ownMark } from './process-mark.ts'

// Each store appends to a log of its own, and reads those of all others: nobody waits for anybody, and what a process
// that is killed has half written is at the end of a log that nobody writes to any more.
//
// A record is there if some log puts it and no log removes it. So it does not matter in which order logs are read, nor
// that one record is in two of them, and a log is thinned out without a lock: what is still needed of it is copied into a
// new one, and once that is on disk, the old one goes. Killed at any point of that, both are there, and mean the same.
// So do two processes that take up the log of a dead one at the same time. A removal is needed as long as a log of
// others puts its record. Whoever finds its own log gone writes what it had put, and nobody has, once more.

/** When what was written is forced from the system's memory to the disk. */
export type Fsync = 'always' | 'interval' | 'never'

/** Records in a folder that several processes share. */
export interface FileStore extends RecordStore {
  /** Deletes all that is in the folder, at once, and what is being written to it. */
  clear(): void
}

export interface FileStoreOptions {
  readonly folder: string
  readonly fsync: Fsync
  warn(message: string, cause?: unknown): void
}

/** What is known of a log. */
interface Log {
  /** Of whole transactions, in bytes. */
  size: number
  /** Its records by key, and how many bytes each takes. */
  readonly puts: Map<string, number>
  readonly removes: Set<string>
  /** Keys that stand for what cannot be read in it: whoever reads the records is told of each once. */
  readonly broken: Set<string>
}

interface Transaction {
  readonly changes: readonly Change[]
  readonly frames: readonly Buffer[]
}

const LOG = /^(.+)-[0-9a-f]{8}\.log$/

/** In ms. */
const SYNC_EVERY = 1000

/** In bytes: so much may be in a store's logs that nobody needs, and as much again as what is needed. */
const LEAST_GARBAGE = 1_000_000

/** In ms. */
const TIDY_RESTS = 300_000

/** In ms: a log that nobody has touched for as long is taken up where it cannot be known whether its process lives. */
const ABANDONED_AFTER = 3_600_000
const TOUCH_EVERY = 600_000

const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants

/** The folder is made when it is first used. */
export function createFileStore({ folder, fsync, warn }: FileStoreOptions): FileStore {
  const logs = new Map<string, Log>()
  /** The contents of the records that are there. */
  const records = new Map<string, unknown>()
  /** Names of the logs that nobody else writes to or takes up, the oldest first. */
  const mine = new Set<string>()
  /** Keys of the records that are in its logs and needed, with how many bytes each takes there, and all together. */
  const own = new Map<string, number>()
  let ownBytes = 0
  /** What is not known to be written yet. */
  const unwritten = new Set<Transaction>()
  /** The log that is appended to. */
  let current: string | undefined
  let last: Promise<unknown> = Promise.resolve()
  /** When tidying is tried again, where it has failed. */
  let restsUntil = 0
  let touched = Date.now()
  let syncIsDue = false
  let syncFailure: unknown
  let stopWaitingForExit: (() => void) | undefined

  const pathOf = (name: string) => join(folder, name)
  const newName = () => `${ownMark()}-${randomBytes(4).toString('hex')}.log`

  /** What is asked first is done first. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = last.then(work)
    last = mine.catch(() => 'the next one may go')
    return mine
  }

  function isRemoved(key: string): boolean {
    for (const { removes } of logs.values()) if (removes.has(key)) return true
    return false
  }

  function isPut(key: string): boolean {
    for (const { puts } of logs.values()) if (puts.has(key)) return true
    return false
  }

  function learn(log: Log, changes: readonly Framed[]): void {
    for (const change of changes) {
      log.size += change.bytes
      if ('put' in change) {
        log.puts.set(change.put, change.bytes)
        if (!records.has(change.put)) records.set(change.put, change.events)
      } else for (const key of change.remove) log.removes.add(key)
    }
  }

  function unlearn(name: string): void {
    logs.delete(name)
    mine.delete(name)
    if (name === current) current = undefined
  }

  /** Appends to the current log, or to a new one where there is none, or none any more. */
  async function append({ changes, frames }: Transaction, tries = 3): Promise<void> {
    const isThere = current !== undefined
    const name = current ?? newName()
    try {
      await appendTo(name, frames, isThere)
    } catch (cause) {
      // What is at its end now, nobody knows.
      current = undefined
      if (codeOf(cause) === 'ENOENT' && tries > 1) return append({ changes, frames }, tries - 1)
      // Else each try on a full disk would leave one behind.
      if (!isThere) await unlink(pathOf(name)).catch(() => {})
      throw cause
    }
    const log = logs.get(name) ?? newLog()
    logs.set(name, log)
    mine.add(name)
    current = name
    const framed = changes.map((change, index) => ({ ...change, bytes: frames[index]!.length }))
    learn(log, framed)
    for (const change of framed) if ('put' in change) count(change.put, change.bytes)
  }

  /** With 0, it is needed no longer. */
  function count(key: string, bytes: number): void {
    ownBytes += bytes - (own.get(key) ?? 0)
    if (bytes) own.set(key, bytes)
    else own.delete(key)
  }

  async function appendTo(name: string, frames: readonly Buffer[], isThere: boolean): Promise<void> {
    if (!isThere) await mkdir(folder, { recursive: true, mode: 0o700 })
    const handle = await open(pathOf(name), O_WRONLY | O_APPEND | (isThere ? 0 : O_CREAT | O_EXCL), 0o600)
    try {
      await handle.writeFile(Buffer.concat(frames))
      if (fsync === 'always') await handle.datasync()
    } finally {
      await handle.close()
    }
    if (!isThere && fsync !== 'never') await syncFolder()
    // Taken up, or deleted, while it was written to.
    await stat(pathOf(name))
  }

  /** So that a power cut leaves the name of a new log. Not every system lets a folder be opened. */
  async function syncFolder(): Promise<void> {
    // What is above it may have been made along with it.
    for (const path of [folder, join(folder, '..'), join(folder, '../..')]) {
      const handle = await open(path, 'r').catch(() => undefined)
      await handle?.sync().catch(() => {})
      await handle?.close()
    }
  }

  async function syncNow(name: string): Promise<void> {
    let handle: FileHandle | undefined
    try {
      handle = await open(pathOf(name), 'r+')
      await handle.datasync()
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') syncFailure = cause
    } finally {
      await handle?.close().catch(() => {})
    }
  }

  function syncSoon(): void {
    if (fsync !== 'interval' || syncIsDue) return
    syncIsDue = true
    setTimeout(() => {
      syncIsDue = false
      if (current) void syncNow(current)
    }, SYNC_EVERY).unref()
  }

  function keepForExit(transaction: Transaction): void {
    unwritten.add(transaction)
    stopWaitingForExit ??= atExit(writeRest)
    if (isExiting()) writeRest()
  }

  function written(transaction: Transaction): void {
    unwritten.delete(transaction)
    if (unwritten.size) return
    stopWaitingForExit?.()
    stopWaitingForExit = undefined
  }

  /** What is being written may get there as well: twice means the same. */
  function writeRest(): void {
    const rest = Buffer.concat([...unwritten].flatMap(({ frames }) => frames))
    if (!rest.length) return
    try {
      if (!current || !writeAtOnce(current, rest, 0)) writeAtOnce(newName(), rest, O_CREAT | O_EXCL)
      unwritten.clear()
    } catch (cause) {
      warn(`${folder}: what was submitted last could not be written`, cause)
    }
  }

  /** False where the log is gone. */
  function writeAtOnce(name: string, bytes: Buffer, flags: number): boolean {
    if (flags) mkdirSync(folder, { recursive: true, mode: 0o700 })
    try {
      const file = openSync(pathOf(name), O_WRONLY | O_APPEND | flags, 0o600)
      writeFileSync(file, bytes)
      if (fsync === 'always') fsyncSync(file)
      closeSync(file)
      statSync(pathOf(name))
      return true
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT' || flags) throw cause
      return false
    }
  }

  /** Learns what others have written, and which logs are gone. */
  async function refresh(): Promise<void> {
    // A record that goes from one log into another while they are read may be missed in both.
    for (let isWhole = false, tries = 5; !isWhole && tries > 0; tries--) {
      const names = (await readdir(folder)).filter((name) => LOG.test(name))
      for (const name of [...logs.keys()]) if (!names.includes(name)) unlearn(name)
      isWhole = true
      for (const name of names) isWhole &&= await readOn(name)
    }
    for (const key of own.keys()) if (isRemoved(key)) count(key, 0)
    for (const key of records.keys())
      if (!own.has(key) && (isRemoved(key) || !isPut(key))) records.delete(key)
  }

  /** False where the log is gone. */
  async function readOn(name: string): Promise<boolean> {
    if (name === current) return true
    const log = logs.get(name) ?? newLog()
    try {
      const handle = await open(pathOf(name))
      try {
        const { size } = await handle.stat()
        if (size > log.size) {
          const rest = Buffer.alloc(size - log.size)
          const { bytesRead } = await handle.read(rest, 0, rest.length, log.size)
          take(name, log, rest.subarray(0, bytesRead))
        }
      } finally {
        await handle.close()
      }
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return false
      throw cause
    }
    logs.set(name, log)
    return true
  }

  function take(name: string, log: Log, bytes: Buffer): void {
    const { changes, end, broken } = decode(bytes)
    const from = log.size
    learn(log, changes)
    for (const at of broken) log.broken.add(`broken ${name} ${from + at}`)
    log.size = from + end
  }

  /** Whoever empties the folder does not know what others have in it. */
  async function putBack(): Promise<void> {
    const lost = [...own.keys()].filter((key) => !isPut(key))
    if (!lost.length) return
    warn(`${folder}: a log was deleted while it was in use; ${lost.length} records are written again`)
    await append(transactionOf(lost.map(recordOf)))
  }

  function recordOf(key: string): Change {
    return { put: key, events: records.get(key) as readonly QueuedEvent[] }
  }

  /** Logs whose process has ended. */
  async function abandoned(): Promise<string[]> {
    const found: string[] = []
    for (const name of logs.keys()) {
      if (mine.has(name)) continue
      const { mtimeMs } = await stat(pathOf(name)).catch(() => ({ mtimeMs: Date.now() }))
      // A clock that was set back makes it look as if it came from the future.
      if (hasEnded(LOG.exec(name)![1]!) || Math.abs(Date.now() - mtimeMs) > ABANDONED_AFTER) found.push(name)
    }
    return found
  }

  /** Copies what is needed of the logs into one that stays, and deletes them. */
  async function merge(names: readonly string[]): Promise<void> {
    const puts = names.flatMap((name) => [...logs.get(name)!.puts.keys()])
    const live = new Set(puts.filter((key) => !isRemoved(key)))
    const remove = removesNeededOf(names)
    const changes = [...[...live].map(recordOf), ...(remove.length ? [{ remove }] : [])]
    if (current && names.includes(current)) current = undefined
    if (changes.length) {
      await append(transactionOf(changes))
      if (current && fsync !== 'never') await syncNow(current)
      if (syncFailure) throw syncFailure
    }
    // The oldest first: a removal leaves after what it removes.
    for (const name of names) {
      await unlink(pathOf(name)).catch((cause) => {
        if (codeOf(cause) !== 'ENOENT') throw cause
      })
      unlearn(name)
    }
  }

  /** Takes up the logs given, and thins out its own where most of them is garbage. */
  async function tidy(names: readonly string[] = []): Promise<void> {
    if (performance.now() < restsUntil) return
    const all = isOvergrown() ? [...names, ...mine] : names
    if (!all.length) return
    try {
      await merge(all)
      restsUntil = 0
    } catch (cause) {
      // There may be no room for the new one. Nothing is lost by waiting.
      if (!restsUntil) warn(`${folder}: could not be tidied`, cause)
      restsUntil = performance.now() + TIDY_RESTS
    }
  }

  function isOvergrown(): boolean {
    if (!own.size && !removesNeededOf([...mine]).length) return true
    let size = 0
    for (const name of mine) size += logs.get(name)!.size
    return size - ownBytes > Math.max(ownBytes, LEAST_GARBAGE)
  }

  /**
   * Removals in these logs that are needed without them, since another log puts the record. One that others may be
   * copying just now counts as another.
   */
  function removesNeededOf(names: readonly string[]): string[] {
    const others = [...logs]
      .filter(([name]) => !mine.has(name) || !names.includes(name))
      .map(([, log]) => log)
    const removes = new Set(names.flatMap((name) => [...logs.get(name)!.removes]))
    return [...removes].filter((key) => others.some(({ puts, broken }) => puts.has(key) || broken.has(key)))
  }

  /** An untouched log is taken for abandoned. */
  async function touch(): Promise<void> {
    if (Date.now() - touched < TOUCH_EVERY) return
    touched = Date.now()
    for (const name of mine) await utimes(pathOf(name), new Date(), new Date()).catch(() => {})
  }

  function clearNow(which = /./): void {
    const names = attempt(() => readdirSync(folder)) ?? []
    for (const name of names) if (which.test(name)) attempt(() => unlinkSync(pathOf(name)))
    logs.clear()
    records.clear()
    mine.clear()
    own.clear()
    ownBytes = 0
    current = undefined
  }

  return {
    read: (known) =>
      inTurn(async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await refresh()
        await putBack()
        await touch()
        const found = new Map<string, unknown>()
        for (const { puts, broken } of logs.values()) {
          for (const key of puts.keys())
            if (records.has(key)) found.set(key, known.has(key) ? undefined : records.get(key))
          for (const key of broken) if (!isRemoved(key)) found.set(key, null)
        }
        // What is broken leaves with the log that it is in.
        await tidy(await abandoned())
        return found
      }),

    write: (changed) => {
      const changes = changed.flatMap(([key, events]) => (events.length ? { put: key, events } : []))
      const remove = changed.flatMap(([key, events]) => (events.length ? [] : key))
      const transaction = transactionOf(remove.length ? [...changes, { remove }] : changes)
      keepForExit(transaction)
      return inTurn(async () => {
        // Cleared meanwhile, or written by the exit.
        if (!unwritten.has(transaction)) return
        try {
          if (syncFailure) throw syncFailure
          await append(transaction)
        } finally {
          syncFailure = undefined
          written(transaction)
        }
        for (const key of remove) {
          count(key, 0)
          records.delete(key)
        }
        syncSoon()
        if (remove.length) await tidy()
      })
    },

    clear: () => {
      for (const transaction of unwritten) written(transaction)
      clearNow()
      // What was under way may have come after it.
      void inTurn(async () => clearNow(LOG))
    },
  }
}

function newLog(): Log {
  return { size: 0, puts: new Map(), removes: new Set(), broken: new Set() }
}

function transactionOf(changes: readonly Change[]): Transaction {
  return { changes, frames: framesOf(changes) }
}

function codeOf(cause: unknown): unknown {
  return (cause as NodeJS.ErrnoException).code
}
