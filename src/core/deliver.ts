import type { Environment, Phase } from './environment.ts'
import { type EventQueue, type QueuedEvent, UNDECIDED } from './queue.ts'
import { createRoute, type Route, type RouteOptions } from './route.ts'

/** How long, in ms, an event waits for others to share its request. */
export const LINGER = 1000

/** Brings what is queued to the intakes: in batches, with retry, and in time when the page goes. */
export interface Delivery {
  /** There is something to send: it goes out within LINGER, and at once where the page is hidden or goes. */
  wake(): void
  /** Sends now, once no other tab does. */
  drain(): Promise<void>
  /** Sends now. Resolves when nothing of this client is queued any more, after `timeout` ms at the latest. */
  flush(timeout: number): Promise<void>
  close(): void
}

/** What a delivery works with. */
export interface DeliveryOptions extends Pick<RouteOptions, 'onSettled'> {
  readonly queue: EventQueue
  readonly environment: Environment
  /** Decides on a queued event by the config of now: true where it leaves, and what becomes of it is seen to. */
  decide(event: QueuedEvent): boolean
  /** How many of the client's own events are queued. */
  left(): number
}

/** Sends whenever there is something to send, and the page or another tab lets it. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { queue, environment, decide, left } = options
  const { phase, after, warn } = environment
  const routes = new Map<string, Route>()
  const flying = new Map<QueuedEvent, Phase>()
  const onNothingLeft: (() => void)[] = []
  let waiting = false
  let handing = false
  let closed = false

  function wake(): void {
    if (!waiting) after(LINGER, drain)
    waiting = true
    if (phase() === 'visible' || handing) return
    handing = true
    // The page may not come back, so what is at hand goes without waiting for the store or for other tabs; behind
    // what else is submitted in this task, which may be the page's last.
    void Promise.resolve().then(sendAll)
  }

  async function drain(): Promise<void> {
    await environment.alone(async () => {
      waiting = false
      if (closed) return
      await queue.sync()
      await sendAll()
    })
    if (!left()) for (const finish of onNothingLeft.splice(0)) finish()
  }

  async function sendAll(): Promise<void> {
    handing = false
    try {
      const decided = queue.held().filter(decide)
      // What goes on is written before its undecided form is deleted: a crash between the two sends it twice, under one id.
      queue.persist()
      // Side by side: a destination that is down does not hold up another.
      await Promise.all([queue.remove(decided), ...openRoutes().map((route) => route.send())])
    } catch (cause) {
      warn('sending failed', cause)
    }
  }

  /** Routes to where events are waiting to go. */
  function openRoutes(): Route[] {
    const urls = new Set(queue.held().map(({ url }) => url))
    urls.delete(UNDECIDED)
    return [...urls].map((url) => {
      const route = routes.get(url) ?? createRoute({ ...options, url, flying, onRested: drain })
      routes.set(url, route)
      return route
    })
  }

  function flush(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const stopWaiting = after(timeout, resolve, { holdProcess: true })
      onNothingLeft.push(() => {
        stopWaiting()
        resolve()
      })
      void drain()
    })
  }

  const stop = environment.onPhase(() => {
    for (const [event, sent] of flying) if (sent === 'gone' && phase() === 'visible') flying.delete(event)
    wake()
  })
  return {
    wake,
    drain,
    flush,
    close: () => {
      stop()
      closed = true
    },
  }
}
