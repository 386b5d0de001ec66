import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { profileFolder, startOwnChromium } from '../../support/own-chromium.ts'
import { cut, pass } from '../../support/relay.ts'
import {
  actions,
  configured,
  countQueued,
  expectStored,
  newContext,
  PATIENCE,
  startWeb,
  submit,
  visit,
} from '../../support/visit.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('a killed renderer loses no event that was written: all arrive with the next page', async () => {
  const { site, intake, relay } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await configured(page)
  relay.onEvents(cut)
  const ids = await submit(page, ...actions(200))
  await expect.poll(() => countQueued(page), PATIENCE).toBe(200)

  const crashed = page.waitForEvent('crash')
  const session = await context.newCDPSession(page)
  // Its answer never comes: there is nobody left to give it.
  session.send('Page.crash').catch(() => 'crashed')
  await crashed
  await page.close()
  relay.onEvents(pass)
  await visit(context, `${site}/second`)

  await expectStored(intake, ids)
})

test('a browser killed with SIGKILL loses no event that was written: all arrive with the next visit', async () => {
  const { site, intake, relay } = await startWeb()
  const profile = await profileFolder()
  const first = await startOwnChromium(profile)
  const { page } = await visit(first.context, `${site}/first`)
  await configured(page)
  relay.onEvents(cut)
  const ids = await submit(page, ...actions(200))
  await expect.poll(() => countQueued(page), PATIENCE).toBe(200)

  await first.kill()
  relay.onEvents(pass)
  const second = await startOwnChromium(profile)
  await visit(second.context, `${site}/second`)

  await expectStored(intake, ids)
})

test('a browser killed while a batch is unanswered sends it again: stored once, under its id', async () => {
  const { site, intake, relay } = await startWeb()
  const profile = await profileFolder()
  const first = await startOwnChromium(profile)
  const { page } = await visit(first.context, `${site}/first`)
  await configured(page)
  // The intake stores, but its answer does not come.
  relay.onEvents(async (_, pass) => {
    await pass()
    return new Promise(() => {})
  })
  const ids = await submit(page, ...actions(20))
  await expectStored(intake, ids)

  await first.kill()
  relay.onEvents(pass)
  const second = await startOwnChromium(profile)
  const { page: next } = await visit(second.context, `${site}/second`)
  await expect.poll(() => relay.posts().flatMap((post) => post.ids).length, PATIENCE).toBe(40)
  await expect.poll(() => countQueued(next), PATIENCE).toBe(0)

  await expectStored(intake, ids)
})
