import type { Arrival } from './feed.ts'

/** An arrival and its place in the order of arrival, from 1. */
export interface LiveRecord extends Arrival {
  readonly order: number
}

/** Which records to look at. */
export interface Selection {
  /** One stream; all of them where absent. */
  readonly stream?: string | undefined
  readonly rejectedOnly: boolean
  /** Only records that came later than the one of this order. */
  readonly after: number
  /** Only records up to the one of this order. */
  readonly until: number
}

export interface Counts {
  readonly accepted: number
  readonly rejected: number
}

/**
 * What arrived: the counts in full, and the newest records of each stream, accepted and rejected apart, so that a
 * busy stream does not push out a quiet one, nor many accepted events the one rejected.
 */
export interface Records {
  add(arrival: Arrival): void
  /** Newest first, no more than are kept of one stream. */
  newest(selection: Selection): readonly LiveRecord[]
  /** By stream, in the order in which the streams first showed up. */
  counts(): ReadonlyMap<string, Counts>
  /** The order of the newest record, 0 before the first. */
  last(): number
  /** Forgets the records and counts from zero; the streams stay known. */
  clear(): void
}

interface Shelf {
  count: number
  newest: LiveRecord[]
}

interface StreamShelves {
  accepted: Shelf
  rejected: Shelf
}

/** Records of all streams beyond `mostStreams` are counted together under this name. */
export const OTHER_STREAMS = 'other streams'

export function createRecords({ keep, mostStreams }: { keep: number; mostStreams: number }): Records {
  const streams = new Map<string, StreamShelves>()
  let last = 0

  // Stream names come from whoever posts, rejected ones included, so their number has a bound.
  const shelvesOf = (stream: string): StreamShelves => {
    const name = streams.has(stream) || streams.size < mostStreams ? stream : OTHER_STREAMS
    const shelves = streams.get(name) ?? emptyShelves()
    streams.set(name, shelves)
    return shelves
  }

  const selected = ({ stream, rejectedOnly }: Selection): Shelf[] =>
    [...streams]
      .filter(([name]) => stream === undefined || name === stream)
      .flatMap(([, { accepted, rejected }]) => (rejectedOnly ? [rejected] : [accepted, rejected]))

  return {
    add(arrival) {
      last += 1
      const { accepted, rejected } = shelvesOf(arrival.stream)
      const shelf = arrival.problems ? rejected : accepted
      shelf.count += 1
      shelf.newest.push({ ...arrival, order: last })
      if (shelf.newest.length > keep) shelf.newest.shift()
    },

    newest: (selection) =>
      selected(selection)
        .flatMap(({ newest }) => newest.filter(isWithin(selection)))
        .sort((a, b) => b.order - a.order)
        .slice(0, keep),

    counts: () =>
      new Map(
        [...streams].map(([name, { accepted, rejected }]) => [
          name,
          { accepted: accepted.count, rejected: rejected.count },
        ]),
      ),

    last: () => last,

    clear() {
      for (const name of streams.keys()) streams.set(name, emptyShelves())
    },
  }
}

const emptyShelves = (): StreamShelves => ({
  accepted: { count: 0, newest: [] },
  rejected: { count: 0, newest: [] },
})

const isWithin =
  ({ after, until }: Selection) =>
  ({ order }: LiveRecord): boolean =>
    order > after && order <= until
