import { closeSync, openSync, readSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { crc32 } from 'node:zlib'
import { codeOf } from './intake-error.ts'
import { syncFolder } from './sync-folder.ts'

/** State that a snapshot keeps, so that it need not be made of all stored lines anew. */
export interface Snapshotted {
  /**
   * What it holds at this moment, in pieces of some 100 kB at most that can be cloned: it may change while they are
   * taken one by one.
   */
  freeze(): Iterable<unknown>
  /** Takes such pieces in their order, while it holds nothing else. */
  restore(next: Next): void
}

/** The next piece. */
export type Next = <Piece>() => Piece

/** A list in pieces of so many, their number in front. What a piece has of an item is made as the piece is taken. */
export function* inParts<Item>(
  list: readonly Item[],
  size: number,
  inPiece: (item: Item) => unknown = (item) => item,
): Generator<unknown, void> {
  yield Math.ceil(list.length / size)
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size).map(inPiece)
}

/** What `inParts` made of a list. */
export function* allParts<Item>(next: Next): Generator<Item, void> {
  for (let left = next<number>(); left > 0; left--) yield* next<Item[]>()
}

/** The pieces of several, one after another. */
export function* together(all: readonly Iterable<unknown>[]): Generator<unknown, void> {
  for (const pieces of all) yield* pieces
}

/** Rises with every change of what is in a snapshot: one of another format is not read. */
const FORMAT = 1
const END = 'end'

/** Bytes of a piece, and their checksum, in front of it. */
const HEAD = 8
/** In bytes: what is made in one turn. */
const CHUNK = 1 << 18
/** In bytes. On some file systems the small sync of another file waits for all that was written before it. */
const MOST_UNSYNCED = 1 << 20

/** Why a snapshot is not used. */
export class SnapshotError extends Error {}

/** Replaces a snapshot as a whole, or leaves the one that was there. Resolves to its size in bytes. */
export async function writeSnapshot(path: string, pieces: Iterable<unknown>): Promise<number> {
  const file = await open(`${path}.new`, 'w')
  let size = 0
  let synced = 0
  try {
    for (const chunk of chunksOf(pieces)) {
      await file.writeFile(chunk)
      size += chunk.length
      if (size < synced + MOST_UNSYNCED) continue
      await file.datasync()
      synced = size
    }
    await file.datasync()
    await file.close()
    await rename(`${path}.new`, path)
    await syncFolder(dirname(path))
    return size
  } catch (error) {
    await file.close()
    await rm(`${path}.new`, { force: true })
    throw error
  }
}

function* chunksOf(pieces: Iterable<unknown>): Generator<Buffer, void> {
  let waiting: Buffer[] = []
  let bytes = 0
  for (const piece of together([[FORMAT], pieces, [END]])) {
    const content = serialize(piece)
    waiting.push(headOf(content), content)
    bytes += HEAD + content.length
    if (bytes < CHUNK) continue
    yield Buffer.concat(waiting)
    waiting = []
    bytes = 0
  }
  yield Buffer.concat(waiting)
}

function headOf(content: Buffer): Buffer {
  const head = Buffer.allocUnsafe(HEAD)
  head.writeUInt32LE(content.length, 0)
  head.writeUInt32LE(crc32(content), 4)
  return head
}

/**
 * Hands the pieces of a snapshot on, once all of them are found sound. Undefined where there is none; throws a
 * SnapshotError where it is of another format or damaged.
 */
export async function readSnapshot<Result>(
  path: string,
  take: (next: Next) => Promise<Result>,
): Promise<Result | undefined> {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new SnapshotError(`it cannot be read (${(error as Error).message})`)
  }
  try {
    check(file)
    const pieces = piecesIn(file)
    pieces.next() // the format
    return await take(<Piece>() => deserialize(pieces.next().value as Buffer) as Piece)
  } finally {
    closeSync(file)
  }
}

function check(file: number): void {
  let format: unknown
  let last: Buffer | undefined
  for (const bytes of piecesIn(file)) {
    format ??= formatIn(bytes)
    if (format !== FORMAT)
      throw new SnapshotError(`it is of format ${format}, and this version reads ${FORMAT}`)
    last = bytes
  }
  if (!last?.equals(serialize(END))) throw new SnapshotError('its end is missing')
}

function formatIn(bytes: Buffer): unknown {
  try {
    return deserialize(bytes)
  } catch {
    return 'of another Node' // whose way to serialize is not ours
  }
}

function* piecesIn(file: number): Generator<Buffer, void> {
  let at = 0
  const read = (length: number): Buffer => {
    const bytes = Buffer.alloc(length)
    const got = readSync(file, bytes, 0, length, at)
    at += got
    return bytes.subarray(0, got)
  }
  for (;;) {
    const head = read(HEAD)
    if (head.length === 0) return
    const length = head.length === HEAD ? head.readUInt32LE(0) : 0
    const bytes = length > 0 && length < 2 ** 30 ? read(length) : head
    if (bytes.length !== length || crc32(bytes) !== head.readUInt32LE(4))
      throw new SnapshotError(`it is damaged before byte ${at}`)
    yield bytes
  }
}
