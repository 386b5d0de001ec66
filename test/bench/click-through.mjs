// A visitor clicks from page to page: what a beacon carried is sent again by the next page. How much is that?
import { untilStored } from './lab.mjs'
import { rounded } from './statistics.mjs'
import { startWitness } from './witness.mjs'

export const name = 'click-through'

/** How long the visitor stays on each page, in ms: shorter and longer than a batch waits for more events. */
const STAYS = [300, 2500, 800, 4000, 1500, 600, 3000, 1200]
const EVENTS_AT_LOAD = 4

/**
 * @param {import('./lab.mjs').Lab} lab
 * @param {{ quick: boolean }} options
 */
export function measure(lab, { quick }) {
  return lab.visit(async (visit) => {
    const stays = quick ? STAYS.slice(0, 4) : STAYS
    const witness = await startWitness(visit.intakeUrl)
    try {
      for (const stay of stays) await visitPage(visit, { intakeUrl: witness.url, stay })
      const submitted = stays.length * (EVENTS_AT_LOAD + 2)
      // On the last page the visitor stays, until what the one before left has arrived.
      await visit.page.evaluate(submitInPage, { ...visit.setting({ intakeUrl: witness.url }), count: 0 })
      const stored = await untilStored(visit, submitted)
      return { pages: stays.length, submitted, lost: submitted - stored, ...sentAgain(witness.requests) }
    } finally {
      await witness.close()
    }
  })
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function rows({ pages, submitted, lost, sentTwice, requests }) {
  return [
    [
      `${submitted} events on ${pages} pages, clicked through: sent more than once`,
      `${sentTwice} (${rounded((100 * sentTwice) / submitted, 0)} %)`,
      `in ${requests} requests`,
    ],
    ['  lost', `${lost}`, 'none'],
  ]
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function shortfalls({ lost, submitted }) {
  return lost ? [`${lost} of ${submitted} events of a visitor who clicks through were lost`] : []
}

/** @param {readonly import('./witness.mjs').SentRequest[]} requests */
function sentAgain(requests) {
  const ids = requests.flatMap(({ ids }) => ids)
  const seen = new Set()
  const again = new Set()
  for (const id of ids) (seen.has(id) ? again : seen).add(id)
  return { requests: requests.length, sentTwice: again.size }
}

/**
 * Some events when the page loads, one while it is read, one on the click that leaves it.
 *
 * @param {import('./lab.mjs').Visit} visit
 * @param {{ intakeUrl: string, stay: number }} options
 */
async function visitPage({ page, setting }, { intakeUrl, stay }) {
  const { href } = new URL(page.url())
  await page.evaluate(submitInPage, { ...setting({ intakeUrl }), count: EVENTS_AT_LOAD })
  await page.waitForTimeout(stay / 2)
  await page.evaluate(() => dispatchEvent(new Event('bench-action')))
  await page.waitForTimeout(stay / 2)
  const loaded = page.waitForEvent('load')
  await page.evaluate(
    (href) => {
      dispatchEvent(new Event('bench-action'))
      location.href = href
    },
    `${href.split('?')[0]}?${Date.now()}`,
  )
  await loaded
}

/**
 * Runs in the page, which submits an event for each `bench-action` from then on.
 *
 * @param {import('./lab.mjs').Setting & { count: number }} setting
 */
async function submitInPage({ clientUrl, options, stream, data, count }) {
  /** @type {typeof import('rivulet')} */
  const { createClient } = await import(clientUrl)
  const client = createClient(options)
  for (let position = 0; position < count; position++) client.submit(stream, { ...data, position })
  addEventListener('bench-action', () => client.submit(stream, data))
}
