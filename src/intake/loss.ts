import { accountIn, type Entry, LEDGER_STREAM } from './account.ts'
import type { StoredEvent } from './day-files.ts'
import { DUPLICATES_STREAM, duplicatesIn } from './duplicates.ts'
import { idOf } from './event-log.ts'
import { addSettled, fatesOf } from './fates.ts'
import { isObject } from './ingest.ts'
import { addCounts, createLossRows, inOrder, type LossRow, type Reasons } from './loss-rows.ts'
import { producerOf } from './producer.ts'
import { REJECTED_STREAM, rejectedEvent } from './rejection.ts'
import { addRun } from './runs.ts'

/** What was lost. */
export interface LossReport {
  /** By stream and SDK. */
  readonly losses: readonly LossRow[]
  /** What went wrong beside events, as the clients count it. */
  readonly troubles: Reasons
}

/** Which losses are counted; by default those of all streams but the ledger's own. */
export interface LossQuestion {
  readonly stream?: string | undefined
  /** Of instances that began then or later: as a whole, since events of before would be missed. */
  readonly since?: Date | undefined
}

/** Counts losses from stored events. */
export interface LossCount {
  /** Takes a stored event of any stream; their order does not matter. */
  add(event: StoredEvent): void
  report(): LossReport
}

/** What is stored of one instance and stream. */
interface Stored {
  readonly instance: string
  readonly stream: string
  sdk: string | undefined
  /** In ms since 1970: when the instance began, if its id tells, else when it was first heard of. */
  began: number
  readonly numbers: number[]
  /** Refused by the intake, of which the client need not have heard. */
  readonly refused: number[]
  duplicates: number
}

/** What is stored of one stream and SDK without numbers. */
interface Unnumbered {
  readonly stream: string
  readonly sdk: string | undefined
  readonly ids: Set<string>
  delivered: number
  duplicates: number
}

/** What all accounts together say of one instance and stream. */
interface Told {
  sdk?: string | undefined
  submitted: number
  last: number
  readonly keptOut: Map<string, number>
  readonly settled: Map<string, number[]>
}

export function createLossCount({ stream: only, since }: LossQuestion = {}): LossCount {
  const stored = new Map<string, Stored>()
  const unnumbered = new Map<string, Unnumbered>()
  /** By the account's id. As text, since that takes a fraction of the room, and there is one a page view. */
  const accounts = new Map<string, { version: number; text: string }>()

  return {
    add(event) {
      const { stream } = isObject(event.meta) ? event.meta : {}
      if (stream === REJECTED_STREAM) return addRejected(event)
      if (stream === DUPLICATES_STREAM) return addDuplicates(event)
      if (stream === LEDGER_STREAM) addLedgerEvent(event)
      if (isAskedFor(stream)) addStored(event, stream)
    },
    report() {
      const { told, troubles } = allTold()
      const sums = createLossRows()
      for (const [key, one] of stored) {
        if (isTooOld(one.began)) continue
        const account = told.get(key) ?? nothingTold()
        const row = { stream: one.stream, sdk: one.sdk ?? account.sdk }
        sums.addInstance(row, { fates: fatesOf(one, account), account, duplicates: one.duplicates })
      }
      for (const one of unnumbered.values()) sums.addUnnumbered(one, one)
      return { losses: sums.rows(), troubles: inOrder(troubles) }
    },
  }

  function isAskedFor(stream: unknown): stream is string {
    return only === undefined ? typeof stream === 'string' && stream !== LEDGER_STREAM : stream === only
  }

  function isTooOld(began: number): boolean {
    return since !== undefined && began < since.getTime()
  }

  function addStored(event: StoredEvent, stream: string): void {
    const { sdk, instance, seq, isDebug } = producerOf(event)
    if (isDebug) return
    if (instance !== undefined && seq !== undefined) {
      const one = storedOf({ instance, stream, sdk }, event)
      if (addRun(one.numbers, seq) === 0) one.duplicates += 1
    } else if (!isTooOld(receivedAt(event))) {
      const one = unnumberedOf({ stream, sdk })
      const id = idOf(event)
      if (id !== undefined && one.ids.has(id)) one.duplicates += 1
      else one.delivered += 1
      if (id !== undefined) one.ids.add(id)
    }
  }

  function addRejected(event: StoredEvent): void {
    const { errored_stream_name: stream } = event
    const { sdk, instance, seq, isDebug } = producerOf(rejectedEvent(event))
    if (!isDebug && isAskedFor(stream) && instance !== undefined && seq !== undefined)
      addRun(storedOf({ instance, stream, sdk }, event).refused, seq)
  }

  function addDuplicates(event: StoredEvent): void {
    for (const { stream, sdk, instance, count } of duplicatesIn(event)) {
      if (!isAskedFor(stream)) continue
      if (instance !== undefined) storedOf({ instance, stream, sdk }, event).duplicates += count
      else if (!isTooOld(receivedAt(event))) unnumberedOf({ stream, sdk }).duplicates += count
    }
  }

  function addLedgerEvent(event: StoredEvent): void {
    const account = accountIn(event)
    const known = account && accounts.get(account.id)
    if (!account || (known && known.version >= account.version)) return
    const { meta: _, ...content } = event
    accounts.set(account.id, { version: account.version, text: JSON.stringify(content) })
    for (const { instance, stream } of account.entries)
      if (isAskedFor(stream)) storedOf({ instance, stream, sdk: undefined }, event)
  }

  /** What all accounts say, by instance and stream, and what went wrong beside events. */
  function allTold(): { told: Map<string, Told>; troubles: Map<string, number> } {
    const told = new Map<string, Told>()
    const troubles = new Map<string, number>()
    for (const { text } of accounts.values()) {
      const account = accountIn(JSON.parse(text))!
      addCounts(troubles, account.troubles)
      for (const entry of account.entries) {
        if (!isAskedFor(entry.stream)) continue
        const key = keyOf(entry.instance, entry.stream)
        const one = told.get(key) ?? nothingTold()
        told.set(key, one)
        tell(one, entry, account.sdk)
      }
    }
    return { told, troubles }
  }

  function storedOf(
    { instance, stream, sdk }: Pick<Stored, 'instance' | 'stream' | 'sdk'>,
    heardIn: StoredEvent,
  ): Stored {
    const key = keyOf(instance, stream)
    const known = stored.get(key)
    const began = timeIn(instance) ?? Math.min(receivedAt(heardIn), known?.began ?? Number.POSITIVE_INFINITY)
    const one = known ?? { instance, stream, sdk, began, numbers: [], refused: [], duplicates: 0 }
    one.began = began
    one.sdk ??= sdk
    stored.set(key, one)
    return one
  }

  function unnumberedOf({ stream, sdk }: Pick<Unnumbered, 'stream' | 'sdk'>): Unnumbered {
    const key = keyOf(sdk ?? '', stream)
    const one = unnumbered.get(key) ?? { stream, sdk, ids: new Set(), delivered: 0, duplicates: 0 }
    unnumbered.set(key, one)
    return one
  }
}

/** Adds what an account says of one instance and stream. */
function tell(told: Told, { submitted, last, keptOut, settled }: Entry, sdk: string | undefined): void {
  // Only of itself does an instance tell these; of another's events, just how they were settled.
  if (submitted > 0 || last > 0 || keptOut.size > 0) told.sdk = sdk
  told.submitted += submitted
  told.last = Math.max(told.last, last)
  addCounts(told.keptOut, keptOut)
  addSettled(told.settled, settled)
}

const nothingTold = (): Told => ({ submitted: 0, last: 0, keptOut: new Map(), settled: new Map() })

const keyOf = (instance: string, stream: string) => `${instance}\n${stream}`

/** In ms since 1970; the intake's time before the client's. What has neither is never too old. */
function receivedAt({ meta, dt }: StoredEvent): number {
  const time = Date.parse(String((isObject(meta) && meta.dt) || dt))
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time
}

/** The time of a UUIDv7, in ms since 1970. */
function timeIn(id: string): number | undefined {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-/i.exec(id) ?? []
  return high && low ? Number.parseInt(high + low, 16) : undefined
}
