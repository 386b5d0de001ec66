import type { Inside } from '../core/debug.ts'
import type { QueuedEvent } from '../core/queue.ts'
import { element } from './elements.ts'
import { bytesInWords, countOf, shortId, timeInWords } from './words.ts'

/** As many of a destination are listed. */
const MOST = 100

/** What is queued, as these clients know it: they share one queue. */
export function queuedBy(insides: readonly Inside[]): readonly QueuedEvent[] {
  const byId = new Map(insides.flatMap((inside) => inside.queued().map((event) => [event.id, event])))
  return [...byId.values()]
}

/** The queue, by destination. */
export function queueView(insides: readonly Inside[], now: number): Node[] {
  const queued = queuedBy(insides)
  if (!queued.length)
    return [element('p', { class: 'empty' }, 'Nothing waits. All that was queued has come to its end.')]
  const urls = [...new Set(queued.map(({ url }) => url))]
  return urls.map((url) => {
    const events = queued.filter((event) => event.url === url)
    return element(
      'div',
      { class: 'block' },
      element('h3', {}, element('span', {}, url || 'Undecided: no config or schema yet, or no consent')),
      element('p', { class: 'quiet sum' }, sumOf(events, now)),
      element('ul', { class: 'rows' }, ...events.slice(0, MOST).map((event) => row(event, insides, now))),
      events.length > MOST &&
        element('p', { class: 'quiet' }, `and ${countOf(events.length - MOST, 'more event')}`),
    )
  })
}

/** `3 events, 1.2 kB, the oldest for 12 s`. */
export function sumOf(events: readonly QueuedEvent[], now: number): string {
  const bytes = events.reduce((sum, event) => sum + event.bytes, 0)
  const oldest = Math.min(...events.map(sinceOf))
  const age = Number.isFinite(oldest) ? `, the oldest for ${timeInWords(now - oldest)}` : ''
  return `${countOf(events.length, 'event')}, ${bytesInWords(bytes)}${age}`
}

function row(event: QueuedEvent, insides: readonly Inside[], now: number): HTMLElement {
  const { id, stream, bytes, client, debug, volatile } = event
  const since = sinceOf(event)
  const isOurs = insides.some((inside) => inside.client === client)
  const mark = (text: string) => element('span', { class: 'mark' }, text)
  return element(
    'li',
    {},
    element('span', { class: 'name', title: stream }, stream),
    debug && mark('debug'),
    volatile && mark('memory'),
    !isOurs && mark('other page'),
    element('span', { class: 'n mono id', title: id }, shortId(id)),
    element('span', { class: 'n bytes' }, bytesInWords(bytes)),
    element('span', { class: 'n age' }, Number.isFinite(since) ? timeInWords(now - since) : ''),
  )
}

/** A UUIDv7 begins with its time, in ms since 1970; of another id it is not known. */
function sinceOf({ id }: QueuedEvent): number {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(id) ?? []
  return high ? Number.parseInt(`${high}${low}`, 16) : Number.POSITIVE_INFINITY
}
