import { useState } from 'preact/hooks'
import type { Views } from '../contract.ts'
import { quoted } from './sql-text.ts'

/** What can be asked about; a name that is chosen goes into the query. */
export function ViewList({ views, onInsert }: { views: Views['views']; onInsert: (text: string) => void }) {
  if (views.length === 0)
    return <p class="quiet">No views yet. There is one for each stream, once it has events.</p>
  return (
    <ul class="views">
      {views.map((view) => (
        <li key={view.name}>
          <ViewEntry view={view} onInsert={onInsert} />
        </li>
      ))}
    </ul>
  )
}

function ViewEntry({ view, onInsert }: { view: Views['views'][number]; onInsert: (text: string) => void }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{view.name}</summary>
      {isOpen && (
        <ul class="view-columns">
          <li>
            <Insert name={view.name} onInsert={onInsert} hint="the view’s name" />
          </li>
          {view.columns.map(({ name, type }) => (
            <li key={name}>
              <Insert name={name} onInsert={onInsert} hint={type.toLowerCase()} />
            </li>
          ))}
        </ul>
      )}
    </details>
  )
}

function Insert(props: { name: string; hint: string; onInsert: (text: string) => void }) {
  const { name, hint, onInsert } = props
  return (
    <button
      type="button"
      class="insert"
      title={`Insert ${quoted(name)}`}
      onClick={() => onInsert(quoted(name))}
    >
      <span class="insert-name">{name}</span> <span class="type">{hint}</span>
    </button>
  )
}
