// What a soak has shown, and whether that is what was promised. Knows nothing of browsers and servers.

/**
 * @typedef {object} Record all times in ms since 1970
 * @property {ReadonlyMap<string, number>} submitted by id: when
 * @property {ReadonlyMap<string, number>} stored by id: in how many lines
 * @property {readonly number[]} kills
 * @property {readonly Pick<import('./faulty-intake.mjs').Post, 'at' | 'sentAt' | 'fault'>[]} posts
 * @property {readonly import('./faulty-intake.mjs').Rest[]} rests
 * @property {readonly HeapSample[]} heap
 * @property {Readonly<globalThis.Record<string, number>>} left events in IndexedDB at the end, by stream
 * @property {Readonly<globalThis.Record<string, number>>} dropped by reason
 * @property {Losses} losses
 * @property {readonly string[]} complaints
 */

/** The JS heap behind a garbage collection. @typedef {{ life: number, events: number, bytes: number }} HeapSample */

/**
 * A row of `rivulet loss`, as far as it matters here.
 *
 * @typedef {object} Losses
 * @property {number} submitted
 * @property {number} delivered
 * @property {number} missing_in_the_middle
 * @property {number} missing_at_the_end
 * @property {number} unknown
 */

/** @typedef {{ what: string, found: string, wanted: string, good: boolean }} Finding */

/** As the promise has it: an event is durable after so many ms, so that a kill before may take it. */
const DURABLE_WITHIN = 75
/** For an answer to get through to the page: a request may have crossed it. */
const CROSSES_WITHIN = 100
const MOST_IN_10_S = 6
/** Of the heap, in bytes for each event: half of what it costs to hold on to no more than its id. */
const FLAT = 25
/** By then all of the page's code has run: what V8 keeps for code grows until it has. */
const WARM_AFTER = 2000
const FEWEST_SAMPLES = 10
const NONE = '0'

/**
 * @param {Record} record
 * @returns {Finding[]}
 */
export function judge({ submitted, stored, kills, posts, rests, heap, left, dropped, losses, complaints }) {
  const missing = [...submitted].filter(([id]) => !stored.has(id))
  const isAtRisk = ([, at] = /** @type {[string, number]} */ (['', 0])) =>
    kills.some((kill) => at <= kill && kill < at + DURABLE_WITHIN)
  const atRisk = [...submitted].filter(isAtRisk)
  const lost = missing.filter((event) => !isAtRisk(event)).length
  const twice = [...stored.values()].filter((lines) => lines > 1).length
  const busiest = mostWithin(
    posts.filter(({ fault }) => fault === 'unavailable').map(({ at }) => at),
    10_000,
  )
  const early = posts.filter(({ sentAt }) =>
    rests.some(({ from, until }) => from + CROSSES_WITHIN < sentAt && sentAt < until),
  ).length
  const growth = growthOf(heap)
  const missed = losses.missing_in_the_middle + losses.missing_at_the_end + losses.unknown
  const remains = inWords(left)
  const drops = inWords(dropped)
  return [
    finding('events lost', lost, 'none', !lost),
    finding(
      `submitted in the last ${DURABLE_WITHIN} ms before a kill, and lost`,
      `${missing.filter(isAtRisk).length} of ${atRisk.length}`,
      'may be',
      true,
    ),
    finding('events stored in more than one line', twice, 'none', !twice),
    finding('events dropped', drops, 'none', drops === NONE),
    finding(
      '`rivulet loss`: delivered of submitted, and missing',
      `${losses.delivered} of ${losses.submitted}, ${missed}`,
      `all ${stored.size}, 0`,
      losses.delivered === stored.size && losses.submitted === stored.size && !missed,
    ),
    finding('requests in any 10 s of 503, at most', busiest, `${MOST_IN_10_S}`, busiest <= MOST_IN_10_S),
    finding('requests before a Retry-After was over', early, `none (${rests.length} waits)`, !early),
    finding(
      'JS heap behind a collection, growth for each event',
      Number.isNaN(growth) ? 'too short to tell' : `${growth.toFixed(1)} bytes`,
      `under ${FLAT}`,
      !(growth >= FLAT),
    ),
    finding('events left in IndexedDB', remains, 'none', remains === NONE),
    finding('exceptions and errors in the console', complaints.length, 'none', !complaints.length),
  ]
}

/** @param {Readonly<globalThis.Record<string, number>>} counts */
function inWords(counts) {
  const words = Object.entries(counts).map(([name, count]) => `${name} ${count}`)
  return words.join(', ') || NONE
}

/**
 * @param {string} what
 * @param {string | number} found
 * @param {string} wanted
 * @param {boolean} good
 */
function finding(what, found, wanted, good) {
  return { what, found: `${found}`, wanted, good }
}

/**
 * The most of these times, which are in order, that lie within `ms`.
 *
 * @param {readonly number[]} times
 * @param {number} ms
 */
export function mostWithin(times, ms) {
  return times.reduce(
    (most, start, i) => Math.max(most, times.slice(i).filter((at) => at < start + ms).length),
    0,
  )
}

/**
 * How much the heap grows with each event submitted, in bytes: the slope of the straight line through the samples of
 * the last life, by least squares. NaN where they are too few to draw it.
 *
 * @param {readonly HeapSample[]} samples
 */
export function growthOf(samples) {
  const last = samples.at(-1)?.life
  const warm = samples.filter(({ life, events }) => life === last && events >= WARM_AFTER)
  if (warm.length < FEWEST_SAMPLES) return Number.NaN
  const middle = mean(warm.map(({ events }) => events))
  const average = mean(warm.map(({ bytes }) => bytes))
  const rise = warm.reduce((sum, { events, bytes }) => sum + (events - middle) * (bytes - average), 0)
  return rise / warm.reduce((sum, { events }) => sum + (events - middle) ** 2, 0)
}

/** @param {readonly number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
