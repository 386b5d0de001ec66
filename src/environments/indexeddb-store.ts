import { createStore, promisifyRequest } from 'idb-keyval'
import type { QueuedEvent, RecordStore } from '../core/queue.ts'

/** Layout of a record. One of another layout stays for the client that can read it. */
const VERSION = 1

interface StoredRecord {
  readonly version: number
  readonly events: readonly QueuedEvent[]
}

/** Records in the IndexedDB database `rivulet`. Opened when first used, and again after the browser has closed it. */
export function createIndexedDbStore(): RecordStore {
  const transaction = createStore('rivulet', 'queue')
  return {
    read: (known) =>
      transaction('readonly', async (store) => {
        const found = new Map<string, readonly QueuedEvent[] | undefined>()
        const keys = (await promisifyRequest(store.getAllKeys())) as string[]
        await Promise.all(
          keys.map(async (key) => {
            const record: StoredRecord | undefined = known.has(key)
              ? undefined
              : await promisifyRequest(store.get(key))
            found.set(key, record?.version === VERSION ? record.events : undefined)
          }),
        )
        return found
      }),

    write: (put, remove) =>
      transaction('readwrite', (store) => {
        for (const [key, events] of put) store.put({ version: VERSION, events }, key)
        for (const key of remove) store.delete(key)
        // Not waiting for the requests to be answered: the page may be gone by then.
        store.transaction.commit?.()
        return promisifyRequest(store.transaction)
      }),
  }
}
