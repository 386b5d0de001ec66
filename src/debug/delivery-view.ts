import type { Inside } from '../core/debug.ts'
import { element, facts } from './elements.ts'
import { queuedBy, sumOf } from './queue-view.ts'
import { hostOf, restLeft, timeInWords, type Tone } from './words.ts'

/** The way to a destination, as these clients know it. */
export interface Destination {
  readonly url: string
  /** In a row. */
  readonly failures: number
  /** In ms since 1970, of the last failure. */
  readonly since: number
  /** In ms, until it is tried again. */
  readonly left: number
  /** Why nothing gets through; empty where that is not clear. */
  readonly trouble: string
  /** Whether this page has sent something there. */
  readonly isKnown: boolean
}

/** All that something goes to, or waits for. */
export function destinations(insides: readonly Inside[], now: number): Destination[] {
  const urls = new Set([
    ...insides.flatMap(({ routes }) => [...routes.keys()]),
    ...queuedBy(insides).map(({ url }) => url),
  ])
  urls.delete('')
  return [...urls].map((url) => {
    const routes = insides.flatMap((inside) => inside.routes.get(url) ?? [])
    // All of them read what is shared; where nothing can be, the newest is what counts.
    const rests = routes.map((route) => route.rest())
    const rest = rests.sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0))[0] ?? [0, 0, 0]
    const [failures = 0, since = 0] = rest
    const trouble = routes.map((route) => route.trouble()).find(Boolean) ?? ''
    return { url, failures, since, left: restLeft(rest, now), trouble, isKnown: routes.length > 0 }
  })
}

export function deliveryView(insides: readonly Inside[], now: number): Node[] {
  const queued = queuedBy(insides)
  const all = destinations(insides, now)
  if (!all.length) {
    return [
      element('p', { class: 'empty' }, 'Nothing was sent from this page yet, and nothing waits for it.'),
    ]
  }
  return all.map((destination) => {
    const { url, failures, since } = destination
    const waiting = queued.filter((event) => event.url === url)
    const [tone, state] = stateOf(destination)
    return element(
      'div',
      { class: 'block' },
      element('h3', {}, element('span', {}, url)),
      element('p', { class: 'state', 'data-tone': tone }, state),
      facts([
        ['Waiting', waiting.length ? sumOf(waiting, now) : 'nothing'],
        ['Failures', failures > 0 && `${failures} in a row, the last ${timeInWords(now - since)} ago`],
        ['Network', navigator.onLine === false && 'the browser says that it is offline'],
      ]),
    )
  })
}

/** `is unreachable: next try in 12 s`. */
export function stateOf({ failures, left, trouble, isKnown }: Destination): [tone: Tone, state: string] {
  const next = `next try ${left ? `in ${secondsInWords(left)}` : 'now'}`
  if (failures) return ['bad', `${trouble ? `is ${trouble}` : 'fails'}: ${next}`]
  if (left) return ['wait', `refuses what it gets: ${next}`]
  return isKnown ? ['good', 'takes events'] : ['wait', 'not asked yet by this page']
}

/** Up, so that a countdown does not end at 0 while it still waits. */
function secondsInWords(ms: number): string {
  return timeInWords(Math.ceil(ms / 1000) * 1000)
}

/** What keeps events from going, in one line; the first thing only. */
export function alertOf(insides: readonly Inside[], now: number): { tone: Tone; text: string } | undefined {
  const down = destinations(insides, now).find(({ failures }) => failures > 0)
  if (down) {
    const [tone, state] = stateOf(down)
    return { tone, text: `${hostOf(down.url)} ${state}` }
  }
  for (const inside of insides) {
    const { consent, config, trouble } = inside.explain('')
    if (consent === 'denied') return { tone: 'quiet', text: 'Consent is denied: events are dropped' }
    if (consent === 'pending') return { tone: 'quiet', text: 'Consent is pending: events are held in memory' }
    if (trouble) return { tone: 'quiet', text: `Stream config was not taken: ${trouble}` }
    if (!config) return { tone: 'quiet', text: 'No stream config is known yet: events wait undecided' }
  }
  return undefined
}
