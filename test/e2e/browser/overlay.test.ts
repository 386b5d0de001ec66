import { readFile } from 'node:fs/promises'
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { cut, pass } from '../../support/relay.ts'
import { serveSite } from '../../support/site.ts'
import {
  configured,
  expectStored,
  newContext,
  PATIENCE,
  startWeb,
  submit,
  visit,
} from '../../support/visit.ts'
import { STREAMS } from '../../support/web-intake.ts'
import { serveExamples, startShopIntake } from '../examples/examples.ts'

declare global {
  interface Window {
    /** What reached the page's own listeners. */
    reached: string[]
    /** Set by a hostile text that came to life. */
    hacked?: boolean
  }
}

const SWITCH = `
  import { createDebugSwitch } from '/rivulet/debug.js'
  more.debug = createDebugSwitch()`

/** With the overlay, and everything decided as for everybody. */
const LOOK = '/one?rivulet_debug='

const POLICY =
  "default-src 'none'; script-src 'self'; connect-src RELAY; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'"

const OVERLAY = 'rivulet-debug'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

describe('what became of each submit is shown, and why', () => {
  test('each outcome with its own reason', async () => {
    const more = `${SWITCH}
      const validate = (event) => (event.action === 'good' ? [] : [{ path: '/action', keyword: 'enum' }])
      const $schema = '/web/click/1.0.0'
      const names = ['web.click', 'web.view', 'web.off', 'web.gpc', 'web.limited']
      more.schemas = { 'web.checked': { $schema, validate } }
      for (const name of names) more.schemas[name] = { $schema }`
    const { site, intake } = await startWeb({ more })
    const rivulet = { gpc: 'ignore', provide_values: [] }
    const settings = (more: object = {}, top: object = {}) => ({
      schema_title: 'web/click',
      ...top,
      producers: { rivulet: { ...rivulet, ...more } },
    })
    await intake.configure({
      streams: {
        ...STREAMS,
        'web.click': settings(),
        'web.view': settings({}, { sample: { unit: 'session', rate: 0 } }),
        'web.off': settings({ state: 'off' }),
        'web.gpc': settings({ gpc: 'respect' }),
        'web.limited': settings({ max_per_minute: 1 }),
        'web.checked': settings(),
      },
    })
    const context = await openContext()
    await context.addInitScript(() => {
      Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })
    })
    const { page } = await visit(context, site + LOOK)
    await configured(page)

    await page.evaluate(async () => {
      const send = (stream: string, data: object) => window.client.submit(stream, data)
      const cyclic: { self?: object } = {}
      cyclic.self = cyclic
      send('web.click', { action: 'arrives' })
      send('web.click', { note: 'no action' })
      send('web.click', cyclic)
      send('web.view', { action: 'sampled' })
      send('web.off', { action: 'switched off' })
      send('web.gpc', { action: 'private' })
      send('web.limited', { action: 'first' })
      send('web.limited', { action: 'second' })
      send('web.checked', { action: 'bad' })
      send('web.nowhere', { action: 'lost' })
      await window.client.flush({ timeout: 10_000 })
      window.client.setConsent('denied')
      send('web.click', { action: 'refused by the visitor' })
    })

    await expect
      .poll(() => rows(page), PATIENCE)
      .toEqual([
        ['web.click', 'consent', 'consent is denied', 'action: refused by the visitor'],
        ['web.nowhere', 'unconfigured', 'not in the config', 'action: lost'],
        ['web.checked', 'invalid', '/action: enum', 'action: bad'],
        ['web.limited', 'limited', 'more than 1 of its stream in one minute', 'action: second'],
        ['web.limited', 'delivered', '', 'action: first'],
        ['web.gpc', 'gpc', 'the browser asks for privacy (Global Privacy Control)', 'action: private'],
        ['web.off', 'killed', 'its stream is switched off (state: off)', 'action: switched off'],
        [
          'web.view',
          'out of sample',
          expect.stringMatching(/^session [0-9a-f]{4}… stands at [01]\.\d+, rate 0$/),
          'action: sampled',
        ],
        ['web.click', 'unserializable', expect.stringMatching(/circular/i), ''],
        ['web.click', 'refused', expect.stringMatching(/action/), 'note: no action'],
        ['web.click', 'delivered', '', 'action: arrives'],
      ])
  })

  test('undecided while there is no config, and decided when it comes', async () => {
    const { site, relay } = await startWeb({ more: SWITCH })
    relay.onConfig(cut)
    const { page } = await visit(await openContext(), site + LOOK)
    await submit(page, 'early')

    await expect
      .poll(() => rows(page), PATIENCE)
      .toMatchObject([
        [
          'web.click',
          'undecided',
          expect.stringMatching(/^no stream config is known yet: /),
          'action: early',
        ],
      ])
    await page.getByRole('tab', { name: 'Queue' }).click()
    await page.getByText('Undecided: no config or schema yet, or no consent').waitFor()
    await page.getByRole('tab', { name: 'Events' }).click()
    relay.onConfig(pass)
    await expect.poll(async () => (await rows(page))[0]?.[1], PATIENCE).toBe('delivered')
  })

  test('a row opens on the event as it is sent, its id and its problems', async () => {
    const more = `${SWITCH}
      more.schemas = { 'web.click': { $schema: '/web/click/1.0.0', validate: () => [{ path: '/action', keyword: 'enum' }] } }`
    const { site } = await startWeb({ more })
    const { page } = await visit(await openContext(), site + LOOK)
    await configured(page)
    const [id] = await submit(page, 'wrong')
    const head = page.getByRole('button', { name: /web\.click/ })

    await head.click()

    expect(await head.getAttribute('aria-expanded')).toBe('true')
    const more$ = page.locator(`${OVERLAY} .more`)
    expect(await more$.locator('dd').first().textContent()).toBe(id)
    expect(await more$.locator('.problems li').allTextContents()).toEqual(['/action enum'])
    expect(JSON.parse((await more$.locator('pre').textContent()) ?? '')).toEqual({ action: 'wrong' })
  })

  test('what was submitted before the overlay had loaded is there, too', async () => {
    const { site, intake } = await startWeb({ more: SWITCH })
    const context = await openContext()
    let load = () => {}
    const asked = new Promise<void>((resolve) => {
      void context.route('**/debug-overlay.js', async (route) => {
        const released = new Promise<void>((release) => {
          load = release
        })
        resolve()
        await released
        await route.continue()
      })
    })
    const { page } = await visit(context, site + LOOK)
    await asked
    await configured(page)
    await expectStored(intake, await submit(page, 'a', 'b'))
    expect(await page.locator(OVERLAY).count()).toBe(0)

    load()

    await expect
      .poll(() => rows(page), PATIENCE)
      .toMatchObject([
        ['web.click', 'delivered', '', 'action: b'],
        ['web.click', 'delivered', '', 'action: a'],
      ])
  })

  test('the last 500 submits are kept, and the first of a burst are let go', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const { page } = await visit(await openContext(), site + LOOK)
    await configured(page)

    await page.evaluate(() => {
      for (let i = 0; i < 700; i++) window.client.submit('web.nowhere', { action: String(i) })
    })

    await expect.poll(async () => (await rows(page)).length, PATIENCE).toBe(500)
    const all = await rows(page)
    expect([all[0]?.[3], all[499]?.[3]]).toEqual(['action: 699', 'action: 200'])
  })

  test('hostile names and values are shown as text', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const { page, complaints } = await visit(await openContext(), site + LOOK)
    await configured(page)
    const hostile = '<img src=x onerror="window.hacked=true"><script>window.hacked=true</script>'

    await page.evaluate((hostile) => {
      window.client.submit(hostile, { [hostile]: hostile })
      window.client.submit('__proto__', { action: hostile })
    }, hostile)
    await expect
      .poll(() => rows(page), PATIENCE)
      .toMatchObject([
        ['__proto__', 'unconfigured', 'not in the config', `action: ${hostile}`],
        [hostile, 'unconfigured', 'not in the config', `${hostile}: ${hostile}`],
      ])
    for (const head of await page.locator(`${OVERLAY} .head`).all()) await head.click()
    for (const tab of ['Config', 'Ledger', 'Queue', 'Delivery'])
      await page.getByRole('tab', { name: tab }).click()

    expect(await page.locator(`${OVERLAY} img, ${OVERLAY} script`).count()).toBe(0)
    expect(await page.evaluate(() => window.hacked)).toBeUndefined()
    expect(complaints).toEqual([])
  })
})

describe('what goes on around them is shown', () => {
  test('offline, the next try counts down; online again, all is delivered', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const context = await openContext()
    const { page } = await visit(context, site + LOOK)
    await configured(page)
    await context.setOffline(true)
    await submit(page, 'waits')

    // However long a rest is, what is left of it is seen to become less.
    const most = new Map<string, number>()
    await expect
      .poll(async () => {
        const { rest, alert } = await page.locator(OVERLAY).evaluate((host) => ({
          rest: Object.entries(localStorage).find(([key]) => key.startsWith('rivulet rest/1'))?.[1] ?? '',
          alert: host.shadowRoot?.querySelector('.alert')?.textContent ?? '',
        }))
        const [, seconds] = /next try in (\d+) s/.exec(alert) ?? []
        most.set(rest, Math.max(most.get(rest) ?? 0, Number(seconds ?? 0)))
        return Number(seconds) < (most.get(rest) ?? 0)
      }, PATIENCE)
      .toBe(true)
    await page.getByRole('tab', { name: 'Delivery' }).click()
    expect(await text(page, '.state')).toMatch(/^(fails|is unreachable): next try (in \d+ s|now)$/)
    expect(await text(page, '.view')).toContain('the browser says that it is offline')
    await page.getByRole('tab', { name: 'Queue' }).click()
    expect(await text(page, '.sum')).toMatch(/^1 event, \d+ B, the oldest for \d+ (ms|s)$/)

    await context.setOffline(false)
    await page.getByRole('tab', { name: 'Events' }).click()
    await expect.poll(async () => (await rows(page))[0]?.[1], PATIENCE).toBe('delivered')
    await expect.poll(() => page.locator(`${OVERLAY} .alert`).isHidden(), PATIENCE).toBe(true)
  })

  test('the config in force: revision, where from, since when, and what it says of each stream', async () => {
    const { site, intake, options } = await startWeb({ more: SWITCH })
    const sample = { unit: 'session', rate: 0.25 }
    await intake.configure({ streams: { ...STREAMS, 'web.click': { ...STREAMS['web.click'], sample } } })
    const context = await openContext()
    const { page } = await visit(context, site + LOOK)
    await configured(page)
    await submit(page, 'a')
    const revision = await page.evaluate(() => window.client.explain('web.click').config?.revision)

    await page.getByRole('tab', { name: 'Config' }).click()

    await expect
      .poll(() => factsOf(page, 0), PATIENCE)
      .toMatchObject({
        Revision: revision,
        From: options.streamConfigUrl,
        Taken: expect.stringMatching(/^\d+ (ms|s) ago$/),
        Consent: 'granted',
        'Events go to': options.intakeUrl,
      })
    expect(await factsOf(page, 1)).toMatchObject({
      Sample: '25 % by session',
      Draw: expect.stringMatching(/^session [0-9a-f]{4}… stands at [01]\.\d+, rate 0\.25$/),
      'Goes to': options.intakeUrl,
      Context: 'page_title, performer_pageview_id, performer_session_id',
    })
    await page.getByRole('tab', { name: 'Ledger' }).click()
    expect(await text(page, '.numbers')).toMatch(/^1 submitted/)
  })

  test('why a config was not taken', async () => {
    const { site, relay } = await startWeb({ more: SWITCH })
    relay.onConfig(() => ({ status: 500, body: 'out of order' }))
    const { page } = await visit(await openContext(), site + LOOK)

    await expect
      .poll(() => text(page, '.alert'), PATIENCE)
      .toMatch(/^Stream config was not taken: .*status 500/)
  })

  test('the events of several clients, each under its name, and one of them by itself', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const { page } = await visit(await openContext(), site + LOOK)
    await configured(page)
    await page.evaluate(() => {
      const other = window.createClient(window.options)
      window.client.submit('web.nowhere', { action: 'of the first' })
      other.submit('web.nowhere', { action: 'of the second' })
    })
    const marks = () => page.locator(`${OVERLAY} .mark:not([hidden])`).allTextContents()
    await expect.poll(marks, PATIENCE).toEqual(['client 2', 'client 1'])

    await page.getByRole('combobox', { name: 'Client' }).selectOption('client 2')

    expect(await rows(page)).toMatchObject([
      ['web.nowhere', 'unconfigured', 'not in the config', 'action: of the second'],
    ])
    await page.getByRole('tab', { name: 'Ledger' }).click()
    expect(await text(page, '.numbers')).toBe('1 submitted1 unconfigured')
  })

  test('in one overlay, also where parts of the page were bundled apart', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const context = await openContext()
    await context.route('**/rivulet/copy/*.js', async (route) => {
      const name = new URL(route.request().url()).pathname.split('/').pop()
      const body = await readFile(new URL(`../../../dist/${name}`, import.meta.url), 'utf8')
      await route.fulfill({ body, contentType: 'text/javascript' })
    })
    const { page } = await visit(context, site + LOOK)
    await page.locator(OVERLAY).waitFor({ state: 'attached' })

    await page.evaluate(`import('/rivulet/copy/debug.js').then(({ createDebugSwitch }) =>
      window.createClient({ ...window.options, debug: createDebugSwitch() }).submit('web.nowhere', { action: 'apart' }))`)

    await expect.poll(async () => (await rows(page))[0]?.[3], PATIENCE).toBe('action: apart')
    expect(await page.locator(OVERLAY).count()).toBe(1)
  })
})

describe('whoever looks can', () => {
  test('filter, pause, clear and copy', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const context = await openContext()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const { page } = await visit(context, site + LOOK)
    await configured(page)
    const nowhere = (...all: string[]) =>
      page.evaluate((all) => {
        for (const action of all) window.client.submit('web.nowhere', { action })
      }, all)
    await nowhere('apple', 'pear')
    await expect.poll(async () => (await rows(page)).length, PATIENCE).toBe(2)

    await page.getByRole('searchbox').fill('PEAR')
    expect((await rows(page)).map(([, , , excerpt]) => excerpt)).toEqual(['action: pear'])
    await page.getByRole('button', { name: 'Copy what is shown' }).click()
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await expect
      .poll(async () => JSON.parse((await copied()) || '[]'), PATIENCE)
      .toMatchObject([
        {
          stream: 'web.nowhere',
          standing: 'unconfigured',
          why: 'not in the config',
          event: { action: 'pear' },
        },
      ])

    await page.getByRole('searchbox').fill('')
    await page.getByRole('button', { name: 'Pause the list' }).click()
    await nowhere('plum')
    await page.getByText('Paused: 1 new event').waitFor()
    expect((await rows(page)).length).toBe(2)
    await page.getByRole('button', { name: 'Go on' }).click()
    expect((await rows(page)).length).toBe(3)

    await page.getByRole('button', { name: 'Clear the list' }).click()
    expect(await rows(page)).toEqual([])
    await page.getByText('Nothing was submitted yet').waitFor()
  })

  test('use the keyboard alone: the focus stays until it is asked for, Escape closes, Alt+Shift+D opens', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const { page } = await visit(await openContext(), site + LOOK)
    const panel = page.getByRole('region', { name: /^Rivulet/ })
    await panel.waitFor()
    await page.evaluate(() =>
      document.body.append(Object.assign(document.createElement('input'), { id: 'own' })),
    )
    expect(await page.evaluate(() => document.activeElement?.localName)).toBe('body')

    await page.locator('#own').focus()
    await page.keyboard.press('Escape')
    expect(await panel.isVisible()).toBe(true)
    await page.keyboard.press('Alt+Shift+KeyD')
    expect(await focused(page)).toMatch(/^Rivulet/)
    const stops: string[] = []
    for (let i = 0; i < 7; i++) {
      await page.keyboard.press('Tab')
      stops.push(await focused(page))
    }
    expect(stops).toMatchObject([
      'Move to the next corner',
      'Collapse to a badge',
      expect.stringMatching(/^Close for this page view \(Escape\)/),
      'Events',
      expect.stringMatching(/^Filter/),
      'Pause the list',
      'Clear the list',
    ])
    await page.getByRole('tab', { name: 'Events' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Config')
    await page.keyboard.press('End')
    expect(await focused(page)).toBe('Ledger')

    await page.keyboard.press('Escape')
    expect(await panel.isVisible()).toBe(false)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('own')
    await page.evaluate(() => {
      window.client.submit('web.nowhere')
    })
    await page.evaluate(() => window.client.flush())
    expect(await page.locator(`${OVERLAY} .panel, ${OVERLAY} .badge`).evaluateAll(isAnyVisible)).toBe(false)

    await page.keyboard.press('Alt+Shift+KeyD')
    expect(await panel.isVisible()).toBe(true)
    await page.getByRole('tab', { name: 'Events' }).click()
    expect((await rows(page))[0]?.[0]).toBe('web.nowhere')
  })

  test('close it with Escape where nothing has the focus, unless the page has a use for the key', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const { page } = await visit(await openContext(), site + LOOK)
    const panel = page.getByRole('region', { name: /^Rivulet/ })
    await panel.waitFor()
    await page.evaluate(() =>
      document.addEventListener('keydown', (event) => event.preventDefault(), { once: true }),
    )

    await page.keyboard.press('Escape')
    expect(await panel.isVisible()).toBe(true)

    await page.keyboard.press('Escape')
    expect(await panel.isVisible()).toBe(false)
  })

  test('collapse it to a badge, which warns of what was lost, and move it to each corner', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const { page } = await visit(await openContext(), site + LOOK)
    await configured(page)
    const badge = page.getByRole('button', { name: /^Rivulet: / })

    await page.getByRole('button', { name: 'Collapse to a badge' }).click()
    expect(await badge.getAttribute('data-tone')).toBe('good')
    const calm = await background(page, '.badge')
    await page.evaluate(() => {
      window.client.submit('web.nowhere')
    })
    await expect.poll(() => badge.getAttribute('aria-label'), PATIENCE).toMatch(/^Rivulet: 1 lost\./)
    expect(await badge.getAttribute('data-tone')).toBe('bad')
    expect(await background(page, '.badge')).not.toBe(calm)

    await badge.click()
    const places = new Set<string>()
    for (let i = 0; i < 4; i++) {
      const { x = 0, y = 0 } = (await page.locator(`${OVERLAY} .panel`).boundingBox()) ?? {}
      places.add(`${x > 400 ? 'right' : 'left'} ${y > 100 ? 'bottom' : 'top'}`)
      await page.getByRole('button', { name: 'Move to the next corner' }).click()
    }
    expect([...places]).toEqual(['right bottom', 'left bottom', 'left top', 'right top'])
  })

  test.each(['light', 'dark'] as const)(
    'read it: each text has a contrast of 4.5 or more, %s',
    async (colorScheme) => {
      const { site, relay } = await startWeb({ more: SWITCH })
      relay.onEvents(cut)
      const context = await openContext({ colorScheme })
      const { page } = await visit(context, site + LOOK)
      await configured(page)
      await page.evaluate(() => {
        window.client.submit('web.nowhere')
        window.client.submit('web.click', { action: 'waits' })
      })
      await page.locator(`${OVERLAY} .alert:not([hidden])`).waitFor()
      await page.locator(`${OVERLAY} .head`).first().click()

      for (const tab of ['Events', 'Queue', 'Config', 'Delivery', 'Ledger']) {
        await page.getByRole('tab', { name: tab }).click()
        // Colours change in a moment.
        await expect
          .poll(() => page.locator(`${OVERLAY} .root :not(.heard)`).evaluateAll(faintTexts), PATIENCE)
          .toEqual([])
      }
    },
  )
})

describe('it is a guest in the page', () => {
  test('under a strict policy with Trusted Types it has its styles, and violates nothing', async () => {
    const { site } = await startWeb({ more: SWITCH, headers: { 'content-security-policy': POLICY } })
    const context = await openContext()
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, sourceFile }) =>
        console.error(`violated: ${violatedDirective} by ${sourceFile}`),
      )
    })
    const { page, complaints, warnings } = await visit(context, site + LOOK)
    await configured(page)
    await submit(page, 'strict')
    await expect.poll(async () => (await rows(page))[0]?.[1], PATIENCE).toBe('delivered')
    await page.locator(`${OVERLAY} .head`).click()
    for (const tab of ['Queue', 'Config', 'Delivery', 'Ledger'])
      await page.getByRole('tab', { name: tab }).click()
    await page.getByRole('button', { name: 'Move to the next corner' }).click()

    const box = await page.locator(`${OVERLAY} .panel`).boundingBox()
    expect(box).toMatchObject({ x: 16, width: 420 })
    expect([...complaints, ...warnings]).toEqual([])
  })

  test('neither does the style of the page reach it, nor its own the page', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const { page } = await visit(await openContext(), site + LOOK)
    await page.locator(`${OVERLAY} .panel`).waitFor()
    const before = await page.locator(`${OVERLAY} .panel`).boundingBox()
    await page.addStyleTag({
      content: `
        * { font-size: 40px !important; color: red !important; transform: rotate(9deg) !important; opacity: 0.1 !important }
        ${OVERLAY}, body > *, section { display: none !important; visibility: hidden !important; position: static !important }
        :root { --surface: red; --text: red; direction: rtl }`,
    })
    await page.evaluate(() =>
      document.body.append(Object.assign(document.createElement('p'), { className: 'panel' })),
    )

    expect(await page.locator(`${OVERLAY} .panel`).boundingBox()).toEqual(before)
    expect(await page.locator(`${OVERLAY} .panel`).evaluate(lookOf)).toEqual([
      '13px',
      'rgb(24, 34, 42)',
      'rgb(255, 255, 255)',
    ])
    expect(await page.locator('body > .panel').evaluate((own) => getComputedStyle(own).borderRadius)).toBe(
      '0px',
    )
  })

  test('its inside is closed to the page, and what is done in it reaches none of the page’s listeners', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const closed = await visit(await newContext(browser), site + LOOK)
    await closed.page.locator(OVERLAY).waitFor({ state: 'attached' })
    expect(await closed.page.evaluate((name) => document.querySelector(name)?.shadowRoot, OVERLAY)).toBe(null)

    const { page } = await visit(await openContext(), site + LOOK)
    await page.locator(`${OVERLAY} .panel`).waitFor()
    await page.evaluate(() => {
      window.reached = []
      for (const type of ['click', 'pointerdown', 'mousedown', 'keydown', 'keyup', 'input', 'focusin'])
        document.addEventListener(type, ({ type }) => window.reached.push(type))
    })
    await page.getByRole('searchbox').click()
    await page.keyboard.type('a/?')
    expect(await page.getByRole('searchbox').inputValue()).toBe('a/?')
    expect(await page.evaluate(() => window.reached)).toEqual([])
  })

  test('lies above what the page puts on top', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const { page } = await visit(await openContext(), site + LOOK)
    const close = page.getByRole('button', { name: /^Close/ })
    await close.waitFor()
    await page.addStyleTag({
      content: '#cover { position: fixed; inset: 0; z-index: 2147483647; background: white }',
    })
    await page.evaluate(() =>
      document.documentElement.append(Object.assign(document.createElement('div'), { id: 'cover' })),
    )

    await close.click({ timeout: 5000 })
    expect(await page.locator(`${OVERLAY} .panel`).isVisible()).toBe(false)
  })

  test('keeps nothing on the device and asks for nothing but its file', async () => {
    const { site, relay } = await startWeb({ more: SWITCH })
    const context = await openContext()
    const { page } = await visit(context, site + LOOK)
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await configured(page)
    await page.locator(`${OVERLAY} .panel`).waitFor()
    for (const tab of ['Queue', 'Config', 'Delivery', 'Ledger', 'Events'])
      await page.getByRole('tab', { name: tab }).click()
    await page.keyboard.press('Escape')

    expect(asked.filter((path) => !/^\/v1\/|debug-overlay\.js$/.test(path))).toEqual([])
    expect(relay.posts()).toEqual([])
    const keys = await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)])
    expect(keys.filter((key) => !/^rivulet (config|session|rest|left)\/1/.test(key))).toEqual([])
    expect(await context.cookies()).toEqual([])
  })

  test.each([
    [
      'throws at whatever it is told',
      'export const openOverlay = () => () => { throw new Error("broken") }',
      /overlay does not work/,
    ],
    [
      'cannot be opened',
      'export const openOverlay = () => { throw new Error("broken") }',
      /overlay does not work/,
    ],
    ['is not there', undefined, /overlay does not work/],
  ])('one that %s is told of once, and the events go', async (_, body, warning) => {
    const { site, intake } = await startWeb({ more: SWITCH })
    const context = await openContext()
    await context.route('**/debug-overlay.js', (route) =>
      body ? route.fulfill({ body, contentType: 'text/javascript' }) : route.fulfill({ status: 404 }),
    )
    const { page, complaints, warnings } = await visit(context, site + LOOK)
    await configured(page)

    await expectStored(intake, await submit(page, 'a', 'b'))

    await expect.poll(() => warnings, PATIENCE).toEqual([expect.stringMatching(warning)])
    expect(complaints).toEqual([])
  })
})

describe('it is there where it is asked for', () => {
  test.each([
    ['the switch is off', '/one', SWITCH],
    [
      'the switch has no overlay',
      '/one?rivulet_debug=*',
      SWITCH.replace('Switch()', 'Switch({ overlay: false })'),
    ],
    ['the page has no switch', '/one?rivulet_debug=*', ''],
  ])('not where %s: its file is not asked for', async (_, path, more) => {
    const { site, intake } = await startWeb({ more })
    const context = await openContext()
    const asked: string[] = []
    context.on('request', (request) => asked.push(request.url()))
    const { page } = await visit(context, site + path)
    await configured(page)
    await expectStored(intake, await submit(page, 'a'))

    expect(asked.filter((url) => url.includes('overlay'))).toEqual([])
    expect(await page.locator(OVERLAY).count()).toBe(0)
  })

  test('with streams named, these are sent in full and marked; the others are decided as for everybody', async () => {
    const { site, intake } = await startWeb({ more: SWITCH })
    const sampled = { ...STREAMS['web.click'], sample: { unit: 'session', rate: 0 } }
    await intake.configure({ streams: { ...STREAMS, 'web.click': sampled, 'web.view': sampled } })
    const { page } = await visit(await openContext(), `${site}/one?rivulet_debug=web.click`)
    await configured(page)
    await page.evaluate(() => {
      window.client.submit('web.click', { action: 'forced' })
      window.client.submit('web.view', { action: 'not' })
    })

    await expect
      .poll(async () => (await rows(page)).map(([stream, word]) => [stream, word]), PATIENCE)
      .toEqual([
        ['web.view', 'out of sample'],
        ['web.click', 'delivered'],
      ])
    expect(await page.locator(`${OVERLAY} .mark:not([hidden])`).allTextContents()).toEqual(['debug'])
  })

  test('in localStorage, for the browser', async () => {
    const { site } = await startWeb({ more: SWITCH })
    const context = await openContext()
    await context.addInitScript(() => localStorage.setItem('rivulet_debug', ''))
    const { page } = await visit(context, `${site}/one`)

    await page.locator(`${OVERLAY} .panel`).waitFor()
  })

  test('beside the script tag, by an import of the switch', async () => {
    const { options, intake } = await startWeb()
    const script = `
      import('/rivulet/debug.js').then(({ createDebugSwitch }) => window.rivulet.push(({ createClient }) => {
        const more = { debug: createDebugSwitch(), onOutcome: () => {} }
        createClient({ ...${JSON.stringify(options)}, ...more }).submit('web.click', { action: 'by tag' })
      }))`
    const head = '<script>window.rivulet = []</script><script async src="/rivulet/script.js"></script>'
    const site = await serveSite({ '/page.js': script }, { head })
    const { page } = await visit(await openContext(), site + LOOK)

    await expect
      .poll(async () => (await rows(page))[0]?.slice(1), PATIENCE)
      .toEqual(['delivered', '', 'action: by tag'])
    expect(await intake.stored()).toHaveLength(1)
  })

  test('in the demo shop, on a phone: a badge first, then a sheet that leaves room and has targets for a thumb', async () => {
    const { url } = await startShopIntake()
    const shop = await serveExamples(url)
    const context = await openContext({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    })
    const { page, complaints } = await visit(context, `${shop}/?rivulet_debug=*`)
    const badge = page.getByRole('button', { name: /^Rivulet: / })
    await badge.waitFor()
    const { y = 0, height = 0 } = (await badge.boundingBox()) ?? {}
    // What pages have in their bottom corners stays in reach.
    expect(y + height).toBeLessThan(844 - 72)

    await badge.tap()

    const sheet = await page.locator(`${OVERLAY} .panel`).boundingBox()
    expect(sheet).toMatchObject({ x: 0, width: 390 })
    expect(sheet?.height).toBeLessThanOrEqual(0.6 * 844)
    await expect.poll(async () => (await rows(page)).length, PATIENCE).toBeGreaterThan(2)
    const targets = await page.locator(`${OVERLAY} :is(button, input, select)`).evaluateAll((all) =>
      all
        .map((target) => target.getBoundingClientRect())
        .filter(({ width }) => width)
        .map(({ width, height }) => Math.min(width, height)),
    )
    expect(Math.min(...targets)).toBeGreaterThanOrEqual(44)
    expect(complaints).toEqual([])
  })
})

/** A context of its own, in which the inside of the overlay is open to the test. */
async function openContext(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
  const context = await newContext({
    newContext: () => browser.newContext({ reducedMotion: 'reduce', ...options }),
  })
  await context.addInitScript(() => {
    const { attachShadow } = Element.prototype
    Element.prototype.attachShadow = function (init) {
      return attachShadow.call(this, { ...init, mode: 'open' })
    }
  })
  return context
}

type ShownRow = readonly [stream: string, word: string, why: string, excerpt: string]

/** As they are shown, newest first. */
function rows(page: Page): Promise<ShownRow[]> {
  return page
    .locator(`${OVERLAY} .event`)
    .evaluateAll((all) =>
      all.map(
        (row) =>
          ['.name', '.chip', '.why', '.excerpt'].map(
            (part) => row.querySelector(part)?.textContent ?? '',
          ) as never,
      ),
    )
}

async function text(page: Page, selector: string): Promise<string> {
  return (await page.locator(`${OVERLAY} ${selector}`).first().textContent({ timeout: 5000 })) ?? ''
}

/** Names and values in a block of the view that is shown. */
function factsOf(page: Page, block: number): Promise<Record<string, string | undefined>> {
  return page
    .locator(`${OVERLAY} .block`)
    .nth(block)
    .evaluate((block) => {
      const names = [...block.querySelectorAll('dt')].map(({ textContent }) => textContent)
      const values = [...block.querySelectorAll('dd')].map(({ textContent }) => textContent)
      return Object.fromEntries(names.map((name, i) => [name, values[i]]))
    })
}

/** What has the focus inside the overlay, by its name. */
function focused(page: Page): Promise<string> {
  return page.locator(OVERLAY).evaluate((host) => {
    const element = host.shadowRoot?.activeElement
    return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
  })
}

function background(page: Page, selector: string): Promise<string> {
  return page
    .locator(`${OVERLAY} ${selector}`)
    .evaluate((element) => getComputedStyle(element).backgroundColor)
}

const isAnyVisible = (all: Element[]) => all.some((element) => element.getClientRects().length)

const lookOf = (element: Element) => {
  const { fontSize, color, backgroundColor } = getComputedStyle(element)
  return [fontSize, color, backgroundColor]
}

/** Texts that are shown with a contrast below 4.5, the AA level of WCAG 2. */
function faintTexts(all: Element[]): string[] {
  const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = ([r = 0, g = 0, b = 0]: number[]) => {
    const [x = 0, y = 0, z = 0] = [r, g, b].map((part) => {
      const share = part / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const backgroundOf = (element: Element | null): number[] => {
    if (!element) return [255, 255, 255]
    const color = channels(getComputedStyle(element).backgroundColor)
    return color.length === 4 && color[3] === 0 ? backgroundOf(element.parentElement) : color
  }
  return all
    .filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()),
    )
    .filter((element) => element.getClientRects().length)
    .flatMap((element) => {
      const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(backgroundOf(element))]
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
      return contrast < 4.5 ? [`${element.className}: ${contrast.toFixed(2)}`] : []
    })
}
