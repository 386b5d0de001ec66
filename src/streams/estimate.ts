/** A total of which sampling has hidden a part, with the interval that holds the truth in 95 of 100 cases. */
export interface Estimate {
  readonly total: number
  readonly low: number
  readonly high: number
  /** How many units the interval rests on; 0 where sampling has hidden nothing. With fewer than 30 it is a rough one. */
  readonly units: number
}

export interface Estimator {
  /**
   * Counts what a unit has brought: `amount`, seen with the probability `rate`. With `chance` less than 1 it belongs to
   * what is counted only with that probability, and all of its unit does or none.
   */
  add(unit: string, rate: number, amount?: number, chance?: number): void
  estimate(): Estimate
}

/** What was seen of a unit, by rate: it has several where the rate changed in mid-stream. */
interface Seen {
  readonly rate: number
  amount: number
}

/** Of the normal distribution: 95 % lie within as many standard deviations. */
const WITHIN_95 = 1.959964

/**
 * Adds up amounts weighted by 1 / rate (Horvitz and Thompson). A unit is in the sample as a whole, and one draw decides
 * for all rates, so that the variance is one of units: it is large where few units bring many events each.
 */
export function createEstimator(): Estimator {
  const units = new Map<string, Seen[]>()
  const spreads = new Map<string, number>()
  let total = 0
  let certain = 0

  return {
    add(unit, rate, amount = 1, chance = 1) {
      total += (amount * chance) / rate
      if (chance === 1) certain += amount
      else spreads.set(unit, (spreads.get(unit) ?? 0) + amount * Math.sqrt((chance * (1 - chance)) / rate))
      if (rate === 1) return // what is seen for certain hides nothing, at whatever other rate

      const seen = units.get(unit)
      const atRate = seen?.find((one) => one.rate === rate)
      if (atRate) atRate.amount += amount * chance
      else if (seen) seen.push({ rate, amount: amount * chance })
      else units.set(unit, [{ rate, amount: amount * chance }])
    },

    estimate() {
      let variance = 0
      for (const seen of units.values()) variance += varianceOf(seen)
      for (const spread of spreads.values()) variance += spread * spread
      const margin = WITHIN_95 * Math.sqrt(variance)
      return {
        total,
        // What was seen is there, whatever was not.
        low: Math.max(total - margin, certain),
        high: total + margin,
        units: new Set([...units.keys(), ...spreads.keys()]).size,
      }
    },
  }
}

/** What a unit adds to the variance, estimated from its being seen. */
function varianceOf(seen: readonly Seen[]): number {
  let variance = 0
  for (const one of seen)
    for (const other of seen)
      variance +=
        (one.amount * other.amount * (1 / Math.max(one.rate, other.rate) - 1)) /
        Math.min(one.rate, other.rate)
  return variance
}
