import type { LiveRecord } from './live-feed.ts'
import type { Snapshotted } from './snapshot.ts'

/** How many events of a stream were stored, and rejected; those that were removed later are among them. */
export interface StreamCounts {
  readonly stored: number
  readonly rejected: number
}

/** Counts by stream. Events that name no stream count under ''; debug events do not count. */
export interface Tally extends Snapshotted {
  count(record: LiveRecord): void
  counts(): { readonly streams: { readonly [stream: string]: StreamCounts } }
}

export function createTally(): Tally {
  const streams = new Map<string, { stored: number; rejected: number }>()
  return {
    count({ kind, stream, debug }) {
      if (debug) return
      const counts = streams.get(stream) ?? { stored: 0, rejected: 0 }
      counts[kind === 'accepted' ? 'stored' : 'rejected'] += 1
      streams.set(stream, counts)
    },
    counts: () => ({
      streams: Object.fromEntries([...streams].sort().map(([stream, counts]) => [stream, { ...counts }])),
    }),
    freeze: () => [[...streams].map(([stream, counts]) => [stream, { ...counts }] as const)],
    restore(next) {
      for (const [stream, counts] of next<[string, { stored: number; rejected: number }][]>())
        streams.set(stream, counts)
    },
  }
}
