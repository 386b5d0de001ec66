import { DUPLICATES_STREAM } from './duplicates.ts'
import { dayOf, type StoredLine } from './event-log.ts'
import { isObject } from './ingest.ts'
import { type LiveRecord, MOST_RECENT } from './live-feed.ts'
import { REJECTED_STREAM } from './rejection.ts'
import { createTally, type Tally } from './tally.ts'

/** What the data folder tells of the time before this process. */
export interface History {
  add(line: StoredLine): void
  readonly tally: Tally
  /** The most recent records of today, oldest first. */
  recent(): LiveRecord[]
}

/** Collects the lines of an event log as it is opened. Remembers few of them. */
export function createHistory(today = dayOf(new Date())): History {
  const tally = createTally()
  const recent = new Map<string, LiveRecord[]>()

  return {
    add(line) {
      if (isNoteOfOurs(line)) return
      const record = asLiveRecord(line)
      tally.count(record)
      if (line.day !== today) return
      // Files are read one after another, so each keeps its most recent.
      const file = `${record.kind} ${record.stream}`
      const inFile = recent.get(file) ?? []
      inFile.push(record)
      if (inFile.length > MOST_RECENT) inFile.shift()
      recent.set(file, inFile)
    },
    tally,
    recent: () =>
      [...recent.values()].flat().sort((a, b) => Date.parse(a.received_at) - Date.parse(b.received_at)),
  }
}

/** Tells of events instead of being one; while it is written, it is neither counted nor shown either. */
function isNoteOfOurs({ event: { meta } }: StoredLine): boolean {
  return isObject(meta) && meta.stream === DUPLICATES_STREAM
}

/** A stored line as the live page shows it. Only `meta.dt` tells when it came, to the day. */
function asLiveRecord({ event, day }: StoredLine): LiveRecord {
  const meta = isObject(event.meta) ? event.meta : {}
  const received_at =
    typeof meta.dt === 'string' && meta.dt.startsWith(day) ? meta.dt : `${day}T00:00:00.000Z`
  if (meta.stream !== REJECTED_STREAM)
    return { kind: 'accepted', stream: String(meta.stream), received_at, event }

  const { errored_stream_name: stream = '', problems, raw_event } = event
  const told = Array.isArray(problems) ? problems.map(String) : []
  return { kind: 'rejected', stream: String(stream), received_at, problems: told, event: parsed(raw_event) }
}

function parsed(json: unknown): unknown {
  try {
    return JSON.parse(String(json))
  } catch {
    return json // someone edited the file; shown as it is
  }
}
