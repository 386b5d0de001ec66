import type { Fates } from './fates.ts'

/** How many, by reason. */
export type Reasons = { readonly [reason: string]: number }

/**
 * What became of the events of one stream and SDK version. Each event has one fate: `submitted` is the sum of
 * `kept_out`, `dropped`, `delivered`, what is missing, and `unknown`.
 */
export interface LossRow {
  readonly stream: string
  /** Null for events that do not name one. */
  readonly sdk: string | null
  /** How many client instances are known to have submitted to the stream. */
  readonly instances: number
  /** How many of them have given numbers of which no account of theirs speaks: what they lost at the end does not show. */
  readonly instances_with_unknown_end: number
  readonly submitted: number
  /** Ended before they got a number: `out-of-sample`, and other reasons. */
  readonly kept_out: Reasons
  /** Ended after they got one, and are not stored. */
  readonly dropped: Reasons
  /** Stored; each counted once. */
  readonly delivered: number
  readonly duplicates_removed: number
  /** Neither stored nor dropped, with a number below the highest that is stored of its instance. */
  readonly missing_in_the_middle: number
  /** The same, above it. */
  readonly missing_at_the_end: number
  /** How many of the missing were given to a beacon for which nobody answers. */
  readonly missing_unconfirmed: number
  /** Not stored, and no account says how they ended: they may still be in a browser's queue. */
  readonly unknown: number
}

/** Rows that are being added up. */
export interface LossRows {
  addInstance(key: RowKey, instance: InstanceLosses): void
  /** Events without numbers: what is missing of them does not show. */
  addUnnumbered(key: RowKey, events: { delivered: number; duplicates: number }): void
  /** In the order of streams and SDKs. */
  rows(): LossRow[]
}

interface RowKey {
  readonly stream: string
  readonly sdk: string | undefined
}

interface InstanceLosses {
  readonly fates: Fates
  readonly duplicates: number
  /** By its own accounts: what was submitted, what was kept out before it got a number, and the last number given. */
  readonly account: {
    readonly submitted: number
    readonly keptOut: ReadonlyMap<string, number>
    readonly last: number
  }
}

interface Sums {
  readonly stream: string
  readonly sdk: string | null
  instances: number
  instancesWithUnknownEnd: number
  readonly keptOut: Map<string, number>
  readonly dropped: Map<string, number>
  delivered: number
  duplicates: number
  missingInTheMiddle: number
  missingAtTheEnd: number
  missingUnconfirmed: number
  unknown: number
  /** By accounts: submitted and neither kept out nor numbered. One instance may decide on what another was given. */
  undecided: number
}

export function createLossRows(): LossRows {
  const sums = new Map<string, Sums>()

  return {
    addInstance(key, { fates, duplicates, account }) {
      const row = rowOf(key)
      row.instances += 1
      if (fates.numbered > account.last) row.instancesWithUnknownEnd += 1
      addCounts(row.keptOut, account.keptOut)
      addCounts(row.dropped, fates.dropped)
      row.delivered += fates.delivered
      row.duplicates += duplicates
      row.missingInTheMiddle += fates.missingInTheMiddle
      row.missingAtTheEnd += fates.missingAtTheEnd
      row.missingUnconfirmed += fates.missingUnconfirmed
      row.unknown += fates.unknown
      row.undecided += account.submitted - total(account.keptOut) - account.last
    },
    addUnnumbered(key, { delivered, duplicates }) {
      const row = rowOf(key)
      row.delivered += delivered
      row.duplicates += duplicates
    },
    rows: () =>
      [...sums.values()]
        .sort((a, b) => compare(a.stream, b.stream) || compare(a.sdk ?? '', b.sdk ?? ''))
        .map(rowFrom),
  }

  function rowOf({ stream, sdk = null }: { stream: string; sdk?: string | null | undefined }): Sums {
    const key = JSON.stringify([stream, sdk])
    const row = sums.get(key) ?? {
      stream,
      sdk,
      instances: 0,
      instancesWithUnknownEnd: 0,
      keptOut: new Map(),
      dropped: new Map(),
      delivered: 0,
      duplicates: 0,
      missingInTheMiddle: 0,
      missingAtTheEnd: 0,
      missingUnconfirmed: 0,
      unknown: 0,
      undecided: 0,
    }
    sums.set(key, row)
    return row
  }
}

function rowFrom(sums: Sums): LossRow {
  const missing = sums.missingInTheMiddle + sums.missingAtTheEnd
  const unknown = sums.unknown + Math.max(0, sums.undecided)
  return {
    stream: sums.stream,
    sdk: sums.sdk,
    instances: sums.instances,
    instances_with_unknown_end: sums.instancesWithUnknownEnd,
    submitted: total(sums.keptOut) + total(sums.dropped) + sums.delivered + missing + unknown,
    kept_out: inOrder(sums.keptOut),
    dropped: inOrder(sums.dropped),
    delivered: sums.delivered,
    duplicates_removed: sums.duplicates,
    missing_in_the_middle: sums.missingInTheMiddle,
    missing_at_the_end: sums.missingAtTheEnd,
    missing_unconfirmed: sums.missingUnconfirmed,
    unknown,
  }
}

/** Adds counts to others by name, in place. */
export function addCounts(sums: Map<string, number>, counts: Iterable<readonly [string, number]>): void {
  for (const [name, count] of counts) if (count > 0) sums.set(name, count + (sums.get(name) ?? 0))
}

/** The largest first. */
export function inOrder(counts: Iterable<readonly [string, number]>): Reasons {
  return Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || compare(a, b)))
}

const total = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((sum, count) => sum + count, 0)

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b))
