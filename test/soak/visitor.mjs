// One visitor with one tab, whose page submits steadily and comes back whatever happens to it.
import { killRenderers } from '../support/chromium.mjs'
import { beginLife, countQueued } from './page.mjs'

/**
 * @param {object} options
 * @param {import('playwright').Browser} options.browser
 * @param {import('playwright').BrowserContext} options.context
 * @param {string} options.url of the page
 * @param {import('./page.mjs').Setting} options.setting
 */
export async function startVisitor({ browser, context, url, setting }) {
  /** @type {Map<string, number>} */
  const submitted = new Map()
  /** @type {number[]} */
  const kills = []
  /** @type {import('./verdict.mjs').HeapSample[]} */
  const heap = []
  /** @type {string[]} */
  const complaints = []
  /** @type {Record<string, number>} */
  const dropped = {}
  /** What the client has said. @type {string[]} */
  const warnings = []
  let lives = 0
  /** @type {import('playwright').Page | undefined} */
  let front
  let tab = await openTab()

  await context.exposeBinding(
    'tellSubmitted',
    (_, /** @type {import('./page.mjs').Submitted[]} */ events) => {
      for (const { id, at } of events) submitted.set(id, at)
    },
  )
  let life = await live()

  async function openTab() {
    const page = await context.newPage()
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('console', (message) => {
      const text = message.text()
      if (text.startsWith('rivulet:')) warnings.push(text)
      // A request that fails is told by the browser itself, whatever the page does.
      else if (message.type() === 'error' && !text.startsWith('Failed to load resource'))
        complaints.push(text)
    })
    await page.goto(url)
    return page
  }

  /** @returns {Promise<import('playwright').JSHandle<import('./page.mjs').Life>>} */
  function live() {
    lives++
    return tab.evaluateHandle(beginLife, setting)
  }

  /** Before the page ends: what it knows of its events dies with it. */
  async function noteDrops() {
    const { dropped: own } = await state()
    for (const [reason, count] of Object.entries(own)) dropped[reason] = count + (dropped[reason] ?? 0)
  }

  function state() {
    return life.evaluate((life) => life.state())
  }

  /** All renderers go, that of the tab in front too. */
  async function kill() {
    const crashed = tab.waitForEvent('crash')
    kills.push(Date.now())
    await killRenderers(browser)
    await crashed
    await front?.close()
    front = undefined
  }

  async function show() {
    await tab.bringToFront()
    await front?.close()
    front = undefined
  }

  return {
    submitted,
    kills,
    heap,
    complaints,
    dropped,
    warnings,
    /** Opens another tab before this one. */
    async hide() {
      front ??= await context.newPage()
      await front.bringToFront()
    },
    show,
    /**
     * Submits as many events in one task.
     *
     * @param {number} count
     */
    burst(count) {
      return life.evaluate((life, count) => life.submit(count), count)
    },
    /**
     * Ends the page's life; the next begins at once.
     *
     * @param {import('./plan.mjs').End} how
     */
    async end(how) {
      await noteDrops()
      if (how === 'reload') await tab.reload()
      else {
        if (how === 'kill') await kill()
        await tab.close()
        tab = await openTab()
      }
      life = await live()
    },
    /** Looks how large the heap is, unless it is full of events that wait for the intake. */
    async sampleHeap() {
      const { submitted: events, pending } = await state()
      if (pending > 50) return
      const session = await context.newCDPSession(tab)
      await session.send('HeapProfiler.collectGarbage')
      const { usedSize } = await session.send('Runtime.getHeapUsage')
      await session.detach()
      heap.push({ life: lives, events, bytes: usedSize })
    },
    /**
     * Submits no more, waits until what is queued has gone, for `within` ms at most, and closes the client; resolves to
     * how many events of each stream IndexedDB still holds.
     *
     * @param {number} within
     */
    async finish(within) {
      await show()
      await life.evaluate((life) => life.stop())
      const deadline = Date.now() + within
      while ((await tab.evaluate(countQueued))[setting.stream] && Date.now() < deadline)
        await tab.waitForTimeout(500)
      await life.evaluate((life) => life.close())
      await noteDrops()
      return tab.evaluate(countQueued)
    },
  }
}
