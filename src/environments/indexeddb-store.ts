import { createStore, promisifyRequest } from 'idb-keyval'
import type { QueuedEvent, RecordStore } from '../core/queue.ts'

/**
 * Records in an IndexedDB database, opened when first used, and again after the browser has closed it. The 1 is the
 * version of the layout: what another version keeps stays for the client that can read it.
 */
export function createIndexedDbStore(): RecordStore {
  const transaction = createStore('rivulet/1', 'queue')
  return {
    read: (known) =>
      transaction('readonly', async (store) => {
        const keys = (await promisifyRequest(store.getAllKeys())) as string[]
        const found = keys.map(
          async (key): Promise<[string, readonly QueuedEvent[] | undefined]> => [
            key,
            known.has(key) ? undefined : await promisifyRequest(store.get(key)),
          ],
        )
        return new Map(await Promise.all(found))
      }),

    write: (put, remove) =>
      transaction('readwrite', (store) => {
        for (const [key, events] of put) store.put(events, key)
        for (const key of remove) store.delete(key)
        // Not waiting for the requests to be answered: the page may be gone by then.
        store.transaction.commit?.()
        return promisifyRequest(store.transaction)
      }),
  }
}
