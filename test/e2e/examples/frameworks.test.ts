import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { type FaultyIntake, startFaultyIntake } from 'rivulet/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { bundleApp } from '../../support/framework-bundle.ts'
import { serveSite } from '../../support/site.ts'
import { newContext } from '../../support/visit.ts'
import { EXAMPLES } from './examples.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

describe.each([
  ['React', 'react/main.tsx'],
  ['Vue', 'vue/main.ts'],
  ['Svelte', 'svelte/main.ts'],
])('%s', (_, entry) => {
  test('a page view for each navigation, none twice, and a typed click from a component', async () => {
    const { page, intake } = await openApp(entry)
    await page.getByRole('link', { name: 'Teapot' }).click()
    await page.getByRole('button').click()
    await page.goBack()
    await page.getByRole('link', { name: 'Teapot' }).waitFor()
    await intake.until(() => intake.events().length === 4)

    expect(submitted(intake)).toEqual([
      ['shop.page_view', '/'],
      ['shop.page_view', '/teapot'],
      ['shop.click', 'teapot'],
      ['shop.page_view', '/'],
    ])
  })
})

async function openApp(entry: string): Promise<{ page: Page; intake: FaultyIntake }> {
  const app = await bundleApp(join(EXAMPLES, entry))
  const intake = await startFaultyIntake({
    streamConfigs: { streams: { 'shop.page_view': {}, 'shop.click': {} } },
  })
  onTestFinished(() => intake.close())
  const html =
    '<!doctype html><title>x</title><div id="app"></div><script type="module" src="/app.js"></script>'
  const site = await serveSite({ '/': html, '/app.js': app })
  const context = await newContext(browser)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  onTestFinished(() => expect(complaints).toEqual([]))
  // The app has its intake on its own origin.
  await page.route('**/v1/**', (route) => {
    const { pathname, search } = new URL(route.request().url())
    return route.continue({ url: `${new URL(intake.intakeUrl).origin}${pathname}${search}` })
  })
  await page.goto(site)
  return { page, intake }
}

/** Stream, and what the event is of, in the order of submission. */
function submitted(intake: FaultyIntake): unknown[] {
  const events = [...intake.events()].sort((a, b) => a.meta.id.localeCompare(b.meta.id))
  return events.map(({ meta, path, product_id }) => [meta.stream, path ?? product_id])
}
