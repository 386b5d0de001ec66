import { useState } from 'preact/hooks'
import { read } from '../api.ts'
import type { History, Streams } from '../contract.ts'
import { dateText } from '../format.ts'
import { Empty, Failure, Loading } from '../notices.tsx'
import { useResource } from '../resource.ts'
import { hashOf } from '../route.ts'
import { type Base, ChangeDialog } from './change-dialog.tsx'
import { Differences } from './differences.tsx'

const REFRESH_EVERY = 5_000

/** The revisions of the config, newest first, and the way back to each. */
export function HistoryOfChanges() {
  const { data, failure, reload } = useResource<History>('/api/history', { every: REFRESH_EVERY })
  const streams = useResource<Streams>('/api/streams', { every: REFRESH_EVERY })
  const [chosen, setChosen] = useState<{ revision: string; base: Base }>()
  const [saved, setSaved] = useState<string>()
  const isReadOnly = streams.data === undefined || streams.data.readOnly !== undefined

  return (
    <>
      <div class="toolbar">
        <a href={hashOf('streams')}>Back to the streams</a>
        <p role="status" class="done">
          {saved && `Saved as revision ${saved}.`}
        </p>
      </div>
      {failure && <Failure refusal={failure} onRetry={reload} />}
      {!data && !failure && <Loading what="the history" />}
      {data?.revisions.length === 0 && (
        <Empty>The config has not been changed since this intake first read it.</Empty>
      )}
      {data && data.revisions.length > 0 && (
        <ol class="revisions">
          {data.revisions.map(({ revision, at, author, reason, changes }, index) => (
            <li key={revision}>
              <div class="of-revision">
                <h2>{reason ?? (isBeginning(data, index) ? 'As first read' : 'Edited in the file')}</h2>
                <p class="quiet small">
                  {author && `${author}, `}
                  <time dateTime={at}>{dateText(at)}</time>, revision {revision}
                </p>
                {!isBeginning(data, index) && <Differences differences={changes} />}
              </div>
              {index === 0 ? (
                <span class="quiet small">In force</span>
              ) : (
                <button
                  type="button"
                  class="button"
                  disabled={isReadOnly}
                  aria-label={`Return to revision ${revision}`}
                  onClick={() => setChosen({ revision, base: streams.data! })}
                >
                  Return to this
                </button>
              )}
            </li>
          ))}
        </ol>
      )}
      {chosen && (
        <ChangeDialog
          title={`Return to revision ${chosen.revision}`}
          summary={[
            'The whole config becomes what it was then, as a new revision. What came after stays in the history.',
          ]}
          proposal={{ revision: chosen.revision }}
          base={chosen.base}
          onLookAgain={async () => {
            const base = await read<Streams>('/api/streams')
            setChosen({ ...chosen, base })
            await reload()
          }}
          onSaved={async (revision) => {
            await Promise.all([reload(), streams.reload()])
            setSaved(revision)
          }}
          onClose={() => setChosen(undefined)}
        />
      )}
    </>
  )
}

/** Whether a revision is what the intake found at its first start, which nobody changed into it. */
function isBeginning({ revisions }: History, index: number): boolean {
  const { author, changes } = revisions[index]!
  return index === revisions.length - 1 && author === null && changes.length === 0
}
