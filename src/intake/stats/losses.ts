import { type Account, accountIn, type Entry, LEDGER_STREAM } from '../account.ts'
import { familyOf } from '../browser.ts'
import type { Quality, StreamRow } from '../console/contract.ts'
import { duplicatesIn } from '../duplicates.ts'
import { fatesOf } from '../fates.ts'
import type { PostedEvent } from '../ingest.ts'
import { type Producer, producerOf } from '../producer.ts'
import { addRun, type Runs } from '../runs.ts'

/** Of other streams, SDKs and browsers than these, only the sum is kept. */
const MOST_ROWS = 2_000
const OTHER_STREAMS = 'other streams'
/** Of a row's names, together. */
const LONGEST_KEY = 512

/**
 * What was lost, as `createLossCount` counts it, and by browser too: kept up to date event by event, so that nobody
 * waits for a report, in a fraction of the memory. Knows no reasons, and relies on the event log for one line an id.
 */
export interface Losses {
  /** Takes an accepted event of any stream; their order does not matter. */
  add(stream: string, producer: Producer): void
  /** Takes the event that was rejected. */
  addRejected(event: PostedEvent, stream: string): void
  /** Takes an event of `rivulet.ledger`. */
  addAccount(event: PostedEvent, producer: Producer): void
  /** Takes an event of `rivulet.duplicates`. */
  addDuplicates(event: PostedEvent): void
  rows(): Quality['loss'][number][]
  /** Null where no account tells of the stream. */
  ofStream(stream: string): StreamRow['loss']
}

interface Instance {
  /** Its family. */
  browser: string | undefined
  /** Not told by an event of its own, but by an account that speaks of it. */
  isHearsay: boolean
  numbered: readonly Numbered[]
}

/** What is known of one instance and stream. */
interface Numbered {
  readonly instance: Instance
  readonly stream: string
  sdk: string | undefined
  /** All numbers up to this one are stored. */
  upTo: number
  /** Those that are stored above a gap. */
  above: number[] | undefined
  /** Refused by the intake. */
  refused: number[] | undefined
  duplicates: number
  /** By different accounts. */
  told: readonly Told[]
  /** Into which it is counted. */
  row: Row | undefined
  /** While it is no plain case: what it comes to, as soon as somebody asks. */
  counted: Counted | undefined
}

/** An entry of an account, in little room. */
interface Told {
  readonly account: string
  readonly sdk: string | undefined
  readonly isOfItself: boolean
  readonly submitted: number
  readonly last: number
  readonly keptOut: number
  /** All up to this one, and no others, are told to be sent, and nothing else is told; unless there is `settled`. */
  readonly sent: number
  readonly settled: Entry['settled'] | undefined
}

interface Counted {
  numbered: number
  keptOut: number
  dropped: number
  delivered: number
  missing: number
  unknown: number
  undecided: number
  duplicates: number
  accounts: number
}

interface Row extends Counted {
  readonly stream: string
  readonly sdk: string | null
  readonly browser: string | null
}

export function createLosses(): Losses {
  const instances = new Map<string, Instance>()
  const accounts = new Map<string, { version: number; of: readonly Numbered[] }>()
  const rows = new Map<string, Row>()
  /** What cannot be counted in a few steps is counted when somebody asks. */
  const intricate = new Set<Numbered>()
  let newest: Row[] | undefined
  const interned = createInterned()

  return {
    add(stream, { sdk, instance, seq, browser }) {
      newest = undefined
      if (instance === undefined || seq === undefined) {
        rowOf(stream, sdk, browser && familyOf(browser)).delivered += 1
        return
      }
      change(numberedOf({ instance, stream, browser }), sdk, (one) => addNumber(one, seq))
    },
    addRejected(event, stream) {
      const { sdk, instance, seq, browser } = producerOf(event)
      if (instance === undefined || seq === undefined) return
      change(numberedOf({ instance, stream, browser }), sdk, (one) => {
        one.refused ??= []
        addRun(one.refused, seq)
      })
    },
    addAccount(event, { browser }) {
      const account = accountIn(event)
      const before = account && accounts.get(account.id)
      if (!account || (before && before.version >= account.version)) return
      for (const one of before?.of ?? [])
        change(one, undefined, () => {
          one.told = one.told.filter((told) => told.account !== account.id)
        })
      const entries = account.entries.filter(({ stream }) => stream !== LEDGER_STREAM)
      const of = entries.map((entry) => {
        const one = numberedOf({ ...entry, browser, isHearsay: true })
        change(one, undefined, () => {
          one.told = [...one.told, toldBy({ ...account, sdk: interned(account.sdk) }, entry)]
        })
        return one
      })
      accounts.set(account.id, { version: account.version, of })
    },
    addDuplicates(event) {
      for (const { stream, sdk, instance, count } of duplicatesIn(event)) {
        if (typeof stream !== 'string' || !(count > 0)) continue
        newest = undefined
        if (instance === undefined) rowOf(stream, sdk, undefined).duplicates += count
        else
          change(numberedOf({ instance, stream }), sdk, (one) => {
            one.duplicates += count
          })
      }
    },
    rows: () =>
      rowsNow()
        .map(({ stream, sdk, browser, ...counted }) => {
          const { keptOut, dropped, delivered, missing, undecided, duplicates } = counted
          const unknown = counted.unknown + Math.max(0, undecided)
          const submitted = keptOut + dropped + delivered + missing + unknown
          return { stream, sdk, browser, submitted, delivered, missing, unknown, duplicates }
        })
        .sort(
          (a, b) =>
            compare(a.stream, b.stream) ||
            compare(a.sdk ?? '', b.sdk ?? '') ||
            compare(a.browser ?? '', b.browser ?? ''),
        ),
    ofStream(stream) {
      const own = rowsNow().filter((row) => row.stream === stream)
      if (!own.some(({ accounts }) => accounts > 0)) return null
      return {
        numbered: own.reduce((sum, { numbered }) => sum + numbered, 0),
        missing: own.reduce((sum, { missing }) => sum + missing, 0),
      }
    },
  }

  /** With what is intricate counted in. */
  function rowsNow(): readonly Row[] {
    if (newest) return newest
    const sums = new Map([...rows.values()].map((row) => [row, { ...row }]))
    for (const one of intricate) {
      one.counted ??= countedOf(one)
      addCounted(sums.get(one.row!)!, one.counted)
    }
    newest = [...sums.values()]
    return newest
  }

  /** Takes out what it is counted as, and counts it anew. */
  function change(one: Numbered, sdk: string | undefined, make: (one: Numbered) => void): void {
    newest = undefined
    if (!intricate.delete(one) && one.row) addPlain(one.row, one, -1)
    one.counted = undefined
    if (one.sdk === undefined) {
      one.sdk = interned(sdk)
      one.row = undefined
    }
    make(one)
    one.row ??= rowOf(one.stream, sdkOf(one), one.instance.browser)
    if (isPlain(one)) addPlain(one.row, one, 1)
    else intricate.add(one)
  }

  function numberedOf({
    instance: id,
    stream,
    browser,
    isHearsay = false,
  }: {
    instance: string
    stream: string
    browser?: string | undefined
    isHearsay?: boolean
  }): Numbered {
    const instance = instances.get(id) ?? { browser: undefined, isHearsay: true, numbered: [] }
    if (instance.numbered.length === 0) instances.set(id, instance)
    if (browser !== undefined && instance.isHearsay) learnBrowser(instance, familyOf(browser), isHearsay)

    const known = instance.numbered.find((one) => one.stream === stream)
    if (known) return known
    const one = {
      instance,
      stream: interned(stream),
      sdk: undefined,
      upTo: 0,
      above: undefined,
      refused: undefined,
      duplicates: 0,
      told: NOTHING_TOLD,
      row: undefined,
      counted: undefined,
    }
    instance.numbered = [...instance.numbered, one] // leaves no room for more, as a push would: most have few
    return one
  }

  /** Of what several accounts say, the first in the alphabet counts, so that their order does not matter. */
  function learnBrowser(instance: Instance, family: string, isHearsay: boolean): void {
    if (isHearsay && instance.browser !== undefined && instance.browser <= family) return
    instance.isHearsay = isHearsay
    for (const one of instance.numbered)
      change(one, undefined, () => {
        instance.browser = family
        one.row = undefined
      })
    instance.browser = family
  }

  function rowOf(stream: string, sdk: string | undefined, browser: string | undefined): Row {
    const key = `${stream}\n${sdk}\n${browser}`
    const known = rows.get(key)
    if (known) return known
    const isOther = rows.size >= MOST_ROWS || key.length > LONGEST_KEY
    const names = { stream: isOther ? OTHER_STREAMS : stream, sdk: sdk ?? null, browser: browser ?? null }
    const row: Row = { ...names, ...(isOther && { sdk: null, browser: null }), ...NOTHING_COUNTED }
    const place = isOther ? OTHER_STREAMS : key
    const there = rows.get(place) ?? row
    rows.set(place, there)
    return there
  }
}

/** Names that many events have are kept in memory once: what is parsed makes each anew. */
function createInterned() {
  const names = new Map<string, string>()
  return <Name extends string | undefined>(name: Name): Name => {
    if (name === undefined) return name
    const known = names.get(name)
    if (known === undefined && names.size < MOST_ROWS) names.set(name, name)
    return (known as Name) ?? name
  }
}

const NOTHING_TOLD: readonly Told[] = []
const NOTHING_COUNTED: Counted = {
  numbered: 0,
  keptOut: 0,
  dropped: 0,
  delivered: 0,
  missing: 0,
  unknown: 0,
  undecided: 0,
  duplicates: 0,
  accounts: 0,
}

function addNumber(one: Numbered, seq: number): void {
  if (seq === one.upTo + 1 && !one.above) {
    one.upTo = seq
    return
  }
  one.above ??= []
  if (seq <= one.upTo || addRun(one.above, seq) === 0) one.duplicates += 1
  if (one.above[0] === one.upTo + 1) [, one.upTo] = one.above.splice(0, 2) as [number, number]
  if (one.above.length === 0) one.above = undefined
}

/** Of one instance, only the last account of its own tells the SDK that has kept it. */
function sdkOf({ sdk, told }: Numbered): string | undefined {
  return sdk ?? told.filter(({ isOfItself }) => isOfItself).at(-1)?.sdk
}

function toldBy({ id, sdk }: Account, { submitted, last, keptOut, settled }: Entry): Told {
  const keptOutInAll = [...keptOut.values()].reduce((sum, count) => sum + count, 0)
  const sent = firstOf(settled)
  return {
    account: id,
    sdk,
    // As in createLossCount.
    isOfItself: submitted > 0 || last > 0 || keptOut.size > 0,
    submitted,
    last,
    keptOut: keptOutInAll,
    sent: sent ?? 0,
    settled: sent === undefined ? settled : undefined,
  }
}

/** After these an event should be stored. The other outcomes are reasons of a drop. */
const SENT = new Set(['delivered', 'unconfirmed'])

/** The last of the numbers, from 1 on and without a gap, that are told to be sent; undefined where that is not all. */
function firstOf(
  settled: Iterable<readonly [outcome: string, runs: readonly (readonly [number, number])[]]>,
) {
  const sent: number[] = []
  for (const [outcome, runs] of settled) {
    if (runs.length > 0 && !SENT.has(outcome)) return undefined
    for (const [from, to] of runs) addRun(sent, from, to)
  }
  const [from = 1, to = 0] = sent
  return from === 1 && sent.length <= 2 ? to : undefined
}

/** The same, by all accounts. */
function sentOf(told: readonly Told[]): number | undefined {
  if (told.some(({ settled }) => settled)) return firstOf(told.flatMap((each) => [...settledIn(each)]))
  let sent = 0
  for (const each of told) sent = Math.max(sent, each.sent)
  return sent
}

function settledIn({ sent, settled }: Told): Entry['settled'] {
  return settled ?? new Map(sent > 0 ? [['delivered', [[1, sent]]]] : [])
}

/** Whether all that is known of it comes to a few numbers. */
function isPlain({ above, refused, told }: Numbered): boolean {
  return !above && !refused && sentOf(told) !== undefined
}

/** Counts what is plain, as `fatesOf` would. */
function addPlain(row: Row, { upTo, duplicates, told }: Numbered, sign: 1 | -1): void {
  const { submitted, keptOut, last } = sumOf(told)
  const sent = sentOf(told) ?? 0
  const numbered = Math.max(upTo, last, sent)
  row.numbered += sign * numbered
  row.delivered += sign * upTo
  row.missing += sign * Math.max(0, sent - upTo)
  row.unknown += sign * (numbered - Math.max(upTo, sent))
  row.keptOut += sign * keptOut
  row.undecided += sign * (submitted - keptOut - last)
  row.duplicates += sign * duplicates
  row.accounts += sign * told.length
}

function countedOf(one: Numbered): Counted {
  const { submitted, keptOut, last } = sumOf(one.told)
  const numbers: Runs = one.upTo > 0 ? [1, one.upTo, ...(one.above ?? [])] : (one.above ?? [])
  const fates = fatesOf({ numbers, refused: one.refused ?? [] }, { last, settled: allSettled(one.told) })
  return {
    numbered: fates.numbered,
    keptOut,
    dropped: [...fates.dropped.values()].reduce((sum, count) => sum + count, 0),
    delivered: fates.delivered,
    missing: fates.missingInTheMiddle + fates.missingAtTheEnd,
    unknown: fates.unknown,
    undecided: submitted - keptOut - last,
    duplicates: one.duplicates,
    accounts: one.told.length,
  }
}

function sumOf(told: readonly Told[]): Pick<Told, 'submitted' | 'keptOut' | 'last'> {
  const sum = { submitted: 0, keptOut: 0, last: 0 }
  for (const { submitted, keptOut, last } of told) {
    sum.submitted += submitted
    sum.keptOut += keptOut
    sum.last = Math.max(sum.last, last)
  }
  return sum
}

function allSettled(told: readonly Told[]): Map<string, Runs> {
  const all = new Map<string, number[]>()
  for (const each of told)
    for (const [outcome, runs] of settledIn(each)) {
      const numbers = all.get(outcome) ?? []
      all.set(outcome, numbers)
      for (const [from, to] of runs) addRun(numbers, from, to)
    }
  return all
}

function addCounted(row: Row, counted: Counted): void {
  for (const name of Object.keys(NOTHING_COUNTED) as (keyof Counted)[]) row[name] += counted[name]
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b))
