import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { newContext, PATIENCE, startWeb, visit, type Web } from '../../support/visit.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('the five metrics of a page arrive, and their schema takes them', async () => {
  const web = await startWeb()
  const { page, requests } = await openCollecting(web, {})

  await interact(page)
  await page.goto(`${web.site}/plain`)
  // What no beacon brought on the way out comes with the next page.
  await visit(page.context(), `${web.site}/next`)
  const vitals = await expectVitals(web)

  expect(vitals.map(({ page }) => page)).toEqual(Array(5).fill('/plain/shop'))
  for (const vital of vitals) {
    expect(vital).toMatchObject({
      $schema: '/rivulet/web_vital/1.0.0',
      rating: expect.stringMatching(/^(good|needs-improvement|poor)$/),
      navigation_type: 'navigate',
      metric_id: expect.any(String),
      value: expect.any(Number),
    })
    expect(vital.attribution).toBeUndefined()
  }
  expect(await web.intake.stored('rivulet.rejected')).toEqual([])
  expect(requests.filter((path) => path.includes('attribution'))).toEqual([])
})

test('attribution is loaded only where it is asked for, and says what a value comes from', async () => {
  const web = await startWeb()
  const { page, requests } = await openCollecting(web, { attribution: true })

  await interact(page)
  await page.goto(`${web.site}/plain`)
  // What no beacon brought on the way out comes with the next page.
  await visit(page.context(), `${web.site}/next`)
  const vitals = await expectVitals(web)

  expect(requests.filter((path) => path.includes('attribution'))).toHaveLength(1)
  const largest = vitals.find(({ name }) => name === 'LCP')
  expect(largest?.attribution).toMatchObject({ target: expect.stringContaining('h1') })
  expect(await web.intake.stored('rivulet.rejected')).toEqual([])
})

/** A page with a client and the collector, painted. */
async function openCollecting({ site, options }: Web, collect: { attribution?: boolean }) {
  const context = await newContext(browser)
  const { page } = await visit(context, `${site}/plain/shop`)
  const requests: string[] = []
  page.on('request', (request) => requests.push(new URL(request.url()).pathname))
  // As a text: in a function, `import` would be that of the test runner.
  await page.evaluate(`
    Promise.all([import('/rivulet/browser.js'), import('/rivulet/collectors/web-vitals.js')]).then(
      ([{ createClient }, { collectWebVitals }]) => {
        window.client = createClient(${JSON.stringify(options)})
        return collectWebVitals(window.client, ${JSON.stringify(collect)})
      },
    )
  `)
  await page.waitForFunction(() => window.client.explain('rivulet.web_vital').goes, undefined, PATIENCE)
  await painted(page)
  return { page, requests }
}

/** The first contentful paint is known, and with it that there is a largest one. */
async function painted(page: Page): Promise<void> {
  await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length)
}

/** A click that the browser has timed, which INP is made of. web-vitals takes it in when the page is next idle. */
async function interact(page: Page): Promise<void> {
  await page.evaluate(() => {
    const whenIdle = () => {
      document.documentElement.dataset.timed = 'yes'
    }
    new PerformanceObserver(() => {
      requestIdleCallback(() => requestIdleCallback(whenIdle))
    }).observe({ type: 'first-input', buffered: true })
  })
  await page.click('h1')
  await page.waitForSelector('html[data-timed]', PATIENCE)
}

async function expectVitals({ intake }: Web) {
  const names = async () => (await intake.stored('rivulet.web_vital')).map(({ name }) => name).sort()
  await expect.poll(names, PATIENCE).toEqual(['CLS', 'FCP', 'INP', 'LCP', 'TTFB'])
  return intake.stored('rivulet.web_vital')
}
