import { useLayoutEffect, useState } from 'preact/hooks'
import { read } from '../api.ts'
import type { StreamChange, StreamRow, Streams } from '../contract.ts'
import { Empty, Failure, Loading } from '../notices.tsx'
import { useResource } from '../resource.ts'
import { hashOf } from '../route.ts'
import type { PageProps } from '../page.ts'
import { ChangeDialog } from '../streams/change-dialog.tsx'
import { changeOf, type Draft } from '../streams/draft.ts'
import { HistoryOfChanges } from '../streams/history.tsx'
import { Row, stateControlId } from '../streams/stream-row.tsx'
import { sampleText, stateText } from '../streams/words.ts'

const REFRESH_EVERY = 5_000

export function StreamsPage({ rest }: PageProps) {
  return rest[0] === 'history' ? <HistoryOfChanges /> : <AllStreams />
}

/** What is looked at in the dialog. */
interface Review {
  readonly row: StreamRow
  readonly change: StreamChange
  readonly base: Streams
}

function AllStreams() {
  const { data, failure, reload } = useResource<Streams>('/api/streams', { every: REFRESH_EVERY })
  const [drafts, setDrafts] = useState<ReadonlyMap<string, Draft>>(new Map())
  const [filter, setFilter] = useState('')
  // As they were when the reader opened the dialog: what is read since then must not change under it.
  const [review, setReview] = useState<Review>()
  const [done, setDone] = useState<{ stream: string; text: string }>()
  useLayoutEffect(() => {
    // The button that had the focus is gone with the edit.
    if (done && document.activeElement === document.body)
      document.getElementById(stateControlId(done.stream))?.focus()
  }, [done])

  const edit = (stream: string, draft: Draft | undefined) =>
    setDrafts((last) => {
      const others = [...last].filter(([name]) => name !== stream)
      return new Map(draft ? [...others, [stream, draft]] : others)
    })

  if (!data)
    return failure ? <Failure refusal={failure} onRetry={reload} /> : <Loading what="the streams" rows={8} />

  const rows = data.streams.filter((row) => matches(row, filter))

  const lookAgain = async ({ row: { stream } }: Review) => {
    const base = await read<Streams>('/api/streams')
    const row = base.streams.find((row) => row.stream === stream)
    const change = row && changeOf(row, drafts.get(stream)!)
    if (row && change) return setReview({ row, change, base })
    setReview(undefined)
    finish(stream, row ? `${stream} is like that already.` : `${stream} is no longer in the config.`)
  }

  const finish = async (stream: string, text: string) => {
    await reload()
    edit(stream, undefined)
    setDone({ stream, text })
  }

  return (
    <>
      <div class="toolbar">
        <input
          type="search"
          aria-label="Filter by name"
          placeholder="Filter by name"
          value={filter}
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
        />
        <p class="quiet small">
          {rows.length === data.streams.length
            ? `${data.streams.length} streams`
            : `${rows.length} of ${data.streams.length} streams`}
          , revision {data.revision}
        </p>
        <p role="status" class="done">
          {done?.text}
        </p>
        <a class="at-end" href={hashOf('streams', 'history')}>
          History
        </a>
      </div>
      {failure && <Failure refusal={failure} onRetry={reload} />}
      {data.readOnly && (
        <p class="read-only">
          <strong>Read only.</strong> {data.readOnly} The file is {data.file}.
        </p>
      )}
      {data.streams.length === 0 && (
        <Empty>There are no streams in {data.file} yet. Add one there; it appears here.</Empty>
      )}
      {data.streams.length > 0 && rows.length === 0 && <Empty>No stream is called like “{filter}”.</Empty>}
      {rows.length > 0 && (
        <table class="streams-table">
          <thead>
            <tr>
              <th scope="col">Stream</th>
              <th scope="col">State</th>
              <th scope="col">Sample</th>
              <th scope="col">Events a minute</th>
              <th scope="col">Rejected</th>
              <th scope="col">Lost</th>
              <th scope="col">Last change</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row
                key={row.stream}
                row={row}
                draft={drafts.get(row.stream)}
                isReadOnly={data.readOnly !== undefined}
                onEdit={(draft) => edit(row.stream, draft)}
                onReview={(change) => setReview({ row, change, base: data })}
              />
            ))}
          </tbody>
        </table>
      )}
      {review && (
        <ChangeDialog
          title={`Change ${review.row.stream}`}
          summary={summaryOf(review)}
          proposal={{ changes: [review.change] }}
          base={review.base}
          onLookAgain={() => lookAgain(review)}
          onSaved={(revision) =>
            finish(review.row.stream, `${review.row.stream} is changed: revision ${revision}.`)
          }
          onClose={() => setReview(undefined)}
        />
      )}
    </>
  )
}

function matches({ stream, schemaTitle }: StreamRow, filter: string): boolean {
  const wanted = filter.trim().toLowerCase()
  return stream.toLowerCase().includes(wanted) || (schemaTitle ?? '').toLowerCase().includes(wanted)
}

function summaryOf({ row, change: { state, sample } }: Review): readonly string[] {
  return [
    ...(row.pattern === undefined
      ? []
      : [`The settings are those of ${row.pattern}: the change is for every stream that it matches.`]),
    ...(state === undefined ? [] : [`State: ${stateText(row.state)} → ${stateText(state)}`]),
    ...(sample === undefined
      ? []
      : [
          `Sample: ${sampleText(row.unit, row.rate)} → ${sampleText(sample?.unit ?? null, sample?.rate ?? 1)}`,
        ]),
  ]
}
