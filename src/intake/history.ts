import { DUPLICATES_STREAM } from './duplicates.ts'
import { dayOf, type StoredLine } from './event-log.ts'
import { isObject } from './ingest.ts'
import { type LiveRecord, MOST_RECENT } from './live-feed.ts'
import { isDebugEvent } from './producer.ts'
import { REJECTED_STREAM } from './rejection.ts'
import { type Snapshotted, together } from './snapshot.ts'
import type { Stats } from './stats/stats.ts'
import { timeOf } from './stats/time.ts'
import { createTally, type Tally } from './tally.ts'

/** What the data folder tells of the time before this process; of snapshots it gets the stats and the tally. */
export interface History extends Snapshotted {
  add(line: StoredLine): void
  /** Takes one of the last lines that were counted before, for what is in no snapshot. */
  recall(line: StoredLine): void
  readonly tally: Tally
  /** The most recent records of today, oldest first. */
  recent(): LiveRecord[]
}

/** Collects the lines of an event log as it is opened, for the stats too. Remembers few of them. */
export function createHistory({
  stats,
  today = dayOf(new Date()),
}: {
  stats: Stats
  today?: string
}): History {
  const tally = createTally()
  const recent = new Map<string, LiveRecord[]>()

  return {
    add(line) {
      const received_at = timeOfReceipt(line)
      stats.add({ event: line.event, receivedAt: timeOf(received_at) })
      if (isNoteOfOurs(line)) return
      const record = asLiveRecord(line, received_at)
      tally.count(record)
      remember(record, line)
    },
    recall(line) {
      stats.recall(line.event)
      if (!isNoteOfOurs(line)) remember(asLiveRecord(line, timeOfReceipt(line)), line)
    },
    tally,
    recent: () =>
      // By file first, so that those of one time are in one order, however they were read.
      [...recent]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([, records]) => records)
        .sort((a, b) => Date.parse(a.received_at) - Date.parse(b.received_at)),
    freeze: () => together([tally.freeze(), stats.freeze()]),
    restore(next) {
      tally.restore(next)
      stats.restore(next)
    },
  }

  function remember(record: LiveRecord, { day }: StoredLine): void {
    if (day !== today) return
    // Files are read one after another, so each keeps its most recent.
    const file = `${record.kind} ${record.stream}`
    const inFile = recent.get(file) ?? []
    inFile.push(record)
    if (inFile.length > MOST_RECENT) inFile.shift()
    recent.set(file, inFile)
  }
}

/** Tells of events instead of being one; while it is written, it is neither counted nor shown either. */
function isNoteOfOurs({ event: { meta } }: StoredLine): boolean {
  return isObject(meta) && meta.stream === DUPLICATES_STREAM
}

/** Only `meta.dt` tells it closer than to the day, and it may be a client's. */
function timeOfReceipt({ event: { meta }, day }: StoredLine): string {
  const dt = isObject(meta) ? meta.dt : undefined
  return typeof dt === 'string' && dt.startsWith(day) ? dt : `${day}T00:00:00.000Z`
}

/** A stored line as the console's Live page shows it. */
function asLiveRecord({ event }: StoredLine, received_at: string): LiveRecord {
  const meta = isObject(event.meta) ? event.meta : {}
  if (meta.stream !== REJECTED_STREAM)
    return {
      kind: 'accepted',
      stream: String(meta.stream),
      received_at,
      event,
      ...(isDebugEvent(event) && { debug: true }),
    }

  const { errored_stream_name: stream = '', problems, raw_event } = event
  const told = Array.isArray(problems) ? problems.map(String) : []
  const rejected = parsed(raw_event)
  return {
    kind: 'rejected',
    stream: String(stream),
    received_at,
    problems: told,
    event: rejected,
    ...(isDebugEvent(rejected) && { debug: true }),
  }
}

function parsed(json: unknown): unknown {
  try {
    return JSON.parse(String(json))
  } catch {
    return json // someone edited the file; shown as it is
  }
}
