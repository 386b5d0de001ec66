// What goes over the line for 1,000 events over 5 s.
import { untilStored } from './lab.mjs'
import { rounded } from './statistics.mjs'
import { startWitness } from './witness.mjs'

export const name = 'traffic'

const EVENTS = 1000

/** @param {import('./lab.mjs').Lab} lab */
export function measure(lab) {
  return lab.visit(async (visit) => {
    const witness = await startWitness(visit.intakeUrl)
    try {
      const { page, setting } = visit
      await page.evaluate(submitInPage, { ...setting({ intakeUrl: witness.url }), count: EVENTS })
      const stored = await untilStored(visit, EVENTS)
      const bytes = witness.requests.reduce((sum, request) => sum + request.bytes, 0)
      return {
        requests: witness.requests.length,
        bytes,
        bytesOfCaller: EVENTS * JSON.stringify(setting().data).length,
        lost: EVENTS - stored,
      }
    } finally {
      await witness.close()
    }
  })
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function rows({ requests, bytes, bytesOfCaller }) {
  return [
    [
      'requests and bytes per 1,000 events over 5 s',
      `${requests} requests, ${rounded(bytes / 1000, 0)} kB`,
      `the events as submitted: ${rounded(bytesOfCaller / 1000, 0)} kB`,
    ],
  ]
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function shortfalls({ lost }) {
  return lost ? [`${lost} events were lost`] : []
}

/**
 * Runs in the page.
 *
 * @param {import('./lab.mjs').Setting & { count: number }} setting
 */
async function submitInPage({ clientUrl, options, stream, data, count }) {
  /** @type {typeof import('rivulet')} */
  const { createClient } = await import(clientUrl)
  const client = createClient(options)
  await new Promise((resolve) => {
    const start = performance.now()
    let position = 0
    const timer = setInterval(() => {
      for (; position < count && start + position * 5 < performance.now(); position++)
        client.submit(stream, { ...data, position })
      if (position < count) return
      clearInterval(timer)
      resolve(undefined)
    }, 5)
  })
}
