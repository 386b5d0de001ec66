// What the main thread works for 1,000 events over 5 s, until all are acknowledged.
import { untilStored } from './lab.mjs'
import { MEMORY_CLIENT } from './page-server.mjs'
import { median, rounded } from './statistics.mjs'

export const name = 'main-thread'

const LIMIT = 1.8
const GOAL = 1.5
const EVENTS = 1000
const EVERY_MS = 5

/** @typedef {{ taskMs: number, cpuMs: number, tookMs: number, stored: number }} Run */
/** @typedef {{ durable: Run, memory: Run, beacon: Run, idle: Run }} Round */
/** @typedef {ReturnType<typeof summary>} Summary */

/**
 * @param {import('./lab.mjs').Lab} lab
 * @param {{ quick: boolean }} options
 */
export async function measure(lab, { quick }) {
  /** @type {Round[]} */
  const rounds = []
  // One after the other in each round, so that what else the machine does meets all of them.
  for (let round = 0; round < (quick ? 2 : 5); round++) {
    const durable = await run(lab, withClient())
    const memory = await run(lab, withClient(MEMORY_CLIENT))
    const beacon = await run(lab, withBeacons)
    const idle = await run(lab, idling(durable.tookMs))
    rounds.push({ durable, memory, beacon, idle })
  }
  return {
    rounds,
    durable: summary(rounds, 'durable'),
    memory: summary(rounds, 'memory'),
    beacon: summary(rounds, 'beacon'),
    idle: summary(rounds, 'idle'),
    beaconsLost: EVENTS - median(rounds.map(({ beacon }) => beacon.stored)),
    lost: rounds.reduce((sum, { durable, memory }) => sum + 2 * EVENTS - durable.stored - memory.stored, 0),
  }
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function rows({ rounds, durable, memory, beacon, idle, beaconsLost }) {
  const cost = (/** @type {Summary} */ { taskMs, cpuMs }) => `${taskMs} ms (CPU ${cpuMs})`
  const times = (/** @type {Summary} */ { ratio, cpuRatio }) => `Rivulet: ${ratio} × (CPU ${cpuRatio} ×)`
  return [
    [`main thread for 1,000 events over 5 s, median of ${rounds.length}`, cost(durable), ''],
    [
      '  the same client with a memory queue',
      cost(memory),
      `${times(memory)}; at most ${LIMIT} ×, goal ${GOAL}`,
    ],
    [`  a sendBeacon per event, of which ${beaconsLost} were lost`, cost(beacon), times(beacon)],
    ['  an idle page with the same timer', cost(idle), times(idle)],
  ]
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function shortfalls({ memory, lost }) {
  return [
    ...(memory.ratio > LIMIT
      ? [`the main thread works ${memory.ratio} times as long as with a memory queue; at most ${LIMIT}`]
      : []),
    ...(lost ? [`${lost} events were lost`] : []),
  ]
}

/**
 * What one way takes, and how many times as long Rivulet takes in the same round: medians.
 *
 * @param {readonly Round[]} rounds
 * @param {keyof Round} way
 */
function summary(rounds, way) {
  const of = (/** @type {(round: Round) => number} */ figure) => median(rounds.map(figure))
  return {
    taskMs: Math.round(of((round) => round[way].taskMs)),
    cpuMs: Math.round(of((round) => round[way].cpuMs)),
    ratio: rounded(of((round) => round.durable.taskMs / round[way].taskMs)),
    cpuRatio: rounded(of((round) => round.durable.cpuMs / round[way].cpuMs)),
  }
}

/**
 * @param {import('./lab.mjs').Lab} lab
 * @param {(visit: import('./lab.mjs').Visit) => Promise<unknown>} work
 * @returns {Promise<Run>}
 */
function run(lab, work) {
  return lab.visit(async (visit) => {
    const wall = await metricsOf(visit.page, 'timeTicks')
    const cpu = await metricsOf(visit.page, 'threadTicks')
    const start = performance.now()
    const before = [await wall(), await cpu()]
    await work(visit)
    const after = [await wall(), await cpu()]
    const [taskMs = 0, cpuMs = 0] = after.map((ms, i) => ms - (before[i] ?? 0))
    return { taskMs, cpuMs, tookMs: performance.now() - start, stored: visit.stored() }
  })
}

/**
 * How long the tasks of the page's main thread took so far, in ms: by the clock, or in time on a core, which what
 * else the machine does disturbs less.
 *
 * @param {import('playwright').Page} page
 * @param {'timeTicks' | 'threadTicks'} timeDomain
 */
async function metricsOf(page, timeDomain) {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain })
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN)
  }
}

/** @param {string} [clientUrl] */
function withClient(clientUrl) {
  return async (/** @type {import('./lab.mjs').Visit} */ visit) => {
    const setting = visit.setting(clientUrl ? { clientUrl } : {})
    await visit.page.evaluate(submitInPage, { ...setting, count: EVENTS, everyMs: EVERY_MS })
  }
}

/** @param {import('./lab.mjs').Visit} visit */
async function withBeacons(visit) {
  const beaconUrl = `${visit.intakeUrl}/v1/events`
  await visit.page.evaluate(beaconInPage, { ...visit.setting(), beaconUrl, count: EVENTS, everyMs: EVERY_MS })
  // Some never come: the browser refuses beacons while too much is in flight.
  await untilStored(visit, EVENTS, 3000)
}

/** @param {number} ms */
function idling(ms) {
  return async (/** @type {import('./lab.mjs').Visit} */ { page }) => {
    await page.evaluate(idleInPage, { count: EVENTS, everyMs: EVERY_MS, ms })
  }
}

/**
 * Runs in the page. Resolves when the intake has answered for all, or half a minute after the last was due.
 *
 * @param {import('./lab.mjs').Setting & { count: number, everyMs: number }} setting
 */
async function submitInPage({ clientUrl, options, stream, data, count, everyMs }) {
  /** @type {typeof import('rivulet')} */
  const { createClient } = await import(clientUrl)
  await new Promise((resolve) => {
    let settled = 0
    const onOutcome = () => {
      settled++
      if (settled === count) resolve(undefined)
    }
    const client = createClient({ ...options, onOutcome })
    setTimeout(resolve, count * everyMs + 30_000)

    const start = performance.now()
    let position = 0
    const timer = setInterval(() => {
      for (; position < count && start + position * everyMs < performance.now(); position++)
        client.submit(stream, { ...data, position })
      if (position === count) clearInterval(timer)
    }, everyMs)
  })
}

/**
 * Runs in the page: the least that a page can do. Resolves when all are sent.
 *
 * @param {import('./lab.mjs').Setting & { beaconUrl: string, count: number, everyMs: number }} setting
 */
async function beaconInPage({ stream, data, beaconUrl, count, everyMs }) {
  const start = performance.now()
  let position = 0
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      for (; position < count && start + position * everyMs < performance.now(); position++) {
        const event = {
          $schema: '/bench/action/1.0.0',
          dt: new Date().toISOString(),
          meta: { stream },
          ...data,
          position,
        }
        navigator.sendBeacon(beaconUrl, JSON.stringify(event))
      }
      if (position < count) return
      clearInterval(timer)
      resolve(undefined)
    }, everyMs)
  })
}

/**
 * Runs in the page: nothing but the timer.
 *
 * @param {{ count: number, everyMs: number, ms: number }} setting
 */
async function idleInPage({ count, everyMs, ms }) {
  let position = 0
  const timer = setInterval(() => {
    position++
    if (position === count) clearInterval(timer)
  }, everyMs)
  await new Promise((resolve) => setTimeout(resolve, ms))
  clearInterval(timer)
}
