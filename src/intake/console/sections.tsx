import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { countText } from './format.ts'

/** Before this many rows a reader asks for all. */
const FEW = 50

/** Holds a table that may be wider than the page: it scrolls in itself, by keyboard too. */
export function Scroller({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scroller" tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}

/** The first rows, and the others on demand. */
export function Few<Row>(props: {
  rows: readonly Row[]
  /** What the rows are, for the button. */
  what: string
  children: (rows: readonly Row[]) => ComponentChildren
}) {
  const { rows, what, children } = props
  const [isAll, setAll] = useState(false)
  return (
    <>
      {children(isAll ? rows : rows.slice(0, FEW))}
      {!isAll && rows.length > FEW && (
        <button type="button" class="button more" onClick={() => setAll(true)}>
          Show all {countText(rows.length)} {what}
        </button>
      )}
    </>
  )
}
