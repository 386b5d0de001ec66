/** Up to so many different values are kept as they are. */
const MOST_EXACT = 100

/** Neighbouring buckets are this many times apart, so that the middle of one is within 1 % of all that is in it. */
const GROWTH = 1.01 / 0.99
const LOG_GROWTH = Math.log(GROWTH)
/** Values that are nearer to zero are zero. */
const SMALLEST = 1e-3
/** Values beyond it count as it. */
const LARGEST = 1e15

/**
 * Weighted values, of which quantiles can be asked. Exact as long as there are no more than 100 different ones; from
 * then on within 1 % of the value, in at most 4,200 buckets however many there are. Values can be taken out again.
 */
export interface Distribution {
  /** A negative weight takes out what was added before. */
  add(value: number, weight?: number): void
  addAll(other: Distribution): void
  /** Of each share, the smallest value below or at which it lies of the weight; 0 where there is none. */
  quantiles(shares: readonly number[]): number[]
  /** Of all weights. */
  total(): number
  /** Values, or the middles of their buckets, with their weights. */
  entries(): Iterable<readonly [value: number, weight: number]>
  /** What it holds at this moment. */
  freeze(): FrozenDistribution
}

/** What a distribution goes on from after a restart. */
export interface FrozenDistribution {
  readonly isExact: boolean
  /** By value while it is exact, then by bucket. */
  readonly weights: ReadonlyMap<number, number>
  readonly sum: number
}

const EMPTY: FrozenDistribution = { isExact: true, weights: new Map(), sum: 0 }

export function createDistribution(before = EMPTY): Distribution {
  let { isExact, sum } = before
  let weights = new Map(before.weights)
  /** Somebody holds on to the weights, so that they are copied before they change. */
  let isFrozen = false

  const distribution: Distribution = {
    add(value, weight = 1) {
      if (Number.isNaN(value)) return
      put(isExact ? value : bucketOf(value), weight)
      sum += weight
      if (isExact && weights.size > MOST_EXACT) coarsen()
    },
    addAll(other) {
      for (const [value, weight] of other.entries()) distribution.add(value, weight)
    },
    quantiles(shares) {
      const inOrder = [...weights].sort(([a], [b]) => a - b)
      let below = 0
      const reached = inOrder.map(([key, weight]) => {
        below += weight
        return { value: valueAt(key), below }
      })
      // Thirds that were added up need not reach a whole.
      const almost = below * (1 - 1e-9)
      return shares.map((share) => reached.find((each) => each.below >= share * almost)?.value ?? 0)
    },
    total: () => sum,
    *entries() {
      for (const [key, weight] of weights) yield [valueAt(key), weight]
    },
    freeze() {
      isFrozen = true
      return { isExact, weights, sum }
    },
  }
  return distribution

  function put(key: number, weight: number): void {
    if (isFrozen) weights = new Map(weights)
    isFrozen = false
    const left = (weights.get(key) ?? 0) + weight
    // Weights such as 1 / 0.3 need not come out even.
    if (left > 1e-9) weights.set(key, left)
    else weights.delete(key)
  }

  function coarsen(): void {
    isExact = false
    isFrozen = false
    const exactly = weights
    weights = new Map()
    for (const [value, weight] of exactly) put(bucketOf(value), weight)
  }

  function valueAt(key: number): number {
    return isExact ? key : middleOf(key)
  }
}

/** Buckets of positive values are numbered from 1 on, of negative ones from -1 down; 0 holds zero. */
function bucketOf(value: number): number {
  const size = Math.min(Math.abs(value), LARGEST)
  if (size < SMALLEST) return 0
  return Math.sign(value) * (1 + Math.floor(Math.log(size / SMALLEST) / LOG_GROWTH))
}

/** Within 1 % of either edge. */
function middleOf(bucket: number): number {
  if (bucket === 0) return 0
  const edge = SMALLEST * GROWTH ** (Math.abs(bucket) - 1)
  return (Math.sign(bucket) * (2 * edge * GROWTH)) / (1 + GROWTH)
}
