import type { Inside } from '../core/debug.ts'
import { copy } from './copy.ts'
import { button, element, facts, icon, refill } from './elements.ts'
import type { Records, Seen } from './records.ts'
import {
  clockInWords,
  countOf,
  drawInWords,
  excerptOf,
  indented,
  type Standing,
  standingOf,
  timeInWords,
} from './words.ts'

/** The list of submits, and what is done with it. */
export interface EventsView {
  readonly tools: readonly HTMLElement[]
  readonly list: HTMLElement
  /** Brings it up to date: of one client, or of all. */
  update(picked: Inside | undefined): void
}

export interface EventsViewOptions {
  readonly records: Records
  /** What to call a client; empty where there is no other. */
  nameOf(inside: Inside): string
  /** Says something to whoever does not see it. */
  say(text: string): void
  /** Something was changed here. */
  onChange(): void
}

const PAUSE = 'M5.5 3v10M10.5 3v10'
const PLAY = 'M5 3l8 5-8 5z'
const CLEAR = 'M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5'
const COPY = 'M6 6V3h7v7h-3M3 6h7v7H3z'

export function createEventsView({ records, nameOf, say, onChange }: EventsViewOptions): EventsView {
  const rows = new Map<Seen, Row>()
  const items = element('ul', { 'aria-label': 'Events, newest first' })
  const empty = element('p', { class: 'empty' })
  const note = element('p', { class: 'empty', hidden: '' })
  const list = element('div', {}, note, items, empty)
  /** While it is paused, what it shows. */
  let paused: readonly Seen[] | undefined
  let picked: Inside | undefined

  const filter = element('input', {
    type: 'search',
    placeholder: 'Filter by stream or text',
    'aria-label': 'Filter events by stream, outcome or text',
    autocomplete: 'off',
    spellcheck: 'false',
  })
  filter.addEventListener('input', onChange)
  const pause = button({ class: 'icon' }, () => {
    paused = paused ? undefined : records.seen()
    drawPause()
    onChange()
  })
  const clear = button(
    { class: 'icon', 'aria-label': 'Clear the list', title: 'Clear' },
    () => {
      records.clear()
      if (paused) paused = []
      say('The list is empty')
      onChange()
    },
    icon(CLEAR),
  )
  const copyAll = button(
    { class: 'icon', 'aria-label': 'Copy what is shown, as JSON', title: 'Copy as JSON' },
    () => {
      const all = shown()
      void copy(JSON.stringify(all.map(portable), null, 2), copyAll).then((done) =>
        say(
          done
            ? `${countOf(all.length, 'event')} copied`
            : 'Nothing was copied: the browser does not allow it',
        ),
      )
    },
    icon(COPY),
  )
  drawPause()

  function drawPause(): void {
    const label = paused ? 'Go on' : 'Pause the list'
    pause.setAttribute('aria-label', label)
    pause.setAttribute('aria-pressed', String(Boolean(paused)))
    pause.title = paused ? 'Go on' : 'Pause'
    pause.replaceChildren(icon(paused ? PLAY : PAUSE))
  }

  function shown(): Seen[] {
    const wanted = filter.value.trim().toLowerCase()
    return (paused ?? records.seen()).filter(
      (seen) => (!picked || seen.inside === picked) && (!wanted || textOf(seen).includes(wanted)),
    )
  }

  function update(next: Inside | undefined): void {
    picked = next
    const all = shown()
    const wanted = new Set(all)
    for (const [seen, row] of rows) {
      if (wanted.has(seen)) continue
      row.item.remove()
      rows.delete(seen)
    }
    // All others keep their place, and with it focus and scrolling.
    let cursor = items.firstChild
    for (const seen of all) {
      const row = rows.get(seen) ?? createRow(seen)
      rows.set(seen, row)
      row.update(nameOf(seen.inside))
      if (row.item === cursor) cursor = cursor.nextSibling
      else items.insertBefore(row.item, cursor)
    }
    empty.hidden = all.length > 0
    empty.textContent = records.seen().length
      ? 'No event is like that.'
      : 'Nothing was submitted yet. What the page submits shows here.'
    const missed = paused ? records.seen().filter((seen) => !paused?.includes(seen)).length : 0
    note.hidden = !missed
    note.textContent = `Paused: ${countOf(missed, 'new event')}`
  }

  function createRow(seen: Seen): Row {
    const mark = element('span', { class: 'mark' })
    const chip = element('span', { class: 'chip' })
    const why = element('span', { class: 'why' })
    const debug = element('span', { class: 'mark', hidden: '' }, 'debug')
    const excerpt = element('span', { class: 'excerpt' })
    const more = element('div', { class: 'more', hidden: '' })
    const head = button(
      { class: 'head', 'aria-expanded': 'false' },
      () => {
        more.hidden = !more.hidden
        head.setAttribute('aria-expanded', String(!more.hidden))
        draw(true)
      },
      element(
        'span',
        { class: 'line' },
        element('span', { class: 'name' }, seen.stream || '(no name)'),
        mark,
        debug,
        chip,
        element('span', { class: 'time' }, clockInWords(seen.at)),
      ),
      why,
      excerpt,
    )
    const item = element('li', { class: 'event' }, head, more)
    let drawn = -1

    function draw(anew = false): void {
      if (drawn === seen.version && !anew) return
      drawn = seen.version
      const standing = standingOf(seen)
      chip.textContent = standing.word
      chip.dataset.tone = standing.tone
      // That it was delivered needs no reason.
      why.textContent = standing.tone === 'good' ? drawInWords(seen.explanation) : standing.why
      why.hidden = !why.textContent
      debug.hidden = !seen.explanation?.debug
      excerpt.textContent = excerptOf(seen.given)
      excerpt.hidden = !excerpt.textContent
      if (!more.hidden) refill(more, detailsOf(seen, standing, say))
    }

    return {
      item,
      update: (name) => {
        mark.hidden = !name
        mark.textContent = name
        draw()
      },
    }
  }

  return { tools: [filter, pause, clear, copyAll], list, update }
}

interface Row {
  readonly item: HTMLElement
  /** The name is the client's. */
  update(name: string): void
}

function detailsOf(seen: Seen, { why, tone }: Standing, say: (text: string) => void): HTMLElement[] {
  const { id, inside, at, endedAt, explanation, outcome, sent, given } = seen
  const problems = (outcome?.kind === 'dropped' && outcome.problems) || []
  const text = sent ?? given
  const copyOne = button(
    { class: 'tool' },
    () => {
      void copy(indented(seen.sent ?? seen.given), copyOne).then((done) =>
        say(done ? 'Copied' : 'Not copied'),
      )
    },
    'Copy',
  )
  const revision = explanation?.config?.revision
  return [
    ...(problems.length
      ? [
          element('h3', {}, 'Problems'),
          element(
            'ul',
            { class: 'problems' },
            ...problems.map(({ path, keyword, message }) =>
              element(
                'li',
                {},
                element('code', {}, path || '(the event)'),
                ' ',
                element('b', {}, keyword),
                message && ` ${message}`,
              ),
            ),
          ),
        ]
      : []),
    element('h3', {}, sent ? 'The event as it is sent' : 'As it was handed over', text && copyOne),
    text
      ? element('pre', { tabindex: '0' }, indented(text))
      : element('p', { class: 'quiet' }, 'It has no JSON.'),
    element('h3', {}, 'About it'),
    facts([
      // Else it stands above.
      ['Why', tone === 'good' && why],
      ['Id', element('span', { class: 'mono' }, id)],
      ['Client', element('span', { class: 'mono' }, inside.client)],
      ['Sampling', drawInWords(explanation) || 'every event'],
      ['Goes to', explanation?.config?.url],
      ['Config', revision && `revision ${revision}`],
      ['Took', endedAt !== undefined && timeInWords(endedAt - at)],
    ]),
  ]
}

/** What a filter looks in. */
function textOf(seen: Seen): string {
  const { word, why } = standingOf(seen)
  return `${seen.stream}\n${word}\n${why}\n${seen.id}\n${seen.sent ?? seen.given}`.toLowerCase()
}

/** A submit as JSON for others to read. */
function portable(seen: Seen): object {
  const { word, why } = standingOf(seen)
  const { id, stream, at, inside, outcome, sent, given } = seen
  const text = sent ?? given
  return {
    at: new Date(at).toISOString(),
    stream,
    id,
    client: inside.client,
    standing: word,
    why,
    outcome,
    event: text ? JSON.parse(text) : undefined,
  }
}
