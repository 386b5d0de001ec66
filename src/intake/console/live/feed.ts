/** One event as the intake answered for it. */
export interface Arrival {
  readonly stream: string
  /** ISO 8601, by the intake's clock. */
  readonly receivedAt: string
  readonly event: unknown
  /** Why the intake rejected the event, in words. Absent where it accepted it. */
  readonly problems?: readonly string[]
}

export type Connection = 'connecting' | 'connected' | 'lost'

interface FeedOptions {
  readonly url: string
  /** Called once for each record, in the order of receipt, however often the intake sends it. */
  readonly onArrival: (arrival: Arrival) => void
  /** Called at each change, and at each attempt that failed. */
  readonly onConnection: (connection: Connection) => void
}

/** How many records are remembered as shown. The intake sends the last 200 again after a restart. */
const MOST_SEEN = 2000

const RETRY_DELAY = 3000

/** Listens to the intake for as long as the page lives, across restarts of the intake. */
export function openFeed({ url, onArrival, onConnection }: FeedOptions): void {
  const seen = createSeen(MOST_SEEN)

  const receive = (message: MessageEvent<string>) => {
    const arrival = toArrival(JSON.parse(message.data))
    if (seen.isNew(idOf(arrival) ?? message.data)) onArrival(arrival)
  }

  const connect = () => {
    const source = new EventSource(url)
    source.addEventListener('accepted', receive)
    source.addEventListener('rejected', receive)
    source.addEventListener('open', () => {
      seen.beginConnection()
      onConnection('connected')
    })
    source.addEventListener('error', () => {
      onConnection('lost')
      // An EventSource tries again after a broken connection, but gives up after an answer such as a proxy's 502.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_DELAY)
    })
  }
  connect()
}

interface LiveMessage {
  readonly stream?: string | null
  readonly received_at: string
  readonly event: unknown
  readonly problems?: readonly string[]
}

function toArrival({ stream, received_at, event, problems }: LiveMessage): Arrival {
  const arrival = { stream: stream || '(no stream)', receivedAt: received_at, event }
  return problems ? { ...arrival, problems } : arrival
}

/** What tells an accepted event from every other. A rejected one may have the id of one that was accepted. */
function idOf({ event, problems }: Arrival): string | undefined {
  if (problems) return undefined
  const { meta } = event as { meta?: { id?: string } }
  return meta?.id
}

/**
 * Remembers what was shown by what it is, since the message ids are new after a restart of the intake. Over one
 * connection the intake sends nothing twice: what looks the same there happened twice.
 */
function createSeen(most: number) {
  const connectionOf = new Map<string, number>()
  let connection = 0
  return {
    beginConnection() {
      connection += 1
    },
    isNew(key: string): boolean {
      const known = connectionOf.get(key)
      if (known !== undefined && known < connection) return false
      connectionOf.set(key, connection)
      if (connectionOf.size > most) connectionOf.delete(connectionOf.keys().next().value!)
      return true
    },
  }
}
