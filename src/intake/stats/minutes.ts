/** Minutes that are looked back on; the last is not yet over. */
const MINUTES = 60
const MINUTE = 60_000

/** Of `actual`, in full minutes. */
const RECENT = 5

/** The events of one stream, by the minutes of the last hour in which they were received. Times are ms since 1970. */
export interface Minutes {
  add(event: { at: number; weight: number }): void
  /** Counts by minute, the last not yet over; events a minute of the last full ones; and weighted, of the whole hour. */
  at(now: number): { perMinute: number[]; actual: number; weighted: number | null }
  /** What it holds at this moment. */
  freeze(): FrozenMinutes
}

/** What the minutes go on from after a restart. */
export interface FrozenMinutes {
  readonly counts: Float64Array
  readonly weights: Float64Array
  /** Which minute a place speaks of. */
  readonly minutes: Float64Array
  readonly began: number
}

export function createMinutes(before?: FrozenMinutes): Minutes {
  const counts = before?.counts ?? new Float64Array(MINUTES)
  const weights = before?.weights ?? new Float64Array(MINUTES)
  const minutes = before?.minutes ?? new Float64Array(MINUTES).fill(Number.NEGATIVE_INFINITY)
  let began = before?.began ?? Number.POSITIVE_INFINITY

  return {
    add({ at, weight }) {
      if (at < began) began = at
      const minute = Math.floor(at / MINUTE)
      const place = minute % MINUTES
      if (!(minute >= minutes[place]!)) return
      if (minute !== minutes[place]) {
        minutes[place] = minute
        counts[place] = 0
        weights[place] = 0
      }
      counts[place]! += 1
      weights[place]! += weight
    },
    at(now) {
      const last = Math.floor(now / MINUTE)
      const perMinute: number[] = []
      let sum = 0
      for (let minute = last - MINUTES + 1; minute <= last; minute++) {
        const isThere = minutes[minute % MINUTES] === minute
        perMinute.push(isThere ? counts[minute % MINUTES]! : 0)
        if (isThere) sum += weights[minute % MINUTES]!
      }
      return {
        perMinute,
        actual: actual(perMinute, last),
        weighted: sum === 0 ? null : sum / observed(now, last),
      }
    },
    freeze: () => ({ counts: counts.slice(), weights: weights.slice(), minutes: minutes.slice(), began }),
  }

  /** A stream that is younger than that is not held to have been silent before. */
  function actual(perMinute: readonly number[], last: number): number {
    const full = Math.min(RECENT, last - Math.floor(began / MINUTE))
    if (!(full > 0)) return 0
    return perMinute.slice(-1 - full, -1).reduce((sum, count) => sum + count, 0) / full
  }

  /** For how many minutes of those 60 the stream has been heard of; one at least, or the first event would be a flood. */
  function observed(now: number, last: number): number {
    const from = Math.max(began, (last - MINUTES + 1) * MINUTE)
    return Math.max(1, (now - from) / MINUTE)
  }
}
