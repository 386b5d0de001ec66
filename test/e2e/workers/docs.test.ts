import type { Page } from 'playwright'
import { expect, onTestFinished, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { openFaultyIntake } from '../../support/faulty-intake.ts'
import { serveSite } from '../../support/site.ts'
import { snippetsOf } from '../../support/snippets.ts'
import { PATIENCE } from '../../support/visit.ts'

// The files of docs/workers.md do what it says. Those of servers are in rendered.test.ts.

test('a page and its worker, as the docs have them, submit in the session that the page gives', async () => {
  const { open, delivered } = await serveDocs()

  await open('/page')

  await expect
    .poll(delivered, PATIENCE)
    .toMatchObject([{ meta: { stream: 'image.resized' }, image: 'teapot.jpg' }])
})

test('the service worker of the docs submits what it is pushed', async () => {
  const { open, delivered } = await serveDocs()
  const page = await open('/plain')

  await push(page, 'sale')

  await expect.poll(delivered, PATIENCE).toMatchObject([{ meta: { stream: 'push.shown' }, tag: 'sale' }])
})

async function serveDocs() {
  const intake = await openFaultyIntake()
  const { origin } = new URL(intake.intakeUrl)
  const snippets = Object.entries(await snippetsOf('workers.md')).map(([name, code]) => [
    `/${name}`,
    code.replaceAll('https://intake.example.org', origin),
  ])
  const site = await serveSite(Object.fromEntries(snippets))
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  return {
    open: async (path: string) => {
      const page = await browser.newPage()
      await page.goto(site + path)
      return page
    },
    delivered: () => intake.events(),
  }
}

/** To the service worker of the site, as a push service does. */
async function push(page: Page, data: string): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  const registered = new Promise<string>((resolve) => {
    devtools.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      const active = versions.find(({ status }) => status === 'activated')
      if (active) resolve(active.registrationId)
    })
  })
  await devtools.send('ServiceWorker.enable')
  await page.evaluate(() => navigator.serviceWorker.register('/sw.js'))
  const registrationId = await registered
  await devtools.send('ServiceWorker.deliverPushMessage', {
    origin: new URL(page.url()).origin,
    registrationId,
    data,
  })
}
