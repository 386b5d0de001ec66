import { expect } from 'vitest'
import { answerLost, hang, tooManyRequests, unavailable } from 'rivulet/testing'
import type { Tab } from '../../support/engines.ts'
import { openFaultyIntake } from '../../support/faulty-intake.ts'
import {
  actions,
  expectAll,
  expectForgotten,
  MANY,
  PATIENCE,
  startScene,
  story,
  submit,
  expectWritten,
} from './story.ts'

/** Three failures in a row, with backoff between them. */
const LONG = { timeout: 30_000, interval: 100 }

story('while the intake says 503 for a second, few requests ask; then all arrive', async (engine) => {
  const { intake, open } = await startScene(engine)
  const tab = await open('/first')
  intake.fault(unavailable(), { ms: 1000 })

  const ids = await submit(tab, actions(MANY))
  await expectAll(intake, ids)

  const refused = intake.posts.filter(({ answer }) => answer === 503)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.length).toBeLessThanOrEqual(6)
  await expectForgotten(tab, ids)
  expect(await tab.run(() => window.said.length)).toBeLessThanOrEqual(1)
})

story('after a 429 nobody asks before Retry-After, in seconds, is over', async (engine) => {
  const { intake, open } = await startScene(engine)
  const tab = await open('/first')
  intake.fault(tooManyRequests({ retryAfter: 2 }), { times: 1 })

  const ids = await submit(tab, actions(MANY))
  await intake.until(() => intake.posts.length > 0)
  await expectNoHaste(tab)
  await expectAll(intake, ids)

  const [refused, next] = intake.posts
  expect(next!.at - refused!.at).toBeGreaterThanOrEqual(2000)
})

story('after a 429 nobody asks before Retry-After, as a date, is over', async (engine) => {
  const { intake, open } = await startScene(engine)
  const tab = await open('/first')
  // An HTTP date has no milliseconds.
  const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 4000)
  intake.fault(tooManyRequests({ retryAfter: date }), { times: 1 })

  const ids = await submit(tab, actions(MANY))
  await intake.until(() => intake.posts.length > 0)
  await expectNoHaste(tab)
  await expectAll(intake, ids)

  const [refused, next] = intake.posts
  expect(refused!.at).toBeLessThan(date.getTime())
  expect(next!.at).toBeGreaterThanOrEqual(date.getTime())
})

story('another tab, and the next page, keep to the Retry-After that the first one heard', async (engine) => {
  const { site, intake, open } = await startScene(engine)
  const one = await open('/one')
  const two = await open('/two')
  intake.fault(tooManyRequests({ retryAfter: 3 }), { times: 1 })

  const ids = await submit(one, actions(MANY / 2, 'one'))
  await expectHeard(one)
  await one.goto(`${site}/three`)
  ids.push(...(await submit(two, actions(MANY / 2, 'two'))))
  await expectNoHaste(one)
  await expectNoHaste(two)
  await expectAll(intake, ids)

  const [refused, next] = intake.posts.filter(({ isBeacon }) => !isBeacon)
  expect(next!.at - refused!.at).toBeGreaterThanOrEqual(3000)
})

story('events whose answers are lost are sent again under their ids, and settled', async (engine) => {
  const { intake, open } = await startScene(engine)
  const tab = await open('/first')
  intake.fault(answerLost(), { times: 2 })

  const ids = await submit(tab, actions(MANY))
  await expect.poll(() => tab.run(() => window.outcomes.length), PATIENCE).toBe(MANY)

  await expectAll(intake, ids)
  expect(ids.some((id) => intake.timesAccepted(id) > 1)).toBe(true)
  expect(await tab.run(() => window.outcomes.every(({ kind }) => kind === 'delivered'))).toBe(true)
  await expectForgotten(tab, ids)
})

story('a service that hangs does not hold up another; its events wait for it', async (engine) => {
  const other = await openFaultyIntake()
  other.fault(hang())
  const streams = { 'web.click': {}, 'web.view': { destination_event_service: 'other' } }
  const streamConfigs = { streams, services: { other: other.intakeUrl } }
  const { intake, open } = await startScene(engine, { options: { streamConfigs } })
  const tab = await open('/first')

  const stuck = await tab.run(
    (actions) => actions.map((action) => window.client.submit('web.view', { action })),
    actions(MANY / 2),
  )
  await other.until(() => other.posts.length > 0)
  const ids = await submit(tab, actions(MANY / 2))

  await expectAll(intake, ids)
  expect(other.events()).toEqual([])
  await expectWritten(tab, stuck)
})

story('a blocker that eats the requests is told from an intake that is gone: blocked', async (engine) => {
  const { intake, open } = await startScene(engine, { before: eatRequests })
  const tab = await open('/first')

  const ids = await submit(tab, actions(MANY))
  await expect.poll(() => tab.run(() => window.said), LONG).toEqual([expect.stringContaining('is blocked')])
  expect(intake.posts).toEqual([])
  // Its user switches it off.
  await tab.run(() => window.dispatchEvent(new Event('off')))

  await expectAll(intake, ids)
})

story('an intake that is gone is told from a blocker: unreachable, in one line', async (engine) => {
  const { intake, open } = await startScene(engine)
  const tab = await open('/first')
  await intake.down()

  const ids = await submit(tab, actions(MANY))
  await expect
    .poll(() => tab.run(() => window.said), LONG)
    .toEqual([expect.stringContaining('is unreachable')])
  await intake.up()

  await expectAll(intake, ids)
})

/** Before any script of the page: by URL, as blockers go. */
function eatRequests(): void {
  const { fetch } = window
  window.fetch = (url, options) =>
    String(url).includes('/v1/events')
      ? Promise.reject(new TypeError('Failed to fetch'))
      : fetch(url, options)
  addEventListener('off', () => {
    window.fetch = fetch
  })
}

/** Waits until the page has the answer to a request with events. */
async function expectHeard(tab: Tab): Promise<void> {
  const requests = () =>
    tab.run(() => performance.getEntriesByType('resource').map(({ name }) => name.split('?')[0]))
  await expect.poll(requests, PATIENCE).toContainEqual(expect.stringMatching(/\/v1\/events$/))
}

/** A flush is no reason to ask again either. */
async function expectNoHaste(tab: Tab): Promise<void> {
  await tab.run(() => window.client.flush({ timeout: 100 }))
}
