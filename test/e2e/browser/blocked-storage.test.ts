import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { expectStored, newContext, outcomes, PATIENCE, startWeb, submit, visit } from '../../support/visit.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** Run in each page before any script of its own. */
const BLOCKED: Readonly<Record<string, () => void>> = {
  'no indexedDB': () => {
    Object.defineProperty(window, 'indexedDB', { value: undefined })
  },
  'an indexedDB that throws when it is looked at': () => {
    Object.defineProperty(window, 'indexedDB', {
      get: () => {
        throw new DOMException('denied', 'SecurityError')
      },
    })
  },
  'an indexedDB that throws when it is opened': () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('denied', 'SecurityError')
    }
  },
  'an indexedDB that fails to open': () => {
    IDBFactory.prototype.open = () => {
      const request = new EventTarget()
      Object.assign(request, { error: new DOMException('broken', 'UnknownError') })
      setTimeout(() => {
        const { onerror } = request as IDBOpenDBRequest
        onerror?.call(request as IDBOpenDBRequest, new Event('error'))
        request.dispatchEvent(new Event('error'))
      })
      return request as IDBOpenDBRequest
    }
  },
  'an indexedDB that never answers': () => {
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest
  },
  'a full disk': () => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
  },
  'a localStorage that throws when it is looked at': () => {
    Object.defineProperty(window, 'localStorage', {
      get: () => {
        throw new DOMException('denied', 'SecurityError')
      },
    })
  },
  'a localStorage whose methods throw': () => {
    const deny = () => {
      throw new DOMException('denied', 'SecurityError')
    }
    Object.assign(Storage.prototype, { getItem: deny, setItem: deny, removeItem: deny })
  },
  'no storage at all': () => {
    for (const name of ['indexedDB', 'localStorage', 'sessionStorage', 'caches'])
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException('denied', 'SecurityError')
        },
      })
  },
  'no locks': () => {
    Object.defineProperty(navigator, 'locks', { value: undefined })
  },
}

test.each(Object.entries(BLOCKED))(
  '%s: events are delivered all the same, in one session',
  async (_, block) => {
    const { site, intake } = await startWeb()
    const context = await newContext(browser)
    await context.addInitScript(block)

    const { page, complaints, warnings } = await visit(context, `${site}/first`)
    const ids = await submit(page, 'buy', 'look')
    await page.evaluate(() => window.client.flush())
    const first = await expectStored(intake, ids)
    ids.push(...(await submit(page, 'remove')))
    await page.evaluate(() => window.client.flush())
    const all = await expectStored(intake, ids)

    expect(await outcomes(page, 3)).toHaveLength(3)
    expect(first[0]?.performer.session_id).toMatch(/^[0-9a-f]{20}$/)
    expect(new Set(all.map(({ performer }) => performer.session_id)).size).toBe(1)
    expect(complaints).toEqual([])
    expect(warnings.length).toBeLessThanOrEqual(1)
  },
)

test('without storage, what the page submits as it goes is on its way by beacon', async () => {
  const { site, intake } = await startWeb()
  const context = await newContext(browser)
  await context.addInitScript(BLOCKED['an indexedDB that throws when it is opened']!)
  const { page } = await visit(context, `${site}/first`)
  await page.waitForFunction(() => window.client.explain('web.click').config, undefined, PATIENCE)

  const ids = await submit(page, 'buy')
  await page.goto(`${site}/plain`)

  await expectStored(intake, ids)
})
