import { useEffect, useRef, useState } from 'preact/hooks'
import { CopyButton } from './copy-button.tsx'
import { EventItem } from './event-item.tsx'
import { FirstSteps } from './first-steps-notice.tsx'
import { type Live, MOST_RECORDS } from './live.ts'
import type { LiveRecord, Selection } from './records.ts'
import { holds, isOf } from './search.ts'
import { StreamList } from './stream-list.tsx'
import { hashOf } from '../route.ts'
import { usePaint } from './use-paint.ts'

/** Rows in the page at once. */
const MOST_ROWS = MOST_RECORDS

/** More rows than this in one frame are a burst, in which a highlight of each says nothing. */
const MOST_HIGHLIGHTED = 20

interface Filters {
  readonly stream?: string | undefined
  readonly verdict?: 'accepted' | 'rejected' | undefined
  readonly text: string
  readonly session: string
}

const NO_FILTERS: Filters = { text: '', session: '' }

/** Events as they arrive, newest first, narrowed to what the reader looks for. */
export function Tail({ live, isShown }: { live: Live; isShown: boolean }) {
  const { records } = live
  const [filters, setFilters] = useState(NO_FILTERS)
  /** The order of the newest record when the reader paused. */
  const [pausedAt, setPausedAt] = useState<number>()
  const rows = useRows(live, filters, pausedAt)
  if (!isShown) return null

  const narrow = (part: Partial<Filters>) => setFilters({ ...filters, ...part })
  const clear = () => {
    records.clear()
    rows.forget()
  }
  const hadEvents = records.last() > 0
  return (
    <div class="columns">
      <StreamList
        counts={records.counts()}
        chosen={filters.stream}
        onChoose={(stream) => narrow({ stream })}
      />
      <div>
        <div class="toolbar of-tail">
          <input
            type="search"
            aria-label="Filter by text"
            placeholder="Filter by text"
            value={filters.text}
            onInput={({ currentTarget }) => narrow({ text: currentTarget.value })}
          />
          <input
            type="search"
            aria-label="Filter by session, page view or client id"
            placeholder="Session id"
            value={filters.session}
            onInput={({ currentTarget }) => narrow({ session: currentTarget.value })}
          />
          <select
            aria-label="Accepted or rejected"
            value={filters.verdict ?? 'all'}
            onChange={({ currentTarget: { value } }) =>
              narrow({ verdict: value === 'all' ? undefined : (value as 'accepted' | 'rejected') })
            }
          >
            <option value="all">Accepted and rejected</option>
            <option value="accepted">Accepted only</option>
            <option value="rejected">Rejected only</option>
          </select>
          <button
            type="button"
            class="button"
            aria-pressed={pausedAt !== undefined}
            onClick={() => setPausedAt(pausedAt === undefined ? records.last() : undefined)}
          >
            {pausedAt === undefined ? 'Pause' : `Resume${waitingText(rows.waiting)}`}
          </button>
          <button type="button" class="button" onClick={clear}>
            Clear
          </button>
          <CopyButton
            label="Copy what is shown"
            text={() =>
              JSON.stringify(
                rows.shown.map(({ event }) => event),
                null,
                2,
              )
            }
          />
          {filters.session.trim() && rows.shown.length > 0 && (
            <a href={hashOf('live', 'session', filters.session.trim())}>In order</a>
          )}
        </div>

        <h2 class="for-screen-readers">Events, newest first</h2>
        {live.connection() === 'connected' && !hadEvents && <FirstSteps />}
        {hadEvents && rows.shown.length === 0 && <p class="notice">{nothingText(filters, pausedAt)}</p>}
        <ol class="events" id="events">
          {rows.shown.map((record) => (
            <EventItem key={record.order} record={record} isArriving={rows.highlighted.has(record)} />
          ))}
        </ol>
      </div>
    </div>
  )
}

interface Rows {
  readonly filters: Filters
  /** The order up to which `shown` is complete. */
  readonly until: number
  readonly shown: readonly LiveRecord[]
  /** Those that came alone enough for the eye to follow. */
  readonly highlighted: WeakSet<LiveRecord>
}

/** The records to show: what is new is put on top, and only another choice looks through all of them again. */
function useRows({ records, onArrival, onConnection }: Live, filters: Filters, pausedAt: number | undefined) {
  const paint = usePaint()
  const last = useRef<Rows>()
  useEffect(() => onArrival(paint), [])
  useEffect(() => onConnection(paint), [])

  const selection = selectionOf(filters)
  const until = pausedAt ?? records.last()
  const before = last.current?.filters === filters ? last.current : undefined
  const added = records.select({ ...selection, after: before?.until ?? 0, until })
  const isWorthHighlight = before && before.shown.length > 0 && added.length <= MOST_HIGHLIGHTED
  if (isWorthHighlight) for (const record of added) before.highlighted.add(record)
  last.current = {
    filters,
    until,
    shown:
      before && added.length === 0 ? before.shown : [...added, ...(before?.shown ?? [])].slice(0, MOST_ROWS),
    highlighted: before?.highlighted ?? new WeakSet(),
  }

  return {
    ...last.current,
    waiting: pausedAt === undefined ? 0 : records.select({ ...selection, after: pausedAt }).length,
    forget() {
      last.current = undefined
      paint()
    },
  }
}

function selectionOf({ stream, verdict, text, session }: Filters): Selection {
  const wanted = text.trim()
  const id = session.trim()
  const where = (record: LiveRecord) => (!id || isOf(record, id)) && (!wanted || holds(record, wanted))
  return { stream, verdict, where }
}

function waitingText(waiting: number): string {
  if (waiting === 0) return ''
  return waiting < MOST_ROWS ? ` (${waiting} new)` : ` (${MOST_ROWS} or more new)`
}

function nothingText({ stream, verdict, text, session }: Filters, pausedAt: number | undefined): string {
  const events = `${verdict ?? ''} events`.trim()
  const narrowed = [
    ...(stream === undefined ? [] : [`of ${stream}`]),
    ...(session.trim() ? [`by ${session.trim()}`] : []),
    ...(text.trim() ? [`with “${text.trim()}”`] : []),
  ]
  const next = pausedAt === undefined ? 'New ones appear here as they arrive.' : 'Resume to see new ones.'
  return `No ${[events, ...narrowed].join(' ')} to show. ${next}`
}
