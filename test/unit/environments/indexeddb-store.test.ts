import { forceCloseDatabase, IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createQueue, type QueuedEvent } from '../../../src/core/queue.ts'
import { createIndexedDbStore } from '../../../src/environments/indexeddb-store.ts'
import { createTestEnvironment } from '../../support/environment.ts'

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const EVENT: QueuedEvent = { id: 'e', stream: 's', client: 'c', url: 'u', json: '{}', bytes: 2 }
const fail = () => {
  throw new DOMException('denied', 'SecurityError')
}
const NONE = new Set<string>()

/** The database as another version of the client, or the browser's tools, reach it. */
async function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open('rivulet')
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

async function put(key: string, record: unknown): Promise<void> {
  const database = await openDatabase()
  const transaction = database.transaction('queue', 'readwrite')
  transaction.objectStore('queue').put(record, key)
  await new Promise((resolve) => {
    transaction.oncomplete = resolve
  })
  database.close()
}

test('what is written is read as it was, by another store too', async () => {
  await createIndexedDbStore().write(new Map([['1', [EVENT, { ...EVENT, id: 'f' }]]]), [])

  expect(await createIndexedDbStore().read(NONE)).toEqual(new Map([['1', [EVENT, { ...EVENT, id: 'f' }]]]))
})

test('one write puts and removes', async () => {
  const store = createIndexedDbStore()
  await store.write(new Map([['1', [EVENT]]]), [])

  await store.write(new Map([['2', [EVENT]]]), ['1', 'never there'])

  expect([...(await store.read(NONE)).keys()]).toEqual(['2'])
})

test('records whose keys are known are named without their events', async () => {
  const store = createIndexedDbStore()
  await store.write(
    new Map([
      ['1', [EVENT]],
      ['2', [EVENT]],
    ]),
    [],
  )

  expect(await store.read(new Set(['1']))).toEqual(
    new Map([
      ['1', undefined],
      ['2', [EVENT]],
    ]),
  )
})

test.for([{ version: 2, events: 'packed' }, { events: [EVENT] }, 'text', [EVENT], null])(
  'a record of another layout (%o) is left as it is for the client that can read it',
  async (foreign) => {
    const store = createIndexedDbStore()
    await store.write(new Map([['2', [EVENT]]]), [])
    await put('1', foreign)

    expect(await store.read(NONE)).toEqual(
      new Map([
        ['1', undefined],
        ['2', [EVENT]],
      ]),
    )
  },
)

test.for([
  ['cannot be opened', { open: () => fail() }],
  ['is not there', undefined],
] as const)('where IndexedDB %s, the queue goes on in memory and says so once', async ([, found]) => {
  vi.stubGlobal('indexedDB', found)
  const { warnings, environment } = createTestEnvironment()
  const queue = createQueue({ ...environment, records: createIndexedDbStore(), nextKey: () => '1' })

  await queue.sync()
  queue.add(EVENT)
  queue.persist()
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
