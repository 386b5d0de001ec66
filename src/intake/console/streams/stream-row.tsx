import { Fragment } from 'preact'
import { useId } from 'preact/hooks'
import type { State, StreamChange, StreamRow, Unit } from '../contract.ts'
import { countText, dateText, percentText, shareText } from '../format.ts'
import { changeOf, type Draft, draftOf, problemOf } from './draft.ts'
import { LAST_STOP, rateAt, rateIn, stopOf } from './rate.ts'
import { Sparkline } from './sparkline.tsx'
import { STATES, UNITS } from './words.ts'

interface StreamRowProps {
  readonly row: StreamRow
  /** What the reader has begun to change; absent while the controls show what is in force. */
  readonly draft: Draft | undefined
  readonly isReadOnly: boolean
  readonly onEdit: (draft: Draft | undefined) => void
  readonly onReview: (change: StreamChange) => void
}

/** A stream: what it does, how much of it there is, and the controls that steer it. */
export function Row({ row, draft, isReadOnly, onEdit, onReview }: StreamRowProps) {
  const shown = draft ?? draftOf(row)
  const problem = problemOf(shown)
  const change = changeOf(row, shown)
  const edit = (part: Partial<Draft>) => onEdit({ ...shown, ...part })
  // What was typed and set back is no edit, and follows the server again.
  const settle = () => draft && !problem && !change && onEdit(undefined)
  const undo = () => {
    onEdit(undefined)
    // The button goes with the edit.
    document.getElementById(stateControlId(row.stream))?.focus()
  }
  const controls = { shown, row, isReadOnly, edit, settle, problem }

  return (
    <tr class={change || problem ? 'edited' : undefined}>
      <th scope="row" class="of-stream">
        <span class="name">
          <Breakable name={row.stream} />
        </span>
        <span class="quiet small title-of-schema">{row.schemaTitle ?? 'no schema'}</span>
        {row.pattern !== undefined && <span class="quiet small">by {row.pattern}</span>}
        {!row.isConfigured && (
          <span class="problem">
            <span class="badge">Not in the config</span> Its events are refused. Add it to the file to take
            them.
          </span>
        )}
        {row.isConfigured && row.problem && (
          <span class="problem">
            <span class="badge">Cannot be used</span> {row.problem}
          </span>
        )}
      </th>
      <td class="of-state" data-label="State">
        {row.isConfigured ? <StateControl {...controls} /> : <span class="quiet">–</span>}
      </td>
      <td class="of-sample" data-label="Sample">
        {row.isConfigured ? <SampleControls {...controls} /> : <span class="quiet">–</span>}
      </td>
      <td class="of-events" data-label="Events a minute">
        <Sparkline perMinute={row.perMinute} />
        <span class="figures">
          {countText(row.actual)}{' '}
          {row.expected !== null && <span class="quiet">of {countText(row.expected)} expected</span>}
        </span>
      </td>
      <td class="of-rejected" data-label="Rejected">
        <Rejected row={row} />
      </td>
      <td class="of-loss" data-label="Lost">
        <Loss row={row} />
      </td>
      <td class="of-change" data-label="Last change">
        {change || problem ? (
          <>
            {draft && draft.since !== row.lastChange?.revision && (
              <span class="refusal small">
                {row.lastChange?.author ?? 'Somebody'} has changed it meanwhile.
              </span>
            )}
            <span class="actions">
              <button
                type="button"
                class="button primary"
                disabled={!change}
                onClick={() => change && onReview(change)}
              >
                Review…
              </button>
              <button type="button" class="button" onClick={undo}>
                Undo
              </button>
            </span>
          </>
        ) : (
          <LastChange row={row} />
        )}
      </td>
    </tr>
  )
}

/** A name that breaks after its dots, where it has to. */
function Breakable({ name }: { name: string }) {
  const parts = name.match(/[^._/]+[._/]*|[._/]+/g) ?? []
  return (
    <>
      {parts.map((part, index) => (
        <Fragment key={index}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </>
  )
}

interface ControlProps {
  readonly row: StreamRow
  readonly shown: Draft
  readonly isReadOnly: boolean
  readonly problem: string | undefined
  readonly edit: (part: Partial<Draft>) => void
  readonly settle: () => void
}

function StateControl({ row, shown, isReadOnly, edit, settle }: ControlProps) {
  return (
    <select
      id={stateControlId(row.stream)}
      aria-label={`State of ${row.stream}`}
      data-state={shown.state}
      value={shown.state}
      disabled={isReadOnly}
      onChange={({ currentTarget }) => edit({ state: currentTarget.value as State })}
      onBlur={settle}
    >
      {STATES.map(({ state, name }) => (
        <option key={state} value={state}>
          {name}
        </option>
      ))}
    </select>
  )
}

/** Where the focus goes once a change to the stream is made. */
export function stateControlId(stream: string): string {
  return `state-${encodeURIComponent(stream)}`
}

function SampleControls({ row, shown, isReadOnly, problem, edit, settle }: ControlProps) {
  const problemId = useId()
  const { unit, rateText } = shown
  const rate = rateIn(rateText)
  const isFixed = isReadOnly || unit === null
  const hint =
    unit === null && !isReadOnly ? 'To sample, first choose by what: sessions, for instance.' : undefined
  return (
    <>
      <span class="sample" title={hint}>
        <input
          type="range"
          aria-label={`Rate of ${row.stream}, slider`}
          aria-valuetext={rate === undefined ? undefined : percentText(rate)}
          min={0}
          max={LAST_STOP}
          value={stopOf(rate ?? row.rate)}
          disabled={isFixed}
          onInput={({ currentTarget }) => edit({ rateText: String(rateAt(Number(currentTarget.value))) })}
          onBlur={settle}
        />
        <input
          class="rate"
          inputMode="decimal"
          autocomplete="off"
          aria-label={`Rate of ${row.stream}, from 0 to 1`}
          aria-invalid={problem ? true : undefined}
          aria-describedby={problem ? problemId : undefined}
          value={rateText}
          disabled={isFixed}
          onInput={({ currentTarget }) => edit({ rateText: currentTarget.value })}
          onBlur={settle}
        />
        <span class="percent">{rate === undefined ? '' : `${percentText(rate)} of`}</span>
        <select
          aria-label={`Sampled by, ${row.stream}`}
          value={unit ?? 'all'}
          disabled={isReadOnly}
          onChange={({ currentTarget: { value } }) =>
            edit(value === 'all' ? { unit: null, rateText: '1' } : { unit: value as Unit })
          }
          onBlur={settle}
        >
          <option value="all">all events</option>
          {UNITS.map(({ unit, name }) => (
            <option key={unit} value={unit}>
              {name}
            </option>
          ))}
        </select>
      </span>
      {problem && (
        <span id={problemId} class="refusal small">
          {problem}
        </span>
      )}
    </>
  )
}

function Rejected({ row: { accepted, rejected } }: { row: StreamRow }) {
  const all = accepted + rejected
  if (all === 0) return <span class="quiet">–</span>
  if (rejected === 0) return <span class="quiet">none</span>
  return (
    <span class="bad" title={`${countText(rejected)} of ${countText(all)} events`}>
      {shareText(rejected / all)}
    </span>
  )
}

function Loss({ row: { loss } }: { row: StreamRow }) {
  if (!loss || loss.numbered === 0) return <span class="quiet">unknown</span>
  const { numbered, missing } = loss
  if (missing === 0) return <span class="quiet">none</span>
  return (
    <span class="bad" title={`${countText(missing)} of ${countText(numbered)} events are missing`}>
      {shareText(missing / numbered)}
    </span>
  )
}

function LastChange({ row: { lastChange } }: { row: StreamRow }) {
  if (!lastChange) return <span class="quiet">none known</span>
  const { at, author, reason, revision } = lastChange
  return (
    <span class="last-change" title={`Revision ${revision}${reason ? `: ${reason}` : ''}`}>
      <span>{author ?? 'Edited in the file'}</span> <time dateTime={at}>{dateText(at)}</time>
    </span>
  )
}
