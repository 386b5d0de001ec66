import { isObject } from './ingest.ts'

/** The stream of the accounts that client instances keep of what became of events (schemas/rivulet/ledger). */
export const LEDGER_STREAM = 'rivulet.ledger'

/** Of the events with one account, the one of the highest version counts; different accounts add up. */
export interface Account {
  readonly id: string
  readonly version: number
  readonly sdk: string | undefined
  readonly entries: readonly Entry[]
  readonly troubles: Counts
}

/** What an account says of the events of one instance and stream. */
export interface Entry {
  readonly instance: string
  readonly stream: string
  readonly submitted: number
  /** The highest number that the instance has given, if it keeps the account itself; else 0. */
  readonly last: number
  readonly keptOut: Counts
  /** By outcome, the numbers that ended in it: runs, in the order in which they ended. */
  readonly settled: ReadonlyMap<string, readonly Run[]>
}

export type Counts = ReadonlyMap<string, number>
type Run = readonly [from: number, to: number]

/** The account in an event of `rivulet.ledger`. What cannot be used of it is left out: not every intake validates. */
export function accountIn(event: { readonly [field: string]: unknown }): Account | undefined {
  const { account: id, version, sdk, entries, troubles } = event
  if (typeof id !== 'string' || !isCount(version) || !Array.isArray(entries)) return undefined
  return {
    id,
    version,
    sdk: typeof sdk === 'string' ? sdk : undefined,
    entries: entries.flatMap(entryIn),
    troubles: countsIn(troubles),
  }
}

function entryIn(entry: unknown): Entry[] {
  if (!isObject(entry)) return []
  const { instance, stream, submitted, last, kept_out, settled } = entry
  if (typeof instance !== 'string' || typeof stream !== 'string') return []
  const runs = fieldsOf(settled).map(([outcome, numbers]) => [outcome, runsIn(numbers)] as const)
  return [
    {
      instance,
      stream,
      submitted: isCount(submitted) ? submitted : 0,
      last: isCount(last) ? last : 0,
      keptOut: countsIn(kept_out),
      settled: new Map(runs),
    },
  ]
}

/** From, to, from, to, … */
function runsIn(numbers: unknown): Run[] {
  const runs: Run[] = []
  const list = Array.isArray(numbers) ? numbers : []
  for (let index = 0; index < list.length; index += 2) {
    const [from, to] = [list[index], list[index + 1]]
    if (isCount(from) && isCount(to) && from > 0 && to >= from) runs.push([from, to])
  }
  return runs
}

function countsIn(value: unknown): Counts {
  return new Map(fieldsOf(value).filter((field): field is [string, number] => isCount(field[1])))
}

const fieldsOf = (value: unknown) => (isObject(value) ? Object.entries(value) : [])

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
