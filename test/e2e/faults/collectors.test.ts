import { expect } from 'vitest'
import { type Engine, type Tab, undrivenChromium } from '../../support/engines.ts'
import { arrived, leaveAndComeBack, PATIENCE, startScene, story, untilKept } from './story.ts'

const STREAMS = {
  streamConfigs: { streams: { 'rivulet.page_view': {}, 'rivulet.click': {}, 'rivulet.error': {} } },
}

/** Collects from the start of each page, once its client is there. */
function collect(): void {
  if (location.pathname.startsWith('/plain')) return
  function show(basket: { total(): number }) {
    return basket.total() + 1
  }
  class Shop {
    open() {
      return show(undefined as never) + 1
    }
  }
  Object.assign(window, { openShop: () => setTimeout(() => new Shop().open()) })
  addEventListener('DOMContentLoaded', () => {
    const script = document.createElement('script')
    script.type = 'module'
    script.textContent = `
      import { collectPageViews } from '/rivulet/collectors/page-views.js'
      import { collectClicks } from '/rivulet/collectors/clicks.js'
      import { collectErrors } from '/rivulet/collectors/errors.js'
      collectPageViews(window.client, { watch: (look) => { window.look = look } })
      collectClicks(window.client)
      collectErrors(window.client)
      document.documentElement.dataset.collects = 'yes'
      if (document.prerendering) localStorage.setItem('prerendered', location.pathname)`
    document.head.append(script)
  })
}

interface Collected {
  readonly kind?: string
  readonly navigation_type?: string
  readonly page: { readonly path: string }
  readonly [field: string]: unknown
}

async function startCollecting(engine: Engine) {
  const scene = await startScene(engine, { options: STREAMS, before: collect })
  return {
    ...scene,
    open: async (path: string) => {
      const tab = await scene.open(path)
      await collecting(tab)
      return tab
    },
    /** Waits until the intake has as many events of the stream. */
    collected: async (stream: string, count: number) => {
      const of = () =>
        scene.intake.events().filter(({ meta }) => meta.stream === stream) as unknown as Collected[]
      await expect.poll(() => of().length, PATIENCE).toBe(count)
      return of()
    },
  }
}

async function collecting(tab: Tab): Promise<void> {
  const look = () => tab.run(() => document.documentElement.dataset.collects)
  await expect.poll(() => look().catch(String), PATIENCE).toBe('yes')
}

story(
  'a page that routes, and comes back from the back/forward cache, is viewed as often as it was seen',
  (engine) =>
    untilKept(async () => {
      const { site, open, collected } = await startCollecting(engine)
      const tab = await open('/list?secret=1')
      await collected('rivulet.page_view', 1)

      await tab.run(() => {
        history.pushState({}, '', '/item?secret=1')
        history.replaceState({ scroll: 1 }, '')
        ;(window as unknown as { look(): void }).look()
      })
      await collected('rivulet.page_view', 2)
      const kept = await leaveAndComeBack(tab, site)

      const views = await collected('rivulet.page_view', 3)
      expect(views.map(({ kind, page }) => [kind, page.path])).toEqual([
        ['load', '/list'],
        ['history', '/item'],
        [kept ? 'bfcache' : 'load', '/item'],
      ])
      expect(JSON.stringify(views)).not.toContain('secret')
      return kept
    }),
)

story('an error has the same fingerprint in each engine, and a stack by their own words', async (engine) => {
  const { site, open, collected } = await startCollecting(engine)
  const tab = await open('/shop')

  await tab.run(() => (window as unknown as { openShop(): void }).openShop())

  const [error] = await collected('rivulet.error', 1)
  expect(error).toMatchObject({
    kind: 'uncaught',
    name: 'TypeError',
    fingerprint: 'TypeError before.js show ',
    count: 1,
    file: `${site}/before.js`,
    line: expect.any(Number),
  })
  const stack = error?.stack as { function_name: string; file: string }[]
  expect(stack[0]).toMatchObject({ function_name: 'show', file: `${site}/before.js` })
  expect(stack[1]?.function_name).toMatch(/^(Shop\.)?open$/)
})

story('a page that is rendered ahead is viewed when it is seen', async () => {
  const { site, open, collected } = await startCollecting(undrivenChromium)
  const tab = await open('/first')

  // Chromium may load a page anew that it has rendered ahead, and does so where the machine is busy.
  const paths = ['/second', '/third', '/fourth', '/fifth']
  for (const [index, path] of paths.entries()) {
    await renderAhead(tab, `${site}${path}`)
    await expect.poll(() => tab.run(() => localStorage.getItem('prerendered')), PATIENCE).toBe(path)
    await collected('rivulet.page_view', index + 1)

    await tab.run((url) => {
      location.href = url
    }, `${site}${path}`)
    await arrived(tab, path)

    const view = (await collected('rivulet.page_view', index + 2)).at(-1)
    if (!(await tab.run(wasRenderedAhead))) continue
    expect(view).toMatchObject({ kind: 'prerender', navigation_type: 'prerender', page: { path } })
    return
  }
  throw new Error(`Chromium showed none of the ${paths.length} pages that it had rendered ahead`)
})

function renderAhead(tab: Tab, url: string): Promise<void> {
  return tab.run((url) => {
    const rules = document.createElement('script')
    rules.type = 'speculationrules'
    rules.textContent = JSON.stringify({
      prerender: [{ source: 'list', urls: [url], eagerness: 'immediate' }],
    })
    document.head.append(rules)
  }, url)
}

function wasRenderedAhead(): boolean {
  const [navigation] = performance.getEntriesByType('navigation')
  return (navigation as PerformanceEntry & { activationStart: number }).activationStart > 0
}
