import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { dayFile, daysIn } from '../day-files.ts'
import { dayOf, type EventLog, folderName } from '../event-log.ts'
import { codeOf } from '../intake-error.ts'
import { timeOf } from '../stats/time.ts'
import type { EventSource, From, Message, Place } from './event-source.ts'

/** A byte in a stream's file of a day. */
interface Spot {
  readonly day: string
  readonly byte: number
}

/** Where a reader stands. */
interface TopicSpot {
  readonly topic: string
  readonly folder: string
  readonly spot: Spot
}

/** Whole lines of a file, where they begin, and how much of it was stored when they were read. */
interface Lines extends Spot {
  readonly bytes: Buffer
  readonly size: number
}

/** What a reader gets at once. */
interface Chunk {
  readonly messages: readonly Message[]
  readonly end: Spot
  /** Nothing more was stored when it was read, and readers are told of what comes. */
  readonly isLast: boolean
}

/** Read at once, so that a reader takes little memory; a longer line is read as a whole. */
const CHUNK = 128 * 1024
/** Readers are told no more often, in ms: waking hundreds for each write would leave little time for the writes. */
const TELL_EVERY = 50
/** By so many ms a line may stand before one that was received earlier. */
const OUT_OF_ORDER = 10_000
const A_DAY = 24 * 3_600_000

/**
 * The events of an event log. A stream is one topic of one partition, and an offset is a day and a byte in its file: it
 * stays what it is across restarts, days that are removed and lines that are erased, and needs no index.
 */
export function createFileSource({
  data,
  log,
  isStream,
  now = Date.now,
}: {
  data: string
  log: Pick<EventLog, 'storedBytes' | 'onStored'>
  isStream: (stream: string) => boolean
  now?: () => number
}): EventSource {
  /** By folder, the day that was written to last. */
  const newest = new Map<string, string>()
  const readers = new Set<(folders: ReadonlySet<string>) => void>()
  /** By spot, what is being read. */
  const reading = new Map<string, Promise<Chunk | undefined>>()
  /** Folders that readers are to be told of. */
  let touched = new Set<string>()
  let telling: NodeJS.Timeout | undefined
  let toldAt = Number.NEGATIVE_INFINITY
  const stopListening = log.onStored((paths) => {
    reading.clear() // which may have begun too early for what is stored now
    for (const path of paths) {
      newest.set(dirname(path), basename(path, '.jsonl'))
      touched.add(dirname(path))
    }
    telling ??= setTimeout(tellReaders, Math.max(0, toldAt + TELL_EVERY - performance.now()))
  })

  return {
    topicsOf: (stream) => (isStream(stream) ? [stream] : []),
    positions: (topics, from) => Promise.all([...new Set(topics)].map((topic) => placeIn(topic, from))),
    read,
    async close() {
      stopListening()
      clearTimeout(telling)
    },
  }

  function tellReaders(): void {
    const folders = touched
    touched = new Set()
    telling = undefined
    toldAt = performance.now()
    for (const tell of readers) tell(folders)
  }

  async function placeIn(topic: string, { positions = [], since }: From): Promise<Place> {
    const folder = folderOf(topic)
    const named = positions.find((position) => position.topic === topic && position.partition === 0)
    const { offset, timestamp } = named ?? { timestamp: since }
    const end = await endOf(folder)
    if (offset !== undefined && offset >= 0 && offset < offsetOf(end))
      return { topic, partition: 0, offset: offsetOf(await atLine(folder, spotOf(offset))) }
    const spot = offset === undefined && timestamp !== undefined ? await firstSince(folder, timestamp) : end
    return { topic, partition: 0, offset: offsetOf(spot ?? end) }
  }

  async function* read(
    places: readonly Place[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly Message[], void> {
    const topics = places.map(({ topic, offset }) => ({
      topic,
      folder: folderOf(topic),
      spot: spotOf(offset),
    }))
    const arrivals = listen(new Set(topics.map(({ folder }) => folder)), signal)
    try {
      while (!signal.aborted) {
        arrivals.expect()
        let isAtEnd = true
        // In turn, so that no stream keeps the others waiting.
        for (const one of topics) {
          const chunk = await sharedChunk(one)
          if (!chunk) continue
          if (signal.aborted) return
          if (chunk.messages.length > 0) yield chunk.messages
          one.spot = chunk.end
          isAtEnd &&= chunk.isLast
        }
        if (isAtEnd) await arrivals.come()
      }
    } finally {
      arrivals.stop()
    }
  }

  /** Most readers stand at the same spot, the end, and are told at the same time that it goes on. */
  function sharedChunk(from: TopicSpot): Promise<Chunk | undefined> {
    const key = `${from.topic} ${from.spot.day} ${from.spot.byte}`
    const shared = reading.get(key)
    if (shared) return shared
    const chunk = chunkFrom(from)
    reading.set(key, chunk)
    const done = () => reading.get(key) === chunk && reading.delete(key)
    void chunk.then(done, done)
    return chunk
  }

  async function chunkFrom({ topic, folder, spot }: TopicSpot): Promise<Chunk | undefined> {
    const lines = await linesFrom(folder, spot)
    if (!lines) return undefined
    const { day } = lines
    const dayBegins = offsetOf({ day, byte: 0 })
    const end = { day, byte: lines.byte + lines.bytes.length }
    return {
      messages: [...eventsIn(lines)].map(({ text, end: next }) => {
        return { topic, partition: 0, next: dayBegins + next, json: text }
      }),
      end,
      isLast: newest.get(folder) === day && end.byte === lines.size,
    }
  }

  /** The lines from a spot on, or of the next day that has some; undefined where there are none yet. */
  async function linesFrom(folder: string, { day, byte }: Spot): Promise<Lines | undefined> {
    const path = dayFile(folder, day)
    const stored = log.storedBytes(path)
    // Where most wait, and what needs no file.
    if (newest.get(folder) === day && stored !== undefined && stored <= byte) return undefined

    const here = () => withFile(path, (file, size) => wholeLines(file, { day, byte, size }))
    const lines = await here()
    if (lines) return lines
    const later = (await daysOf(folder)).find((one) => one > day)
    if (later === undefined) return undefined
    // Once more: it grows no longer now, but it may have until the later one began.
    return (await here()) ?? linesFrom(folder, { day: later, byte: 0 })
  }

  /** The spot, or where the next line begins. */
  async function atLine(folder: string, { day, byte }: Spot): Promise<Spot> {
    if (byte === 0) return { day, byte }
    const line = await withFile(dayFile(folder, day), (file, size) =>
      wholeLines(file, { day, byte: byte - 1, size }),
    )
    return { day, byte: line ? byte + line.bytes.indexOf(NEWLINE) : byte }
  }

  async function endOf(folder: string): Promise<Spot> {
    const day = (await daysOf(folder)).at(-1)
    if (day === undefined) return { day: dayOf(new Date(now())), byte: 0 }
    return { day, byte: (await withFile(dayFile(folder, day), async (_, size) => size)) ?? 0 }
  }

  /** Before the first event received then or later; undefined where there is none. */
  async function firstSince(folder: string, since: number): Promise<Spot | undefined> {
    const firstDay = dayOf(new Date(Math.min(Math.max(since, EPOCH), now() + A_DAY)))
    const day = (await daysOf(folder)).find((one) => one >= firstDay)
    if (day === undefined) return undefined
    if (day > firstDay) return { day, byte: 0 }
    return withFile(dayFile(folder, day), async (file, size) => {
      let byte = await shortlyBefore(since - OUT_OF_ORDER, file, { day, size })
      for (;;) {
        const lines = await wholeLines(file, { day, byte, size })
        if (!lines) return { day, byte }
        for (const { text, start } of eventsIn(lines))
          if (!(receivedAt(text) < since)) return { day, byte: start }
        byte += lines.bytes.length
      }
    })
  }

  /** Those of the future are of a clock that was wrong. */
  async function daysOf(folder: string): Promise<string[]> {
    const tomorrow = dayOf(new Date(now() + A_DAY))
    const last = newest.get(folder) ?? ''
    try {
      return (await daysIn(folder)).filter((day) => day >= FIRST_DAY && (day <= tomorrow || day <= last))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  }

  /** Hands over a file and how much of it is stored; undefined where there is none (any more). */
  async function withFile<Result>(
    path: string,
    work: (file: FileHandle, size: number) => Promise<Result>,
  ): Promise<Result | undefined> {
    let file: FileHandle
    try {
      file = await open(path)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
    try {
      const { size } = await file.stat()
      return await work(file, Math.min(size, log.storedBytes(path) ?? size))
    } finally {
      await file.close()
    }
  }

  /** Tells when something is stored in one of these folders. */
  function listen(folders: ReadonlySet<string>, signal: AbortSignal) {
    let hasCome = false
    let wake = () => {}
    const tell = (touched: ReadonlySet<string>) => {
      for (const folder of touched) if (folders.has(folder)) hasCome = true
      if (hasCome) wake()
    }
    const abort = () => wake()
    readers.add(tell)
    signal.addEventListener('abort', abort)
    return {
      /** What comes from now on. */
      expect() {
        hasCome = false
      },
      come: () =>
        new Promise<void>((resolve) => {
          wake = resolve
          if (hasCome || signal.aborted) resolve()
        }),
      stop() {
        readers.delete(tell)
        signal.removeEventListener('abort', abort)
      },
    }
  }

  function folderOf(topic: string): string {
    return join(data, folderName(topic))
  }
}

const NEWLINE = 10
const BRACE = 123 // {

/** The whole lines of a chunk from a byte on; undefined where there is none. */
async function wholeLines(
  file: FileHandle,
  { day, byte, size }: Spot & { size: number },
): Promise<Lines | undefined> {
  for (let length = CHUNK; byte < size; length *= 2) {
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.allocUnsafe(Math.min(length, size - byte)),
      position: byte,
    })
    const bytes = buffer.subarray(0, bytesRead)
    const end = bytes.lastIndexOf(NEWLINE) + 1
    if (end > 0) return { day, byte, size, bytes: bytes.subarray(0, end) }
    if (bytesRead < length) return undefined
  }
  return undefined
}

/** The events of lines, with where each begins and ends. What has been erased, or is just being, is passed over. */
function* eventsIn({ byte, bytes }: Lines): Generator<{ text: string; start: number; end: number }, void> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start)
    // A line whose front is overwritten may go on with an object that was part of it.
    const text = bytes[start] === BRACE ? bytes.toString('utf8', start, end).trimEnd() : ''
    if (text.endsWith('}')) yield { text, start: byte + start, end: byte + end + 1 }
    start = end + 1
  }
}

/** By halves, since files are large. A client's clock may be anything, so some lines decide together. */
async function shortlyBefore(
  time: number,
  file: FileHandle,
  { day, size }: { day: string; size: number },
): Promise<number> {
  let [low, high] = [0, size]
  while (high - low > CHUNK) {
    const middle = Math.floor((low + high) / 2)
    const lines = await wholeLines(file, { day, byte: middle, size: high })
    const begin = lines ? lines.bytes.indexOf(NEWLINE) + 1 : 0
    const times = lines ? timesIn({ ...lines, bytes: lines.bytes.subarray(begin) }) : []
    // Where nothing tells the time it is sought further in front, so that nothing is missed.
    if (times.length > 0 && times[times.length >> 1]! < time) low = middle + begin
    else high = middle
  }
  return low
}

/** In their order. */
function timesIn(lines: Lines): number[] {
  return [...eventsIn(lines)]
    .map(({ text }) => receivedAt(text))
    .filter((time) => !Number.isNaN(time))
    .sort((a, b) => a - b)
}

/** By `meta.dt`; NaN where it does not say. */
function receivedAt(json: string): number {
  try {
    return timeOf(JSON.parse(json).meta?.dt)
  } catch {
    return Number.NaN // a line that is no JSON says nothing
  }
}

// An offset is below 2^53 until the year 2044, and a day's file below a terabyte.
const FIRST_DAY = '2020-01-01'
const EPOCH = Date.parse(FIRST_DAY)
const BYTES_OF_A_DAY = 10 ** 12

function offsetOf({ day, byte }: Spot): number {
  return ((Date.parse(day) - EPOCH) / A_DAY) * BYTES_OF_A_DAY + byte
}

function spotOf(offset: number): Spot {
  const day = Math.floor(offset / BYTES_OF_A_DAY)
  return { day: dayOf(new Date(EPOCH + day * A_DAY)), byte: offset % BYTES_OF_A_DAY }
}
