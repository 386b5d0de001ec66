import { fitting } from './batch.ts'
import type { Environment } from './environment.ts'

/** An event on its way: serialized, since what is stored is the event as it was at the call. */
export interface QueuedEvent {
  readonly id: string
  readonly stream: string
  /** The client instance that has numbered it; while it is undecided, the one that it was submitted to. */
  readonly client: string
  /** Where it goes; UNDECIDED while no config has decided on it. */
  readonly url: string
  readonly json: string
  /** Length of `json` in UTF-8. */
  readonly bytes: number
  // What follows may be absent, also from what an earlier version has written.
  /** The stream that it goes to, where its own redirects it. */
  readonly target?: string | undefined
  /** Its number; 0 while it is undecided. */
  readonly seq?: number | undefined
  /** When it expires, in ms since 1970. */
  readonly until?: number | undefined
  /** Of an account: when another client may decide on it, in ms since 1970. */
  readonly notBefore?: number | undefined
  /** Who goes first when not all can: 1 before 0 before -1. */
  readonly priority?: number | undefined
  /** Kept in memory only. */
  readonly volatile?: boolean | undefined
  /** Forced in by the debug switch, as that stood at the call. */
  readonly debug?: boolean | undefined
}

/** The destination of events that no config has decided on. */
export const UNDECIDED = ''

/** The longest, in ms, that an added event waits to be written along with others. */
export const WRITE_WINDOW = 40

/** In ms. */
const STORE_ANSWERS_WITHIN = 5000

/** In ms: after as long, a storage that failed is tried again. */
const STORE_RESTS = 30_000

/** In `memo`: what a page that went could not see stored or deleted. The 1 is the version of the layout. */
const LEFT = 'left/1'

/**
 * The events that nothing has settled yet. One leaves only by `remove`: a crash between sending and the answer loses
 * nothing.
 */
export interface EventQueue {
  /** In memory at once, durable soon after: what is added within one write window is one transaction. */
  add(event: QueuedEvent): void
  /** The account has changed, or is another one: it is written with the next window, and its record before leaves. */
  touch(): void
  /**
   * Learns what other tabs and earlier pages have put into the store and taken from it; where it is told to, also takes up
   * what pages that went have left in `memo`, which one tab at a time may do.
   */
  sync(takesUp?: boolean): Promise<void>
  /** All that is known of, oldest first. Needs no storage, which no longer answers when the page goes. */
  held(): QueuedEvent[]
  /** Whether the event, the same object, is `held`. */
  has(event: QueuedEvent): boolean
  /**
   * Takes out events that were `held`, the same objects, and with that writes all that waits for its window; where the
   * page goes, in a way that is done at once.
   */
  remove(events: readonly QueuedEvent[]): Promise<void>
}

/** A record's key, and what is in it. */
export type StoredRecord = readonly [key: string, events: readonly QueuedEvent[]]

/**
 * Where events survive the page, in records of at most one batch, of one destination: so only whose turn it is changes
 * what is in one. What is asked first is done first. Each method rejects where the storage fails.
 */
export interface RecordStore {
  /** All records by key, without those whose key is known already; undefined stands for them. */
  read(known: { has(key: string): boolean }): Promise<ReadonlyMap<string, unknown>>
  /** One transaction: puts records, and deletes the empty ones. Durable when it resolves. */
  write(changes: readonly StoredRecord[]): Promise<void>
}

/** What a queue works with. */
export interface QueueOptions extends Pick<Environment, 'after' | 'warn' | 'phase' | 'memo'> {
  /** Without it the queue is in memory only. */
  readonly records?: RecordStore | undefined
  /** Keys grow, so that their order is the order of submission, across tabs and pages. */
  nextKey(): string
  /** Whether anything may be written and read at all. */
  allowed(): boolean
  /** What is written along with the events, in one transaction, if it has changed. */
  account(): QueuedEvent | undefined
  /** The storage failed, or held what cannot be read. */
  onTrouble(kind: 'storage' | 'unreadable'): void
}

/** A queue that goes on in memory while the storage fails. */
export function createQueue(options: QueueOptions): EventQueue {
  const { records, memo, nextKey, allowed, account, onTrouble, after, phase, warn } = options
  /** In no record yet. What is volatile stays here. */
  let fresh: QueuedEvent[] = []
  /** All that is held. */
  const all = new Set<QueuedEvent>()
  const kept = new Map<string, readonly QueuedEvent[]>()
  /** What the store has not confirmed: records, an empty one where it is to forget the key; and what it has been given. */
  const unsaved = new Map<string, readonly QueuedEvent[]>()
  const given = new Set<readonly QueuedEvent[]>()
  /** Keys of the records in `memo` that this page has put there or taken up. */
  const leftHere = new Set<string>()
  /** Of the account that was last written here. */
  let accountKey = ''
  let dirty = false
  let windowOpen = false
  let failed = false
  let resting = false

  function add(event: QueuedEvent): void {
    fresh.push(event)
    all.add(event)
    if (!event.volatile) touch()
  }

  function touch(): void {
    dirty = true
    if (!windowOpen) void Promise.resolve().then(writeWindow)
    windowOpen = true
  }

  /**
   * Writes behind the task, for the page may be left with its next; what comes in the window after it waits for its
   * end.
   */
  function writeWindow(): void {
    windowOpen = dirty && allowed()
    if (!windowOpen) return
    after(WRITE_WINDOW, writeWindow)
    void persist()
  }

  async function persist(): Promise<void> {
    if (!allowed()) return
    const leaving = phase() === 'gone'
    // The account says whether its page is gone.
    if (dirty || leaving) {
      dirty = false
      const durable = fresh.filter(({ volatile }) => !volatile)
      fresh = fresh.filter(({ volatile }) => volatile)
      while (durable.length) keep(nextKey(), durable.splice(0, fitting(durable).length))
      if (accountKey) forget(accountKey)
      const event = account()
      // Under a key of its own: who takes an older one out of the store leaves this one in it.
      accountKey = event?.id ?? ''
      if (event && records) unsaved.set(accountKey, [event])
    }
    if (leaving) leaveBehind()
    await save()
  }

  /**
   * Where the page cannot come back, the browser drops about every second write that it has not done yet. Of a storage
   * that fails, deletions are not handed on: they would pile up from page to page.
   */
  function leaveBehind(): void {
    const left = [...leftByOthers(), ...unsaved].filter(([, events]) => !failed || events.length)
    for (const key of unsaved.keys()) leftHere.add(key)
    if (leftHere.size) memo.write(LEFT, JSON.stringify(left))
  }

  function put(key: string, events: readonly QueuedEvent[]): void {
    kept.set(key, events)
    for (const event of events) all.add(event)
  }

  function take(key: string): void {
    for (const event of kept.get(key) ?? []) all.delete(event)
    kept.delete(key)
  }

  function keep(key: string, events: readonly QueuedEvent[]): void {
    put(key, events)
    if (records) unsaved.set(key, events)
  }

  function forget(key: string): void {
    take(key)
    if (records) unsaved.set(key, [])
  }

  async function save(): Promise<void> {
    const changes = [...unsaved].filter(([, events]) => !given.has(events))
    if (!changes.length) return
    for (const [, events] of changes) given.add(events)
    const done = await attempt((store) => store.write(changes).then(() => true))
    for (const [key, events] of changes) {
      given.delete(events)
      if (done && unsaved.get(key) === events) unsaved.delete(key)
    }
    tidyLeft()
  }

  /** What was left behind stays there until it is in the store, or out of it. */
  function tidyLeft(): void {
    if (!leftHere.size || [...leftHere].some((key) => unsaved.has(key))) return
    memo.write(LEFT, JSON.stringify(leftByOthers()))
    leftHere.clear()
  }

  /** Undefined where there is no storage, or it fails. One that never answers has failed, too: WebKit's may. */
  async function attempt<Result>(work: (store: RecordStore) => Promise<Result>): Promise<Result | undefined> {
    if (!records || resting) return
    const late = new Promise<never>((_, reject) =>
      after(STORE_ANSWERS_WITHIN, () => reject(new Error('no answer'))),
    )
    try {
      const result = await Promise.race([work(records), late])
      failed = false
      return result
    } catch (cause) {
      if (!failed) {
        onTrouble('storage')
        warn('storage failed; until it works, events are kept in memory and do not survive this page', cause)
      }
      failed = true
      if (!resting) after(STORE_RESTS, tryAgain)
      resting = true
    }
  }

  function tryAgain(): void {
    resting = false
    void persist()
  }

  async function sync(takesUp = true): Promise<void> {
    const known = new Set([...kept.keys()].filter((key) => !unsaved.has(key)))
    const found = await attempt((store) => store.read(known))
    if (found && allowed()) {
      for (const key of known) if (!found.has(key)) take(key)
      for (const [key, events] of found) {
        // What was added or removed here meanwhile is known better here, and the store confirms it later. Two turns may
        // read at the same time: what is known keeps being the same objects.
        if (events === undefined || key === accountKey || unsaved.has(key) || kept.has(key)) continue
        if (isRecord(events)) put(key, events)
        else {
          forget(key)
          onTrouble('unreadable')
        }
      }
    }
    // The page went meanwhile, and has left something itself.
    if (!takesUp || phase() === 'gone') return
    const left = leftByOthers()
    // Deletions first: what stays of such a record is in another one, and is missing once this one is gone.
    for (const [key, events] of left) if (!events.length) forget(key)
    const ids = new Set(held().map(({ id }) => id))
    for (const [key, events] of left) {
      const missing = events.filter(({ id }) => !ids.has(id) && ids.add(id))
      // Under its own key: if it reaches the store after all, it is the same record. Here may be what is left of it.
      if (missing.length) keep(key, [...(kept.get(key) ?? []), ...missing])
      leftHere.add(key)
      touch()
    }
    tidyLeft()
  }

  function leftByOthers(): readonly StoredRecord[] {
    try {
      const left = JSON.parse(memo.read(LEFT) || '[]')
      if (left.every(([, events]: [string, unknown]) => isRecord(events)))
        return left.filter(([key]: [string]) => !leftHere.has(key))
    } catch {
      // Counted below, like what is JSON and no record.
    }
    memo.write(LEFT, '')
    onTrouble('unreadable')
    return []
  }

  function held(): QueuedEvent[] {
    const events: QueuedEvent[] = []
    for (const key of [...kept.keys()].sort()) events.push(...(kept.get(key) ?? []))
    return events.concat(fresh)
  }

  async function remove(events: readonly QueuedEvent[]): Promise<void> {
    const gone = new Set(events)
    const stays = (event: QueuedEvent) => !gone.has(event)
    for (const event of gone) if (!all.delete(event)) gone.delete(event)
    let left = gone.size
    // Mostly it is one whole record, and one of the first.
    for (const [key, events] of kept) {
      if (!left) break
      const rest = events.filter(stays)
      if (rest.length === events.length) continue
      left -= events.length - rest.length
      forget(key)
      // Under a key of its own, which other tabs do not know yet, and in the same place.
      if (rest.length) keep(`${key}+`, rest)
    }
    if (left) fresh = fresh.filter(stays)
    await persist()
  }

  // Opened before it is needed, for the page may be left with the first event.
  if (allowed()) void attempt((store) => store.read({ has: () => true }))
  return { add, touch, sync, held, has: (event) => all.has(event), remove }
}

function isRecord(found: unknown): found is readonly QueuedEvent[] {
  const texts = ['id', 'stream', 'client', 'url', 'json']
  return (
    Array.isArray(found) &&
    found.every((event) => texts.every((name) => typeof event?.[name] === 'string') && event.bytes >= 0)
  )
}
