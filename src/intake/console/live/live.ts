import { type Connection, openFeed } from './feed.ts'
import { createRecords, type Records } from './records.ts'

/** Records kept of each stream, accepted and rejected apart, and streams that are told apart. */
export const MOST_RECORDS = 500
const MOST_STREAMS = 100

/** What has arrived since the console was opened, whichever of its pages is shown. */
export interface Live {
  readonly records: Records
  connection(): Connection
  /** Begins to listen; again does nothing. */
  open(): void
  /** Calls back after each arrival, until the returned function is called. */
  onArrival(listener: () => void): () => void
  /** Calls back with each change of the connection and each failed attempt. */
  onConnection(listener: () => void): () => void
}

/** Listens to the intake once it is opened. */
export function createLive(): Live {
  const records = createRecords({ keep: MOST_RECORDS, mostStreams: MOST_STREAMS })
  const arrivals = createListeners()
  const connections = createListeners()
  let connection: Connection = 'connecting'
  let isOpen = false

  return {
    records,
    connection: () => connection,
    open() {
      if (isOpen) return
      isOpen = true
      openFeed({
        url: '/live',
        onArrival(arrival) {
          records.add(arrival)
          arrivals.call()
        },
        onConnection(state) {
          connection = state
          connections.call()
        },
      })
    },
    onArrival: arrivals.add,
    onConnection: connections.add,
  }
}

function createListeners() {
  const listeners = new Set<() => void>()
  return {
    add(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    call() {
      for (const listener of listeners) listener()
    },
  }
}
