// What a call of `submit` costs its caller, beside what a page could call instead.
import { untilStored } from './lab.mjs'
import { SCHEMAS } from './page-server.mjs'
import { median, percentile, rounded } from './statistics.mjs'

export const name = 'submit-cost'

const LIMIT = 8

/**
 * @param {import('./lab.mjs').Lab} lab
 * @param {{ quick: boolean }} options
 */
export function measure(lab, { quick }) {
  return lab.visit(async (visit) => {
    const groups = quick ? 60 : 150
    const setting = {
      ...visit.setting(),
      groups,
      schemasUrl: SCHEMAS,
      beaconUrl: `${visit.intakeUrl}/v1/events`,
    }
    const { times, submitted } = await visit.page.evaluate(timeInPage, setting)
    const stored = await untilStored(visit, submitted)
    return {
      groups,
      submit: summary(times.submit),
      checked: summary(times.checked),
      beacon: summary(times.beacon),
      stringify: summary(times.stringify),
      nothing: summary(times.nothing),
      submitted,
      stored,
    }
  })
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function rows({ groups, submit, checked, beacon, stringify, nothing }) {
  const line = (/** @type {{ median: number, p95: number }} */ { median, p95 }) => `${median} µs, p95 ${p95}`
  return [
    [`submit(), median of ${groups} groups of 20 calls`, line(submit), `at most ${LIMIT} µs`],
    [
      '  with the validator of its schema',
      line(checked),
      `${rounded(checked.median / submit.median)} × without`,
    ],
    ['  sendBeacon of the same event', line(beacon), `submit: ${rounded(submit.median / beacon.median)} ×`],
    [
      '  JSON.stringify of the same event',
      line(stringify),
      `submit: ${rounded(submit.median / stringify.median)} ×`,
    ],
    ['  an empty loop', line(nothing), ''],
  ]
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function shortfalls({ submit, submitted, stored }) {
  return [
    ...(submit.median > LIMIT ? [`submit() takes ${submit.median} µs; at most ${LIMIT} are wanted`] : []),
    ...(stored < submitted ? [`${submitted - stored} of ${submitted} events were lost`] : []),
  ]
}

/** @param {readonly number[]} times */
function summary(times) {
  return { median: rounded(median(times)), p95: rounded(percentile(times, 0.95)) }
}

/**
 * Runs in the page. Each way has warmed up by 200 calls of its own; its groups are spaced, so that write windows and
 * sends happen between them as in life.
 *
 * @param {import('./lab.mjs').Setting & { groups: number, beaconUrl: string, schemasUrl: string }} setting
 */
async function timeInPage({ clientUrl, options, stream, data, groups, beaconUrl, schemasUrl }) {
  const CALLS = 20
  const WARM_UP = 200 / CALLS
  /** @type {typeof import('rivulet')} */
  const { createClient } = await import(clientUrl)
  const client = createClient(options)
  const { schemas } = await import(schemasUrl)
  const checking = createClient({ ...options, schemas })
  const events = Array.from({ length: CALLS }, (_, position) => ({ ...structuredClone(data), position }))

  const ways = {
    submit: (/** @type {import('rivulet').EventData} */ event) => client.submit(stream, event),
    checked: (/** @type {import('rivulet').EventData} */ event) => checking.submit(stream, event),
    beacon: (/** @type {object} */ event) => navigator.sendBeacon(beaconUrl, JSON.stringify(event)),
    stringify: (/** @type {object} */ event) => JSON.stringify(event),
    nothing: (/** @type {object} */ event) => event,
  }
  /** @type {Record<keyof typeof ways, number[]>} */
  const times = { submit: [], checked: [], beacon: [], stringify: [], nothing: [] }
  const names = /** @type {(keyof typeof ways)[]} */ (Object.keys(ways))

  for (const name of names) {
    for (let group = -WARM_UP; group < groups; group++) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      const way = ways[name]
      const start = performance.now()
      for (const event of events) way(event)
      const microseconds = ((performance.now() - start) * 1000) / CALLS
      if (group >= 0) times[name].push(microseconds)
    }
  }
  return { times, submitted: 2 * (groups + WARM_UP) * CALLS }
}
