import type { ClientOptions } from '../../src/core/options.ts'
import type { Answer, Environment, Phase, Told, Unit } from '../../src/core/environment.ts'
import type { Event } from '../../src/core/event.ts'
import { type Account, LEDGER } from '../../src/core/ledger.ts'
import type { QueuedEvent, RecordStore } from '../../src/core/queue.ts'
import { httpUrl } from '../../src/environments/http.ts'
import { createIds } from '../../src/environments/ids.ts'
import { createDrivenTime, type DrivenTime, settled } from '../../src/testing/driven-time.ts'
import { createRandom } from './random.mjs'

export { settled }

/** The options that most clients of a test have. */
export const URLS = {
  intakeUrl: 'https://intake.example/v1/events',
  streamConfigUrl: 'https://shop.example/streams.json',
} satisfies ClientOptions

/** What tests call a Monday morning. */
export const START = Date.parse('2026-11-23T08:00:00.000Z')

/** What the pages of one origin share: time, storage, and the lock. */
export interface Origin {
  readonly clock: DrivenTime
  readonly records: MemoryRecords
  readonly memo: Map<string, string>
  readonly locks: Map<string, Lock>
  /** Of the pages that listen. */
  readonly channel: Set<(told: Told) => void>
}

/** A request that reached the intake. */
export interface Post {
  readonly url: string
  readonly events: readonly Event[]
  readonly bytes: number
  readonly phase: Phase
  readonly at: number
}

export type Reply = Partial<Answer> | undefined
/** By the post; or one after the other, and 201 when the list is at its end. */
export type Answers = readonly Reply[] | ((post: Post) => Reply | Promise<Reply>)

export interface TestEnvironmentOptions {
  /** What the intake says. Default: 201. What is sent while the page is gone is never answered. */
  readonly answers?: Answers
  /** How the page begins. Default: visible. */
  readonly phase?: Phase
  /** Whether a beacon is taken. Default: always. */
  readonly beacons?: () => boolean
  /** Whether anything is heard from a server that does not answer to what is posted. Default: false. */
  readonly reachable?: boolean
  /** What the config URL serves: an object or a text with status 200; a function is asked. Default: 404. */
  readonly config?: unknown
  readonly origin?: Origin
  /** `null` for a platform without storage. Default: the origin's. */
  readonly records?: RecordStore | null
  readonly memo?: Environment['memo']
  readonly ids?: Partial<Record<Unit, string>>
  readonly context?: Environment['context']
  /** Null for a platform that has none. Default: shop.example. */
  readonly domain?: string | null
  /** Whether the browser asks for privacy. Default: false. */
  readonly gpc?: boolean
  readonly seed?: number
}

export interface TestEnvironment {
  readonly environment: Environment
  readonly origin: Origin
  readonly posts: readonly Post[]
  /** The events of all posts, one after the other. */
  sent(): Event[]
  /** URLs of config requests. */
  readonly gets: readonly string[]
  readonly warnings: readonly string[]
  /** Runs what is due within the next `ms` of the origin's time, each timer at its time. */
  pass(ms: number): Promise<void>
  turn(phase: Phase): Promise<void>
  serve(config: unknown): void
  answer(answers: Answers): void
  /** As the browser does with a page that cannot come back: what else is written comes to nothing, after so many writes. */
  dropWrites(after: number): void
  /** The page ends here: nothing of it runs on. What was handed to the storage is stored. */
  crash(): void
}

/** A platform whose time is driven by hand, with an intake and a config URL that say what the test wants. */
export function createTestEnvironment(options: TestEnvironmentOptions = {}): TestEnvironment {
  const origin = options.origin ?? createOrigin()
  const { clock } = origin
  const posts: Post[] = []
  const gets: string[] = []
  const warnings: string[] = []
  const listeners = new Set<(phase: Phase) => void>()
  const timers = new Set<() => void>()
  let { answers = [], config } = options
  let answered = 0
  let phase: Phase = options.phase ?? 'visible'
  let alive = true
  let writesLeft = Number.POSITIVE_INFINITY
  const held = new Set<() => void>()
  const hearing = new Set<(told: Told) => void>()
  const letGo = () => {
    for (const release of held) release()
    held.clear()
  }

  const memo: Environment['memo'] = options.memo ?? {
    read: (key) => origin.memo.get(key),
    write: (key, text) => void origin.memo.set(key, text),
  }
  const { eventId, ids, forget } = createIds({ now: clock.now, memo })
  const idsGiven = Object.fromEntries(Object.entries(options.ids ?? {}).map(([unit, id]) => [unit, () => id]))
  const records = options.records === undefined ? origin.records : options.records
  const domain = options.domain === undefined ? 'shop.example' : options.domain

  const environment: Environment = {
    ...(domain ? { domain } : {}),
    eventId,
    ids: { ...ids, ...idsGiven },
    context: { page_title: () => 'Cart', ...options.context },
    ...(records
      ? {
          records: whileAlive(
            records,
            () => alive,
            () => writesLeft-- > 0,
          ),
        }
      : {}),
    memo,
    forget: () => {
      forget()
      origin.memo.clear()
      origin.records.clear()
    },
    now: clock.now,
    random: createRandom(options.seed ?? 1),
    resolve: (url) => httpUrl(url, 'https://shop.example/cart'),
    after: (ms, callback) => {
      if (!alive) return () => {}
      const cancel = clock.after(ms, () => {
        timers.delete(cancel)
        callback()
      })
      timers.add(cancel)
      return () => {
        timers.delete(cancel)
        cancel()
      }
    },
    get: async (url) => {
      gets.push(url)
      return lasting(
        configAnswer(config).catch((cause) => ({ status: 0, text: String(cause), foreign: false })),
      )
    },
    post: async (url, body) => {
      if (phase === 'gone' && options.beacons?.() === false) return 'unsent'
      const post = {
        url,
        events: JSON.parse(body) as Event[],
        bytes: Buffer.byteLength(body),
        phase,
        at: clock.now(),
      }
      posts.push(post)
      const reply =
        typeof answers === 'function' ? answers(post) : answered < answers.length ? answers[answered++] : {}
      const heard = post.phase !== 'gone'
      const said = await lasting(Promise.resolve(reply))
      return heard && said ? { status: 201, text: '', foreign: false, ...said } : 'unheard'
    },
    answers: async () => options.reachable ?? false,
    alone: (name, work) => {
      const lock = origin.locks.get(name) ?? createLock()
      origin.locks.set(name, lock)
      return lasting(
        lock(() => {
          if (!alive || phase === 'gone') return Promise.resolve()
          let isMine = true
          const gone = new Promise<void>((resolve) => held.add(resolve)).then(() => {
            isMine = false
          })
          return Promise.race([work(() => isMine), gone])
        }),
      )
    },
    tell: (told) => {
      if (alive && phase !== 'gone')
        for (const listener of origin.channel) if (!hearing.has(listener)) listener(structuredClone(told))
    },
    onTold: (listener) => {
      const hear = (told: Told) => {
        if (alive && phase !== 'gone') listener(told)
      }
      hearing.add(hear)
      origin.channel.add(hear)
      return () => void origin.channel.delete(hear)
    },
    gpc: () => options.gpc ?? false,
    phase: () => phase,
    onPhase: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    warn: (message, cause) => void warnings.push(cause === undefined ? message : `${message}: ${cause}`),
  }

  /** Nothing answers a page that has crashed. */
  async function lasting<Result>(promise: Promise<Result>): Promise<Result> {
    const result = await promise
    return alive ? result : new Promise(() => {})
  }

  return {
    environment,
    origin,
    posts,
    sent: () => posts.flatMap(({ events }) => events),
    gets,
    warnings,
    pass: clock.pass,
    turn: async (next) => {
      phase = next
      if (next === 'gone') letGo()
      for (const listener of listeners) listener(next)
      await settled()
    },
    serve: (next) => {
      config = next
    },
    answer: (next) => {
      answers = next
      answered = 0
    },
    dropWrites: (after) => {
      writesLeft = after
    },
    crash: () => {
      alive = false
      letGo()
      for (const cancel of timers) cancel()
    },
  }
}

/** Of a queue that may do all, and has no account to write. */
export const PLAIN_QUEUE = { allowed: () => true, account: () => undefined, onTrouble: () => {} }

export function createOrigin(): Origin {
  return {
    clock: createClock(),
    records: createMemoryRecords(),
    memo: new Map(),
    locks: new Map(),
    channel: new Set(),
  }
}

async function configAnswer(config: unknown): Promise<Answer> {
  const served = await (typeof config === 'function' ? config() : config)
  if (served === undefined) return { status: 404, text: 'Not Found', foreign: false }
  const text = typeof served === 'string' ? served : JSON.stringify(served)
  return typeof served?.status === 'number' ? served : { status: 200, text, foreign: false }
}

/** Time that stands still until `pass` moves it on, from a Monday morning on. */
export const createClock = (): DrivenTime => createDrivenTime({ start: START })

export interface MemoryRecords extends RecordStore {
  readonly stored: Map<string, readonly QueuedEvent[]>
  /** Number of `write`s: transactions. */
  readonly writes: () => number
  /** From now on each method rejects with it; without a cause, all is well again. */
  fail(cause?: Error): void
  /** In its turn, like the other methods. */
  clear(): void
  /** The accounts of clients left out. */
  events(): QueuedEvent[]
  /** Of each client that has one, as it is stored. */
  accounts(): Account[]
}

/** Records as a database holds them: copies, in the order of their keys, each call in its turn. */
export function createMemoryRecords(): MemoryRecords {
  const stored = new Map<string, readonly QueuedEvent[]>()
  let writes = 0
  let failure: Error | undefined

  const all = () => [...stored.keys()].sort().flatMap((key) => stored.get(key) ?? [])

  async function inTurn<Result>(work: () => Result): Promise<Result> {
    await Promise.resolve()
    if (failure) throw failure
    return work()
  }
  return {
    stored,
    writes: () => writes,
    fail: (cause) => {
      failure = cause
    },
    clear: () => void inTurn(() => stored.clear()).catch(() => 'there is nothing to read in it either'),
    events: () => all().filter(({ stream }) => stream !== LEDGER),
    accounts: () =>
      all()
        .filter(({ stream, url }) => stream === LEDGER && !url)
        .map(({ json }) => JSON.parse(json).data),
    read: (known) =>
      inTurn(
        () =>
          new Map(
            [...stored].map(([key, events]) => [key, known.has(key) ? undefined : structuredClone(events)]),
          ),
      ),
    write: (changes) => {
      writes++
      const copies = structuredClone(changes)
      return inTurn(() => {
        for (const [key, events] of copies) {
          if (events.length) stored.set(key, events)
          else stored.delete(key)
        }
      })
    },
  }
}

function whileAlive(
  { read, write }: RecordStore,
  alive: () => boolean,
  mayWrite: () => boolean,
): RecordStore {
  const lasting = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = alive() ? await work() : undefined
    return alive() ? (result as Result) : new Promise(() => {})
  }
  return {
    read: (known) => lasting(() => read(known)),
    write: (changes) => lasting(() => (mayWrite() ? write(changes) : new Promise(() => {}))),
  }
}

type Lock = (work: () => Promise<void>) => Promise<void>

/** One at a time, in the order of asking. */
function createLock(): Lock {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => 'the next one may go')
    return mine
  }
}

/** A promise, and the function that resolves it. */
export function createPromise<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
