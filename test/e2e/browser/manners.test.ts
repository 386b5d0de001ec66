import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { DATABASE, expectStored, newContext, PATIENCE, startWeb, submit, visit } from '../../support/visit.ts'

declare global {
  interface Window {
    /** Types of the listeners that were added to the window and the document. */
    listened: string[]
  }
}

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('importing the client has no side effect: no storage, no request, no listener, no global', async () => {
  const { site, relay } = await startWeb()
  const context = await newContext(browser)
  await context.addInitScript(noteListeners)
  const { page } = await visit(context, `${site}/plain`)
  const requests: string[] = []
  page.on('request', (request) => requests.push(new URL(request.url()).pathname))

  const before = await traces(page)
  // As a text: in a function, `import` would be that of the test runner.
  await page.evaluate("import('/rivulet/browser.js').then(() => 'imported')")
  const after = await traces(page)

  expect(after).toEqual(before)
  expect(requests).toEqual(['/rivulet/browser.js'])
  expect(relay.arrivals).toEqual([])
})

test('a client at work adds no global and no cookie, and listens to no unload', async () => {
  const { site, intake, options } = await startWeb()
  const context = await newContext(browser)
  await context.addInitScript(noteListeners)
  const { page } = await visit(context, `${site}/plain`)

  const before = await traces(page)
  const id: string = await page.evaluate(`
    import('/rivulet/browser.js').then(({ createClient }) =>
      createClient(${JSON.stringify(options)}).submit('web.click', { action: 'buy' }))
  `)
  await expectStored(intake, [id])
  const after = await traces(page)

  expect(after.globals).toEqual(before.globals)
  expect(after.prototypes).toEqual(before.prototypes)
  expect(await context.cookies()).toEqual([])
  expect(after.listened).toEqual(expect.arrayContaining(['pagehide', 'visibilitychange']))
  expect(after.listened).not.toEqual(expect.arrayContaining(['unload']))
  expect(after.listened).not.toEqual(expect.arrayContaining(['beforeunload']))
  expect(after.databases).toEqual([DATABASE])
  expect(after.keys.filter((key) => !key.startsWith('rivulet '))).toEqual([])
})

test('the script adds one global, `rivulet`', async () => {
  const { site } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/plain`)

  const before = await traces(page)
  await page.addScriptTag({ url: '/rivulet/script.js' })
  const after = await traces(page)

  expect(after.globals.filter((name) => !before.globals.includes(name))).toEqual(['rivulet'])
})

test('a host whose callbacks throw is told once each, and its events arrive', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page, warnings, complaints } = await visit(context, `${site}/first`)

  const ids = await page.evaluate(async () => {
    const fail = () => {
      throw new Error('a mistake of the host')
    }
    const client = window.createClient({ ...window.options, onOutcome: fail, context: fail })
    const ids = ['a', 'b', 'c'].map((action) => client.submit('web.click', { action }))
    await client.flush()
    return ids
  })
  await expectStored(intake, ids)

  const told = () => warnings.map((line) => line.replace(/ Error.*/s, '')).sort()
  await expect.poll(told, PATIENCE).toEqual(['rivulet: context threw', 'rivulet: onOutcome threw'])
  expect(complaints).toEqual([])
})

test('what the caller changes after the call does not show, and the caller’s objects are left alone', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first`)
  await page.waitForFunction(() => window.client.explain('web.click').goes)

  const [id, unchanged] = await page.evaluate(() => {
    const data = { action: 'buy', basket: { count: 1 }, meta: { note: 'own' } }
    const before = JSON.stringify(data)
    const id = window.client.submit('web.click', data)
    const unchanged = JSON.stringify(data) === before
    data.basket.count = 2
    data.action = 'changed'
    return [id, unchanged] as const
  })
  const [event] = await expectStored(intake, [id])

  expect(unchanged).toBe(true)
  expect(event).toMatchObject({ action: 'buy', basket: { count: 1 }, meta: { note: 'own' } })
})

test('a page with a client has the same title, hash and history as before', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/first#top`)

  await expectStored(intake, await submit(page, 'buy'))

  expect(await page.evaluate(() => [document.title, location.hash, history.length, history.state])).toEqual([
    '/first',
    '#top',
    2,
    null,
  ])
})

/** What a guest could leave behind in a page. */
function traces(page: Page) {
  return page.evaluate(async () => ({
    globals: Object.getOwnPropertyNames(window).sort(),
    prototypes: [Object, Array, Function, Promise, String, Event, Node].map(({ prototype }) =>
      Object.getOwnPropertyNames(prototype).join(),
    ),
    listened: [...(window.listened ?? [])],
    databases: (await indexedDB.databases()).map(({ name }) => name),
    keys: [...Object.keys(localStorage), ...Object.keys(sessionStorage)],
    cookie: document.cookie,
  }))
}

/** Runs in the page before any of its scripts. */
function noteListeners(): void {
  window.listened = []
  const { addEventListener } = EventTarget.prototype
  EventTarget.prototype.addEventListener = function (type: string, ...rest: [EventListener]) {
    if (this === window || this === document) window.listened.push(type)
    return addEventListener.call(this, type, ...rest)
  }
}
