import type { Inside } from '../core/debug.ts'
import { element } from './elements.ts'

/** What the clients have counted, by stream. */
export function ledgerView(insides: readonly Inside[]): Node[] {
  const counts = countsOf(insides)
  if (!counts.size) return [element('p', { class: 'empty' }, 'Nothing was counted yet.')]
  return [...counts].sort().map(([stream, found]) => {
    const { submitted = 0, delivered = 0, ...dropped } = Object.fromEntries(found)
    const queued = Object.values(dropped).reduce((left, count) => left - count, submitted - delivered)
    const numbers = Object.entries({ submitted, delivered, ...dropped, queued })
    return element(
      'div',
      { class: 'block' },
      element('h3', {}, element('span', {}, stream || '(no name)')),
      element(
        'p',
        { class: 'numbers' },
        ...numbers
          .filter(([, count]) => count)
          .map(([word, count]) =>
            element('span', {}, element('b', {}, count.toLocaleString('en')), ` ${word.replace(/-/g, ' ')}`),
          ),
      ),
    )
  })
}

/** Of all clients together: they count each for itself. */
function countsOf(insides: readonly Inside[]): Map<string, Map<string, number>> {
  const sums = new Map<string, Map<string, number>>()
  for (const inside of insides) {
    for (const [stream, counts] of Object.entries(inside.ledger())) {
      const sum = sums.get(stream) ?? new Map<string, number>()
      sums.set(stream, sum)
      for (const [word, count] of Object.entries(counts)) sum.set(word, (sum.get(word) ?? 0) + count)
    }
  }
  return sums
}
