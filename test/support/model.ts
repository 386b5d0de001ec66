import { type Client, createClient } from '../../src/core/client.ts'
import type { Environment, Phase, Told } from '../../src/core/environment.ts'
import type { Event, Fate } from '../../src/core/event.ts'
import { type Account, LEDGER, outcomeOf } from '../../src/core/ledger.ts'
import { type QueuedEvent, type StoredRecord, WRITE_WINDOW } from '../../src/core/queue.ts'
import type { ClientOptions, LoadSchemas, StreamSchemas } from '../../src/core/options.ts'
import {
  createOrigin,
  createTestEnvironment,
  type Post,
  type Reply,
  START,
  type TestEnvironment,
  URLS,
} from './environment.ts'
import { createRandom } from './random.mjs'

/** In ms. */
const DAY = 24 * 3_600_000

/** In ms: after as long, a request without an answer has failed. */
const ANSWER_WITHIN = 30_000

/** In ms: after as long, a storage that works again is found to. */
const STORAGE_RESTS = 31_000

export const OTHER_INTAKE = 'https://errors.example/v1/events'
const rivulet = (settings: object) => ({ producers: { rivulet: settings } })

const STREAMS = {
  click: {},
  view: { sample: { unit: 'session', rate: 1 } },
  out: { sample: { unit: 'session', rate: 0 } },
  high: rivulet({ priority: 'high' }),
  low: rivulet({ priority: 'low' }),
  shy: rivulet({ storage: 'memory' }),
  rare: rivulet({ max_per_minute: 2 }),
  brief: rivulet({ max_age_seconds: 60 }),
  other: { destination_event_service: 'other' },
  '/^pattern\\./': {},
  [LEDGER]: {},
}
/** What is submitted to; the config knows nothing of the last one. */
const NAMES = Object.keys(STREAMS).map((name) => (name.startsWith('/') ? 'pattern.one' : name))
export const STREAM_NAMES = [...NAMES.filter((name) => name !== LEDGER), 'none']

const configOf = (revision: string, streams: object) => ({
  revision,
  services: { other: OTHER_INTAKE },
  streams,
})
/** What the config URL serves, in the order of revisions. */
export const CONFIGS = {
  none: undefined,
  old: configOf('1', STREAMS),
  'click is off': configOf('2', { ...STREAMS, click: rivulet({ state: 'off' }) }),
  'view is held': configOf('3', { ...STREAMS, view: rivulet({ state: 'hold' }) }),
  'in the end': configOf('4', STREAMS),
}

/** What an intake does with a batch: which of it it stores, which it refuses for good, and what it says. */
export type Behaviour = (ids: readonly string[]) => {
  readonly stored: readonly string[]
  readonly refused?: readonly string[]
  readonly reply: Reply
}

const listed = (id: string, message = '') => ({ event: { meta: { id } }, context: { message } })
const lists = (invalid: object[], error: object[]) => JSON.stringify({ invalid, error })
const refusesWhole =
  (reply: Reply): Behaviour =>
  (ids) => ({
    stored: [],
    refused: ids.length > 1 ? [] : ids,
    reply,
  })
const storesNothing =
  (reply: Reply): Behaviour =>
  () => ({ stored: [], reply })

const LOSES = 'says that it stored all, and loses the first'

/** Each kind of verdict on a batch (src/core/retry.ts), and ways to lose what was there. */
export const BEHAVIOURS = {
  'stores all': (ids) => ({ stored: ids, reply: { status: 201 } }),
  'stores all, and the answer is lost': (ids) => ({ stored: ids, reply: { status: 0 } }),
  'stores all, and never answers': (ids) => ({ stored: ids, reply: undefined }),
  [LOSES]: (ids) => ({ stored: ids.slice(1), reply: { status: 201 } }),
  'refuses the first, stores the rest': ([first = '', ...rest]) => ({
    stored: rest,
    refused: [first],
    reply: { status: rest.length ? 207 : 400, text: lists([listed(first)], []) },
  }),
  'cannot store the first, stores the rest': ([first = '', ...rest]) => ({
    stored: rest,
    reply: { status: rest.length ? 207 : 500, text: lists([], [listed(first, 'broker not available')]) },
  }),
  'knows no schema for the first, stores the rest': ([first = '', ...rest]) => ({
    stored: rest,
    refused: [first],
    reply: { status: 207, text: lists([], [listed(first, 'Failed loading schema at /x')]) },
  }),
  'lists an event of somebody else': refusesWhole({
    status: 207,
    text: lists([listed('of somebody else')], []),
  }),
  'finds it too large': refusesWhole({ status: 413 }),
  'finds it too large, as EventGate says it': refusesWhole({
    status: 500,
    text: JSON.stringify({ title: 'PayloadTooLargeError' }),
  }),
  'finds it unprocessable': refusesWhole({ status: 422 }),
  'asks for credentials': storesNothing({ status: 401 }),
  'asks to wait': storesNothing({ status: 429, retryAfter: '7' }),
  'is unavailable': storesNothing({ status: 503 }),
  'is broken': storesNothing({ status: 502, text: '<html>' }),
  'is not reached': storesNothing({ status: 0 }),
  promises: storesNothing({ status: 202 }),
  'is behind a captive portal': storesNothing({ status: 200, foreign: true }),
} satisfies Record<string, Behaviour>
export type BehaviourName = keyof typeof BEHAVIOURS

/** A page with its client, and what its host was told. */
export interface Tab {
  readonly page: TestEnvironment
  readonly client: Client
  /** By id. */
  readonly told: Map<string, string[]>
  /** What waits for the page to come back. */
  readonly frozen: (() => void)[]
  consent: 'granted' | 'pending' | 'denied'
  readonly isKnowing: boolean
  closed: boolean
  /** It was gone at some time, or is closed: others cannot tell it what became of its events. */
  hearsAll: boolean
}

/** An event as it was submitted. */
interface Submission {
  readonly id: string
  readonly stream: string
  readonly tab: Tab
  /** When it could first be written, in ms of passed time; undefined while it may not. */
  writable: number | undefined
}

export type RunOptions = Pick<ClientOptions, 'resend' | 'maxQueueBytes'> & {
  readonly seed: number
  /** Which share of the pages knows the schemas of the streams, and loads each with its first event. */
  readonly knowing: number
}

/** One origin with its tabs, two intakes and a config, and all that an observer from outside can know of them. */
export function createWorld({ seed, knowing, ...options }: RunOptions) {
  const origin = createOrigin()
  const random = createRandom(seed)
  const tabs: Tab[] = []
  const submissions = new Map<string, Submission>()
  /** What became of events, by id, as the clients see it. */
  const fates = new Map<string, Set<string>>()
  /** What was in the memory of a page that crashed, and nowhere else as far as can be seen. */
  const lost = new Set<string>()
  /** Stored by the intake, by id. */
  const stored = new Map<string, Event>()
  const refused = new Set<string>()
  /** Deleted from the store by a tab whose visitor refused, perhaps before the tab that had submitted it could know. */
  const wiped = new Set<string>()
  /** Settled by a page in the moment in which it crashed; whether that was written is not known. */
  const inTheEnd = new Set<string>()
  /**
   * In `memo` as a page crashed that may have taken it up and settled it, in the moment in which the store had that and
   * `memo` did not: the next page settles it again.
   */
  const again = new Set<string>()
  /** Settled by a page that was gone, and so could not tell the tab that had submitted it. */
  const untold = new Set<string>()
  /** Of each account that any intake was sent, the highest version. */
  const reports = new Map<string, Account>()
  const behaviours: { main: BehaviourName; other: BehaviourName } = {
    main: 'stores all',
    other: 'stores all',
  }
  let config: keyof typeof CONFIGS = 'none'
  let beacons = true
  let loadsAreWell = false
  let elapsed = 0
  let storageFails = false
  let storageBroke = false
  /** In ms of passed time: since when what fails in the storage is made up for. */
  let storageWellSince = 0
  let crashes = 0

  function receive({ url, events }: Post): Reply | Promise<Reply> {
    const name = url.startsWith(OTHER_INTAKE) ? behaviours.other : behaviours.main
    for (const event of events) if (event.meta.stream === LEDGER) keepNewest(reports, event as never)
    // Accounts come last, and are not the first, which is refused or lost: so it can be seen whether they are right.
    const isAccount = ({ meta }: Event) => meta.stream === LEDGER
    const ids = [...events.filter((event) => !isAccount(event)), ...events.filter(isAccount)].map(
      ({ meta }) => meta.id,
    )
    const behave: Behaviour = BEHAVIOURS[name]
    const isUnkind = behave(ids).refused?.length || name === LOSES
    const kind: Behaviour = BEHAVIOURS['stores all']
    const answer = (events.every(isAccount) && isUnkind ? kind : behave)(ids)
    for (const event of events) {
      const { id } = event.meta
      if (answer.stored.includes(id) && !stored.has(id)) stored.set(id, event)
    }
    for (const id of answer.refused ?? []) refused.add(id)
    return (
      answer.reply ??
      new Promise((resolve) => origin.clock.after(ANSWER_WITHIN, () => resolve({ status: 0 })))
    )
  }

  function hear(id: string, fate: Fate): void {
    const known = fates.get(id) ?? new Set()
    fates.set(id, known.add(outcomeOf(fate)))
  }

  /** Comes after a while, or not at all. */
  function loadFrom({ environment }: TestEnvironment): LoadSchemas<StreamSchemas> {
    return (stream) =>
      new Promise((resolve, reject) => {
        const isWell = loadsAreWell || random() < 0.6
        const schemas = { [stream]: { $schema: `/${stream}/1.0.0` } }
        environment.after(random() * 3000, () =>
          isWell ? resolve({ schemas }) : reject(new Error('offline')),
        )
      })
  }

  function open(
    phase: Phase = 'visible',
    consent: Tab['consent'] = 'granted',
    isKnowing = random() < knowing,
  ): Tab {
    const page = createTestEnvironment({
      origin,
      answers: receive,
      config: () => CONFIGS[config],
      beacons: () => beacons,
      phase,
      seed: seed + tabs.length,
    })
    const told = new Map<string, string[]>()
    const isAlive = () => tabs.some((tab) => tab.page === page)
    const onOutcome: ClientOptions['onOutcome'] = ({ id, ...fate }) => {
      if (!isAlive()) return void inTheEnd.add(id)
      told.set(id, [...(told.get(id) ?? []), outcomeOf(fate)])
      hear(id, fate)
    }
    const tell = (told: Told) => {
      const { outcome } = told
      if (outcome) {
        if (!isAlive()) return void inTheEnd.add(outcome.id)
        hear(outcome.id, outcome.fate)
        if (isGone()) untold.add(outcome.id)
      }
      page.environment.tell(told)
    }
    /** Nothing runs on in a page that is gone, until it comes back. */
    const frozen: (() => void)[] = []
    const isGone = () => page.environment.phase() === 'gone'
    const after: Environment['after'] = (ms, callback) => {
      let isCancelled = false
      const run = () => {
        if (isCancelled) return
        if (isGone()) frozen.push(run)
        else callback()
      }
      const cancel = page.environment.after(ms, run)
      return () => {
        isCancelled = true
        cancel()
      }
    }
    // With a tail of the seed's, a story is the same each time that it is told.
    const tail = String(Math.floor(random() * 1e12)).padStart(12, '0')
    const eventId = (at: number) => `${page.environment.eventId(at).slice(0, 18)}-8000-${tail}`
    const environment = { ...page.environment, eventId, tell, after }
    const schemas = isKnowing ? { schemas: loadFrom({ ...page, environment }) } : {}
    const client = createClient({ ...URLS, ...options, ...schemas, consent, onOutcome }, environment)
    const tab: Tab = { page, client, told, frozen, consent, isKnowing, closed: false, hearsAll: true }
    tabs.push(tab)
    return tab
  }

  function submit(tab: Tab, stream: string): void {
    const id = tab.client.submit(stream, { marker: submissions.size })
    submissions.set(id, { id, stream, tab, writable: mayWrite(tab) ? elapsed : undefined })
  }

  function nowWritable(tab: Tab): void {
    if (!mayWrite(tab)) return
    for (const submission of submissions.values()) {
      if (submission.tab === tab) submission.writable ??= elapsed
    }
  }

  async function pass(ms: number): Promise<void> {
    await tabs[0]!.page.pass(ms)
    elapsed += ms
  }

  async function crash(tab: Tab): Promise<void> {
    crashes++
    if (tab.page.environment.phase() !== 'gone')
      for (const { id } of leftInMemo().flatMap(([, events]) => events)) again.add(id)
    tab.page.crash()
    tabs.splice(tabs.indexOf(tab), 1)
    await tab.page.pass(0)
    const safe = new Set(queued().map(({ id }) => id))
    for (const { id, stream, tab: owner, writable } of submissions.values()) {
      if (safe.has(id) || fates.has(id) || wiped.has(id)) continue
      const storageIsUnwell = storageFails || elapsed - storageWellSince <= STORAGE_RESTS
      // What another page has stored or left, a page may have decided to keep in memory, or have there for want of
      // storage.
      const mayBeHere =
        owner === tab || inTheEnd.has(id) || stream === 'shy' || (storageIsUnwell && !tabs.includes(owner))
      if (!mayBeHere) continue
      const isExcused =
        inTheEnd.has(id) ||
        storageIsUnwell ||
        stream === 'shy' ||
        writable === undefined ||
        elapsed - writable <= WRITE_WINDOW
      if (!isExcused)
        throw new Error(`${stream} ${id} was not written, ${elapsed - writable} ms after submit`)
      lost.add(id)
    }
  }

  function leftInMemo(): StoredRecord[] {
    return JSON.parse(origin.memo.get('left/1') || '[]')
  }

  /** All that a next page would find, accounts included. */
  function queued(): QueuedEvent[] {
    const left = leftInMemo()
    const deleted = new Set(left.flatMap(([key, events]) => (events.length ? [] : key)))
    const stored = [...origin.records.stored].filter(([key]) => !deleted.has(key))
    const all = [...stored, ...left].flatMap(([, events]) => events)
    return [...new Map(all.map((event) => [`${event.url} ${event.id}`, event])).values()]
  }

  /** Of each account, the highest version that an intake was sent or a next page would find. */
  function accounts(): Account[] {
    const newest = new Map(reports)
    for (const { stream, url, json } of queued()) {
      if (stream !== LEDGER) continue
      const found = JSON.parse(json)
      keepNewest(newest, url ? found : found.data)
    }
    return [...newest.values()]
  }

  return {
    origin,
    tabs,
    submissions,
    fates,
    lost,
    again,
    stored,
    refused,
    untold,
    open,
    submit,
    pass,
    crash,
    queued,
    accounts,
    wiped,
    crashes: () => crashes,
    /** At some time: then a page cannot see what others do, nor keep what it does itself. */
    storageBroke: () => storageBroke,
    /** `parting`: streams to which the page submits when it goes. */
    turn: async (tab: Tab, phase: Phase, parting: readonly string[] = []) => {
      // A page is prerendered only before it is seen, and comes back from the cache visible or hidden.
      const before = tab.page.environment.phase()
      if (before === phase) return
      // Nobody is back within the moment in which another page learns what was left.
      if (before === 'gone') await pass(2 * WRITE_WINDOW)
      if (phase === 'gone') tab.hearsAll = false
      const turned = tab.page.turn(phase)
      nowWritable(tab)
      if (phase === 'gone') for (const stream of parting) submit(tab, stream)
      else for (const run of tab.frozen.splice(0)) run()
      await turned
    },
    close: (tab: Tab) => {
      // Held without consent, events would stay where they are.
      if (!mayWrite(tab)) return
      tab.closed = true
      tab.hearsAll = false
      void tab.client.close()
    },
    grant: (tab: Tab) => {
      // Nobody clicks on a page that is gone.
      if (tab.consent === 'granted' || tab.page.environment.phase() === 'gone') return
      tab.client.setConsent('granted')
      tab.consent = 'granted'
      nowWritable(tab)
    },
    deny: async (tab: Tab) => {
      if (tab.consent === 'denied' || tab.page.environment.phase() === 'gone') return
      for (const id of submissions.keys()) if (!fates.has(id)) wiped.add(id)
      tab.consent = 'denied'
      tab.client.setConsent('denied')
      await pass(0)
      const othersMayWrite = tabs.some(mayWrite)
      if (othersMayWrite || storageFails) return
      const kept = [...origin.records.stored.keys(), ...origin.memo.keys()]
      if (kept.length) throw new Error(`left after a refusal: ${kept}`)
      await pass(WRITE_WINDOW)
      if (origin.records.stored.size) throw new Error('written after a refusal')
    },
    behave: (at: 'main' | 'other', as: BehaviourName) => {
      behaviours[at] = as
    },
    serve: (name: keyof typeof CONFIGS) => {
      config = name
    },
    takeBeacons: (taken: boolean) => {
      beacons = taken
    },
    /** Within some days, so that accounts do not expire: what they tell would be gone with them. */
    setClock: (ms: number) => {
      const time = origin.clock.now() + ms
      if (Math.abs(time - START) < 2 * DAY) origin.clock.set(time)
    },
    /** Later than it was at any time before: what waits for its time no longer does. */
    /** Whether pages know schemas at all. */
    isKnowing: knowing > 0,
    loadWell: () => {
      loadsAreWell = true
    },
    setClockRight: () => origin.clock.set(START + 3 * DAY),
    breakStorage: () => {
      storageFails = storageBroke = true
      origin.records.fail(new Error('broken'))
    },
    mendStorage: () => {
      if (storageFails) storageWellSince = elapsed
      storageFails = false
      origin.records.fail()
    },
  }
}
export type World = ReturnType<typeof createWorld>

function mayWrite({ consent, page }: Tab): boolean {
  return consent === 'granted' && page.environment.phase() !== 'prerendered'
}

function keepNewest(accounts: Map<string, Account>, account: Account): void {
  const known = accounts.get(account.account)
  if (!known || known.version < account.version) accounts.set(account.account, account)
}

/** Numbers of ranges: from, to, from, to, … */
export function numbersIn(ranges: readonly number[]): number[] {
  const numbers: number[] = []
  for (let i = 0; i < ranges.length; i += 2)
    for (let seq = ranges[i]!; seq <= ranges[i + 1]!; seq++) numbers.push(seq)
  return numbers
}
