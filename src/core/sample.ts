import type { Unit } from './environment.ts'
import type { DropReason } from './event.ts'

/** Which share of which units a stream keeps. */
export interface Sample {
  readonly unit: Unit
  /** From 0 to 1. */
  readonly rate: number
}

/**
 * Where an id stands between 0 and 1: its first 32 bits as a share of 2^32 − 1, as the family's clients compute
 * it, so that the same id gives the same answer everywhere. NaN where it begins with no hexadecimal digit.
 */
export function drawOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) / 0xffff_ffff
}

/** Why a unit is left out, if it is. Rate 1 keeps every id, those that begin with ffffffff included. */
export function reasonToLeave(rate: number, draw: number | undefined): DropReason | undefined {
  if (draw === undefined) return 'no-id'
  return rate === 1 || draw < rate ? undefined : 'out-of-sample'
}
