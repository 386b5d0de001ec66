import type { Distribution, Quality } from '../contract.ts'

type Loss = Quality['loss'][number]

/** What is missing most comes first, then what is not known, then by name. */
export function hurtsMost(a: Loss, b: Loss): number {
  return b.missing - a.missing || b.unknown - a.unknown || a.stream.localeCompare(b.stream)
}

/** The missing events among those that should have arrived, as far as it is known what became of them. */
export const lossShare = ({ missing, delivered }: Pick<Loss, 'missing' | 'delivered'>): number =>
  missing === 0 ? 0 : missing / (missing + delivered)

/** Whether there is anything to a row: clients also tell of streams of which they have submitted nothing. */
export const isOfEvents = ({ submitted, delivered, missing, unknown, duplicates }: Loss): boolean =>
  submitted + delivered + missing + unknown + duplicates > 0

/** Every stream that a report names, by name. */
export function streamsIn({ rejected, loss, skew, delay }: Quality): string[] {
  const names = [...rejected, ...loss, ...skew, ...delay].flatMap(({ stream }) => stream ?? [])
  return [...new Set(names)].sort()
}

export function ofStream({ rejected, loss, skew, delay }: Quality, stream: string): Quality {
  const isOf = (row: { readonly stream: string | null }) => row.stream === stream
  return {
    rejected: rejected.filter(isOf),
    loss: loss.filter(isOf),
    skew: skew.filter(isOf),
    delay: delay.filter(isOf),
  }
}

/**
 * Where a duration stands between the least p5 and the greatest p95 of all rows, and zero, from 0 to 1. Durations go
 * from milliseconds to days, so they stand by their order of magnitude.
 */
export function scaleOf(rows: readonly Distribution[]): (ms: number) => number {
  const places = rows.flatMap(({ p5, p95 }) => [p5, p95]).map(magnitude)
  const low = places.reduce((least, place) => Math.min(least, place), 0)
  const high = places.reduce((most, place) => Math.max(most, place), 0)
  return (ms) => (high === low ? 0 : Math.min(1, Math.max(0, (magnitude(ms) - low) / (high - low))))
}

const magnitude = (ms: number): number => Math.sign(ms) * Math.log10(1 + Math.abs(ms) / 10)
