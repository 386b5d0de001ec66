import { countText } from '../format.ts'
import type { Counts } from './records.ts'
import { hueOf } from './stream-hue.ts'

interface StreamListProps {
  readonly counts: ReadonlyMap<string, Counts>
  readonly chosen: string | undefined
  /** Called with the stream that the reader picks, or nothing for all of them. */
  readonly onChoose: (stream: string | undefined) => void
}

/** The streams by name, each a button with its counts that narrows the list of events to it. */
export function StreamList({ counts, chosen, onChoose }: StreamListProps) {
  const byName = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  return (
    <nav class="streams" aria-labelledby="streams-title">
      <h2 id="streams-title">Streams</h2>
      <ul>
        <Entry
          name="All streams"
          counts={sumOf([...counts.values()])}
          isChosen={chosen === undefined}
          onClick={() => onChoose(undefined)}
        />
        {byName.map(([stream, counts]) => (
          <Entry
            key={stream}
            name={stream}
            hue={hueOf(stream)}
            counts={counts}
            isChosen={chosen === stream}
            onClick={() => onChoose(stream)}
          />
        ))}
      </ul>
      <p class="counting quiet">
        Counts what this page has seen: the latest events before it opened, and all since.
      </p>
    </nav>
  )
}

interface EntryProps {
  readonly name: string
  readonly hue?: string
  readonly counts: Counts
  readonly isChosen: boolean
  readonly onClick: () => void
}

function Entry({ name, hue, counts: { accepted, rejected }, isChosen, onClick }: EntryProps) {
  return (
    <li data-hue={hue}>
      <button type="button" title={name} aria-pressed={isChosen} onClick={onClick}>
        <span class="stream-name">{name}</span>{' '}
        <span class="accepted-count">{countText(accepted)} accepted</span>{' '}
        <span class="rejected-count">{rejected > 0 && `${countText(rejected)} rejected`}</span>
      </button>
    </li>
  )
}

function sumOf(counts: readonly Counts[]): Counts {
  const sum = (kind: keyof Counts) => counts.reduce((total, each) => total + each[kind], 0)
  return { accepted: sum('accepted'), rejected: sum('rejected') }
}
