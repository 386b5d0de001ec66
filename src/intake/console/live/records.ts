import type { Arrival } from './feed.ts'

/** An arrival and its place in the order of arrival, from 1. */
export interface LiveRecord extends Arrival {
  readonly order: number
}

/** Which records to look at. */
export interface Selection {
  /** One stream; all of them where absent. */
  readonly stream?: string | undefined
  /** Only accepted, or only rejected ones; both where absent. */
  readonly verdict?: 'accepted' | 'rejected' | undefined
  /** Only records of which this holds. */
  readonly where?: (record: LiveRecord) => boolean
  /** Only records that came later than the one of this order. */
  readonly after?: number
  /** Only records up to the one of this order. */
  readonly until?: number
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
  /** All that are kept, newest first. */
  select(selection: Selection): readonly LiveRecord[]
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

  const selected = ({ stream, verdict }: Selection): Shelf[] =>
    [...streams]
      .filter(([name]) => stream === undefined || name === stream)
      .flatMap(([, shelves]) => (verdict ? [shelves[verdict]] : [shelves.accepted, shelves.rejected]))

  return {
    add(arrival) {
      last += 1
      const { accepted, rejected } = shelvesOf(arrival.stream)
      const shelf = arrival.problems ? rejected : accepted
      shelf.count += 1
      shelf.newest.push({ ...arrival, order: last })
      if (shelf.newest.length > keep) shelf.newest.shift()
    },

    select: (selection) =>
      selected(selection)
        .flatMap(({ newest }) => newest.filter(isWithin(selection)))
        .sort((a, b) => b.order - a.order),

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
  ({ after = 0, until = Number.POSITIVE_INFINITY, where = () => true }: Selection) =>
  (record: LiveRecord): boolean =>
    record.order > after && record.order <= until && where(record)
