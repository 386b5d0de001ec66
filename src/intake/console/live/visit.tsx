import { useEffect } from 'preact/hooks'
import { clockText, durationText } from '../format.ts'
import { hashOf } from '../route.ts'
import { CopyButton } from './copy-button.tsx'
import { EventItem } from './event-item.tsx'
import type { Live } from './live.ts'
import { usePaint } from './use-paint.ts'
import { timeOf, visitOf } from './visitor.ts'

/** One visitor's events in the order in which they happened. */
export function Visit({ live, id }: { live: Live; id: string }) {
  const paint = usePaint()
  useEffect(() => live.onArrival(paint), [])
  const visit = visitOf(live.records.select({}), id)
  const streams = new Set(visit.map(({ stream }) => stream))

  return (
    <>
      <div class="toolbar">
        <a href={hashOf('live')}>Back to all events</a>
        {visit.length > 0 && (
          <CopyButton
            label="Copy what is shown"
            text={() =>
              JSON.stringify(
                visit.map(({ event }) => event),
                null,
                2,
              )
            }
          />
        )}
      </div>
      <p class="about-visit">
        <code>{id}</code>
        <span class="quiet">
          {visit.length === 0
            ? 'This page has seen no event of it, or no longer has any. Events appear here as they arrive.'
            : `${visit.length} events of ${streams.size === 1 ? 'one stream' : `${streams.size} streams`}, by the visitor’s clock, of those this page still has.`}
        </span>
      </p>
      <ol class="events" id="visit">
        {visit.map((record, index) => (
          <EventItem key={record.order} record={record} when={whenText(timeOf(record), visit[index - 1])} />
        ))}
      </ol>
    </>
  )
}

/** The time of the first, and from each to the next. */
function whenText(time: number, before: Parameters<typeof timeOf>[0] | undefined): string {
  return before ? `+ ${durationText(time - timeOf(before))}` : clockText(new Date(time).toISOString())
}
