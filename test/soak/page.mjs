// What runs in the page of a soak, at each load.

/**
 * @typedef {object} Setting
 * @property {string} clientUrl of a module that exports `createClient`
 * @property {import('rivulet').ClientOptions} options
 * @property {string} stream
 * @property {object} data what to submit
 * @property {number} everyMs
 */

/** An event that `submit` has returned for, `at` in ms since 1970. @typedef {{ id: string, at: number }} Submitted */

/**
 * What the page has for those who drive it.
 *
 * @typedef {object} Life
 * @property {(count: number) => void} submit events in one task
 * @property {() => { submitted: number, pending: number, dropped: Record<string, number> }} state of this life's own
 *   events
 * @property {() => void} stop submits no more
 * @property {() => Promise<void>} close closes the client
 */

/**
 * Submits steadily, and tells of each event through the window's `tellSubmitted`. What is submitted inside `pagehide`
 * can be told by the next page only.
 *
 * @param {Setting} setting
 * @returns {Promise<Life>}
 */
export async function beginLife({ clientUrl, options, stream, data, everyMs }) {
  const LAST_WORDS = 'soak last words'
  /** @type {(events: readonly Submitted[]) => Promise<void>} */
  const tellSubmitted = Reflect.get(window, 'tellSubmitted')
  /** @type {typeof import('rivulet')} */
  const { createClient } = await import(clientUrl)
  let submitted = 0
  let pending = 0
  /** @type {Record<string, number>} */
  const dropped = {}
  const client = createClient({
    ...options,
    onOutcome: (outcome) => {
      pending--
      if (outcome.kind === 'dropped') dropped[outcome.reason] = 1 + (dropped[outcome.reason] ?? 0)
    },
  })

  const submitOne = () => {
    pending++
    const at = Date.now()
    return { id: client.submit(stream, { ...data, position: submitted++ }), at }
  }
  const submit = (/** @type {number} */ count) => {
    if (count > 0) void tellSubmitted(Array.from({ length: count }, submitOne))
  }

  const said = localStorage.getItem(LAST_WORDS)
  localStorage.removeItem(LAST_WORDS)
  if (said) void tellSubmitted([JSON.parse(said)])
  addEventListener('pagehide', () => localStorage.setItem(LAST_WORDS, JSON.stringify(submitOne())))

  let due = performance.now()
  const timer = setInterval(() => {
    // The timers of a hidden page come once in a second.
    const count = Math.floor((performance.now() - due) / everyMs)
    due += count * everyMs
    submit(count)
  }, everyMs)
  return {
    submit,
    state: () => ({ submitted, pending, dropped }),
    stop: () => clearInterval(timer),
    close: () => client.close(),
  }
}

/**
 * How many events of each stream are in IndexedDB.
 *
 * @returns {Promise<Record<string, number>>}
 */
export async function countQueued() {
  const settled = (/** @type {IDBRequest} */ request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  /** @type {Record<string, number>} */
  const counts = {}
  for (const { name = '' } of await indexedDB.databases()) {
    /** @type {IDBDatabase} */
    const database = await settled(indexedDB.open(name))
    const records = await settled(database.transaction('queue').objectStore('queue').getAll())
    database.close()
    for (const { stream } of records.flat()) counts[stream] = 1 + (counts[stream] ?? 0)
  }
  return counts
}
