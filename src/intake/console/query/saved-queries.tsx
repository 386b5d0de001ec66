import { useEffect, useRef, useState } from 'preact/hooks'
import { type Refusal, send } from '../api.ts'
import type { SavedQueries } from '../contract.ts'
import { Failure } from '../notices.tsx'
import type { Resource } from '../resource.ts'

/** A query that has a name. */
export type SavedQuery = SavedQueries['queries'][number]

/** The queries that are kept, to be chosen and deleted. */
export function SavedQueryList(props: {
  saved: Resource<SavedQueries>
  onChoose: (query: SavedQuery) => void
}) {
  const { saved, onChoose } = props
  const [asked, setAsked] = useState<string>()
  const [refusal, setRefusal] = useState<Refusal>()

  const remove = async (name: string) => {
    setAsked(undefined)
    setRefusal(undefined)
    await send('DELETE', pathOf(name), {}).then(saved.reload, setRefusal)
  }

  return (
    <>
      {saved.failure && <Failure refusal={saved.failure} onRetry={saved.reload} />}
      {refusal && <Failure refusal={refusal} />}
      {saved.data?.queries.length === 0 && (
        <p class="quiet">None yet. Give a query a name and save it: all who use this console find it here.</p>
      )}
      <ul class="saved">
        {saved.data?.queries.map((query) =>
          asked === query.name ? (
            <li key={query.name}>
              <Confirm name={query.name} onYes={() => remove(query.name)} onNo={() => setAsked(undefined)} />
            </li>
          ) : (
            <li key={query.name}>
              <button type="button" class="insert" title={query.sql} onClick={() => onChoose(query)}>
                {query.name}
              </button>
              <button
                type="button"
                class="button"
                aria-label={`Delete ${query.name}`}
                onClick={() => setAsked(query.name)}
              >
                Delete
              </button>
            </li>
          ),
        )}
      </ul>
    </>
  )
}

function Confirm({ name, onYes, onNo }: { name: string; onYes: () => void; onNo: () => void }) {
  const keep = useRef<HTMLButtonElement>(null)
  useEffect(() => keep.current?.focus(), [])
  return (
    <fieldset class="confirm">
      <legend>Delete “{name}” for everyone?</legend>
      <button type="button" class="button" onClick={onYes}>
        Yes, delete
      </button>
      <button ref={keep} type="button" class="button" onClick={onNo}>
        Keep
      </button>
    </fieldset>
  )
}

/** Keeps the query of the editor under a name. */
export function SaveQuery(props: {
  sql: string
  name: string
  onName: (name: string) => void
  saved: Resource<SavedQueries>
}) {
  const { sql, name, onName, saved } = props
  const [refusal, setRefusal] = useState<Refusal>()
  const [done, setDone] = useState('')
  const isThere = saved.data?.queries.some((query) => query.name === name.trim()) ?? false

  const save = async (event: SubmitEvent) => {
    event.preventDefault()
    setRefusal(undefined)
    setDone('')
    await send('PUT', pathOf(name.trim()), { sql }).then(async () => {
      await saved.reload()
      setDone(`Saved as “${name.trim()}”.`)
    }, setRefusal)
  }

  return (
    <>
      <form class="save-query" onSubmit={save}>
        <label class="labelled">
          Save as
          <input
            value={name}
            required
            pattern=".*\S.*"
            maxLength={80}
            spellcheck={false}
            onInput={({ currentTarget }) => onName(currentTarget.value)}
          />
        </label>
        <button type="submit" class="button" disabled={sql.trim() === ''}>
          {isThere ? 'Replace' : 'Save'}
        </button>
        <p class="quiet" role="status">
          {done}
        </p>
      </form>
      {refusal && <Failure refusal={refusal} />}
    </>
  )
}

const pathOf = (name: string): string => `/api/queries/${encodeURIComponent(name)}`
