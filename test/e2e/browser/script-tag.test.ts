import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright'
import type { FaultyIntake } from 'rivulet/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { openFaultyIntake } from '../../support/faulty-intake.ts'
import { serveSite } from '../../support/site.ts'
import { newContext, PATIENCE } from '../../support/visit.ts'

const DIST = fileURLToPath(new URL('../../../dist/', import.meta.url))

declare global {
  interface Window {
    rivulet: {
      push(call: (rivulet: { createClient: typeof window.createClient }) => void): void
      readonly errors: readonly Event[]
    }
  }
}

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** A page with the stub in it, whose library comes when `letThrough` is called. */
async function openPage(script: string, changeScript: (text: string) => string = (text) => text) {
  const intake = await openFaultyIntake({ streamConfigs: { streams: { 'web.click': {} } } })
  const [stub, integrity] = await Promise.all([
    readFile(`${DIST}stub.js`, 'utf8'),
    readFile(`${DIST}integrity.json`, 'utf8').then(JSON.parse),
  ])
  let letThrough = () => {}
  const through = new Promise<void>((resolve) => {
    letThrough = resolve
  })
  const site = await serveSite(
    {
      '/index.html': `<!doctype html><title>x</title><link rel="icon" href="data:,"><script>${stub}</script>
        <script async src="/lib.js" integrity="${integrity['script.js']}"></script>
        <script src="/early.js"></script><img src="/none.png" alt="">`,
      '/lib.js': changeScript(await readFile(`${DIST}script.js`, 'utf8')),
      '/early.js': script.replaceAll('INTAKE', JSON.stringify(intake.intakeUrl)),
    },
    {
      headers: {
        'content-security-policy':
          `default-src 'none'; script-src '${integrity['stub.js']}' 'self'; img-src 'self' data:;
          connect-src ${new URL(intake.intakeUrl).origin}; require-trusted-types-for 'script'`.replace(
            /\s+/g,
            ' ',
          ),
      },
      onRequest: (path) => (path === '/lib.js' ? through : undefined),
    },
  )
  const context = await newContext(browser)
  const page = await context.newPage()
  const violations: string[] = []
  page.on('console', (message) => {
    if (/policy|integrity/i.test(message.text())) violations.push(message.text())
  })
  await page.goto(`${site}/index.html`, { waitUntil: 'commit' })
  return { page, intake, violations, letThrough }
}

const EARLY = `
  let events
  rivulet.push(({ createClient }) => {
    events = createClient({ intakeUrl: INTAKE, streamConfigs: { streams: { 'web.click': {} } } })
  })
  rivulet.push(() => events.submit('web.click', { action: 'early' }))
  setTimeout(() => { throw new Error('thrown early') })
  Promise.reject(new Error('rejected early'))
`

test('the stub has at most 300 bytes', async () => {
  expect((await stat(`${DIST}stub.js`)).size).toBeLessThanOrEqual(300)
})

test('with the stub inline by its hash, and the script by its integrity, early calls and errors are kept', async () => {
  const { page, intake, violations, letThrough } = await openPage(EARLY)
  await expect.poll(() => keptErrors(page), PATIENCE).toHaveLength(3)

  letThrough()
  await intake.until(() => intake.events().length > 0)

  expect(actionsAt(intake)).toEqual(['early'])
  expect((await keptErrors(page)).sort()).toEqual(['IMG', 'rejected early', 'thrown early'])
  expect(violations).toEqual([])
})

test('what went wrong before the library came is told by the collector of errors', async () => {
  const { intake, letThrough, page } = await openPage(`
    let events
    rivulet.push(({ createClient }) => {
      events = createClient({ intakeUrl: INTAKE, streamConfigs: { streams: { 'rivulet.error': {} } } })
    })
    import('/rivulet/collectors/errors.js').then(({ collectErrors }) => {
      rivulet.push(({ errors }) => collectErrors(events, { early: errors }))
    })
    setTimeout(() => { throw new TypeError('thrown early') })
    Promise.reject(new Error('rejected early'))
  `)
  await expect.poll(() => keptErrors(page), PATIENCE).toHaveLength(3)

  letThrough()
  await intake.until(() => intake.events().length === 3)

  expect(intake.events().map(({ kind, message }) => [kind, message])).toEqual(
    expect.arrayContaining([
      ['uncaught', 'thrown early'],
      ['rejection', 'rejected early'],
      ['resource', expect.any(String)],
    ]),
  )
})

test('a script that was changed on its way is not run, and the page goes on', async () => {
  const { page, violations, letThrough } = await openPage(EARLY, (text) => `${text}\n;stolen = 1`)

  letThrough()
  await expect.poll(() => violations.join(), PATIENCE).toMatch(/integrity/)

  expect(await page.evaluate(() => [Array.isArray(window.rivulet), 'stolen' in window])).toEqual([
    true,
    false,
  ])
})

test('the stub keeps no more than twenty errors, and stays as it is where it stands twice', async () => {
  const { page, letThrough } = await openPage(
    'for (let i = 0; i < 30; i++) setTimeout(() => { throw new Error(i) })',
  )
  await expect.poll(() => keptErrors(page), PATIENCE).toHaveLength(20)
  const again = (await readFile(`${DIST}stub.js`, 'utf8')).trim()

  // As an inline script of a second team would do it: not by text, which the policy refuses.
  const kept = await page.evaluate(() => window.rivulet.errors)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Runtime.evaluate', { expression: again })
  letThrough()
  await page.waitForFunction(() => 'createClient' in window.rivulet, undefined, PATIENCE)
  await cdp.send('Runtime.evaluate', { expression: again })

  expect(await page.evaluate(() => window.rivulet.errors.length)).toBe(kept.length)
  expect(await page.evaluate(() => 'createClient' in window.rivulet)).toBe(true)
})

const actionsAt = (intake: FaultyIntake) => intake.events().map(({ action }) => action)

function keptErrors(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    window.rivulet.errors.map((event) =>
      event instanceof ErrorEvent
        ? event.error.message
        : event instanceof PromiseRejectionEvent
          ? event.reason.message
          : (event.target as Element).tagName,
    ),
  )
}
