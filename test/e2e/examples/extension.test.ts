import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type Worker } from 'playwright'
import { expect, onTestFinished, test } from 'vitest'
import { storedEvents } from '../../../examples/shop/stored.mjs'
import { findChromium, QUIET } from '../../support/chromium.mjs'
import { cut, pass, startRelay } from '../../support/relay.ts'
import { serviceWorkerStop } from '../../support/service-workers.ts'
import { EXAMPLES, serveExamples, startShopIntake, temporaryFolder } from './examples.ts'

const BROWSER_BUILD = fileURLToPath(new URL('../../../dist/browser.js', import.meta.url))

const PATIENCE = { timeout: 15_000, interval: 50 }

test("an extension's background submits for itself and for what its content script saw", async () => {
  const { context, background, url, submitted } = await startExtension()
  const shop = await serveExamples(url)

  await clickAction(background)
  await (await context.newPage()).goto(`${shop}/script-tag/`)

  await expect.poll(async () => (await submitted()).length, PATIENCE).toBe(2)
  expect(await submitted()).toMatchObject([
    { meta: { stream: 'shop.click' }, action: 'add_to_basket', product_id: 'mug' },
    { meta: { stream: 'shop.page_view' }, path: '/script-tag/' },
  ])
})

test('a background that was stopped sends what it could not, and goes on in the same session', async () => {
  const { context, background, url, relay, submitted } = await startExtension()
  const page = await context.newPage()
  const stop = await serviceWorkerStop(page)
  relay.onEvents(cut)

  await clickAction(background)
  await expect.poll(() => relay.posts().length, PATIENCE).toBeGreaterThan(0)
  await stop()
  relay.onEvents(pass)
  // The content script of this page starts it again.
  await page.goto(`${await serveExamples(url)}/script-tag/`)

  await expect.poll(async () => (await submitted()).length, PATIENCE).toBe(2)
  const events = await submitted()
  expect(events.map(({ meta }) => meta.stream)).toEqual(['shop.click', 'shop.page_view'])
  expect(new Set(events.map(({ meta }) => fieldsOf(meta.producer).id)).size).toBe(2)
  expect(new Set(events.map(({ performer }) => fieldsOf(performer).session_id)).size).toBe(1)
})

/** A Chromium with the example as extension, which has a copy of the build and sends to an intake of the test. */
async function startExtension() {
  const intake = await startShopIntake()
  const relay = await startRelay(intake.url)
  const folder = await temporaryFolder()
  await cp(join(EXAMPLES, 'extension'), folder, { recursive: true })
  await cp(BROWSER_BUILD, join(folder, 'rivulet.js'))
  const script = join(folder, 'background.js')
  const source = await readFile(script, 'utf8')
  await writeFile(script, source.replace('http://127.0.0.1:8192', relay.url))

  const context = await chromium.launchPersistentContext(await temporaryFolder(), {
    executablePath: await findChromium(),
    args: [...QUIET, `--disable-extensions-except=${folder}`, `--load-extension=${folder}`],
  })
  onTestFinished(() => context.close())
  const background = await backgroundOf(context)
  const { host } = new URL(background.url())
  return {
    context,
    background,
    url: intake.url,
    relay,
    /** By the extension, in the order of the calls; the shop's own page submits as well. */
    submitted: async () => {
      const events = (await storedEvents(intake.data)).filter(
        ({ meta }) => meta.domain === host && meta.stream !== 'rivulet.ledger',
      )
      return events.sort((a, b) => (String(a.dt) < String(b.dt) ? -1 : 1))
    },
  }
}

const fieldsOf = (value: unknown) => value as Readonly<Record<string, unknown>>

async function backgroundOf(context: BrowserContext): Promise<Worker> {
  return context.serviceWorkers()[0] ?? context.waitForEvent('serviceworker')
}

/** A click on the toolbar, which is not there without a head. */
function clickAction(background: Worker): Promise<void> {
  return background.evaluate(() => {
    const { chrome } = globalThis as unknown as { chrome: { action: { onClicked: { dispatch(): void } } } }
    chrome.action.onClicked.dispatch()
  })
}
