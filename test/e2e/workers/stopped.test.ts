import type { Browser, Page } from 'playwright'
import { type FaultyIntake, hang } from 'rivulet/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { openFaultyIntake } from '../../support/faulty-intake.ts'
import { serviceWorkerStop } from '../../support/service-workers.ts'
import { serveSite } from '../../support/site.ts'
import { actions, countQueued, newContext, PATIENCE } from '../../support/visit.ts'

// A browser stops a service worker when nothing keeps it, and starts it with the next event.

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('`waitUntil(flush())` lasts until the events are delivered', async () => {
  const { submit, intake } = await startServiceWorker()

  const { ids, left } = await submit(actions(10), { awaitFlush: true })

  expect(left).toBe(0)
  expect(missing(intake, ids)).toBe(0)
})

test('a service worker stopped in mid-send sends again when the next event starts it', async () => {
  const { page, submit, intake, stop } = await startServiceWorker()
  intake.fault(hang())

  const { ids } = await submit(actions(50))
  await intake.until(() => intake.posts.length > 0)
  expect(await countQueued(page)).toBe(50)
  await stop()
  intake.heal()
  const later = await submit(['later'])

  await expect.poll(() => missing(intake, [...ids, ...later.ids]), PATIENCE).toBe(0)
  await expect.poll(() => countQueued(page), PATIENCE).toBe(0)
  // Each start makes a client of its own, with numbers of its own.
  expect(numbersIn(intake)).toEqual([Array.from({ length: 50 }, (_, i) => i + 1), [1]])
})

test('one that is stopped again and again, while the intake fails now and then, loses nothing', {
  timeout: 120_000,
}, async () => {
  const { page, submit, intake, stop } = await startServiceWorker()

  const all: string[] = []
  for (let round = 0; round < 6; round++) {
    if (round % 2) intake.fault(hang())
    else intake.heal()
    const { ids } = await submit(actions(20, String(round)))
    all.push(...ids)
    // Stored or sent, which is what a page can wait for that hands an event over.
    await expect.poll(async () => missing(intake, all) <= (await countQueued(page)), PATIENCE).toBe(true)
    await stop()
  }
  intake.heal()
  await submit([])

  // It knows nothing of what it has waited for before, and may have to begin several times.
  await expect.poll(() => missing(intake, all), { ...PATIENCE, timeout: 60_000 }).toBe(0)
})

interface ServiceWorkerScene {
  readonly page: Page
  readonly intake: FaultyIntake
  /** In the worker. Returns the events' ids, and what its `flush` has resolved to where that is awaited. */
  submit(
    actions: readonly string[],
    options?: { awaitFlush: boolean },
  ): Promise<{ ids: string[]; left?: number }>
  /** As the browser does it. */
  stop(): Promise<void>
}

async function startServiceWorker(): Promise<ServiceWorkerScene> {
  const intake = await openFaultyIntake()
  const options = { intakeUrl: intake.intakeUrl, streamConfigs: { streams: { 'web.click': {} } } }
  const site = await serveSite({
    '/sw.js': `
      importScripts('/rivulet/script.js')
      const events = rivulet.createClient(${JSON.stringify(options)})
      addEventListener('message', (event) => {
        const [port] = event.ports
        const ids = event.data.map((action) => events.submit('web.click', { action }))
        port.postMessage({ ids })
        event.waitUntil(events.flush().then((left) => port.postMessage({ ids, left })))
      })
    `,
  })
  const context = await newContext(browser)
  const page = await context.newPage()
  await page.goto(`${site}/plain`)
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/sw.js')
    await navigator.serviceWorker.ready
  })
  return {
    page,
    intake,
    submit: (actions, { awaitFlush } = { awaitFlush: false }) =>
      page.evaluate(
        async ([actions, awaitFlush]) => {
          const { active } = await navigator.serviceWorker.ready
          const { port1, port2 } = new MessageChannel()
          active?.postMessage(actions, [port2])
          return new Promise<{ ids: string[]; left?: number }>((resolve) => {
            port1.onmessage = ({ data }) => {
              if (!awaitFlush || 'left' in data) resolve(data)
            }
          })
        },
        [actions, awaitFlush] as const,
      ),
    stop: await serviceWorkerStop(page),
  }
}

/** How many of these the intake has not accepted. */
const missing = (intake: FaultyIntake, ids: readonly string[]): number =>
  ids.filter((id) => !intake.timesAccepted(id)).length

/** Of each client instance, in the order of their first events. */
function numbersIn(intake: FaultyIntake): number[][] {
  const byInstance = new Map<string, number[]>()
  for (const { meta } of intake.events()) {
    const { id, seq = 0 } = meta.producer
    byInstance.set(id, [...(byInstance.get(id) ?? []), seq])
  }
  return [...byInstance.values()]
}
