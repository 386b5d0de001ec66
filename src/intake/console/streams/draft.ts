import type { State, StreamChange, StreamRow, Unit } from '../contract.ts'
import { rateIn } from './rate.ts'

/** What the reader is making of a stream's settings, as it stands in the controls. */
export interface Draft {
  readonly state: State
  readonly unit: Unit | null
  /** As typed. */
  readonly rateText: string
  /** The change that was the stream's last when the reader began. */
  readonly since: string | undefined
}

/** A draft that changes nothing yet. */
export function draftOf(row: StreamRow): Draft {
  const { state, unit, rate, lastChange } = row
  return { state, unit, rateText: String(rate), since: lastChange?.revision }
}

/** Why a draft cannot be saved; undefined where it can. */
export function problemOf({ unit, rateText }: Draft): string | undefined {
  if (unit === null || rateIn(rateText) !== undefined) return undefined
  return 'A rate is a number from 0 to 1, or a percentage such as 10 %.'
}

/** What the draft changes of the stream as it is; undefined where that is nothing, or no setting. */
export function changeOf(row: StreamRow, draft: Draft): StreamChange | undefined {
  if (problemOf(draft)) return undefined
  // What has its settings from a pattern is changed there.
  const stream = row.pattern ?? row.stream
  const { state, unit } = draft
  const rate = rateIn(draft.rateText)!
  const isSampled = unit !== null
  const isOtherSample = unit !== row.unit || (isSampled && rate !== row.rate)
  if (state === row.state && !isOtherSample) return undefined
  return {
    stream,
    ...(state === row.state ? {} : { state }),
    ...(isOtherSample ? { sample: isSampled ? { unit, rate } : null } : {}),
  }
}
