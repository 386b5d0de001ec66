import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { QueryResult } from '../contract.ts'
import { Dialog } from '../dialog.tsx'
import { CopyButton } from '../live/copy-button.tsx'
import { cellText, columnWidths, fullText, kindOf, rowsInSight } from './cells.ts'

const ROW_HEIGHT = 32

/** A table of this many rows is drawn whole, which the browser's own search can find all of. */
const MOST_ROWS_AT_ONCE = 300

/** Longer texts are cut: a cell of a megabyte would hold up the page, and nobody reads it there. */
const LONGEST_TEXT = 200

interface Cell {
  readonly title: string
  readonly text: string
}

/** A result as a table that scrolls in itself; of a long one the rows in sight are drawn, and a few around them. */
export function ResultTable({ result, caption }: { result: QueryResult; caption: string }) {
  const place = useRef<HTMLDivElement>(null)
  const [sight, setSight] = useState({ top: 0, height: 600 })
  const [opened, setOpened] = useState<Cell>()
  const widths = useMemo(() => columnWidths(result), [result])
  const kinds = useMemo(() => result.columns.map(({ type }) => kindOf(type)), [result])

  useLayoutEffect(() => {
    const region = place.current!
    region.scrollTop = 0
    setSight({ top: 0, height: region.clientHeight })
    const observer = new ResizeObserver(() => look())
    observer.observe(region)
    return () => observer.disconnect()
  }, [result])

  const look = () => {
    const { scrollTop: top, clientHeight: height } = place.current!
    setSight((last) => (last.top === top && last.height === height ? last : { top, height }))
  }

  const { rows, columns } = result
  const count = rows.length
  const { from, to } =
    count > MOST_ROWS_AT_ONCE ? rowsInSight(sight, { count, rowHeight: ROW_HEIGHT }) : { from: 0, to: count }

  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section ref={place} class="scroller result" tabIndex={0} aria-label={caption} onScroll={look}>
        <table class="data" aria-rowcount={count + 1}>
          <caption class="for-screen-readers">{caption}</caption>
          <colgroup>
            {widths.map((width, column) => (
              <col key={column} style={{ width: `${width}ch` }} />
            ))}
          </colgroup>
          <thead>
            <tr aria-rowindex={1}>
              {columns.map(({ name, type }, column) => (
                <th key={column} scope="col" data-kind={kinds[column]} title={`${name}: ${type}`}>
                  {name} <span class="type">{type.toLowerCase()}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {from > 0 && <Spacer rows={from} />}
            {rows.slice(from, to).map((row, index) => (
              // What leaves at one end serves again at the other, which takes half the time of new elements.
              <tr key={(from + index) % (to - from)} aria-rowindex={from + index + 2}>
                {columns.map(({ name }, column) => (
                  <td key={column} data-kind={kinds[column]}>
                    <Value
                      value={row[column]}
                      widest={widths[column]!}
                      onOpen={(text) => setOpened({ title: `${name}, row ${from + index + 1}`, text })}
                    />
                  </td>
                ))}
              </tr>
            ))}
            {to < count && <Spacer rows={count - to} />}
          </tbody>
        </table>
      </section>
      {opened && <FullText cell={opened} onClose={() => setOpened(undefined)} />}
    </>
  )
}

/** Takes the room of rows that are not drawn. */
function Spacer({ rows }: { rows: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: no row of the table, and nothing in it takes the focus
    <tr aria-hidden="true">
      <td class="spacer" style={{ height: `${rows * ROW_HEIGHT}px` }} />
    </tr>
  )
}

function Value({
  value,
  widest,
  onOpen,
}: {
  value: unknown
  widest: number
  onOpen: (text: string) => void
}) {
  if (value === null || value === undefined) return <span class="null">NULL</span>
  const text = cellText(value)
  if (text.length < widest && !text.includes('\n')) return <>{text}</>
  return (
    <button
      type="button"
      class="cut"
      aria-haspopup="dialog"
      title="Show all of it"
      onClick={() => onOpen(fullText(value))}
    >
      {text.slice(0, LONGEST_TEXT)}
    </button>
  )
}

function FullText({ cell, onClose }: { cell: Cell; onClose: () => void }) {
  return (
    <Dialog title={cell.title} onClose={onClose}>
      {(close) => (
        <>
          <pre class="full-text">{cell.text}</pre>
          <div class="actions">
            <CopyButton label="Copy" text={() => cell.text} />
            <button type="button" class="button" onClick={close}>
              Close
            </button>
          </div>
        </>
      )}
    </Dialog>
  )
}
