import { forceCloseDatabase, IDBFactory } from 'fake-indexeddb'
import { createStore, get, set } from 'idb-keyval'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createQueue } from '../../../src/core/queue.ts'
import { createIndexedDbStore } from '../../../src/environments/indexeddb-store.ts'
import { createTestEnvironment, PLAIN_QUEUE } from '../../support/environment.ts'
import { EVENT, NONE, storeContract } from '../../support/store-contract.ts'

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const fail = () => {
  throw new DOMException('denied', 'SecurityError')
}

storeContract(createIndexedDbStore)

test('a database of another layout is left as it is for the client that can read it', async () => {
  const other = createStore('rivulet/2', 'queue')
  await set('1', 'packed', other)
  const store = createIndexedDbStore()

  await store.write([['2', [EVENT]]])

  expect(await store.read(NONE)).toEqual(new Map([['2', [EVENT]]]))
  expect(await get('1', other)).toBe('packed')
})

test.for([
  ['cannot be opened', { open: () => fail() }],
  ['is not there', undefined],
] as const)('where IndexedDB %s, the queue goes on in memory and says so once', async ([, found]) => {
  vi.stubGlobal('indexedDB', found)
  const { warnings, environment } = createTestEnvironment()
  const queue = createQueue({
    ...environment,
    ...PLAIN_QUEUE,
    records: createIndexedDbStore(),
    nextKey: () => '1',
  })

  await queue.sync()
  queue.add(EVENT)
  void queue.remove([])
  await queue.sync()

  expect(queue.held()).toEqual([EVENT])
  expect(warnings).toHaveLength(1)
})

test('a database that the browser has closed is opened again', async () => {
  const opened: IDBDatabase[] = []
  const factory = indexedDB
  vi.stubGlobal('indexedDB', {
    open: (name: string) => {
      const request = factory.open(name)
      request.addEventListener('success', () => opened.push(request.result))
      return request
    },
  })
  const store = createIndexedDbStore()
  await store.write([['1', [EVENT]]])

  // What browsers do with the database of a page in the background, or when site data is cleared.
  forceCloseDatabase(opened[0] as unknown as Parameters<typeof forceCloseDatabase>[0])
  await vi.waitFor(async () => expect([...(await store.read(NONE)).keys()]).toEqual(['1']))

  expect(opened).toHaveLength(2)
})

describe('clear', () => {
  const databases = async () => (await indexedDB.databases()).map(({ name }) => name)

  test('deletes the database, and makes none where there was none', async () => {
    const store = createIndexedDbStore()
    const opened = vi.spyOn(indexedDB, 'open')
    await store.clear()
    expect(opened).not.toHaveBeenCalled()

    await store.write([['1', [EVENT]]])
    expect(await databases()).toEqual(['rivulet/1'])
    await store.clear()

    expect(await databases()).toEqual([])
  })

  test('deletes what a page has that has not opened it itself, under the hands of one that has', async () => {
    const other = createIndexedDbStore()
    await other.write([['1', [EVENT]]])

    await createIndexedDbStore().clear()
    expect(await databases()).toEqual([])

    expect([...(await other.read(NONE))]).toEqual([])
  })

  test('comes behind a write that is under way, also one for which the database is being opened', async () => {
    const store = createIndexedDbStore()

    const writing = store.write([['1', [EVENT]]])
    await store.clear()

    await writing
    expect(await databases()).toEqual([])
  })

  test('takes nothing of what is written after it was called', async () => {
    const store = createIndexedDbStore()
    await store.write([['1', [EVENT]]])

    const clearing = store.clear()
    await store.write([['2', [EVENT]]])
    await clearing

    expect([...(await store.read(NONE)).keys()]).toEqual(['2'])
  })

  test('leaves nothing to read where a page that cannot let go of it holds the deletion up', async () => {
    const store = createIndexedDbStore()
    await store.write([['1', [EVENT]]])
    // It does not listen to what it is asked for, as a frozen page.
    const frozen = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('rivulet/1')
      request.onsuccess = () => resolve(request.result)
    })

    void store.clear()
    const read = () =>
      new Promise<number>((resolve) => {
        const request = frozen.transaction('queue').objectStore('queue').count()
        request.onsuccess = () => resolve(request.result)
      })

    await vi.waitFor(async () => expect(await read()).toBe(0))
    frozen.close()
    await vi.waitFor(async () => expect(await databases()).toEqual([]))
  })

  test('is not undone by giving back a lease', async () => {
    const store = createIndexedDbStore()
    expect(await store.lease('u', 'me', 1000)).toBe(true)

    await store.clear()
    await store.lease('u', 'me', 0)

    expect(await databases()).toEqual([])
  })

  test('where storage is blocked it fails, and what works again is used', async () => {
    const store = createIndexedDbStore()
    const opened = vi.spyOn(indexedDB, 'open').mockImplementation(fail)
    const deleted = vi.spyOn(indexedDB, 'deleteDatabase').mockImplementation(fail)
    await expect(store.clear()).rejects.toThrow('denied')
    for (const spy of [opened, deleted]) spy.mockRestore()

    await store.write([['1', [EVENT]]])

    expect([...(await store.read(NONE)).keys()]).toEqual(['1'])
  })
})
