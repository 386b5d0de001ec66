// Pages that die without a word, of visitors who do not come back: how much of it arrives, with fetchLater as a net
// and without it?
import { killRenderers } from '../support/chromium.mjs'
import { untilStored } from './lab.mjs'
import { rounded } from './statistics.mjs'
import { startWitness } from './witness.mjs'

export const name = 'fetch-later'

const NET = '/dist/fetch-later.js'
const EVENTS = 5
/** How long after its last event a page is killed, in ms: before and after a batch would have gone, which is at 1,000. */
const KILLED_AFTER = [0, 20, 100, 400, 800, 1500]
const WAYS = /** @type {const} */ (['without', 'withNet'])

/** @typedef {{ way: typeof WAYS[number], killedAfter: number, stored: number, sent: number }} Death */

/**
 * @param {import('./lab.mjs').Lab} lab
 * @param {{ quick: boolean }} options
 */
export async function measure(lab, { quick }) {
  /** @type {Death[]} */
  const deaths = []
  for (let round = 0; round < (quick ? 1 : 5); round++) {
    for (const killedAfter of KILLED_AFTER) {
      for (const way of WAYS)
        deaths.push({ way, killedAfter, ...(await lab.visit(die(lab, way, killedAfter))) })
    }
  }
  return { deaths, without: summary(deaths, 'without'), withNet: summary(deaths, 'withNet') }
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function rows({ without, withNet }) {
  const deaths = `${without.deaths} pages killed by SIGKILL, never visited again`
  return [
    [`${deaths}: events that arrived`, share(without), ''],
    ['  with fetchLater as a net', share(withNet), ''],
    ['  of them sent twice', `${without.twice} without, ${withNet.twice} with the net`, ''],
  ]
}

/** What arrives without a net is no promise: the rest waits on the device for the next visit. */
export function shortfalls() {
  return []
}

/** @param {ReturnType<typeof summary>} summary */
function share({ arrived, submitted, whole, deaths }) {
  return `${arrived} of ${submitted} (${rounded((100 * arrived) / submitted, 0)} %), all of ${whole} of ${deaths} pages`
}

/**
 * @param {readonly Death[]} deaths
 * @param {Death['way']} way
 */
function summary(deaths, way) {
  const own = deaths.filter((death) => death.way === way)
  const sum = (/** @type {(death: Death) => number} */ figure) =>
    own.reduce((sum, death) => sum + figure(death), 0)
  return {
    deaths: own.length,
    whole: own.filter(({ stored }) => stored === EVENTS).length,
    submitted: own.length * EVENTS,
    arrived: sum(({ stored }) => stored),
    twice: sum(({ sent, stored }) => sent - stored),
  }
}

/**
 * A page that submits some events in one task, and whose renderer is killed a while later.
 *
 * @param {import('./lab.mjs').Lab} lab
 * @param {Death['way']} way
 * @param {number} killedAfter
 */
function die({ browser }, way, killedAfter) {
  return async (/** @type {import('./lab.mjs').Visit} */ visit) => {
    const witness = await startWitness(visit.intakeUrl)
    try {
      const { page, setting } = visit
      const crashed = page.waitForEvent('crash')
      const pageSetting = {
        ...setting({ intakeUrl: witness.url }),
        count: EVENTS,
        netUrl: way === 'withNet' ? NET : undefined,
      }
      await page.evaluate(submitInPage, pageSetting)
      await new Promise((resolve) => setTimeout(resolve, killedAfter))
      await killRenderers(browser)
      await crashed
      const stored = await untilStored(visit, EVENTS, 1000)
      return { stored, sent: witness.requests.flatMap(({ ids }) => ids).length }
    } finally {
      await witness.close()
    }
  }
}

/**
 * Runs in the page.
 *
 * @param {import('./lab.mjs').Setting & { count: number, netUrl: string | undefined }} setting
 */
async function submitInPage({ clientUrl, options, stream, data, count, netUrl }) {
  if (!('fetchLater' in window)) throw new Error('this browser has no fetchLater')
  /** @type {typeof import('rivulet')} */
  const { createClient } = await import(clientUrl)
  /** @type {typeof import('rivulet/fetch-later') | undefined} */
  const net = netUrl && (await import(netUrl))
  const client = createClient({ ...options, ...(net ? { net: net.createFetchLaterNet() } : {}) })
  // As on a page that has been open for a while: the database is open, too, and no timer of the start is running.
  await new Promise((resolve) => setTimeout(resolve, 1100))
  for (let position = 0; position < count; position++) client.submit(stream, { ...data, position })
}
