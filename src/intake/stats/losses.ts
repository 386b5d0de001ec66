import { type Account, accountIn, type Entry, LEDGER_STREAM } from '../account.ts'
import { familyOf } from '../browser.ts'
import type { Quality, StreamRow } from '../console/contract.ts'
import { duplicatesIn } from '../duplicates.ts'
import { addSettled, fatesOf, SENDING } from '../fates.ts'
import type { PostedEvent } from '../ingest.ts'
import { type Producer, producerOf } from '../producer.ts'
import { addRun } from '../runs.ts'
import { allParts, inParts, type Snapshotted, together } from '../snapshot.ts'
import { createNumberTable } from './number-table.ts'

/** Of other streams, SDKs and browsers than these, only the sum is kept. */
const MOST_ROWS = 2_000
/** Of a row's names, together. */
const LONGEST_KEY = 512
/** As many as can be three in one number. */
const COMMON_NAMES = 2 ** 17
const OTHER_STREAMS = 'other streams'

/**
 * What was lost, as `createLossCount` counts it, and by browser too: kept up to date event by event, so that nobody
 * waits for a report, and in a fraction of the memory. Knows no reasons, relies on the event log for one line an id,
 * and takes a client at its word where it names its SDK twice, or leaves out of an account what was in it before.
 */
export interface Losses extends Snapshotted {
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

/**
 * What is known of one instance and stream is a line of numbers in one long array, since there are several a page view:
 * as objects they would take five times the room, and the garbage collector's time.
 */
const WIDTH = 12
/** The next line of the same instance; 0 is none. */
const NEXT = 0
/** Numbers of names; 0 where there is none. */
const STREAM = 1
const SDK = 2
/** Negative as long as only an account tells it, which speaks of several instances. */
const BROWSER = 3
const ROW = 4
/** All numbers up to this one are stored, and no others. */
const UP_TO = 5
const DUPLICATES = 6
/** The number of the one account that tells of it, and what it tells. */
const ACCOUNT = 7
const SUBMITTED = 8
const LAST = 9
const KEPT_OUT = 10
/** All up to this one, and no others, are told to be sent, and nothing else is told. */
const SENT = 11

/** What does not go into a line. */
interface Intricate {
  readonly stored: number[]
  /** By the intake. */
  readonly refused: number[]
  /** By account. */
  readonly told: Map<number, Told>
  /** What it comes to, as soon as somebody asks. */
  counted: Counted | undefined
  /** How many times all was frozen before it was made: an older one is copied before it changes. */
  readonly frozen: number
}

type FrozenIntricate = [line: number, Intricate['stored'], Intricate['refused'], Intricate['told']]

interface Told extends Pick<Entry, 'submitted' | 'last' | 'settled'> {
  readonly keptOut: number
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
  let lines = createNumberTable(WIDTH)
  let lastLine = 0
  /** By instance, its first line. */
  const instances = new Map<string, number>()
  /** By account, its number, from 1 on. */
  const accounts = new Map<string, number>()
  let versions = createNumberTable(1)
  const names = createNames()
  const rows: Row[] = []
  const rowNumbers = new Map<string, number>()
  /** The same by the numbers of names, which need not be put together. */
  const rowsOfNames = new Map<number, number>()
  /** By line. */
  const intricate = new Map<number, Intricate>()
  let newest: readonly Row[] | undefined
  let frozen = 0

  return {
    add(stream, { sdk, instance, seq, browser }) {
      newest = undefined
      const family = browser && familyOf(browser)
      if (instance === undefined || seq === undefined) rows[rowOf(stream, sdk, family)]!.delivered += 1
      else {
        const line = lineOf(instance, { stream, sdk, family })
        discount(line)
        addNumber(line, seq)
        count(line)
      }
    },
    addRejected(event, stream) {
      const { sdk, instance, seq, browser } = producerOf(event)
      if (instance === undefined || seq === undefined) return
      const line = lineOf(instance, { stream, sdk, family: browser && familyOf(browser) })
      discount(line)
      addRun(intricateOf(line).refused, seq)
      count(line)
    },
    addAccount(event, { browser }) {
      const account = accountIn(event)
      if (!account) return
      const known = accounts.get(account.id)
      if (known !== undefined && account.version <= versions.at(known, 0)) return
      const number = known ?? accounts.size + 1
      accounts.set(account.id, number)
      versions.put(number, 0, account.version)
      const family = browser && familyOf(browser)
      for (const entry of account.entries)
        if (entry.stream !== LEDGER_STREAM) tell(number, account, entry, family)
    },
    addDuplicates(event) {
      newest = undefined
      for (const { stream, sdk, instance, count: times } of duplicatesIn(event)) {
        if (typeof stream !== 'string' || !(times > 0)) continue
        if (typeof instance !== 'string') rows[rowOf(stream, sdk, undefined)]!.duplicates += times
        else {
          const line = lineOf(instance, { stream, sdk })
          discount(line)
          put(line, DUPLICATES, at(line, DUPLICATES) + times)
          count(line)
        }
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
    freeze() {
      frozen += 1
      const few = {
        lastLine,
        names: names.all(),
        rows: rows.map((row) => ({ ...row })),
        rowNumbers: new Map(rowNumbers),
      }
      const frozenOf = ([line, { stored, refused, told }]: [number, Intricate]): FrozenIntricate => [
        line,
        stored,
        refused,
        told,
      ]
      return together([
        [few],
        inParts(lines.freeze(), 1),
        inParts(versions.freeze(), 1),
        firstOf(instances),
        firstOf(accounts),
        inParts([...intricate], 200, frozenOf),
      ])
    },
    restore(next) {
      const few = next<{ lastLine: number; names: string[]; rows: Row[]; rowNumbers: Map<string, number> }>()
      lastLine = few.lastLine
      for (const name of few.names) names.numberOf(name)
      rows.push(...few.rows)
      for (const [key, row] of few.rowNumbers) rowNumbers.set(key, row)
      lines = createNumberTable(WIDTH, [...allParts<Float64Array>(next)])
      versions = createNumberTable(1, [...allParts<Float64Array>(next)])
      for (const numbers of [instances, accounts])
        for (const [name, number] of allParts<[string, number]>(next)) numbers.set(name, number)
      for (const [line, stored, refused, told] of allParts<FrozenIntricate>(next))
        intricate.set(line, { stored, refused, told, counted: undefined, frozen })
    },
  }

  function at(line: number, field: number): number {
    return lines.at(line, field)
  }

  function put(line: number, field: number, value: number): void {
    lines.put(line, field, value)
  }

  /** With what is intricate counted in. */
  function rowsNow(): readonly Row[] {
    if (newest) return newest
    const sums = rows.map((row) => ({ ...row }))
    for (const [line, one] of intricate) {
      one.counted ??= countedOf(one, at(line, DUPLICATES))
      addCounted(sums[at(line, ROW)]!, one.counted)
    }
    newest = sums.filter((row) =>
      Object.keys(NOTHING_COUNTED).some((name) => row[name as keyof Counted] !== 0),
    )
    return newest
  }

  function discount(line: number): void {
    newest = undefined
    const one = intricate.get(line)
    if (one) one.counted = undefined
    else addPlain(line, -1)
  }

  function count(line: number): void {
    if (!intricate.has(line)) addPlain(line, 1)
  }

  /** Adds what is plain to its row, as `fatesOf` would count it. */
  function addPlain(line: number, sign: 1 | -1): void {
    const row = rows[at(line, ROW)]!
    const upTo = at(line, UP_TO)
    const last = at(line, LAST)
    const sent = at(line, SENT)
    const keptOut = at(line, KEPT_OUT)
    const numbered = Math.max(upTo, last, sent)
    row.numbered += sign * numbered
    row.delivered += sign * upTo
    row.missing += sign * Math.max(0, sent - upTo)
    row.unknown += sign * (numbered - Math.max(upTo, sent))
    row.keptOut += sign * keptOut
    row.undecided += sign * (at(line, SUBMITTED) - keptOut - last)
    row.duplicates += sign * at(line, DUPLICATES)
    if (at(line, ACCOUNT) > 0) row.accounts += sign
  }

  function addNumber(line: number, seq: number): void {
    const upTo = at(line, UP_TO)
    const one = intricate.get(line)
    if (!one && seq === upTo + 1) return put(line, UP_TO, seq)
    if (one ? addRun(intricateOf(line).stored, seq) === 0 : seq <= upTo)
      return put(line, DUPLICATES, at(line, DUPLICATES) + 1)
    if (!one) addRun(intricateOf(line).stored, seq)
    simplify(line)
  }

  function tell(number: number, { sdk }: Account, entry: Entry, family: string | undefined): void {
    const { instance, stream, submitted, last, settled } = entry
    // Only of itself does an instance tell these; of another's events, just how they were settled.
    const isOfItself = submitted > 0 || last > 0 || entry.keptOut.size > 0
    const line = lineOf(instance, { stream, sdk: isOfItself ? sdk : undefined, family, isHearsay: true })
    const keptOut = [...entry.keptOut.values()].reduce((sum, count) => sum + count, 0)
    const told = { submitted, last, keptOut, settled }
    discount(line)
    const isOnly = at(line, ACCOUNT) === 0 || at(line, ACCOUNT) === number
    const sent = isOnly && !intricate.has(line) ? sentOf(settled) : undefined
    if (sent !== undefined) writePlain(line, number, told, sent)
    else {
      intricateOf(line).told.set(number, told)
      simplify(line)
    }
    count(line)
  }

  function writePlain(line: number, account: number, told: Told, sent: number): void {
    put(line, ACCOUNT, account)
    put(line, SUBMITTED, told.submitted)
    put(line, LAST, told.last)
    put(line, KEPT_OUT, told.keptOut)
    put(line, SENT, sent)
  }

  function intricateOf(line: number): Intricate {
    const known = intricate.get(line)
    if (known) return known.frozen === frozen ? known : thawed(line, known)
    const [account, upTo, sent] = [at(line, ACCOUNT), at(line, UP_TO), at(line, SENT)]
    const told = {
      submitted: at(line, SUBMITTED),
      last: at(line, LAST),
      keptOut: at(line, KEPT_OUT),
      settled: new Map(sent > 0 ? [['delivered', [[1, sent] as const]]] : []),
    }
    const one: Intricate = {
      stored: upTo > 0 ? [1, upTo] : [],
      refused: [],
      told: new Map(account > 0 ? [[account, told]] : []),
      counted: undefined,
      frozen,
    }
    intricate.set(line, one)
    return one
  }

  function thawed(line: number, { stored, refused, told, counted }: Intricate): Intricate {
    const copy = { stored: [...stored], refused: [...refused], told: new Map(told), counted, frozen }
    intricate.set(line, copy)
    return copy
  }

  /** Numbers come out of order, and then the gap is filled. */
  function simplify(line: number): void {
    const { stored, refused, told } = intricate.get(line)!
    const [from = 1, upTo = 0] = stored
    if (from !== 1 || stored.length > 2 || refused.length > 0 || told.size > 1) return
    for (const [account, only] of told) {
      const sent = sentOf(only.settled)
      if (sent === undefined) return
      writePlain(line, account, only, sent)
    }
    put(line, UP_TO, upTo)
    intricate.delete(line)
  }

  function lineOf(
    instance: string,
    {
      stream,
      sdk,
      family,
      isHearsay = false,
    }: { stream: string; sdk?: string | undefined; family?: string | undefined; isHearsay?: boolean },
  ): number {
    const first = instances.get(instance)
    if (family !== undefined && first !== undefined) learnBrowser(first, family, isHearsay)
    const streamNumber = names.numberOf(stream)

    let last = 0
    for (let line = first ?? 0; line > 0; line = at(line, NEXT)) {
      last = line
      if (at(line, STREAM) !== streamNumber) continue
      if (sdk !== undefined && at(line, SDK) === 0) move(line, SDK, names.numberOf(sdk))
      return line
    }
    const line = newLine()
    if (last > 0) put(last, NEXT, line)
    else instances.set(instance, line)
    const browser = family === undefined ? 0 : names.numberOf(family) * (isHearsay ? -1 : 1)
    put(line, STREAM, streamNumber)
    put(line, SDK, sdk === undefined ? 0 : names.numberOf(sdk))
    put(line, BROWSER, first === undefined ? browser : at(first, BROWSER))
    put(line, ROW, rowOfLine(line))
    return line
  }

  function newLine(): number {
    lastLine += 1
    return lastLine
  }

  /** Of what several accounts say, the first in the alphabet counts, so that their order does not matter. */
  function learnBrowser(first: number, family: string, isHearsay: boolean): void {
    const known = at(first, BROWSER)
    if (known > 0 || (isHearsay && known < 0 && names.at(-known)! <= family)) return
    const browser = names.numberOf(family) * (isHearsay ? -1 : 1)
    for (let line = first; line > 0; line = at(line, NEXT)) move(line, BROWSER, browser)
  }

  /** Counts a line in another row, as its new name wants it. */
  function move(line: number, field: number, name: number): void {
    discount(line)
    put(line, field, name)
    put(line, ROW, rowOfLine(line))
    count(line)
  }

  function rowOfLine(line: number): number {
    const [stream, sdk, browser] = [at(line, STREAM), at(line, SDK), Math.abs(at(line, BROWSER))]
    const isRare = Math.max(stream, sdk, browser) >= COMMON_NAMES
    const key = isRare ? Number.NaN : (stream * COMMON_NAMES + sdk) * COMMON_NAMES + browser
    const known = rowsOfNames.get(key)
    if (known !== undefined) return known
    const row = rowOf(names.at(stream)!, names.at(sdk), names.at(browser))
    if (!isRare) rowsOfNames.set(key, row)
    return row
  }

  function rowOf(stream: string, sdk: string | undefined, browser: string | undefined): number {
    const key = `${stream}\n${sdk}\n${browser}`
    const known = rowNumbers.get(key)
    if (known !== undefined) return known
    const isOther = rows.length >= MOST_ROWS || key.length > LONGEST_KEY
    const place = isOther ? OTHER_STREAMS : key
    const number = rowNumbers.get(place) ?? rows.length
    rowNumbers.set(place, number)
    rows[number] ??= isOther
      ? { stream: OTHER_STREAMS, sdk: null, browser: null, ...NOTHING_COUNTED }
      : { stream, sdk: sdk ?? null, browser: browser ?? null, ...NOTHING_COUNTED }
    return number
  }
}

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

/** Gives names numbers, from 1 on. */
function createNames() {
  const numbers = new Map<string, number>()
  const names: (string | undefined)[] = [undefined]
  return {
    at: (number: number) => names[number],
    numberOf(name: string): number {
      const known = numbers.get(name)
      if (known !== undefined) return known
      numbers.set(name, names.length)
      return names.push(name) - 1
    },
    all: () => names.slice(1) as string[],
  }
}

/** The last of the numbers that are told to be sent, where they have no gap and nothing else is told; else undefined. */
function sentOf(settled: Entry['settled']): number | undefined {
  const sent: number[] = []
  for (const [outcome, runs] of settled) {
    if (runs.length > 0 && !SENDING.includes(outcome)) return undefined
    for (const [from, to] of runs) addRun(sent, from, to)
  }
  const [from = 1, to = 0] = sent
  return from === 1 && sent.length <= 2 ? to : undefined
}

function countedOf({ stored, refused, told }: Intricate, duplicates: number): Counted {
  const all = { submitted: 0, last: 0, keptOut: 0, settled: new Map<string, number[]>() }
  for (const { submitted, last, keptOut, settled } of told.values()) {
    all.submitted += submitted
    all.last = Math.max(all.last, last)
    all.keptOut += keptOut
    addSettled(all.settled, settled)
  }
  const fates = fatesOf({ numbers: stored, refused }, all)
  return {
    numbered: fates.numbered,
    keptOut: all.keptOut,
    dropped: [...fates.dropped.values()].reduce((sum, count) => sum + count, 0),
    delivered: fates.delivered,
    missing: fates.missingInTheMiddle + fates.missingAtTheEnd,
    unknown: fates.unknown,
    undecided: all.submitted - all.keptOut - all.last,
    duplicates,
    accounts: told.size,
  }
}

function addCounted(row: Row, counted: Counted): void {
  for (const name of Object.keys(NOTHING_COUNTED) as (keyof Counted)[]) row[name] += counted[name]
}

/** The entries that a map has now, as `inParts` has them, but taken as they are asked for: it only ever grows. */
function firstOf(numbers: ReadonlyMap<string, number>): Iterable<unknown> {
  const size = numbers.size
  return (function* () {
    yield Math.ceil(size / 2_000)
    let part: (readonly [string, number])[] = []
    let count = 0
    for (const entry of numbers) {
      if (count === size) break
      count += 1
      part.push(entry)
      if (part.length < 2_000 && count < size) continue
      yield part
      part = []
    }
  })()
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b))
