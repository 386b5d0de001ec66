/** One event as the intake answered for it. */
export interface Arrival {
  readonly stream: string
  /** ISO 8601, by the intake's clock. */
  readonly receivedAt: string
  readonly event: unknown
  /** Why the intake rejected the event, in words. Absent where it accepted it. */
  readonly problems?: readonly string[]
}

export type Connection = 'connected' | 'lost'

interface FeedOptions {
  readonly url: string
  /** Called once for each record, in the order of receipt, however often the intake sends it. */
  readonly onArrival: (arrival: Arrival) => void
  readonly onConnection: (connection: Connection) => void
}

/** How many records are remembered as shown. The intake sends the last 200 again after each reconnect. */
const MOST_SEEN = 2000

const RETRY_DELAY = 3000

/** Listens to the intake for as long as the page lives, across restarts of the intake. */
export function openFeed({ url, onArrival, onConnection }: FeedOptions): void {
  const isNew = createSeen(MOST_SEEN)

  const receive = (message: MessageEvent<string>) => {
    const arrival = toArrival(JSON.parse(message.data))
    // With the time, since an intake that starts again may also count its ids from one again.
    if (isNew(`${message.lastEventId} ${arrival.receivedAt}`)) onArrival(arrival)
  }

  const connect = () => {
    const source = new EventSource(url)
    source.addEventListener('accepted', receive)
    source.addEventListener('rejected', receive)
    source.addEventListener('open', () => onConnection('connected'))
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

/** A function that says whether it is given a key for the first time, as far as its memory goes. */
function createSeen(most: number): (key: string) => boolean {
  const seen = new Set<string>()
  return (key) => {
    if (seen.has(key)) return false
    seen.add(key)
    if (seen.size > most) seen.delete(seen.values().next().value!)
    return true
  }
}
