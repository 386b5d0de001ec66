import { randomUUID } from 'node:crypto'
import { noteOfDuplicates } from '../../../src/intake/duplicates.ts'
import { rejectionOf } from '../../../src/intake/rejection.ts'

/** A stored event. */
export type Line = { readonly meta: { readonly stream: string }; readonly [field: string]: unknown }

export const SDK = 'rivulet/0.1.0'
const receivedAt = new Date('2026-11-23T10:00:00.000Z')

/** The numbers of a row of the report, where nothing has happened. */
export const NO_LOSSES = {
  instances_with_unknown_end: 0,
  kept_out: {} as { [reason: string]: number },
  dropped: {} as { [reason: string]: number },
  delivered: 0,
  duplicates_removed: 0,
  missing_in_the_middle: 0,
  missing_at_the_end: 0,
  missing_unconfirmed: 0,
  unknown: 0,
}

/** An event of a client, as an intake stores it. */
export function numbered(
  instance: string,
  seq: number,
  { stream = 'shop.click', sdk = SDK, dt = receivedAt.toISOString() } = {},
) {
  const id = `${instance} ${stream} ${seq}`
  return { $schema: '/shop/click/1.0.0', meta: { id, stream, dt, producer: { sdk, id: instance, seq } } }
}

/** The numbers of an instance from 1 to `last`, without some. */
export function numberedUpTo(last: number, { except = [] as number[], instance = 'p' } = {}) {
  const seqs = Array.from({ length: last }, (_, index) => index + 1)
  return seqs.filter((seq) => !except.includes(seq)).map((seq) => numbered(instance, seq))
}

/** What the intake keeps of an event that it refuses. */
export function rejected(event: object): Line {
  const judged = { verdict: 'error', event, message: 'no such schema' } as const
  return { ...rejectionOf(judged, { problems: [judged.message], id: randomUUID(), receivedAt }) }
}

/** The intake's note of events that came again. */
export function cameAgain(...events: readonly { meta: { id: string; stream: string } }[]): Line {
  const records = events.map((event) => ({ ...event.meta, receivedAt, event }))
  return noteOfDuplicates(records, { id: randomUUID(), receivedAt })!.event as Line
}

/** What an instance tells of itself or of another. */
export interface TestEntry {
  instance: string
  stream?: string
  submitted?: number
  last?: number
  kept_out?: { [reason: string]: number }
  settled?: { [outcome: string]: number[] }
}

/** An account as it is stored. */
export function account(
  entries: readonly TestEntry[],
  { id = randomUUID() as string, version = 1, sdk = SDK, troubles = {} } = {},
) {
  return {
    $schema: '/rivulet/ledger/1.0.0',
    meta: { id: randomUUID(), stream: 'rivulet.ledger', dt: receivedAt.toISOString() },
    dt: receivedAt.toISOString(),
    account: id,
    version,
    sdk,
    entries: entries.map((entry) => ({
      stream: 'shop.click',
      submitted: 0,
      last: 0,
      kept_out: {},
      settled: {},
      ...entry,
    })),
    troubles,
  }
}
