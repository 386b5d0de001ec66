import { expect } from 'vitest'
import { cut } from 'rivulet/testing'
import type { Tab } from '../../support/engines.ts'
import {
  actions,
  DATABASE,
  expectAll,
  expectForgotten,
  expectWritten,
  MANY,
  startScene,
  story,
  submit,
  submitAndLeave,
} from './story.ts'

declare global {
  interface Window {
    /** Of IndexedDB, that the page has opened. */
    handles: IDBDatabase[]
  }
}

/** Run in each page before any script of its own. */
const FAILING: Readonly<Record<string, () => void>> = {
  'no storage at all': () => {
    for (const name of ['indexedDB', 'localStorage', 'sessionStorage', 'caches'])
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException('denied', 'SecurityError')
        },
      })
    // As Firefox does it for sites whose cookies are blocked.
    window.BroadcastChannel = class {
      constructor() {
        throw new DOMException('denied', 'SecurityError')
      }
    } as unknown as typeof BroadcastChannel
    LockManager.prototype.request = () => Promise.reject(new DOMException('denied', 'SecurityError'))
  },
  'an indexedDB that throws when it is opened': () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('denied', 'SecurityError')
    }
  },
  'a full disk': () => {
    const full = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
    IDBObjectStore.prototype.put = full
    IDBObjectStore.prototype.add = full
    Storage.prototype.setItem = full
  },
  'a disk that is full when a transaction ends': () => {
    const { put } = IDBObjectStore.prototype
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...given: [unknown, IDBValidKey?]) {
      const request = put.apply(this, given)
      this.transaction.abort()
      return request
    }
  },
  'a database that never opens': () => {
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest
  },
  'a localStorage that throws': () => {
    const deny = () => {
      throw new DOMException('denied', 'SecurityError')
    }
    Object.assign(Storage.prototype, { getItem: deny, setItem: deny, removeItem: deny })
  },
}

for (const [name, before] of Object.entries(FAILING)) {
  story(`${name}: all events are delivered while the page lives, and it is said once`, async (engine) => {
    const { intake, open } = await startScene(engine, { before })
    const tab = await open('/first')

    const ids = await submit(tab, actions(MANY / 2))
    await expectAll(intake, ids)
    ids.push(...(await submit(tab, actions(MANY / 2, 'later'))))
    await expectAll(intake, ids)

    expect(await tab.run(() => window.said.length)).toBeLessThanOrEqual(1)
    expect(await tab.run(() => window.complaints)).toEqual([])
  })
}

story('without IndexedDB, what a page submits as it goes is on its way by beacon', async (engine) => {
  const { site, intake, open } = await startScene(engine, {
    before: FAILING['an indexedDB that throws when it is opened']!,
  })
  const tab = await open('/first')

  const ids = await submitAndLeave(tab, site, actions(MANY))

  await expectAll(intake, ids)
})

story(
  'a handle that the browser closes under the page is opened again: what follows is durable',
  async (engine) => {
    const { site, intake, open } = await startScene(engine, { before: noteHandles })
    const tab = await open('/first')
    intake.fault(cut())
    const ids = await submit(tab, actions(MANY / 2, 'before'))
    await expectWritten(tab, ids)

    // As WebKit does it with a page in the background: no event, and every later call fails.
    await tab.run(() => {
      for (const handle of window.handles) handle.close()
    })
    ids.push(...(await submit(tab, actions(MANY / 2, 'after'))))
    await expectWritten(tab, ids)
    await tab.goto(`${site}/plain`)
    intake.heal()
    await tab.goto(`${site}/second`)

    await expectAll(intake, ids)
  },
)

story(
  'a version that another tab raises shuts nobody out: both go on with the same queue',
  async (engine) => {
    const { site, intake, open } = await startScene(engine)
    const tab = await open('/first')
    intake.fault(cut())
    const ids = await submit(tab, actions(MANY / 2, 'before'))
    await expectWritten(tab, ids)

    const other = await open('/plain')
    expect(await raiseVersion(other)).toBe('raised')
    ids.push(...(await submit(tab, actions(MANY / 2, 'after'))))
    await expectWritten(tab, ids)
    await tab.goto(`${site}/plain`)
    intake.heal()
    await tab.goto(`${site}/second`)

    await expectAll(intake, ids)
    await expectForgotten(tab, ids)
  },
)

story('a record that does not parse is passed by: the others are sent', async (engine) => {
  const { site, intake, open } = await startScene(engine)
  const tab = await open('/plain')
  const queued = queuedEarlier(MANY / 2, intake.intakeUrl)
  await putRecords(tab, { '0': 'garbage', '1': { no: 'list' }, '2': [null, 7, {}], '3': queued, '4': 42 })

  await tab.goto(`${site}/first`)
  const ids = await submit(tab, actions(MANY / 2))

  await expectAll(intake, [...queued.map(({ id }) => id), ...ids])
  expect(await tab.run(() => window.said.length)).toBeLessThanOrEqual(1)
  expect(await tab.run(() => window.complaints)).toEqual([])
})

story('a queue written by the first layout is read, and sent', async (engine) => {
  const { site, intake, open } = await startScene(engine)
  const tab = await open('/plain')
  const queued = queuedEarlier(MANY, intake.intakeUrl)
  const ids = queued.map(({ id }) => id)
  await putRecords(tab, {
    [ids[0]!]: queued.slice(0, MANY / 2),
    [ids[MANY / 2]!]: queued.slice(MANY / 2),
  })

  await tab.goto(`${site}/first`)

  await expectAll(intake, ids)
  await expectForgotten(tab, ids)
})

/** Before any script of the page. */
function noteHandles(): void {
  window.handles = []
  const { open } = IDBFactory.prototype
  IDBFactory.prototype.open = function (this: IDBFactory, ...given: [string, number?]) {
    const request = open.apply(this, given)
    request.addEventListener('success', () => window.handles.push(request.result))
    return request
  }
}

/** Opens the client's database with a version far above its own, as a later version of the page may. */
function raiseVersion(tab: Tab): Promise<string> {
  return tab.run(
    (name) =>
      new Promise<string>((resolve) => {
        const request = indexedDB.open(name, 1000)
        request.onblocked = () => setTimeout(() => resolve('blocked'), 5000)
        request.onerror = () => resolve(String(request.error))
        request.onsuccess = () => {
          request.result.close()
          resolve('raised')
        }
      }),
    DATABASE,
  )
}

/** Events as version 0.1 of the client had them in its queue; a record was a list of these. */
function queuedEarlier(count: number, url: string) {
  const client = '019aaaaa-0000-7000-8000-000000000000'
  return Array.from({ length: count }, (_, i) => {
    const id = `019aaaaa-0000-7000-8000-${String(i + 1).padStart(12, '0')}`
    const producer = { sdk: 'rivulet/0.1.0', id: client, seq: i + 1, rate: 1 }
    const meta = { id, stream: 'web.click', domain: '127.0.0.1', producer }
    const event = {
      $schema: '/web/click/1.0.0',
      dt: '2026-11-23T08:00:00.000Z',
      meta,
      action: `earlier-${i}`,
    }
    const json = JSON.stringify(event)
    return { id, stream: 'web.click', client, url, json, bytes: json.length }
  })
}

/** Writes records by key, in a database as version 0.1 of the client made it. */
function putRecords(tab: Tab, records: object): Promise<void> {
  return tab.run(
    ([name, records]) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open(name)
        opening.onupgradeneeded = () => opening.result.createObjectStore('queue')
        opening.onerror = () => reject(opening.error)
        opening.onsuccess = () => {
          const transaction = opening.result.transaction('queue', 'readwrite')
          const store = transaction.objectStore('queue')
          for (const [key, record] of Object.entries(records)) store.put(record, key)
          transaction.onabort = () => reject(transaction.error)
          transaction.oncomplete = () => {
            opening.result.close()
            resolve()
          }
        }
      }),
    [DATABASE, records] as const,
  )
}
