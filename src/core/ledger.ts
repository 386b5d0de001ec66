import type { Fate } from './event.ts'

/** The stream of the accounts. What becomes of its own events is counted, too, but makes no new account due. */
export const LEDGER = 'rivulet.ledger'

const SCHEMA = '/rivulet/ledger/1.0.0'

/** Counts by outcome, `submitted` among them, for each stream. */
export type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>

/** How many events have not come to their end. */
export function queuedIn(counts: Counts): number {
  let queued = 0
  for (const { submitted = 0, ...ended } of Object.values(counts)) {
    queued += Object.values(ended).reduce((left, count) => left - count, submitted)
  }
  return queued
}

/** What one client has seen become of the events of one instance and stream (schema `rivulet/ledger`). */
interface Entry {
  readonly instance: string
  readonly stream: string
  submitted: number
  /** The highest number given so far. */
  last: number
  /** By reason, how many ended before they got a number. */
  readonly kept_out: Record<string, number>
  /** By outcome, which numbers have ended: from, to, from, to, … */
  readonly settled: Record<string, number[]>
}

/** What goes to the intake: of one account, the highest version replaces the others, and different accounts add up. */
export interface Account {
  readonly $schema: string
  readonly account: string
  readonly version: number
  readonly sdk: string
  readonly entries: readonly Entry[]
  readonly troubles: Readonly<Record<string, number>>
}

/** Counts what becomes of events. */
export interface Ledger {
  /** An event of the stream was submitted here. */
  submitted(stream: string): void
  /** The next number of the stream, which `numbered` gives away. */
  next(stream: string): number
  numbered(stream: string): void
  /** An event submitted here has ended without a number. */
  keptOut(stream: string, outcome: string): void
  /** This client has settled an event of an instance. */
  settled(stream: string, outcome: string, instance: string, seq: number): void
  trouble(kind: string): void
  /** The account that is open; undefined where there is nothing to tell. */
  account(): Account | undefined
  /** Begins a new account; the numbers go on. */
  begin(): void
}

/** What a ledger works with. */
export interface LedgerOptions {
  /** The client instance, and its name and version. */
  readonly client: string
  readonly sdk: string
  newId(): string
  /** The account has changed by something that is worth telling. */
  onChange(): void
}

/** A ledger whose numbers begin at 1. */
export function createLedger({ client, sdk, newId, onChange }: LedgerOptions): Ledger {
  /** The last numbers, by stream. */
  const lasts = new Map<string, number>()
  let entries: Entry[] = []
  let troubles: Record<string, number>
  let account: string
  let version: number
  /** Whether more is in it than what became of accounts. */
  let isWorthTelling: boolean

  function begin(): void {
    entries = []
    troubles = {}
    account = newId()
    version = 0
    isWorthTelling = false
  }

  function change(stream: string, instance = client): Entry {
    version++
    if (stream !== LEDGER) tell()
    // An account fits into one event, so there are not many.
    let entry = entries.find((known) => known.stream === stream && known.instance === instance)
    if (!entry) {
      const last = (instance === client && lasts.get(stream)) || 0
      entry = { instance, stream, submitted: 0, last, kept_out: {}, settled: {} }
      entries.push(entry)
    }
    return entry
  }

  function tell(): void {
    isWorthTelling = true
    onChange()
  }

  begin()
  return {
    submitted: (stream) => {
      change(stream).submitted++
    },
    next: (stream) => 1 + (lasts.get(stream) ?? 0),
    numbered: (stream) => {
      lasts.set(stream, ++change(stream).last)
    },
    keptOut: (stream, outcome) => count(change(stream).kept_out, outcome),
    settled: (stream, outcome, instance, seq) => {
      const { settled } = change(stream, instance)
      const ranges = settled[outcome] ?? []
      settled[outcome] = ranges
      addTo(ranges, seq)
    },
    trouble: (kind) => {
      version++
      tell()
      count(troubles, kind)
    },
    account: () =>
      isWorthTelling ? { $schema: SCHEMA, account, version, sdk, entries, troubles } : undefined,
    begin,
  }
}

/** In one word. */
export function outcomeOf(fate: Fate): string {
  return fate.kind === 'delivered' ? fate.kind : fate.reason
}

export function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

/** Events mostly go in the order of their numbers, so few ranges tell of many. */
function addTo(ranges: number[], seq: number): void {
  const end = ranges.length - 1
  if (ranges[end] === seq - 1) ranges[end] = seq
  else ranges.push(seq, seq)
}
