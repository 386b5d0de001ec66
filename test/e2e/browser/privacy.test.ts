import { readFile } from 'node:fs/promises'
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { createHold } from '../../support/relay.ts'
import { STREAMS } from '../../support/web-intake.ts'
import {
  actions,
  configured,
  countQueued,
  DATABASE,
  expectStored,
  newContext,
  outcomes,
  PATIENCE,
  startWeb,
  submit,
  visit,
  type Web,
} from '../../support/visit.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const SECRET = '7f3a9c51e0'
const NOTHING = { databases: [], keys: [], caches: [], cookies: [] }
const UNAVAILABLE = { status: 503 }

/** Names of all that the page's origin has on the device. */
async function onDevice(page: Page) {
  const found = await page.evaluate(async () => ({
    databases: (await indexedDB.databases()).map(({ name }) => name),
    keys: [...Object.keys(localStorage), ...Object.keys(sessionStorage)].sort(),
    caches: 'caches' in window ? await caches.keys() : [],
  }))
  return { ...found, cookies: await page.context().cookies() }
}

/** All that stands there, as text. */
function textOnDevice(page: Page): Promise<string> {
  return page.evaluate(
    (name) =>
      new Promise<string>((resolve, reject) => {
        const opening = indexedDB.open(name)
        opening.onerror = () => reject(opening.error)
        opening.onsuccess = () => {
          const records = opening.result.transaction('queue').objectStore('queue').getAll()
          records.onsuccess = () => {
            opening.result.close()
            resolve(JSON.stringify([records.result, { ...localStorage }, { ...sessionStorage }]))
          }
        }
      }),
    DATABASE,
  )
}

/** A page of the same origin without a client, on which what others have left can be looked at. */
async function plainPage(context: BrowserContext, { site }: Web): Promise<Page> {
  return (await visit(context, `${site}/plain`)).page
}

/** Streams that ask for nothing. */
const BARE = { 'web.click': { schema_title: 'web/click' }, 'web.view': { schema_title: 'web/click' } }

/** Waits until the intake has answered that it takes nothing, and that is known to all pages. */
const refused = (page: Page) =>
  page.waitForFunction(
    () => Object.keys(localStorage).some((key) => key.startsWith('rivulet rest')),
    undefined,
    PATIENCE,
  )

const deny = (page: Page) => page.evaluate(() => window.client.setConsent('denied'))

describe('while consent is pending', () => {
  test('a page that is used, hidden and left leaves nothing on the device, and asks for stream config only', async () => {
    const web = await startWeb({ options: { consent: 'pending' } })
    const context = await newContext(browser)
    const { page, complaints } = await visit(context, `${web.site}/first`)
    await page.waitForFunction(() => window.client.explain('web.click').config, undefined, PATIENCE)

    await submit(page, ...actions(50))
    await page.evaluate(() => {
      window.client.isInSample('web.click')
      return window.client.flush({ timeout: 100 })
    })
    expect(await onDevice(page)).toEqual(NOTHING)
    const plain = await plainPage(context, web)
    await page.bringToFront()
    await submit(page, 'last')
    await page.goto(`${web.site}/plain-next`)

    expect(await onDevice(plain)).toEqual(NOTHING)
    expect(web.relay.arrivals.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/stream-configs',
    ])
    expect(complaints).toEqual([])
  })

  test('consent sends what was held, with the time of the call and under one id', async () => {
    const { site, intake } = await startWeb({ options: { consent: 'pending' } })
    const context = await newContext(browser)
    const { page } = await visit(context, `${site}/first`)
    await page.waitForFunction(() => window.client.explain('web.click').config, undefined, PATIENCE)

    const ids = await submit(page, 'early')
    const calledBy = await page.evaluate(() => Date.now())
    await page.waitForFunction((at) => Date.now() > at + 100, calledBy)
    await page.evaluate(() => window.client.setConsent('granted'))
    const [event] = await expectStored(intake, ids)

    expect(Date.parse(event!.dt)).toBeLessThanOrEqual(calledBy)
    expect(event?.page.title).toBe('/first')
    expect(await outcomes(page, 1)).toMatchObject([{ kind: 'delivered', id: ids[0] }])
  })

  test('a refusal drops what was held, and leaves nothing', async () => {
    const { site, relay } = await startWeb({ options: { consent: 'pending' } })
    const context = await newContext(browser)
    const { page } = await visit(context, `${site}/first`)
    const [id] = await submit(page, 'early')

    await deny(page)

    expect(await outcomes(page, 1)).toMatchObject([{ kind: 'dropped', id, reason: 'consent' }])
    expect(await onDevice(page)).toEqual(NOTHING)
    expect(relay.posts()).toEqual([])
  })
})

describe('where consent is denied', () => {
  test('queue, ids, config and what was left behind are deleted, the database too, once each tab is told', async () => {
    const web = await startWeb()
    const context = await newContext(browser)
    web.relay.onEvents(() => UNAVAILABLE)
    const pages = [await visit(context, `${web.site}/first`), await visit(context, `${web.site}/second`)]
    for (const { page } of pages) {
      await configured(page)
      await submit(page, 'buy')
      await page.evaluate(() => localStorage.setItem('other', 'of the host'))
    }
    const { page: left } = await visit(context, `${web.site}/third`)
    await configured(left)
    await refused(left)
    await submit(left, 'on the way out')
    await left.goto(`${web.site}/plain`)
    const before = await onDevice(left)
    expect(before.databases).toEqual([DATABASE])
    expect(before.keys.map((key) => key.split('/')[0])).toEqual([
      'other',
      'rivulet config',
      'rivulet left',
      'rivulet rest',
      'rivulet session',
    ])

    for (const { page } of pages) await deny(page)

    await expect.poll(() => onDevice(left), PATIENCE).toEqual({ ...NOTHING, keys: ['other'] })
    const posts = web.relay.posts().length
    for (const { page, complaints } of pages) {
      await submit(page, 'after')
      await page.evaluate(() => window.client.flush({ timeout: 100 }))
      await page.goto(`${web.site}/plain`)
      expect(complaints).toEqual([])
    }
    expect(await onDevice(left)).toEqual({ ...NOTHING, keys: ['other'] })
    expect(web.relay.posts()).toHaveLength(posts)
  })

  test('a page that begins so deletes what an earlier visit has left', async () => {
    const web = await startWeb()
    const context = await newContext(browser)
    web.relay.onEvents(() => UNAVAILABLE)
    const { page } = await visit(context, `${web.site}/first`)
    await configured(page)
    await submit(page, 'buy')
    await page.goto(`${web.site}/plain`)
    expect((await onDevice(page)).databases).toEqual([DATABASE])

    await page.addScriptTag({ url: '/rivulet/script.js' })
    await page.evaluate((options) => {
      const { rivulet } = window as unknown as { rivulet: Pick<Window, 'createClient'> }
      rivulet.createClient({ ...options, consent: 'denied' })
    }, web.options)

    await expect.poll(() => onDevice(page), PATIENCE).toEqual(NOTHING)
  })

  test('in whichever moment of a write it is denied, nothing is left', async () => {
    const web = await startWeb()
    web.relay.onEvents(() => UNAVAILABLE)
    const context = await newContext(browser)
    const plain = await plainPage(context, web)

    for (let ms = 0; ms < 60; ms += 6) {
      const { page } = await visit(context, `${web.site}/${ms}`)
      await page.evaluate(async (ms) => {
        const end = performance.now() + ms
        window.client.submit('web.click', { action: 'buy' })
        while (performance.now() < end) {
          await new Promise((resolve) => setTimeout(resolve))
          window.client.submit('web.click', { action: 'buy' })
        }
        window.client.setConsent('denied')
      }, ms)

      await expect.poll(() => onDevice(plain), PATIENCE).toEqual(NOTHING)
      await page.close()
      expect([ms, await onDevice(plain)]).toEqual([ms, NOTHING])
    }
  })

  test('consent given again keeps what comes from then on', async () => {
    const { site, intake, relay } = await startWeb()
    const context = await newContext(browser)
    const { page } = await visit(context, `${site}/first`)
    await configured(page)
    const sessionOf = () => page.evaluate(() => localStorage.getItem('rivulet session/1')?.split(' ')[1])
    relay.onEvents(() => UNAVAILABLE)
    await submit(page, 'before')
    const before = await sessionOf()

    const ids = await page.evaluate(() => {
      window.client.setConsent('denied')
      window.client.setConsent('granted')
      return [window.client.submit('web.click', { action: 'after' })]
    })
    await expect.poll(() => countQueued(page), PATIENCE).toBe(1)
    relay.onEvents((_, pass) => pass())
    await page.goto(`${site}/second`)
    await page.evaluate(() => localStorage.removeItem('rivulet rest/1'))
    const [event] = await expectStored(intake, ids)

    expect(event?.performer.session_id).not.toBe(before)
    expect(await sessionOf()).toBe(event?.performer.session_id)
  })

  test('where storage is blocked it throws nothing, and drops what is in memory', async () => {
    const { site, relay } = await startWeb()
    const context = await newContext(browser)
    await context.addInitScript(() => {
      for (const name of ['indexedDB', 'localStorage', 'sessionStorage', 'caches'])
        Object.defineProperty(window, name, {
          get: () => {
            throw new DOMException('denied', 'SecurityError')
          },
        })
    })
    const { page, complaints } = await visit(context, `${site}/first`)
    relay.onEvents(() => UNAVAILABLE)
    await submit(page, 'buy')

    await deny(page)

    expect(await outcomes(page, 1)).toMatchObject([{ kind: 'dropped', reason: 'consent' }])
    expect(complaints).toEqual([])
  })
})

describe('where the browser asks for privacy', () => {
  const askForPrivacy = () => {
    Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })
  }

  test('streams that respect it send nothing and leave no event and no id, waiting for the config included', async () => {
    const web = await startWeb()
    const ignoring = { schema_title: 'web/click', producers: { rivulet: { gpc: 'ignore' } } }
    await web.intake.configure({ streams: { ...STREAMS, 'web.view': ignoring } })
    const context = await newContext(browser)
    await context.addInitScript(askForPrivacy)
    const { script, release } = createHold()
    web.relay.onConfig(script)
    const { page } = await visit(context, `${web.site}/first`)
    const ids = await page.evaluate(() =>
      ['web.click', 'web.view'].map((stream) => window.client.submit(stream, { action: 'buy' })),
    )
    await page.evaluate(() => window.client.flush({ timeout: 100 }))
    expect(await countQueued(page)).toBe(0)

    release()
    await expect.poll(() => web.intake.stored('web.view'), PATIENCE).toHaveLength(1)

    expect(await outcomes(page, 2)).toMatchObject([
      { kind: 'dropped', id: ids[0], reason: 'gpc' },
      { kind: 'delivered', id: ids[1] },
    ])
    expect(await web.intake.stored()).toEqual([])
    expect((await onDevice(page)).keys.filter((key) => /session|device/.test(key))).toEqual([])
  })
})

describe('what is redacted', () => {
  const REDACT = `
    import { createRedact } from '/rivulet/redact.js'
    more.redact = createRedact({ paths: ['customer.email', 'page.title'], urlParameters: ['token'] })`
  const DATA = {
    action: `/reset?next=%2Fa%3Ftoken%3D${SECRET}&page=2`,
    customer: { email: SECRET, plan: 'free' },
  }

  test('is on the device at no time, and is not sent', async () => {
    const web = await startWeb({ more: REDACT })
    const context = await newContext(browser)
    const { script, release } = createHold()
    web.relay.onConfig(script)
    web.relay.onEvents(() => UNAVAILABLE)
    const { page } = await visit(context, `${web.site}/first`)

    const id = await page.evaluate(
      ([data, title]) => {
        document.title = title
        return window.client.submit('web.click', data)
      },
      [DATA, `Mail of ${SECRET}`] as const,
    )
    await expect.poll(() => countQueued(page), PATIENCE).toBe(1)
    const undecided = await textOnDevice(page)
    release()
    await expect.poll(() => web.relay.posts().length, PATIENCE).toBe(1)
    const decided = await textOnDevice(page)
    web.relay.onEvents((_, pass) => pass())
    await page.evaluate(() => localStorage.clear())
    await page.goto(`${web.site}/plain`)
    const left = await textOnDevice(page)
    await visit(context, `${web.site}/second`)
    const [event] = await expectStored(web.intake, [id])

    for (const text of [undecided, decided, left]) {
      expect(text).toContain(id)
      expect(text).toContain('free')
      expect(text).not.toContain(SECRET)
    }
    expect(
      web.relay
        .posts()
        .map(({ body }) => body)
        .join(),
    ).not.toContain(SECRET)
    expect(event).toMatchObject({ action: '/reset?next=%2Fa%3Ftoken%3D&page=2', customer: { plan: 'free' } })
  })
})

describe('what the documents tell', () => {
  test('an event has the fields of the table, and no others, unless stream config or the page’s code asks', async () => {
    const web = await startWeb()
    await web.intake.configure({ revision: '1', streams: BARE })
    const context = await newContext(browser)
    await context.addCookies([{ name: 'secret', value: SECRET, url: web.site }])
    const { page } = await visit(context, `${web.site}/first?q=${SECRET}`)
    await configured(page)

    const [event] = await expectStored(web.intake, await submit(page, 'buy'))

    const told = firstColumn(await read('docs/privacy.md'), '## What an event has')
    expect(fieldsOf(event).sort()).toEqual([...told, 'action'].sort())
    const { domain: _, ...meta } = event!.meta
    expect(JSON.stringify({ ...event, meta })).not.toMatch(new RegExp(`${SECRET}|Mozilla|127\\.0\\.0\\.1`))
  })

  test('all that is found on the device stands in the table', async () => {
    const web = await startWeb()
    const sampled = { ...STREAMS['web.view'], sample: { unit: 'device', rate: 1 } }
    await web.intake.configure({ streams: { ...STREAMS, 'web.view': sampled } })
    web.relay.onEvents(() => UNAVAILABLE)
    const context = await newContext(browser)
    const { page } = await visit(context, `${web.site}/first`)
    await configured(page)
    await submit(page, 'buy')
    await refused(page)
    await page.evaluate(() => window.client.submit('web.view', { action: 'look' }))
    await page.goto(`${web.site}/plain`)

    const { databases, keys } = await onDevice(page)

    const places = firstColumn(await read('README.md'), '### What is kept on the device')
    expect(places).toContain(DATABASE)
    expect(databases).toEqual([DATABASE])
    // After the name and the version there may be a URL.
    const names = new Set(keys.map((key) => key.replace(/(\/\d+) .*/, '$1')))
    expect(names).toEqual(
      new Set(places.filter((place) => place.startsWith('rivulet ')).map((place) => place.replace(' …', ''))),
    )
  })
})

describe('ids', () => {
  test('are on the device only where a stream is sampled by them or asks for them', async () => {
    const web = await startWeb()
    await web.intake.configure({ streams: BARE })
    const context = await newContext(browser)
    const { page } = await visit(context, `${web.site}/first`)
    await configured(page)
    await expectStored(web.intake, await submit(page, 'buy'))
    const idKeys = async () => (await onDevice(page)).keys.filter((key) => /session|device/.test(key))
    expect(await idKeys()).toEqual([])

    const sampled = { schema_title: 'web/click', sample: { unit: 'device', rate: 1 } }
    await web.intake.configure({ streams: { ...BARE, 'web.view': sampled } })
    await page.goto(`${web.site}/second`)
    await page.waitForFunction(() => window.client.explain('web.view').config?.sample, undefined, PATIENCE)
    await page.evaluate(() => window.client.submit('web.view', { action: 'look' }))

    expect(await idKeys()).toEqual(['rivulet device/1'])
  })
})

describe('cookies', () => {
  test('no entry sets or sends one, whatever the intake asks for', async () => {
    const entries = [
      'browser',
      'webview',
      'config-push',
      'curation',
      'debug',
      'fetch-later',
      'redact',
      'validator',
    ]
    const collectors = ['clicks', 'errors', 'page-views', 'web-vitals'].map((name) => `collectors/${name}`)
    const web = await startWeb({
      more: `
        ${[...entries, ...collectors].map((name, i) => `import * as e${i} from '/rivulet/${name}.js'`).join('\n')}
        more.configPush = e2.createConfigPush('INTAKE/v1/stream-configs/live')
        more.curate = e3.curate
        more.debug = e4.createDebugSwitch()
        more.net = e5.createFetchLaterNet()
        more.redact = e6.createRedact({ paths: ['nobody'] })
        const started = () => {
          e8.collectClicks(window.client)
          e9.collectErrors(window.client)
          e10.collectPageViews(window.client)
          e11.collectWebVitals(window.client)
        }
        window.addEventListener('load', () => started())`,
    })
    const eager = async (_: unknown, pass: () => Promise<object | undefined>) => ({
      status: 200,
      ...(await pass()),
      headers: { 'set-cookie': 'visitor=1; Path=/; Max-Age=1000' },
    })
    web.relay.onEvents(eager)
    web.relay.onConfig(eager)
    const context = await newContext(browser)
    await context.addInitScript(() => {
      const { set } = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie') as {
        set: (text: string) => void
      }
      Object.defineProperty(Document.prototype, 'cookie', {
        get: () => {
          throw new Error('a cookie was read')
        },
        set(text: string) {
          console.error('a cookie was set')
          set.call(this, text)
        },
      })
    })

    const { page, complaints } = await visit(context, `${web.site}/first`)
    await configured(page)
    await expectStored(web.intake, await submit(page, 'buy'))
    await page.locator('h1').click()
    await page.evaluate(() => window.client.flush())

    expect(await context.cookies()).toEqual([])
    expect(complaints).toEqual([])
    expect(web.relay.arrivals.length).toBeGreaterThanOrEqual(2)
    expect(web.relay.arrivals.filter(({ headers }) => headers.cookie)).toEqual([])
  })
})

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8')

/** What stands in code in the first column of the first table behind a heading, the column's own name left out. */
function firstColumn(text: string, heading: string): string[] {
  const [, after = ''] = text.split(`\n${heading}\n`)
  const [table = ''] = /(^\|.*\n)+/m.exec(after) ?? []
  return table
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name!))
}

/** Paths of the values in an event. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || !value) return [path]
  return Object.entries(value).flatMap(([name, field]) => fieldsOf(field, path ? `${path}.${name}` : name))
}
