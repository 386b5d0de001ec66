import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright'
import type { Client, ClientOptions, Outcome } from 'rivulet'
import { type FaultyIntake, hang, slow } from 'rivulet/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { openFaultyIntake } from '../../support/faulty-intake.ts'
import { serveSite } from '../../support/site.ts'
import { countQueued, newContext, PATIENCE } from '../../support/visit.ts'

// Teams that share a page and know nothing of each other: each has its own copy of the script, and a client of its own.

declare global {
  interface Window {
    teams: Record<Team, { client: Client; outcomes: Outcome[] }>
  }
}

type Team = (typeof TEAMS)[number]
const TEAMS = ['shop', 'search', 'help'] as const
const [SHOP, SEARCH] = TEAMS

/** Another version of the same, as a team has it that has not updated yet. */
const OTHER_VERSION = 'rivulet/0.0.9'

/** In ms: how long the intake takes to answer. */
const SLOW = 150

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('copies of the script share one queue: one request at a time to a destination, each event once', async () => {
  const { page, intake } = await openPage()
  intake.fault(slow(SLOW))

  const ids = await submitAll(page, 40, { text: 'x'.repeat(2000) })
  await flushAll(page)

  const all = Object.values(ids).flat()
  expect(all.filter((id) => intake.timesAccepted(id) !== 1)).toEqual([])
  expect(intake.posts.length).toBeGreaterThan(3)
  const starts = intake.posts.map(({ at }) => at)
  const pauses = starts.slice(1).map((at, index) => at - starts[index]!)
  // Timers may fire a little early.
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(SLOW - 5)
})

test('each client hears of its own events, counts them, and numbers them without gaps, whatever its version', async () => {
  const { page, intake } = await openPage()

  const ids = await submitAll(page, 40)
  await flushAll(page)

  for (const team of TEAMS) {
    await expect.poll(() => told(page, team), PATIENCE).toEqual([...ids[team]].sort())
    const ledger = await page.evaluate((team) => window.teams[team].client.ledger(), team)
    expect(ledger).toEqual({ 'web.click': { submitted: 40, delivered: 40 } })
    const own = intake.events().filter(({ team: by }) => by === team)
    expect(own.map(({ meta }) => meta.producer.seq).sort((a, b) => a! - b!)).toEqual(
      Array.from({ length: 40 }, (_, i) => i + 1),
    )
    expect(new Set(own.map(({ meta }) => meta.producer.id)).size).toBe(1)
  }
  expect(new Set(intake.events().map(({ meta }) => meta.producer.sdk))).toEqual(
    new Set([expect.stringMatching(/^rivulet\//), OTHER_VERSION]),
  )
})

test('one that closes takes nothing of the others with it', async () => {
  const { page, intake } = await openPage()
  intake.fault(hang())

  const ids = await submitAll(page, 5)
  await expect.poll(() => countQueued(page), PATIENCE).toBe(15)
  await page.evaluate((team) => window.teams[team].client.close(), SHOP)
  intake.heal()
  await page.reload()
  await flushAll(page)

  const all = Object.values(ids).flat()
  await expect.poll(() => all.filter((id) => !intake.timesAccepted(id)), PATIENCE).toEqual([])
})

test('consent denied to one is denied to the visitor: what all have queued is deleted, and they are told so', async () => {
  const { page, intake } = await openPage()
  intake.fault(hang())
  const ids = await submitAll(page, 5)
  await expect.poll(() => countQueued(page), PATIENCE).toBe(15)
  // The one that is told has to have seen what the others have queued, as it does with its next turn.
  await page.evaluate((team) => window.teams[team].client.flush({ timeout: 100 }), SHOP)

  await page.evaluate((team) => window.teams[team].client.setConsent('denied'), SHOP)

  await expect.poll(() => countQueued(page), PATIENCE).toBe(0)
  for (const team of TEAMS) await expect.poll(() => told(page, team), PATIENCE).toEqual([...ids[team]].sort())
  const reasons = await page.evaluate(
    (team) => window.teams[team].outcomes.map((outcome) => outcome.kind === 'dropped' && outcome.reason),
    SEARCH,
  )
  expect(new Set(reasons)).toEqual(new Set(['consent']))
  // The others go on as they were told: it has to be said to each.
  const goes = await page.evaluate((team) => window.teams[team].client.isInSample('web.click'), SEARCH)
  expect(goes).toBe(true)
})

/** A page with three teams: one by a module, one by an older copy of it, one by the script tag. */
async function openPage(): Promise<{ page: Page; intake: FaultyIntake }> {
  const intake = await openFaultyIntake()
  const options: ClientOptions = {
    intakeUrl: intake.intakeUrl,
    streamConfigs: { streams: { 'web.click': {} } },
  }
  const build = await readFile(fileURLToPath(new URL('../../../dist/browser.js', import.meta.url)), 'utf8')
  const older = build.replace(/rivulet\/\d+\.\d+\.\d+/, OTHER_VERSION)
  expect(older).not.toBe(build)
  const site = await serveSite(
    {
      '/search/rivulet.js': older,
      '/page.js': `
        import { createClient } from '/rivulet/browser.js'
        import { createClient as createOlder } from '/search/rivulet.js'
        const start = (create) => {
          const outcomes = []
          const client = create({ ...${JSON.stringify(options)}, onOutcome: (outcome) => outcomes.push(outcome) })
          return { client, outcomes }
        }
        window.teams = { shop: start(createClient), search: start(createOlder), help: start(rivulet.createClient) }
      `,
    },
    { head: '<script src="/rivulet/script.js"></script>' },
  )
  const page = await (await newContext(browser)).newPage()
  await page.goto(`${site}/page`)
  return { page, intake }
}

/** Each team submits as many events, all in one task. Returns their ids. */
function submitAll(page: Page, count: number, data: object = {}): Promise<Record<Team, string[]>> {
  return page.evaluate(
    ([count, data]) => {
      const ids = Object.entries(window.teams).map(([team, { client }]) => [
        team,
        Array.from({ length: count }, () => client.submit('web.click', { ...data, team })),
      ])
      return Object.fromEntries(ids)
    },
    [count, data] as const,
  )
}

async function flushAll(page: Page): Promise<void> {
  const left = await page.evaluate(() =>
    Promise.all(Object.values(window.teams).map(({ client }) => client.flush({ timeout: 10_000 }))),
  )
  expect(left).toEqual(TEAMS.map(() => 0))
}

/** The ids of the events that a team has been told of. */
async function told(page: Page, team: Team): Promise<string[]> {
  const ids = await page.evaluate((team) => window.teams[team].outcomes.map(({ id }) => id), team)
  return ids.sort()
}
