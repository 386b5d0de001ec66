import { fitting } from './batch.ts'

/** An event on its way: serialized, since what is stored is the event as it was at the call. */
export interface QueuedEvent {
  readonly id: string
  readonly stream: string
  /** The client instance that it was submitted to. */
  readonly client: string
  /** Where it goes; UNDECIDED while no config has decided on it. */
  readonly url: string
  readonly json: string
  /** Length of `json` in UTF-8. */
  readonly bytes: number
}

/** The destination of events that no config has decided on. */
export const UNDECIDED = ''

/** The longest, in ms, that an added event waits to be written along with others. */
export const WRITE_WINDOW = 40

/** In ms. */
const STORE_ANSWERS_WITHIN = 5000

/**
 * The events that nothing has settled yet. One leaves only by `remove`: a crash between sending and the answer loses
 * nothing.
 */
export interface EventQueue {
  /** In memory at once, durable soon after: what is added within one write window is one transaction. */
  add(event: QueuedEvent): void
  /** Starts at once to write what waits for its window. */
  persist(): void
  /** Learns what other tabs and earlier pages have put into the store and taken from it. */
  sync(): Promise<void>
  /** All that is known of, oldest first. Needs no storage, which no longer answers when the page goes. */
  held(): QueuedEvent[]
  /** Takes out events that were `held`: the same objects. */
  remove(events: readonly QueuedEvent[]): Promise<void>
}

/**
 * Where events survive the page, in records of at most one batch. What is asked first is done first. Each method
 * rejects where the storage fails.
 */
export interface RecordStore {
  /** All records by key, without the events of those whose key is known already. */
  read(known: { has(key: string): boolean }): Promise<ReadonlyMap<string, readonly QueuedEvent[] | undefined>>
  /** One transaction; durable when it resolves. */
  write(put: ReadonlyMap<string, readonly QueuedEvent[]>, remove: readonly string[]): Promise<void>
}

/** What a queue works with. */
export interface QueueOptions {
  /** Without it the queue is in memory only. */
  readonly records?: RecordStore | undefined
  /** Keys grow, so that their order is the order of submission, across tabs and pages. */
  nextKey(): string
  after(ms: number, callback: () => void): () => void
  warn(message: string, cause: unknown): void
}

/** A queue that goes on in memory where the storage fails. */
export function createQueue({ records, nextKey, after, warn }: QueueOptions): EventQueue {
  let store = records
  let fresh: QueuedEvent[] = []
  let windowOpen = false
  const kept = new Map<string, readonly QueuedEvent[]>()
  /** Keys added or removed here since the store was last read. */
  const changed = new Set<string>()

  function add(event: QueuedEvent): void {
    fresh.push(event)
    if (!windowOpen) void Promise.resolve().then(writeWindow)
    windowOpen = true
  }

  /** Writes behind the task, for the page may be left with its next; what comes in the window after it waits for its end. */
  function writeWindow(): void {
    windowOpen = fresh.length > 0
    if (windowOpen) after(WRITE_WINDOW, writeWindow)
    persist()
  }

  function persist(): void {
    const put = new Map<string, readonly QueuedEvent[]>()
    while (fresh.length) put.set(nextKey(), fresh.splice(0, fitting(fresh).length))
    void write(put)
  }

  async function write(
    put: ReadonlyMap<string, readonly QueuedEvent[]>,
    remove: readonly string[] = [],
  ): Promise<void> {
    for (const key of remove) kept.delete(key)
    for (const [key, events] of put) kept.set(key, events)
    for (const key of [...remove, ...put.keys()]) changed.add(key)
    if (put.size || remove.length) await attempt((store) => store.write(put, remove))
  }

  /** Undefined where there is no storage, or it has just failed. One that never answers has failed, too: WebKit's may. */
  async function attempt<Result>(work: (store: RecordStore) => Promise<Result>): Promise<Result | undefined> {
    if (!store) return
    let cancel = () => {}
    const late = new Promise<never>((_, reject) => {
      cancel = after(STORE_ANSWERS_WITHIN, () => reject(new Error('no answer')))
    })
    try {
      return await Promise.race([work(store), late])
    } catch (cause) {
      if (store) warn('storage failed; events are kept in memory and do not survive this page', cause)
      store = undefined
    } finally {
      cancel()
    }
  }

  async function sync(): Promise<void> {
    const known = new Set(kept.keys())
    changed.clear()
    const found = await attempt((store) => store.read(known))
    // What was written before is there, unless another tab has settled it, or the storage has failed meanwhile.
    if (!found || !store) return
    for (const key of known) if (!found.has(key)) kept.delete(key)
    // What was added or removed here meanwhile is known better here.
    for (const [key, events] of found) if (events && !changed.has(key)) kept.set(key, events)
  }

  async function remove(events: readonly QueuedEvent[]): Promise<void> {
    const gone = new Set(events)
    const stays = (event: QueuedEvent) => !gone.has(event)
    const rewritten = new Map<string, readonly QueuedEvent[]>()
    const settled: string[] = []
    fresh = fresh.filter(stays)
    for (const [key, events] of kept) {
      const rest = events.filter(stays)
      if (rest.length === events.length) continue
      settled.push(key)
      // Under a key of its own, which other tabs do not know yet, and in the same place.
      if (rest.length) rewritten.set(`${key}+`, rest)
    }
    await write(rewritten, settled)
  }

  return {
    add,
    persist,
    sync,
    held: () => [...[...kept.keys()].sort().flatMap((key) => kept.get(key) ?? []), ...fresh],
    remove,
  }
}
