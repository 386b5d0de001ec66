// How long an event is in danger: from the call until its write to IndexedDB is complete.
import { percentile, rounded } from './statistics.mjs'

export const name = 'durability'

const GOAL = 75

/**
 * @param {import('./lab.mjs').Lab} lab
 * @param {{ quick: boolean }} options
 */
export function measure(lab, { quick }) {
  return lab.visit(async (visit) => {
    const count = quick ? 100 : 300
    const { times, delivered } = await visit.page.evaluate(timeWritesInPage, { ...visit.setting(), count })
    return {
      events: count,
      deliveredBefore: delivered,
      neitherNor: count - times.length - delivered,
      p50Ms: rounded(percentile(times, 0.5), 1),
      p99Ms: rounded(percentile(times, 0.99), 1),
    }
  })
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function rows({ events, deliveredBefore, p50Ms, p99Ms }) {
  return [
    [
      `from submit() to durable, ${events} events`,
      `p50 ${p50Ms} ms, p99 ${p99Ms} ms`,
      `goal: p99 ${GOAL} ms`,
    ],
    ['  delivered before they had to be written', `${deliveredBefore}`, ''],
  ]
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function shortfalls({ neitherNor }) {
  return neitherNor ? [`${neitherNor} events were neither written nor delivered`] : []
}

/**
 * Runs in the page. Watches IndexedDB from outside, so that nothing needs to be known of a record but that the ids
 * of its events are in it.
 *
 * @param {import('./lab.mjs').Setting & { count: number }} setting
 */
async function timeWritesInPage({ clientUrl, options, stream, data, count }) {
  /** @type {Map<string, number>} */
  const waiting = new Map()
  /** @type {number[]} */
  const times = []
  let delivered = 0

  const { put } = IDBObjectStore.prototype
  IDBObjectStore.prototype.put = function (record, key) {
    const text = JSON.stringify(record)
    this.transaction.addEventListener('complete', () => {
      for (const [id, start] of waiting) {
        if (!text.includes(id)) continue
        times.push(performance.now() - start)
        waiting.delete(id)
      }
    })
    return put.call(this, record, key)
  }

  /** @type {typeof import('rivulet')} */
  const { createClient } = await import(clientUrl)
  const onOutcome = (/** @type {import('rivulet').Outcome} */ { id, kind }) => {
    if (waiting.delete(id) && kind === 'delivered') delivered++
  }
  const client = createClient({ ...options, onOutcome })
  const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms))

  await wait(500) // the database is open by then
  for (let position = 0; position < count; position++) {
    const start = performance.now()
    waiting.set(client.submit(stream, { ...data, position }), start)
    // As people click: sometimes into an open write window, sometimes not.
    await wait((position * 37) % 71)
  }
  for (let waited = 0; waiting.size && waited < 5000; waited += 50) await wait(50)
  return { times, delivered }
}
