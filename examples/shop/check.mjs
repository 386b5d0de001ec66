// What `npm run demo -- --check` does: visit the shop, count what was done there, and wait for the intake to have it.
import { setTimeout as pause } from 'node:timers/promises'
import { devices } from 'playwright'
import { launchChromium } from '../../test/support/chromium.mjs'
import { REJECTED, storedEvents } from './stored.mjs'

const LOOK_AGAIN = 100
const MOST_VISITORS = 8
const VISITORS = [devices['Desktop Chrome'], devices['Pixel 7']]

/**
 * What a visit leaves behind, or many: how many events of each stream.
 *
 * @typedef {{ exactly: Map<string, number>, atLeast: Map<string, number> }} Expected
 * @typedef {{ counts: Map<string, number>, rejected: readonly string[] }} Stored
 * @typedef {Expected & { inSample: boolean, complaints: string[] }} Visit
 */

// Each page has these three by the time it is left. CLS and INP depend on what happens on it.
const VITALS_OF_A_PAGE = 3

/**
 * Sends visitors through the shop, and compares what they did there with what the intake has stored.
 *
 * @param {object} options
 * @param {string} options.shop address of the shop
 * @param {string} options.data folder where the intake stores
 * @param {readonly string[]} options.streams
 * @param {number} [options.within] how long the intake may take after the last visitor has left; default 20 s
 * @returns {Promise<{ stored: string[], wrong: string[] }>} a line for each stream, and a line for each thing that is
 *   not as it should be
 */
export async function check({ shop, data, streams, within = 20_000 }) {
  const browser = await launchChromium({ handleSIGINT: false, handleSIGTERM: false })
  try {
    const visits = await visitUntilBothSampled(browser, shop)
    const expected = expectedOf(visits)
    // The browser stays open until then, as a visitor's does: only the tab was closed.
    const stored = await storedOnceAtLeast(expected, { data, within })

    return {
      stored: streams.map((stream) => `${stream} ${stored.counts.get(stream) ?? 0} stored`),
      wrong: [...visits.flatMap(({ complaints }) => complaints), ...whatIsWrong(expected, stored)],
    }
  } finally {
    await browser.close()
  }
}

/**
 * `shop.impression` keeps half of the sessions, by ids that the browser draws. So visitors come until there was one
 * in the sample and one outside of it, and what each of them should leave behind is known exactly.
 *
 * @param {import('playwright').Browser} browser
 * @param {string} shop
 */
async function visitUntilBothSampled(browser, shop) {
  /** @type {Visit[]} */
  const visits = []
  const draws = new Set()
  while (draws.size < 2 && visits.length < MOST_VISITORS) {
    const visit = await visitShop(browser, shop, VISITORS[visits.length % VISITORS.length])
    visits.push(visit)
    draws.add(visit.inSample)
  }
  return visits
}

/**
 * One visitor: looks at everything, puts two things into the basket, takes one out again, buys the other, and closes
 * the tab. Tells what was done, as a count for each stream, and what the browser complained about.
 *
 * @param {import('playwright').Browser} browser
 * @param {string} shop
 * @param {import('playwright').BrowserContextOptions | undefined} device
 * @returns {Promise<Visit>}
 */
async function visitShop(browser, shop, device) {
  const context = await browser.newContext(device)
  const page = await context.newPage()
  const complaints = complaintsOf(page)
  const pages = ['/', '/product.html', '/cart.html', '/checkout.html', '/thanks.html']

  await page.goto(`${shop}/`)
  const cards = await page.locator('.card').all()
  for (const card of cards) await lookAt(card)
  await page.locator('.card', { hasText: 'Mug' }).getByRole('button').click() // add_to_basket
  await page.locator('.card', { hasText: 'Teapot' }).getByRole('link').click() // open_product
  await page.getByRole('button', { name: 'Add to basket' }).click() // add_to_basket
  await page.getByRole('link', { name: 'Basket' }).click()
  await page.getByRole('button', { name: 'Remove Mug' }).click() // remove_from_basket
  await page.getByRole('link', { name: 'Check out' }).click() // check_out
  await page.getByLabel('Name').fill('Ada Miller')
  await page.getByLabel('Address').fill('1 Weir Lane')
  await page.getByRole('button', { name: 'Buy' }).click() // buy, and the purchase
  await page.getByRole('heading', { name: 'Thank you' }).waitFor()
  const inSample = await isInSample(page, 'shop.impression')
  await close(page)

  return {
    inSample,
    complaints,
    exactly: new Map([
      ['shop.page_view', pages.length],
      ['shop.click', 6],
      ['shop.impression', inSample ? cards.length : 0],
      ['shop.purchase', 1],
    ]),
    atLeast: new Map([['rivulet.web_vital', pages.length * VITALS_OF_A_PAGE]]),
  }
}

/**
 * What a developer would see in red: errors of scripts, refused requests, breaches of the page's policy.
 *
 * @param {import('playwright').Page} page
 */
function complaintsOf(page) {
  /** @type {string[]} */
  const complaints = []
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`${page.url()}: ${message.text()}`)
    }
  })
  return complaints
}

/**
 * Scrolls the card into view and waits until the browser says that it has been seen, as it says to the shop.
 *
 * @param {import('playwright').Locator} card
 */
async function lookAt(card) {
  await card.scrollIntoViewIfNeeded()
  await card.evaluate(
    (element) =>
      new Promise((resolve) => {
        const observer = new IntersectionObserver(
          (entries) => entries.some((entry) => entry.isIntersecting) && resolve(observer.disconnect()),
          { threshold: 0.5 },
        )
        observer.observe(element)
      }),
  )
}

/**
 * What the shop's own client says, once it knows the config.
 *
 * @param {import('playwright').Page} page
 * @param {string} stream
 * @returns {Promise<boolean>}
 */
async function isInSample(page, stream) {
  // As text: the page imports its own module, whoever compiles this one.
  const events = "import('/events.js').then(({ events }) => events"
  const name = JSON.stringify(stream)
  await page.waitForFunction(`${events}.explain(${name}).goes !== undefined)`)
  return page.evaluate(`${events}.isInSample(${name}))`)
}

/**
 * Closes the tab with all that a page goes through then, unlike playwright's plain `close`.
 *
 * @param {import('playwright').Page} page
 */
async function close(page) {
  const closed = page.waitForEvent('close')
  await page.close({ runBeforeUnload: true })
  await closed
}

/**
 * What all visits together should have left.
 *
 * @param {readonly Expected[]} visits
 * @returns {Expected}
 */
function expectedOf(visits) {
  return {
    exactly: sumOf(visits.map(({ exactly }) => exactly)),
    atLeast: sumOf(visits.map(({ atLeast }) => atLeast)),
  }
}

/** @param {readonly Map<string, number>[]} counts */
function sumOf(counts) {
  /** @type {Map<string, number>} */
  const sum = new Map()
  for (const [stream, count] of counts.flatMap((each) => [...each])) {
    sum.set(stream, (sum.get(stream) ?? 0) + count)
  }
  return sum
}

/**
 * What is stored once it is as much as expected, or when waiting is of no more use: what was rejected stays so.
 *
 * @param {Expected} expected
 * @param {{ data: string, within: number }} options
 */
async function storedOnceAtLeast({ exactly, atLeast }, { data, within }) {
  const least = [...exactly, ...atLeast]
  const deadline = Date.now() + within
  for (;;) {
    const stored = await storedIn(data)
    const isThere = least.every(([stream, count]) => (stored.counts.get(stream) ?? 0) >= count)
    if (isThere || stored.rejected.length > 0 || Date.now() > deadline) return stored
    await pause(LOOK_AGAIN)
  }
}

/**
 * @param {string} data
 * @returns {Promise<Stored>}
 */
async function storedIn(data) {
  const events = await storedEvents(data)
  const counts = new Map()
  for (const { meta } of events) counts.set(meta.stream, (counts.get(meta.stream) ?? 0) + 1)
  const rejected = events.filter(({ meta }) => meta.stream === REJECTED)
  return { counts, rejected: rejected.map((event) => `${event.errored_stream_name}: ${event.message}`) }
}

/**
 * One line for each thing that is not as it should be; none if all is well.
 *
 * @param {Expected} expected
 * @param {Stored} stored
 * @returns {string[]}
 */
function whatIsWrong({ exactly, atLeast }, { counts, rejected }) {
  const wrong = rejected.map((reason) => `the intake rejected an event: ${reason}`)
  for (const [stream, count] of exactly) {
    const got = counts.get(stream) ?? 0
    if (got < count) wrong.push(`${stream}: ${count - got} of ${count} missing`)
    if (got > count) wrong.push(`${stream}: ${got} stored where there should be ${count}`)
  }
  for (const [stream, count] of atLeast) {
    const got = counts.get(stream) ?? 0
    if (got < count) wrong.push(`${stream}: ${got} stored where there should be at least ${count}`)
  }
  return wrong
}
