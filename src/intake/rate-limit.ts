/** Lets so much through of what one address asks for, and no more. */
export interface RateLimit {
  /** Takes one, if there is one; 0 where it may go on, else the whole seconds until it may. */
  take(address: string): number
  /** What `take` would say. */
  wait(address: string): number
}

// Of 100 bytes each.
const MOST_ADDRESSES = 50_000

/**
 * A bucket of tokens an address: `burst` at first, `perSecond` more each second. It remembers a bounded number of
 * addresses; the one that is heard of least recently is forgotten, and begins anew.
 */
export function createRateLimit({
  perSecond,
  burst,
  mostAddresses = MOST_ADDRESSES,
  now = () => performance.now(),
}: {
  perSecond: number
  burst: number
  mostAddresses?: number
  now?: () => number
}): RateLimit {
  // In the order in which they were heard of.
  const buckets = new Map<string, { tokens: number; at: number }>()

  return {
    take(address) {
      const tokens = tokensOf(address)
      const at = now()
      buckets.delete(address)
      buckets.set(address, { tokens: tokens >= 1 ? tokens - 1 : tokens, at })
      if (buckets.size > mostAddresses) buckets.delete(buckets.keys().next().value!)
      return secondsFrom(tokens)
    },
    wait: (address) => secondsFrom(tokensOf(address)),
  }

  function tokensOf(address: string): number {
    const bucket = buckets.get(address)
    return bucket ? Math.min(burst, bucket.tokens + ((now() - bucket.at) / 1000) * perSecond) : burst
  }

  function secondsFrom(tokens: number): number {
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / perSecond)
  }
}
