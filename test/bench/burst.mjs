// 5,000 events in one task: is the page blocked beyond the caller's own loop, and does all of it arrive?
import { untilStored } from './lab.mjs'
import { median, rounded } from './statistics.mjs'

export const name = 'burst'

const EVENTS = 5000
const LONG_TASK = 50

/**
 * @param {import('./lab.mjs').Lab} lab
 * @param {{ quick: boolean }} options
 */
export async function measure(lab, { quick }) {
  const runs = []
  for (let run = 0; run < (quick ? 1 : 3); run++) runs.push(await lab.visit(burst))
  return { runs }
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function rows({ runs }) {
  const each = (/** @type {(run: (typeof runs)[0]) => unknown} */ figure) => runs.map(figure).join(', ')
  return [
    ["5,000 events in one task: the caller's loop", `${each(({ loopMs }) => loopMs)} ms`, ''],
    [
      '  the longest of the other tasks',
      `${each(({ otherTasks }) => longest(otherTasks) || `under ${LONG_TASK}`)} ms`,
      `none over ${LONG_TASK} ms`,
    ],
    [
      '  what the task of the loop goes on after it',
      `${each(({ tailMs }) => tailMs)} ms`,
      `none over ${LONG_TASK} ms`,
    ],
    ['  until all were acknowledged', `${each(({ acknowledgedMs }) => acknowledgedMs)} ms`, ''],
    ['  stored by the intake', each(({ stored }) => stored), `all ${EVENTS}`],
  ]
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function shortfalls({ runs }) {
  const lost = runs.reduce((sum, { stored }) => sum + EVENTS - stored, 0)
  // A short task is a long one where something else has the core, so that one run alone says nothing.
  const long = median(runs.map(({ otherTasks, tailMs }) => Math.max(longest(otherTasks), tailMs)))
  return [
    ...(lost ? [`${lost} of ${runs.length * EVENTS} events were lost`] : []),
    ...(long > LONG_TASK
      ? [`most runs have a task of ${long} ms after the caller's loop; none over ${LONG_TASK} is wanted`]
      : []),
  ]
}

/** @param {readonly number[]} tasks */
function longest(tasks) {
  return Math.max(0, ...tasks)
}

/** @param {import('./lab.mjs').Visit} visit */
async function burst(visit) {
  const { loop, acknowledged, tasks } = await visit.page.evaluate(burstInPage, {
    ...visit.setting(),
    count: EVENTS,
  })
  const isOwn = (/** @type {{ start: number, end: number }} */ { start, end }) =>
    start < loop.end && end > loop.start
  const own = tasks.find(isOwn)
  return {
    loopMs: rounded(loop.end - loop.start, 0),
    // The clock of long tasks is coarser than that of the loop.
    tailMs: rounded(Math.max(0, (own?.end ?? loop.end) - loop.end), 0),
    otherTasks: tasks.filter((task) => !isOwn(task)).map(({ start, end }) => rounded(end - start, 0)),
    acknowledgedMs: acknowledged === undefined ? undefined : rounded(acknowledged - loop.start, 0),
    stored: await untilStored(visit, EVENTS, 5000),
  }
}

/**
 * Runs in the page. Resolves when the intake has answered for all, or after 30 s.
 *
 * @param {import('./lab.mjs').Setting & { count: number }} setting
 */
async function burstInPage({ clientUrl, options, stream, data, count }) {
  /** @type {{ start: number, end: number }[]} */
  const tasks = []
  const note = (/** @type {PerformanceEntry[]} */ entries) => {
    for (const { startTime, duration } of entries) tasks.push({ start: startTime, end: startTime + duration })
  }
  /** @type {typeof import('rivulet')} */
  const { createClient } = await import(clientUrl)
  const observer = new PerformanceObserver((list) => note(list.getEntries()))

  const [loop, acknowledged] = await new Promise((resolve) => {
    const loop = { start: 0, end: 0 }
    let settled = 0
    const client = createClient({
      ...options,
      onOutcome: () => {
        settled++
        if (settled === count) resolve([loop, performance.now()])
      },
    })
    setTimeout(() => resolve([loop, undefined]), 30_000)
    // In a task of its own, once loading is over.
    setTimeout(() => {
      observer.observe({ type: 'longtask' })
      loop.start = performance.now()
      for (let position = 0; position < count; position++) client.submit(stream, { ...data, position })
      loop.end = performance.now()
    }, 500)
  })

  // Long tasks are reported behind the tasks themselves.
  await new Promise((resolve) => setTimeout(resolve, 300))
  note(observer.takeRecords())
  return { loop, acknowledged: /** @type {number | undefined} */ (acknowledged), tasks }
}
