import { closeSync, openSync, readSync } from 'node:fs'

/** In bytes. */
const CHUNK = 1 << 16

/**
 * Where the whole lines of a file end, which has this size: what a crash leaves is half a line, and a power cut can leave
 * zeros too. Looks no further back than `from`, where a line begins.
 */
export function soundEnd(path: string, { from, size }: { from: number; size: number }): number {
  return reading(path, (file) => {
    let end = size
    while (end > from) {
      const isWhole = readAt(file, end - 1, 1)[0] === NEWLINE
      const begin = lineBegin(file, isWhole ? end - 1 : end)
      // Nobody writes a zero: JSON has an escape for it.
      if (isWhole && !readAt(file, begin, end - begin).includes(0)) break
      end = begin
    }
    return Math.max(end, from)
  })
}

/** The last place at which a line begins, up to this one. */
export function lineAt(path: string, place: number): number {
  return place <= 0 ? 0 : reading(path, (file) => lineBegin(file, place))
}

const NEWLINE = 10

function lineBegin(file: number, before: number): number {
  for (let to = before; to > 0; to -= CHUNK) {
    const from = Math.max(0, to - CHUNK)
    const newline = readAt(file, from, to - from).lastIndexOf(NEWLINE)
    if (newline >= 0) return from + newline + 1
  }
  return 0
}

function readAt(file: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, from))
}

function reading<Result>(path: string, read: (file: number) => Result): Result {
  const file = openSync(path, 'r')
  try {
    return read(file)
  } finally {
    closeSync(file)
  }
}
