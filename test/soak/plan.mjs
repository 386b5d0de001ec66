// What goes wrong in a soak, and when: the same for the same seed.

/**
 * How the intake fails:
 * `down` nobody listens; `unavailable` 503; `limited` 429 with Retry-After; `cut` the connection breaks before the
 * intake has read the events; `unheard` it breaks after it has stored them; `slow` the answer takes seconds.
 *
 * @typedef {'down' | 'unavailable' | 'limited' | 'cut' | 'unheard' | 'slow'} Fault
 */

/**
 * What ends the page's life: it is loaded again, its renderer is killed, or its tab is closed and another one opened.
 *
 * @typedef {'reload' | 'kill' | 'close'} End
 */

/**
 * @typedef {object} Episode all times in ms since the soak began
 * @property {Fault} fault
 * @property {number} start
 * @property {number} end
 * @property {{ start: number, end: number } | undefined} hidden when another tab is in front
 * @property {{ how: End, at: number } | undefined} last when the page's life ends
 */

/** @type {readonly Fault[]} */
export const FAULTS = ['unavailable', 'down', 'limited', 'unheard', 'cut', 'slow']
/** @type {readonly End[]} */
export const ENDS = ['kill', 'reload', 'close']

/** The first visit needs its stream config. */
const UNDISTURBED = 10_000
/** Each fault lasts for 10 s at least: the verdict counts the requests in 10 s of 503. */
const SHORTEST = 10_000
const LONGEST = 30_000
const SHORTEST_PAUSE = 10_000
const LONGEST_PAUSE = 60_000
/** In the first half a page ends in one of so many episodes; that of the second lives on, to show whether it grows. */
const ENDS_EACH = 3

/**
 * @param {{ random: () => number, ms: number }} options
 * @returns {Episode[]}
 */
export function planOf({ random, ms }) {
  const between = (/** @type {number} */ least, /** @type {number} */ most) =>
    Math.round(least + random() * (most - least))
  const nextFault = cycling(FAULTS, random)
  const nextEnd = cycling(ENDS, random)
  /** @type {Episode[]} */
  const episodes = []
  for (let start = UNDISTURBED; ; ) {
    const end = start + between(SHORTEST, LONGEST)
    if (end > ms) return episodes
    const fault = nextFault()
    const hides = random() < 1 / 3
    const from = between(start, end)
    const hidden = hides ? { start: from, end: from + between(2000, 15_000) } : undefined
    // A page may also end while it recovers.
    const at = between(start, end + SHORTEST_PAUSE)
    const ends = at < ms / 2 && episodes.length % ENDS_EACH === 1
    const last = ends ? { how: nextEnd(), at } : undefined
    episodes.push({ fault, start, end, hidden, last })
    start = end + between(SHORTEST_PAUSE, LONGEST_PAUSE)
  }
}

/**
 * Each in turn, in a new order each round: a short soak has all kinds, too.
 *
 * @template Kind
 * @param {readonly Kind[]} kinds
 * @param {() => number} random
 * @returns {() => Kind}
 */
function cycling(kinds, random) {
  /** @type {Kind[]} */
  let left = []
  return () => {
    if (!left.length) left = [...kinds]
    const [kind] = left.splice(Math.floor(random() * left.length), 1)
    return /** @type {Kind} */ (kind)
  }
}
