import { forceCloseDatabase, IDBFactory } from 'fake-indexeddb'
import { createStore, get, set } from 'idb-keyval'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
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

  await store.write(new Map([['2', [EVENT]]]), [])

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
  await store.write(new Map([['1', [EVENT]]]), [])

  // What browsers do with the database of a page in the background, or when site data is cleared.
  forceCloseDatabase(opened[0] as unknown as Parameters<typeof forceCloseDatabase>[0])
  await vi.waitFor(async () => expect([...(await store.read(NONE)).keys()]).toEqual(['1']))

  expect(opened).toHaveLength(2)
})
