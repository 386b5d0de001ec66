import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { CALLED_OFF, type Refusal } from '../api.ts'
import type { QueryResult, SavedQueries, Session, Views } from '../contract.ts'
import { countText } from '../format.ts'
import { Empty, Failure } from '../notices.tsx'
import { useResource } from '../resource.ts'
import { ResultChart } from '../query/result-chart.tsx'
import { ResultTable } from '../query/result-table.tsx'
import { download, type Running, useQuery } from '../query/run-query.ts'
import { SavedQueryList, SaveQuery } from '../query/saved-queries.tsx'
import { lineAndColumn, positionOf } from '../query/sql-text.ts'
import { starterQueries } from '../query/starter-queries.ts'
import { ViewList } from '../query/view-list.tsx'

/** A stream has a view from its first event on. */
const EVERY = 60_000

/** SQL over the stored events: a query, its result as a table and a chart, and those that are worth keeping. */
export function QueryPage({ session }: { session: Session }) {
  if (session.query.ready) return <Queries />
  return (
    <Empty>
      <p>{session.query.hint}</p>
    </Empty>
  )
}

function Queries() {
  const editor = useRef<HTMLTextAreaElement>(null)
  const [sql, setSql] = useDraft()
  const [name, setName] = useState('')
  const query = useQuery()
  const views = useResource<Views>('/api/views', { every: EVERY })
  const saved = useResource<SavedQueries>('/api/queries')

  const run = () => {
    if (sql.trim() !== '') void query.run(sql)
  }
  const choose = (chosen: { name?: string; sql: string }) => {
    setName(chosen.name ?? '')
    insert(editor.current!, chosen.sql, { all: true })
    void query.run(chosen.sql)
  }

  return (
    <div class="analysis querying">
      <div class="query-sides">
        <Side title="Begin with">
          <ul class="saved">
            {starterQueries(views.data ?? { views: [] }).map((starter) => (
              <li key={starter.title}>
                <button
                  type="button"
                  class="insert"
                  title={starter.sql}
                  onClick={() => choose({ sql: starter.sql })}
                >
                  {starter.title}
                </button>
              </li>
            ))}
          </ul>
        </Side>
        <Side title="Saved queries">
          <SavedQueryList saved={saved} onChoose={choose} />
        </Side>
        <Side title="Views and columns">
          {views.failure && <Failure refusal={views.failure} onRetry={views.reload} />}
          {views.data && (
            <ViewList views={views.data.views} onInsert={(text) => insert(editor.current!, text)} />
          )}
        </Side>
      </div>

      <div class="query-main">
        <label class="for-screen-readers" for="sql">
          SQL
        </label>
        <textarea
          id="sql"
          ref={editor}
          class="sql"
          rows={8}
          value={sql}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          placeholder={'SELECT …\nFROM …'}
          aria-describedby="sql-keys"
          onInput={({ currentTarget }) => setSql(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
            event.preventDefault()
            run()
          }}
        />
        <div class="query-actions">
          {query.isRunning ? (
            <button type="button" class="button primary" onClick={query.cancel}>
              Cancel
            </button>
          ) : (
            <button type="button" class="button primary" disabled={sql.trim() === ''} onClick={run}>
              Run
            </button>
          )}
          <Downloads sql={sql} name={name} />
          <p id="sql-keys" class="keys quiet">
            <kbd>Ctrl</kbd> or <kbd>⌘</kbd> and <kbd>Enter</kbd> runs it.
          </p>
        </div>
        <SaveQuery sql={sql} name={name} onName={setName} saved={saved} />
        <Answer query={query} onGoTo={(offset) => goTo(editor.current!, offset)} />
      </div>
    </div>
  )
}

/** Open where there is room beside the editor, closed above it on a phone. */
function Side({ title, children }: { title: string; children: ComponentChildren }) {
  const [isWide] = useState(() => matchMedia('(min-width: 48rem)').matches)
  return (
    <details class="side" open={isWide}>
      <summary>
        <h2>{title}</h2>
      </summary>
      {children}
    </details>
  )
}

function Downloads({ sql, name }: { sql: string; name: string }) {
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  const get = async (format: 'csv' | 'parquet') => {
    setBusy(true)
    setRefusal(undefined)
    await download(sql, { format, name }).catch(setRefusal)
    setBusy(false)
  }
  const isOff = busy || sql.trim() === ''
  return (
    <>
      <button type="button" class="button" disabled={isOff} onClick={() => get('csv')}>
        Download CSV
      </button>
      <button type="button" class="button" disabled={isOff} onClick={() => get('parquet')}>
        Download Parquet
      </button>
      {refusal && <SqlFailure refusal={refusal} />}
    </>
  )
}

function Answer({ query, onGoTo }: { query: Running; onGoTo: (offset: number) => void }) {
  const { isRunning, result, refusal, sql } = query
  const isCalledOff = refusal?.status === CALLED_OFF
  return (
    <section class="answer" aria-label="Answer" aria-busy={isRunning}>
      <p role="status" class="quiet">
        {isRunning ? 'Running…' : isCalledOff ? 'Called off.' : result ? inWords(result) : ''}
      </p>
      {refusal && !isCalledOff && <SqlFailure refusal={refusal} sql={sql} onGoTo={onGoTo} />}
      {result?.truncated && (
        <p class="notice advice">
          There are more rows than these {countText(result.rows.length)}. Group them, or download them all.
        </p>
      )}
      {result && (
        <>
          <ResultChart result={result} />
          <ResultTable result={result} caption="Result" />
        </>
      )}
    </section>
  )
}

const inWords = ({ rows, ms, truncated }: QueryResult): string =>
  `${truncated ? 'First ' : ''}${countText(rows.length)} ${rows.length === 1 ? 'row' : 'rows'} in ${countText(ms)} ms`

function SqlFailure(props: { refusal: Refusal; sql?: string; onGoTo?: (offset: number) => void }) {
  const { refusal, sql = '', onGoTo } = props
  const position = positionOf(refusal.detail, sql)
  const place = position === undefined ? undefined : lineAndColumn(sql, position)
  return (
    <div class="failure sql-failure" role="alert">
      <strong>{refusal.title}</strong>
      <pre>{refusal.detail}</pre>
      {place && onGoTo && (
        <button type="button" class="button" onClick={() => onGoTo(position!)}>
          Go to line {place.line}, column {place.column}
        </button>
      )}
    </div>
  )
}

/** Puts text where the caret is, or in place of all there is, so that the browser can undo it. */
function insert(editor: HTMLTextAreaElement, text: string, { all = false } = {}): void {
  editor.focus()
  if (all) editor.select()
  // The one way to change a text field that its undo knows of.
  if (document.execCommand('insertText', false, text)) return
  editor.setRangeText(text, editor.selectionStart, editor.selectionEnd, 'end')
  editor.dispatchEvent(new Event('input', { bubbles: true }))
}

function goTo(editor: HTMLTextAreaElement, offset: number): void {
  editor.focus()
  const word = /^\w+/.exec(editor.value.slice(offset))
  editor.setSelectionRange(offset, offset + (word?.[0].length ?? 1))
}

/** What is in the editor outlives a look at another page. */
let draft = ''

function useDraft(): [string, (sql: string) => void] {
  const [sql, setSql] = useState(draft)
  return [
    sql,
    (next) => {
      draft = next
      setSql(next)
    },
  ]
}
