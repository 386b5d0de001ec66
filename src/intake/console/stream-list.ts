import { element } from './element.ts'
import type { Counts } from './records.ts'

interface StreamListOptions {
  readonly list: HTMLElement
  /** Called with the stream that the reader picks, or nothing for all of them. */
  readonly onChoose: (stream: string | undefined) => void
}

export interface StreamList {
  /** Shows these counts, and the chosen stream as such. */
  paint(counts: ReadonlyMap<string, Counts>, chosen: string | undefined): void
}

interface Entry {
  readonly item: HTMLElement
  paint(counts: Counts, isChosen: boolean): void
}

const HUES = 8
const PRIME = 10_007

/** The streams by name, each a button with its counts that narrows the list of events to it. */
export function createStreamList({ list, onChoose }: StreamListOptions): StreamList {
  const all = createEntry('All streams', () => onChoose(undefined))
  const entries = new Map<string, Entry>()
  list.append(all.item)

  const add = (stream: string): Entry => {
    const entry = createEntry(stream, () => onChoose(stream))
    entry.item.dataset.hue = hueOf(stream)
    entries.set(stream, entry)
    // Only the new one is put in its place: moving the others would take the focus from the one that has it.
    const following = [...entries.keys()].sort().find((name) => name > stream)
    list.insertBefore(entry.item, (following && entries.get(following)?.item) || null)
    return entry
  }

  return {
    paint(counts, chosen) {
      all.paint(sumOf([...counts.values()]), chosen === undefined)
      for (const [stream, count] of counts) {
        const entry = entries.get(stream) ?? add(stream)
        entry.paint(count, chosen === stream)
      }
    },
  }
}

/** One of the few hues of the style sheet, for the eye to tell streams apart; the same one on every visit. */
export function hueOf(stream: string): string {
  const hue = [...stream].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % PRIME, 0)
  return String(hue % HUES)
}

function createEntry(name: string, onClick: () => void): Entry {
  const accepted = element('span', { className: 'accepted-count' })
  const rejected = element('span', { className: 'rejected-count' })
  const button = element(
    'button',
    { type: 'button', title: name, onclick: onClick },
    element('span', { className: 'stream-name' }, name),
    ' ',
    accepted,
    ' ',
    rejected,
  )

  return {
    item: element('li', {}, button),
    paint(counts, isChosen) {
      setText(accepted, `${counts.accepted.toLocaleString('en')} accepted`)
      setText(rejected, counts.rejected ? `${counts.rejected.toLocaleString('en')} rejected` : '')
      button.setAttribute('aria-pressed', String(isChosen))
    },
  }
}

function sumOf(counts: readonly Counts[]): Counts {
  const sum = (kind: keyof Counts) => counts.reduce((total, each) => total + each[kind], 0)
  return { accepted: sum('accepted'), rejected: sum('rejected') }
}

/** Leaves the page alone where nothing changed, which most counts do not from one frame to the next. */
function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text
}
