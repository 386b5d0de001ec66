import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { expectSubmitted, startCollecting, submittedIn } from '../../support/collecting.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium({ bfcache: true })
})
afterAll(() => browser.close())

const COLLECT = 'collectPageViews(events)'

test('the first view says how the visitor came, and nothing of query and fragment', async () => {
  const { site, open } = await startCollecting(browser, COLLECT)

  const page = await open('/basket?coupon=secret#there')

  const [view, ...others] = await expectSubmitted(page, 1)
  expect(others).toEqual([])
  expect(view).toEqual({
    stream: 'rivulet.page_view',
    title: '/basket',
    data: {
      $schema: '/rivulet/page_view/1.0.0',
      kind: 'load',
      navigation_type: 'navigate',
      page: { path: '/basket' },
    },
  })
  expect(JSON.stringify(view)).not.toContain(site)
})

test('a referrer of the same site has its path, another one only its origin', async () => {
  const { site, open } = await startCollecting(browser, COLLECT)
  const page = await open('/list?search=secret')
  await page.evaluate(() => {
    location.href = '/item?id=1'
  })
  await page.waitForURL('**/item*')
  const other = site.replace('127.0.0.1', 'localhost')
  await page.goto(`${other}/plain/elsewhere?search=secret`)
  await page.evaluate((url) => {
    const link = Object.assign(document.createElement('a'), { href: url, referrerPolicy: 'unsafe-url' })
    document.body.append(link)
    link.click()
  }, `${site}/last`)
  await page.waitForURL('**/last')

  const referrers = (await expectSubmitted(page, 3)).map(({ data }) => data.referrer)
  expect(referrers).toEqual([undefined, { origin: site, path: '/list' }, { origin: other }])
})

test('a reload has no referrer: the visitor was here', async () => {
  const { site, open } = await startCollecting(browser, COLLECT)
  const page = await open('/plain/list')
  await page.evaluate((url) => {
    location.href = url
  }, `${site}/item`)
  await page.waitForURL('**/item')
  await expectSubmitted(page, 1)
  await page.reload()

  const [first, second] = await expectSubmitted(page, 2)
  expect(first?.data.referrer).toEqual({ origin: site, path: '/plain/list' })
  expect(second?.data).toMatchObject({ kind: 'load', navigation_type: 'reload' })
  expect(second?.data.referrer).toBeUndefined()
})

test('a navigation within the document is a view, from the page before, with the title that it brings', async () => {
  const { site, open } = await startCollecting(browser, COLLECT)
  const page = await open('/list')
  await expectSubmitted(page, 1)

  await page.evaluate(() => {
    history.pushState({}, '', '/item?id=1#photos')
    // As a component does that renders after the router.
    return Promise.resolve().then(() => {
      document.title = 'An item'
    })
  })

  const [, view] = await expectSubmitted(page, 2)
  expect(view).toEqual({
    stream: 'rivulet.page_view',
    title: 'An item',
    data: {
      $schema: '/rivulet/page_view/1.0.0',
      kind: 'history',
      navigation_type: 'soft-navigation',
      page: { path: '/item' },
      referrer: { origin: site, path: '/list' },
    },
  })
})

describe('of what single-page applications do, after a view of /list, it counts', () => {
  interface Trap {
    readonly does: string
    /** Options of the collector, as a source. */
    readonly options?: string
    /** Each in a task of its own. */
    readonly steps: readonly string[]
    readonly views: readonly string[]
  }

  const traps: readonly Trap[] = [
    {
      does: 'each page that a router pushes',
      steps: ["history.pushState({}, '', '/a')", "history.pushState({}, '', '/b')"],
      views: ['/a', '/b'],
    },
    {
      does: 'nothing where a router keeps state, or a scroll position, in the entry (vuejs/router#1416)',
      steps: ["history.replaceState({ scroll: 120 }, '', location.href)", 'history.replaceState({}, "")'],
      views: [],
    },
    {
      does: 'one, where a router replaces the state of the entry that it leaves, then pushes (vuejs/router#960)',
      steps: ["history.replaceState({ scroll: 1 }, ''); history.pushState({}, '', '/a')"],
      views: ['/a'],
    },
    {
      does: 'one, where it pushes and then replaces: a redirect',
      steps: ["history.pushState({}, '', '/a'); history.replaceState({}, '', '/b')"],
      views: ['/b'],
    },
    {
      does: 'one, where a redirect takes a promise',
      steps: [
        "history.pushState({}, '', '/a'); Promise.resolve().then(() => history.replaceState({}, '', '/b'))",
      ],
      views: ['/b'],
    },
    {
      does: 'nothing where the state of a page is put into its query (applicationinsights-react-js#11)',
      steps: ["history.replaceState({}, '', '?sort=price')", "history.replaceState({}, '', '?sort=name')"],
      views: [],
    },
    {
      does: 'a replaced page, since routers replace, too (plausible-tracker#18)',
      steps: ["history.replaceState({}, '', '/a')"],
      views: ['/a'],
    },
    {
      does: 'no replaced page, where a page renames itself that way (gridfinity-layout-tool#311)',
      options: '{ replacements: false }',
      steps: [
        "history.replaceState({}, '', '/list/my-draft')",
        "history.replaceState({}, '', '/list/my-shop')",
        "history.pushState({}, '', '/a')",
      ],
      views: ['/a'],
    },
    {
      does: 'nothing where the visitor goes to a place in the page, and back',
      steps: ["location.hash = 'terms'", "location.hash = 'end'", 'history.back()'],
      views: [],
    },
    {
      does: 'the next page of a list, which is a query in a new entry',
      steps: ["history.pushState({}, '', '?page=2')", "history.pushState({}, '', '?page=3')"],
      views: ['/list', '/list'],
    },
    {
      does: 'no query in a new entry, where that is what is wanted',
      options: '{ queries: false }',
      steps: ["history.pushState({}, '', '?search=a')", "history.pushState({}, '', '/a?search=ab')"],
      views: ['/a'],
    },
    {
      does: 'the same URL in a new entry: the visitor chose it again',
      steps: ["history.pushState({}, '', location.href)"],
      views: ['/list'],
    },
    {
      does: 'pages that a router keeps in the fragment, where `page` says so',
      options: '{ page: ({ hash }) => hash.slice(1) }',
      steps: ["location.hash = '/a'", "location.hash = '/b'", "location.hash = '/b'"],
      views: ['/a', '/b'],
    },
    {
      does: 'pages by the names that `page` gives them; an id that is replaced is the same page',
      options: "{ page: ({ pathname }) => pathname.replace(/\\d+/, ':id') }",
      steps: [
        "history.pushState({}, '', '/item/1')",
        "history.replaceState({}, '', '/item/2')",
        "history.pushState({}, '', '/item/3')",
      ],
      views: ['/item/:id', '/item/:id'],
    },
    {
      does: 'nothing where the history is that of a frame',
      steps: [
        "document.body.append(Object.assign(document.createElement('iframe'), { src: '/plain/frame' }))",
        "new Promise((loaded) => { const frame = document.querySelector('iframe'); frame.contentDocument.title ? loaded() : (frame.onload = loaded) })",
        "document.querySelector('iframe').contentWindow.history.pushState({}, '', '/plain/inner')",
        'history.back()',
      ],
      views: [],
    },
    {
      does: 'a body that is swapped, as Turbo does, once',
      steps: [
        "history.pushState({ turbo: {} }, '', '/a'); document.body.innerHTML = '<h1>A</h1>'; document.title = 'A'; history.replaceState({ turbo: { scroll: 0 } }, '')",
      ],
      views: ['/a'],
    },
  ]

  test.each(traps)('$does', async ({ options = '{}', steps, views }) => {
    const { open } = await startCollecting(browser, `collectPageViews(events, ${options})`)
    const page = await open('/list')
    await expectSubmitted(page, 1)

    for (const step of steps) await inTask(page, step)

    const later = (await expectSubmitted(page, 1 + views.length)).slice(1)
    expect(later.map(({ data }) => data.page?.path)).toEqual(views)
    expect(later.map(({ data }) => data.kind)).toEqual(views.map(() => 'history'))
  })
})

test('back and forward are views, and said to be so', async () => {
  const { open } = await startCollecting(browser, COLLECT)
  const page = await open('/list')
  await expectSubmitted(page, 1)
  await inTask(page, "history.pushState({}, '', '/a')")
  await inTask(page, 'history.back()')
  await expectSubmitted(page, 3)
  await inTask(page, 'history.forward()')

  const views = await expectSubmitted(page, 4)
  expect(views.map(({ data }) => [data.page?.path, data.navigation_type])).toEqual([
    ['/list', 'navigate'],
    ['/a', 'soft-navigation'],
    ['/list', 'back-forward'],
    ['/a', 'back-forward'],
  ])
})

test.each([
  ['that goes to its first page at once', "collectPageViews(events); history.replaceState({}, '', '/home')"],
  ['that starts before it', "history.replaceState({}, '', '/home'); collectPageViews(events)"],
  [
    'whose effects run twice, as in React’s StrictMode',
    "history.replaceState({}, '', '/home'); collectPageViews(events)(); collectPageViews(events)",
  ],
  [
    'that begins twice and never ends (mparticle-web-sdk#1331)',
    "history.replaceState({}, '', '/home'); collectPageViews(events); collectPageViews(events)",
  ],
])('the load of an application %s is one view', async (_, script) => {
  const { open } = await startCollecting(browser, script)

  const page = await open('/')

  const views = await expectSubmitted(page, 1)
  expect(views.map(({ data }) => [data.kind, data.page?.path])).toEqual([['load', '/home']])
})

test('a component that begins anew on a page that was counted does not count it again, but the next one', async () => {
  const { open } = await startCollecting(browser, 'window.end = collectPageViews(events)')
  const page = await open('/list')
  await expectSubmitted(page, 1)

  await inTask(page, 'end()')
  await inTask(page, "history.pushState({}, '', '/unseen')")
  expect(await submittedIn(page)).toHaveLength(1)
  await inTask(page, 'history.back()')
  await page.waitForURL('**/list')
  await inTask(page, 'collectPageViews(events); collectPageViews(events)')
  await inTask(page, "history.pushState({}, '', '/a')")

  const views = await expectSubmitted(page, 2)
  expect(views.map(({ data }) => data.page?.path)).toEqual(['/list', '/a'])
})

test('a page that comes back from the back/forward cache is a view, of the page that it is', async () => {
  const { site, open } = await startCollecting(browser, COLLECT)
  const page = await open('/list')
  await inTask(page, "history.pushState({}, '', '/a?secret=1')")
  await expectSubmitted(page, 2)
  await page.goto(`${site}/plain/other`)
  await page.evaluate(() => history.back()).catch(() => 'the page is gone by now')
  await page.waitForURL('**/a?secret=1', { waitUntil: 'commit' })

  const [, , view] = await expectSubmitted(page, 3)
  expect(view?.data).toEqual({
    $schema: '/rivulet/page_view/1.0.0',
    kind: 'bfcache',
    navigation_type: 'back-forward-cache',
    page: { path: '/a' },
  })

  await inTask(page, "history.pushState({}, '', '/b')")
  expect((await expectSubmitted(page, 4))[3]?.data).toMatchObject({ kind: 'history', page: { path: '/b' } })
})

test('a view that is left in its own task is counted', async () => {
  const { open } = await startCollecting(browser, COLLECT)
  const page = await open('/list')
  await expectSubmitted(page, 1)

  await page.evaluate(() => {
    history.pushState({}, '', '/a')
    location.href = '/plain/other'
  })
  await page.waitForURL('**/plain/other')

  expect((await expectSubmitted(page, 2)).map(({ data }) => data.page?.path)).toEqual(['/list', '/a'])
})

test('a host function that throws is told once on the console, and breaks nothing', async () => {
  const { open } = await startCollecting(
    browser,
    "collectPageViews(events, { page: () => { throw new Error('a mistake of the host') } })",
  )
  const page = await open('/plain')
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', ({ message }) => said.push(`uncaught: ${message}`))
  await page.goto(page.url().replace('/plain', '/list'))
  await expectSubmitted(page, 1)

  await inTask(page, "history.pushState({}, '', '/a')")

  const views = await expectSubmitted(page, 2)
  expect(views.map(({ data }) => data.page?.path)).toEqual(['', ''])
  expect(said).toEqual([expect.stringMatching(/^rivulet: page threw Error: a mistake of the host/)])
})

describe('without the Navigation API', () => {
  /** As it is in browsers that do not have it: the collector does not see it. */
  const OLD = "Object.defineProperty(window, 'navigation', { value: undefined });"

  test.each([
    {
      does: 'back and forward are views',
      steps: ["history.pushState({}, '', '/a')", 'look()', 'history.back()'],
      views: ['/a', '/list'],
    },
    {
      does: 'what a click does is seen, also late',
      steps: [
        "addEventListener('click', () => history.pushState({}, '', '/a'), { once: true }); document.body.click()",
        "history.pushState({}, '', '/b')",
        'document.body.click()',
      ],
      views: ['/a', '/b'],
    },
    {
      does: 'what the router says is seen',
      steps: ["history.pushState({}, '', '/a'); look()", "history.pushState({}, '', '?page=2'); look()"],
      views: ['/a', '/a'],
    },
    {
      does: 'state that is kept, places in the page and queries that are replaced are no views',
      steps: [
        "history.replaceState({}, ''); look()",
        "location.hash = 'end'",
        "history.replaceState({}, '', '?sort=name'); look()",
      ],
      views: [],
    },
    {
      does: 'the history of frames is none',
      steps: [
        "document.body.append(Object.assign(document.createElement('iframe'), { src: '/plain/frame' }))",
        "new Promise((loaded) => { const frame = document.querySelector('iframe'); frame.contentDocument.title ? loaded() : (frame.onload = loaded) })",
        "document.querySelector('iframe').contentWindow.history.pushState({}, '', '/plain/inner'); look()",
      ],
      views: [],
    },
    {
      does: 'with `replacements: false`, a pushed page counts and a replaced one does not',
      options: 'replacements: false,',
      steps: [
        "history.replaceState({}, '', '/renamed'); look()",
        "history.pushState({}, '', '/a'); look()",
        'history.back()',
      ],
      views: ['/a', '/renamed'],
    },
  ])('$does', async ({ options = '', steps, views }) => {
    const { open } = await startCollecting(
      browser,
      `${OLD} collectPageViews(events, { ${options} watch: (look) => { window.look = look; return () => { window.ended = true } } })`,
    )
    const page = await open('/list')
    await expectSubmitted(page, 1)

    for (const step of steps) await inTask(page, step)

    const later = (await expectSubmitted(page, 1 + views.length)).slice(1)
    expect(later.map(({ data }) => data.page?.path)).toEqual(views)
    expect(later.map(({ data }) => data.navigation_type)).toEqual(views.map(() => undefined))
  })

  test('the router is let go in the end', async () => {
    const { open } = await startCollecting(
      browser,
      `${OLD} window.end = collectPageViews(events, { watch: () => () => { window.ended = true } })`,
    )
    const page = await open('/list')

    await inTask(page, 'end()')

    expect(await page.evaluate('window.ended')).toBe(true)
  })
})

/** Runs a step in a task of its own; what the browser does of it, and what waits for the task to end, is behind it then. */
async function inTask(page: Page, step: string): Promise<void> {
  const isTraversal = /^history\.(back|forward)/.test(step)
  await page.evaluate(
    isTraversal
      ? `new Promise((resolve) => {
          for (const each of [window, ...Array.from(frames)]) each.addEventListener('popstate', resolve, { once: true })
          ${step}
        })`
      : step,
  )
  await page.evaluate(() => new Promise((resolve) => setTimeout(() => setTimeout(resolve))))
}
