import { crc32 } from 'node:zlib'
import { attempt } from '../core/fields.ts'
import type { QueuedEvent } from '../core/queue.ts'

// A log is frames, one behind the other, each a line: the length of its JSON and the JSON's CRC-32, eight hexadecimal
// digits each, then the JSON, in which no line can end. So a reader that has lost its way goes on at the next line.
// The frames of one transaction say that more of it comes, but for the last: cut short, it has not happened.

/** What a frame does to the records. */
export type Change =
  | { readonly put: string; readonly events: readonly QueuedEvent[] }
  | { readonly remove: readonly string[] }

/** A change, and how many bytes its frame takes. */
export type Framed = Change & { readonly bytes: number }

/** What is in a log. */
export interface Decoded {
  readonly changes: readonly Framed[]
  /** Where the last whole transaction ends. What follows is a part of one: written now, or cut off. */
  readonly end: number
  /** Where something begins that is no part of one: it was whole, and is broken. */
  readonly broken: readonly number[]
}

const HEAD = /^([0-9a-f]{8}) ([0-9a-f]{8}) $/
const HEAD_BYTES = 18
const LINE_END = 10

/** The frames of one transaction, one for each change. */
export function framesOf(changes: readonly Change[]): Buffer[] {
  return changes.map((change, index) => {
    const json = Buffer.from(JSON.stringify(index < changes.length - 1 ? { ...change, more: true } : change))
    return Buffer.concat([Buffer.from(`${hex(json.length)} ${hex(crc32(json))} `), json, Buffer.of(LINE_END)])
  })
}

/** Reads a log, or what has been added to it. Whatever is in it, it does not throw. */
export function decode(log: Buffer): Decoded {
  const changes: Framed[] = []
  const broken: number[] = []
  let begun: Framed[] = []
  let end = 0
  let at = 0
  let brokenUntil = -1

  const commit = () => {
    for (const change of begun) changes.push(change)
    begun = []
    end = at
  }
  while (at < log.length) {
    const frame = frameAt(log, at)
    if (frame) {
      at += frame.bytes
      begun.push(frame)
      if (!frame.more) commit()
      continue
    }
    // Behind the last line there is at most the beginning of a frame.
    const lineEnd = log.indexOf(LINE_END, at)
    if (lineEnd < 0) break
    if (at !== brokenUntil) broken.push(at)
    at = brokenUntil = lineEnd + 1
    // Its last frame may be what is broken: the others are whole, and nothing else will complete them.
    commit()
  }
  return { changes, end, broken }
}

function frameAt(log: Buffer, at: number): (Framed & { readonly more?: boolean }) | undefined {
  const [, length, sum] = HEAD.exec(log.toString('latin1', at, at + HEAD_BYTES)) ?? []
  if (!length || !sum) return
  const from = at + HEAD_BYTES
  const until = from + Number.parseInt(length, 16)
  // The line's end counts as soon as it is there, whatever has become of it.
  if (until >= log.length) return
  const json = log.subarray(from, until)
  if (crc32(json) !== Number.parseInt(sum, 16)) return
  const change = attempt(() => JSON.parse(json.toString()))
  if (typeof change?.put !== 'string' && !Array.isArray(change?.remove)) return
  return { ...change, bytes: until + 1 - at }
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0')
}
