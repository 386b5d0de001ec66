import { useMemo, useState } from 'preact/hooks'
import { clockText } from '../format.ts'
import { hashOf } from '../route.ts'
import { CopyButton } from './copy-button.tsx'
import type { LiveRecord } from './records.ts'
import { hueOf } from './stream-hue.ts'
import { type Field, summaryOf } from './summary.ts'
import { idsOf, isDebug } from './visitor.ts'

/** How many reasons show on a closed row. Checking a thoroughly wrong event can find dozens. */
const MOST_REASONS = 5

interface EventItemProps {
  readonly record: LiveRecord
  readonly isArriving?: boolean
  /** Instead of the time of receipt. */
  readonly when?: string | undefined
}

/** A record as an item of a list. Its JSON is made when it is first opened. */
export function EventItem({ record, isArriving = false, when }: EventItemProps) {
  const [wasOpened, setOpened] = useState(false)
  // A record never changes, and there are hundreds of rows: made once, they cost nothing when others arrive.
  return useMemo(() => {
    const { stream, receivedAt, event, problems } = record
    const classes = [problems ? 'rejected' : 'accepted', ...(isArriving ? ['arriving'] : [])]
    return (
      <li class={classes.join(' ')}>
        <details onToggle={() => setOpened(true)}>
          <summary class="row">
            <time class="time" dateTime={receivedAt} title={receivedAt}>
              {when ?? clockText(receivedAt)}
            </time>
            <span class="stream" title={stream} data-hue={hueOf(stream)}>
              {stream}
            </span>
            <Fields fields={summaryOf(event)} />
            <span class="badges">
              {isDebug(event) && <span class="badge of-debug">Debug, not counted</span>}
              {problems && <span class="badge">Rejected</span>}
            </span>
            {problems && <Reasons problems={problems} />}
          </summary>
          {wasOpened && <Opened record={record} />}
        </details>
      </li>
    )
  }, [record, isArriving, when, wasOpened])
}

function Fields({ fields }: { fields: readonly Field[] }) {
  if (fields.length === 0) return <span class="fields quiet">no fields of its own</span>
  return (
    <span class="fields">
      {fields.map(({ name, value }) => (
        <span key={name} class="field">
          {name !== undefined && <span class="quiet">{name}</span>} {value}{' '}
        </span>
      ))}
    </span>
  )
}

// Spans, since a summary holds no list.
function Reasons({ problems }: { problems: readonly string[] }) {
  const shown = problems.length > 0 ? problems.slice(0, MOST_REASONS) : ['The intake gave no reason.']
  const hidden = problems.length - shown.length
  const reasons = hidden > 0 ? [...shown, `and ${hidden} more: open the event to see them`] : shown
  return (
    <span class="reasons">
      {reasons.map((reason, index) => (
        <span key={index} class="reason">
          {reason}
        </span>
      ))}
    </span>
  )
}

function Opened({ record: { event, problems = [] } }: { record: LiveRecord }) {
  const [id] = idsOf(event)
  return (
    <>
      {problems.length > MOST_REASONS && (
        <ul class="more-reasons">
          {problems.slice(MOST_REASONS).map((problem, index) => (
            <li key={index}>{problem}</li>
          ))}
        </ul>
      )}
      <div class="of-event">
        <CopyButton label="Copy JSON" text={() => JSON.stringify(event, null, 2)} />
        {id !== undefined && <a href={hashOf('live', 'session', id)}>This visitor’s events in order</a>}
      </div>
      <Json event={event} />
    </>
  )
}

/** The name at the start of a line of pretty JSON. A string's own line breaks are escaped, so lines are reliable. */
const NAME = /^(\s*)("(?:[^"\\]|\\.)*")(: .*)$/

function Json({ event }: { event: unknown }) {
  const lines = JSON.stringify(event, null, 2).split('\n')
  return (
    <pre class="json">
      {lines.map((line) => {
        const [, indent, name, rest] = NAME.exec(line) ?? []
        return name === undefined ? `${line}\n` : [indent, <span class="name">{name}</span>, `${rest}\n`]
      })}
    </pre>
  )
}
