import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { expectSubmitted, startCollecting, submittedIn } from '../../support/collecting.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** Code of the page that fails; what it does is done in a task of its own, so that nobody catches it. */
const SHOP = `
  window.later = (fail) => { setTimeout(fail) }
  function show(basket) { return basket.total() }
  class Shop { open() { return show(undefined) } }
  window.openShop = () => later(function open() { new Shop().open() })
  window.fail = (thrown) => later(() => { throw thrown })
`

test('an uncaught error says what, where and how often, with URLs that have no query', async () => {
  const { site, page } = await openCollecting()

  await page.evaluate('openShop()')

  const [{ stream, data } = { stream: '', data: {} }] = await expectSubmitted(page, 1)
  expect(stream).toBe('rivulet.error')
  expect(data).toMatchObject({
    $schema: '/rivulet/error/1.0.0',
    kind: 'uncaught',
    name: 'TypeError',
    message: "Cannot read properties of undefined (reading 'total')",
    fingerprint: 'TypeError page.js show ',
    count: 1,
    file: `${site}/page.js`,
    line: expect.any(Number),
    column: expect.any(Number),
    page: { path: '/shop' },
  })
  const { stack } = data as { stack: { function_name: string; file: string }[] }
  expect(stack.slice(0, 2)).toMatchObject([
    { function_name: 'show', file: `${site}/page.js` },
    { function_name: 'Shop.open', file: `${site}/page.js` },
  ])
})

test('the first of a kind is told at once, how many more there were when the page is hidden', async () => {
  const { page } = await openCollecting()

  for (let i = 0; i < 5; i++) await page.evaluate('openShop()')
  await page.evaluate('fail(new Error("another"))')
  await expectSubmitted(page, 2)
  await page.goto(`${new URL(page.url()).origin}/plain/next`)

  const told = await expectSubmitted(page, 3)
  expect(told.map(({ data }) => [data.name, data.count])).toEqual([
    ['TypeError', 1],
    ['Error', 1],
    ['TypeError', 4],
  ])
  expect(told[2]?.data).toEqual({ ...told[0]?.data, count: 4 })
})

test('a page tells of 20 kinds at most', async () => {
  const { page } = await openCollecting()
  await page.evaluate(`for (const c of 'abcdefghijklmnopqrstuvwxyz') fail(new Error('kind ' + c + c))`)
  await expectSubmitted(page, 20)
})

test('after the end there are no more', async () => {
  const { page } = await openCollecting()

  await page.evaluate('end(); fail(new Error("late"))')

  await expectSubmitted(page, 0)
})

describe('a file that does not load', () => {
  test.each([
    ['img', "Object.assign(new Image(), { src: '/no.png?person=1' })", '/no.png'],
    ['script', "Object.assign(document.createElement('script'), { src: '/no.js?person=1#x' })", '/no.js'],
    [
      'link',
      "Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/no.css?person=1' })",
      '/no.css',
    ],
  ])('is told of %s, by its URL without query', async (name, element, path) => {
    const { site, page } = await openCollecting()

    await page.evaluate(`document.body.append(${element})`)

    const [{ data } = { data: {} }] = await expectSubmitted(page, 1)
    expect(data).toMatchObject({ kind: 'resource', message: name, file: site + path, stack: [] })
    expect(JSON.stringify(data)).not.toContain('person')
  })

  test('has no contents in its URL', async () => {
    const { page } = await openCollecting()

    await page.evaluate(
      "document.body.append(Object.assign(new Image(), { src: 'data:image/png;base64,c2VjcmV0' }))",
    )

    expect((await expectSubmitted(page, 1))[0]?.data.file).toBe('data:')
  })
})

describe('whatever is thrown or rejected', () => {
  test.each<[source: string, name: string, message: string]>([
    ['"a text"', '', 'a text'],
    ['""', '', ''],
    ['404', '', '404'],
    ['undefined', '', ''],
    ['{ code: 5 }', '', '[object Object]'],
    ['{ message: "of an object", name: "Own" }', 'Own', 'of an object'],
    ['Object.freeze(new RangeError("frozen"))', 'RangeError', 'frozen'],
    ['(() => { const a = {}; a.a = a; return a })()', '', '[object Object]'],
    ['new DOMException("No space", "QuotaExceededError")', 'QuotaExceededError', 'No space'],
    ['{ get message() { throw 1 } }', '', ''],
    ['{ message: "read", get name() { throw 1 } }', '', 'read'],
    ['new Proxy({}, { get() { throw new Error() } })', '', ''],
    ['(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()', '', ''],
    ['Symbol("s")', '', ''],
    ['Object.assign(new Error("no stack"), { stack: 5 })', 'Error', 'no stack'],
    ['new Error("x ".repeat(9000))', 'Error', 'x '.repeat(512)],
  ])('%s is told', async (source, name, message) => {
    const { page } = await openCollecting()
    const wrong: string[] = []
    page.on('pageerror', (error) => wrong.push(error.message))

    await page.evaluate(`{ const reason = ${source}; void Promise.reject(reason) }`)

    const [{ data } = { data: {} }] = await expectSubmitted(page, 1)
    expect(data).toMatchObject({ kind: 'rejection', name, message })
    // The rejection itself, and nothing that went wrong in telling it.
    expect(wrong).toHaveLength(1)
  })

  test('thrown, too', async () => {
    const { page } = await openCollecting()

    await page.evaluate("fail('a text'); fail({ code: 5 }); fail(null)")

    const told = await expectSubmitted(page, 3)
    expect(told.map(({ data }) => data.message)).toEqual(['a text', '[object Object]', 'Uncaught null'])
  })
})

test('by default no requests that were given up, no ResizeObserver loops, no errors of extensions', async () => {
  const noise = `
    fetch('/plain', { signal: AbortSignal.abort() })
    dispatchEvent(new ErrorEvent('error', { message: 'ResizeObserver loop completed with undelivered notifications.' }))
    dispatchEvent(new ErrorEvent('error', { message: 'x', filename: 'chrome-extension://abc/content.js' }))
    dispatchEvent(new ErrorEvent('error', { message: 'Script error.' }))
  `
  const { page } = await openCollecting()
  await page.evaluate(noise)
  expect((await expectSubmitted(page, 1))[0]?.data).toMatchObject({ message: 'Script error.', file: '' })

  const { page: other } = await openCollecting('{ ignore: /^: Script/ }')
  await other.evaluate(noise)
  await expectSubmitted(other, 3)
})

test('what a stub has kept before is told first', async () => {
  const { open } = await startCollecting(
    browser,
    `${SHOP}
    const early = []
    for (const type of ['error', 'unhandledrejection']) addEventListener(type, (event) => early.push(event), true)
    dispatchEvent(new ErrorEvent('error', { error: new TypeError('early'), filename: '/x.js?a=1', lineno: 3 }))
    dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason: new Error('early, too') }))
    collectErrors(events, { early: [...early] })`,
  )
  const page = await open('/shop')

  await page.evaluate('fail(new Error("late"))')

  const told = await expectSubmitted(page, 3)
  expect(told.map(({ data }) => [data.kind, data.message])).toEqual([
    ['uncaught', 'early'],
    ['rejection', 'early, too'],
    ['uncaught', 'late'],
  ])
})

test.each([
  ['throws', 'throw new Error("of submit")'],
  ['rejects', 'void Promise.reject(new Error("of submit"))'],
  ['reports', 'reportError(new Error("of submit " + ++window.count))'],
])('a client that %s while it is told does not make a loop', async (_, failing) => {
  const { open } = await startCollecting(
    browser,
    `${SHOP} window.count = 0; window.calls = 0; collectErrors({ submit: () => { window.calls++; ${failing} } })`,
  )
  const page = await open('/shop')

  await page.evaluate('openShop()')
  await submittedIn(page)
  await page.evaluate('openShop()')
  await submittedIn(page)

  expect(await page.evaluate('calls')).toBeGreaterThan(0)
  expect(await page.evaluate('calls')).toBeLessThanOrEqual(3)
})

describe('what a person has typed is not in the message', () => {
  const FORM =
    '<input id="a"><input id="b" type="password"><textarea id="c"></textarea><div id="d" contenteditable></div><x-field></x-field>'

  test.each([
    ['as it stands', 'value'],
    ['in capitals', 'value.toUpperCase()'],
    ['one word of it', 'value.split(" ")[0]'],
    ['in a query', '"GET /search?q=" + encodeURIComponent(value)'],
    ['in quotes', `'"' + value + '" is unknown'`],
  ])('%s', async (_, said) => {
    const { page } = await openCollecting()
    await page.evaluate((html) => {
      document.body.innerHTML = html
      document.querySelector('x-field')!.attachShadow({ mode: 'open' }).innerHTML = '<input id="e">'
    }, FORM)

    for (const id of 'abcde') {
      await page.click(`#${id}`)
      await page.keyboard.type(`Zanzi${id}barra Quux${id}flop`)
      // Many pages empty the field, and fail then.
      await page.evaluate(
        `{ const root = '${id}' === 'e' ? document.querySelector('x-field').shadowRoot : document
           const field = root.querySelector('#${id}')
           const value = field.value ?? field.textContent
           if (field.value) field.value = ''
           fail(new Error('Could not find ' + ${said})) }`,
      )
    }
    await page.evaluate('new Promise((resolve) => setTimeout(resolve))')

    const text = JSON.stringify(await submittedIn(page)).toLowerCase()
    expect(text).toContain('could not find')
    for (const id of 'abcde') {
      expect(text).not.toContain(`zanzi${id}barra`)
      expect(text).not.toContain(`quux${id}flop`)
    }
  })

  test('nor in the name of what a promise is rejected with', async () => {
    const { page } = await openCollecting()
    await page.evaluate('document.body.innerHTML = "<input>"')
    await page.fill('input', 'Zanzibarra')

    await page.evaluate(
      `void Promise.reject({ name: document.querySelector('input').value, message: 'no such city' })`,
    )

    const [told] = await expectSubmitted(page, 1)
    expect(told?.data).toMatchObject({ kind: 'rejection', name: '…', message: 'no such city' })
  })

  test('errors that differ by it only are of one kind', async () => {
    const { page } = await openCollecting()
    await page.evaluate('document.body.innerHTML = "<input>"')

    for (const city of ['Springfield', 'Shelbyville']) {
      await page.fill('input', city)
      await page.evaluate(`fail(new Error('Unknown city: ' + document.querySelector('input').value))`)
    }

    const [first] = await expectSubmitted(page, 1)
    expect(first?.data.message).toBe('Unknown city: …')
  })

  test('nor what a URL has in its query', async () => {
    const { page } = await openCollecting()

    await page.evaluate(`history.pushState({}, '', '?q=Zanzibarra#Zanzibarra'); openShop()`)

    await expectSubmitted(page, 1)
    expect(JSON.stringify(await submittedIn(page))).not.toContain('Zanzibarra')
  })
})

async function openCollecting(options = '{}'): Promise<{ site: string; page: Page }> {
  const { site, open } = await startCollecting(
    browser,
    `${SHOP} window.end = collectErrors(events, ${options})`,
  )
  return { site, page: await open('/shop') }
}
