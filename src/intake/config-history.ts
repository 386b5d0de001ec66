import { createHash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { differences } from '../schema/differences.ts'
import { stepsOf, valueAt } from '../schema/json-pointer.ts'
import type { ConfigContent } from './config-content.ts'
import type { Difference, History, Revision } from './console/contract.ts'
import { isObject } from './ingest.ts'
import { IntakeError } from './intake-error.ts'
import type { Log } from './log.ts'
import { readState } from './state.ts'

/** A revision of the stream config, and what it changed of the one before. */
type PastRevision = History['revisions'][number]

/** Every revision that was served, in the order of serving. */
export interface ConfigHistory {
  /** The revision served last, and a digest of its content; undefined before the first. */
  last(): { readonly revision: string; readonly digest: string } | undefined
  /** On disk when it returns; throws an IntakeError, and adds nothing, where it cannot be written. */
  add(revision: Revision, content: ConfigContent): void
  /** Takes the last one back, which was not served after all. */
  takeBack(): void
  /** Newest first. */
  revisions(): readonly PastRevision[]
  contentOf(revision: string): ConfigContent | undefined
  /** The last revision that changed a stream, by the stream; none where it is as it was at the first. */
  lastChanges(): ReadonlyMap<string, Revision>
  close(): void
}

/** A digest of content, whatever its revision. */
export const digestOfContent = (content: ConfigContent) => digestOf(JSON.stringify(content))

// Of a line. It rises when an older intake could no longer read what is there.
const LAYOUT = 1

interface Line extends Revision {
  readonly layout: number
  readonly content: ConfigContent
}

interface Entry {
  readonly revision: PastRevision
  /** Where its line is. */
  readonly from: number
  readonly bytes: number
}

/**
 * Opens the history of a data folder, `.rivulet/config-history.jsonl`: a line a revision, with the whole content, only
 * ever added to. Half a line at its end, which a crash left, is cut. Throws an IntakeError where it cannot be used.
 */
export function openConfigHistory(dataFolder: string, log: Log): ConfigHistory {
  const path = join(dataFolder, '.rivulet', 'config-history.jsonl')
  // Intakes without a history kept the last revision only.
  const before = readState(dataFolder).streamConfig
  const entries: Entry[] = []
  let content: ConfigContent | undefined
  let size = 0
  for (const { line, from, bytes } of linesIn(path, log)) take(line, from, bytes)
  const file = opened()

  return {
    last() {
      const entry = entries.at(-1)
      if (!entry || !content) return before
      return { revision: entry.revision.revision, digest: digestOfContent(content) }
    },
    add(revision, next) {
      const line: Line = { layout: LAYOUT, ...revision, content: next }
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
      try {
        for (let written = 0; written < bytes.length; )
          written += writeSync(file, bytes, written, bytes.length - written, size + written)
        fsyncSync(file)
      } catch (cause) {
        ftruncateSync(file, size)
        throw cannotBeWritten(cause)
      }
      take(line, size, bytes.length)
    },
    takeBack() {
      const entry = entries.pop()
      if (!entry) return
      size = entry.from
      ftruncateSync(file, size)
      fsyncSync(file)
      const last = entries.at(-1)
      content = last && contentAt(last)
    },
    revisions: () => entries.map(({ revision }) => revision).reverse(),
    contentOf(revision) {
      const entry = entries.filter((entry) => entry.revision.revision === revision).pop()
      return entry && contentAt(entry)
    },
    lastChanges() {
      const last = new Map<string, Revision>()
      for (const { revision } of entries) {
        const { changes, ...told } = revision
        for (const { path } of changes) {
          const [first, stream] = stepsOf(path)
          if (first === 'streams' && stream !== undefined) last.set(stream, told)
        }
      }
      return last
    },
    close: () => closeSync(file),
  }

  function take({ revision, at, author, reason, content: next }: Line, from: number, bytes: number): void {
    const changes = content ? changesBetween(content, next) : []
    entries.push({ revision: { revision, at, author, reason, changes }, from, bytes })
    content = next
    size = from + bytes
  }

  function contentAt({ from, bytes }: Entry): ConfigContent {
    const line = Buffer.alloc(bytes)
    readSync(file, line, 0, bytes, from)
    return (JSON.parse(line.toString()) as Line).content
  }

  function opened(): number {
    try {
      mkdirSync(dirname(path), { recursive: true })
      return openSync(path, entries.length > 0 ? 'r+' : 'w+')
    } catch (cause) {
      throw cannotBeWritten(cause)
    }
  }

  function cannotBeWritten(cause: unknown): IntakeError {
    return new IntakeError(
      `${path}: cannot be written (${(cause as Error).message}); make room, or the data folder writable`,
      { cause },
    )
  }
}

/** What the second config changes of the first. */
export function changesBetween(before: ConfigContent, after: ConfigContent): Difference[] {
  return differences(before, after).map((path) => ({
    path,
    before: asJson(valueAt(before, path)),
    after: asJson(valueAt(after, path)),
  }))
}

const asJson = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))

/** The lines of a history; cuts half a one at the end. */
function linesIn(path: string, log: Log): { line: Line; from: number; bytes: number }[] {
  const bytes = readIfThere(path)
  const end = bytes.lastIndexOf(10) + 1
  if (end < bytes.length) {
    truncateSync(path, end)
    log({
      level: 'warn',
      message: `${path}: cut half a line at its end, which a crash left`,
      fields: { path, bytes: bytes.length - end },
    })
  }
  const lines: { line: Line; from: number; bytes: number }[] = []
  for (let from = 0; from < end; ) {
    const next = bytes.indexOf(10, from) + 1
    const line = lineOf(bytes.toString('utf8', from, next - 1), `${path}:${lines.length + 1}`)
    lines.push({ line, from, bytes: next - from })
    from = next
  }
  return lines
}

function readIfThere(path: string): Buffer {
  try {
    return statSync(path, { throwIfNoEntry: false }) ? readFileSync(path) : Buffer.alloc(0)
  } catch (cause) {
    throw new IntakeError(`${path}: cannot be read (${(cause as Error).message}); restore or remove it`, {
      cause,
    })
  }
}

function lineOf(text: string, place: string): Line {
  let line: Partial<Line> | null
  try {
    line = JSON.parse(text)
  } catch (cause) {
    throw new IntakeError(`${place}: is no JSON (${(cause as Error).message}); restore or remove the file`, {
      cause,
    })
  }
  if (typeof line?.layout === 'number' && line.layout > LAYOUT)
    throw new IntakeError(
      `${place}: has layout ${line.layout}, this version reads up to ${LAYOUT}; use a newer rivulet or another --data`,
    )
  if (typeof line?.revision === 'string' && isObject(line.content?.streams)) return line as Line
  throw new IntakeError(`${place}: is no revision of a stream config; restore or remove the file`)
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')
