import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { folderOf } from '../../support/folder.ts'
import { serveSite } from '../../support/site.ts'
import { ROOT } from './programs.ts'

// Tests that run in a browser, as vitest's browser mode has them: nothing of Node may be imported.

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('rivulet/testing runs in a page, from a bundle for browsers', async () => {
  const folder = await folderOf({
    'page.js': `
      import {
        createDrivenTime, createRecordingClient, expectSubmitted, startFaultyIntake, unavailable,
      } from 'rivulet/testing'

      window.result = (async () => {
        document.title = 'Cart'
        const time = createDrivenTime({ start: 0 })
        const streamConfigs = { streams: { 'shop.click': { producers: { rivulet: { provide_values: ['page_title'] } } } } }
        const events = createRecordingClient({ time, streamConfigs, faults: [unavailable()] })
        const id = events.submit('shop.click', { action: 'buy' })
        const { page } = expectSubmitted(events, 'shop.click', { action: 'buy' })
        let failure
        try { expectSubmitted(events, 'shop.click', { action: 'open' }) } catch (error) { failure = error.message }
        await time.pass(600_000)
        const server = await startFaultyIntake().catch((error) => error.message)
        return { page, failure, answers: events.intake.posts.map(({ answer }) => answer), kind: events.outcomes()[0].kind, server }
      })()`,
  })
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'page.js')],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    alias: { 'rivulet/testing': join(ROOT, await testingForBrowsers()) },
  })
  const url = await serveSite({ '/page.js': outputFiles[0]!.text })
  const page = await browser.newPage()
  await page.goto(url)

  const result = await page.evaluate(() => (window as unknown as { result: Promise<unknown> }).result)

  expect(result).toEqual({
    page: { title: 'Cart' },
    failure: expect.stringContaining('/action is "buy", wanted "open"'),
    answers: [503, 201],
    kind: 'delivered',
    server: expect.stringContaining('needs Node'),
  })
  await page.close()
})

test('it exports there what it exports in Node', async () => {
  const inNode = await import('rivulet/testing')
  const inBrowsers = await import(join(ROOT, await testingForBrowsers()))

  expect(Object.keys(inBrowsers).sort()).toEqual(Object.keys(inNode).sort())
  expect(inBrowsers.startFaultyIntake).not.toBe(inNode.startFaultyIntake)
})

/** What a resolver takes where there is no condition `node`. */
async function testingForBrowsers(): Promise<string> {
  const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  return exports['./testing'].default
}
