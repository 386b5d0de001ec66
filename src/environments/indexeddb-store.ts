import { promisifyRequest } from 'idb-keyval'
import type { RecordStore } from '../core/queue.ts'

/** The 1 is the version of the layout: what another version keeps stays for the client that can read it. */
const DATABASE = 'rivulet/1'
const STORE = 'queue'

/** Not a record: until when which client alone may send. */
const LEASES = /^lease /

/** In ms. */
const LONGEST_LEASE = 60_000

/** Records in an IndexedDB database, and leases for where there are no Web Locks. */
export interface IndexedDbStore extends RecordStore {
  /** Takes the lease for as many ms, or with 0 gives it back; false where somebody else has it. */
  lease(name: string, holder: string, ms: number): Promise<boolean>
  /** Deletes the database, behind all that was asked before; it is made anew when it is used again. */
  clear(): Promise<unknown>
}

/**
 * A page that lies in Chromium's back/forward cache while it makes its database keeps all others from opening it. One
 * with a lock is not put there.
 */
function keepOutOfCache(opening: Promise<unknown>): void {
  const settled = opening.catch(() => {})
  globalThis.navigator?.locks?.request('rivulet opens', { mode: 'shared' }, () => settled).catch(() => {})
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE)
  request.onupgradeneeded = () => request.result.createObjectStore(STORE)
  const opening = promisifyRequest(request)
  keepOutOfCache(opening)
  return opening
}

/** Opened when first used, and again where the browser has closed it, as WebKit does behind a hidden page's back. */
export function createIndexedDbStore(): IndexedDbStore {
  let opening: Promise<IDBDatabase> | undefined
  let cleared: Promise<unknown> = Promise.resolve()

  async function attempt<Result>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => Promise<Result>,
  ): Promise<Result> {
    const run = async () => {
      opening ??= cleared.then(open, open)
      const db = await opening
      // Another version of the page's script may want to change it, or a user to delete it.
      db.onversionchange = () => db.close()
      return work(db.transaction(STORE, mode).objectStore(STORE))
    }
    try {
      return await run()
    } catch {
      // If it fails for another reason than being closed, it fails again.
      opening = undefined
      return run()
    }
  }

  return {
    read: (known) =>
      attempt('readonly', async (store) => {
        const keys = (await promisifyRequest(store.getAllKeys())) as string[]
        const found = keys
          .filter((key) => !LEASES.test(key))
          .map(
            async (key): Promise<[string, unknown]> => [
              key,
              known.has(key) ? undefined : await promisifyRequest(store.get(key)),
            ],
          )
        return new Map(await Promise.all(found))
      }),

    write: (changes) =>
      attempt('readwrite', (store) => {
        for (const [key, events] of changes) events.length ? store.put(events, key) : store.delete(key)
        // Not waiting for the requests to be answered: the page may be gone by then.
        store.transaction.commit?.()
        return promisifyRequest(store.transaction)
      }),

    lease: async (name, holder, ms) =>
      // What was cleared is not made anew to give back what is gone.
      (!ms && !opening) ||
      attempt('readwrite', async (store) => {
        const key = `lease ${name}`
        const lease = await promisifyRequest(store.get(key))
        const left = lease?.until - Date.now()
        // One that lasts for longer than any does was taken before the clock was set back.
        const taken = left > 0 && left < LONGEST_LEASE && lease.holder !== holder
        if (!taken) store.put({ holder, until: Date.now() + ms }, key)
        return !taken
      }),

    clear: () => {
      cleared = empty().then(remove, remove)
      opening = undefined
      return cleared
    },
  }
}

/** A page that is frozen does not let go of the database, and holds its deletion up: until then, nothing is in it. */
async function empty(): Promise<void> {
  const found = await indexedDB.databases?.()
  // To open what is not there would make it.
  if (!found?.some(({ name }) => name === DATABASE)) return
  const db = await open()
  db.transaction(STORE, 'readwrite').objectStore(STORE).clear()
  db.close()
}

async function remove(): Promise<void> {
  await promisifyRequest(indexedDB.deleteDatabase(DATABASE))
}
