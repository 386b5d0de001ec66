import type { Environment, Phase } from './environment.ts'
import { type EventQueue, type QueuedEvent, UNDECIDED } from './queue.ts'
import { createRoute, type Route, type RouteOptions } from './route.ts'

/** How long, in ms, an event waits for others to share its request. */
export const LINGER = 1000

/** Brings what is queued to the intakes: in batches, with retry, and in time when the page goes. */
export interface Delivery {
  /** There is something to send: it goes out within `linger` ms (LINGER), and at once where the page is hidden or goes. */
  wake(linger?: number): void
  /** Sends now. Resolves when nothing of this client is queued any more, after `timeout` ms at the latest. */
  flush(timeout: number): Promise<void>
  close(): void
}

export interface DeliveryOptions extends Pick<RouteOptions, 'onDelivered' | 'onRefused'> {
  readonly queue: EventQueue
  readonly environment: Environment
  /** Decides on an event that no config was known for; false while there is still none. */
  decide(event: QueuedEvent): boolean
  /** How many of the client's own events are queued. */
  left(): number
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const { queue, environment, decide, left } = options
  const { now, phase, after, warn } = environment
  const routes = new Map<string, Route>()
  const flying = new Map<QueuedEvent, Phase>()
  const onDrained = new Set<() => void>()
  let draining: Promise<void> | undefined
  let handing = false
  let due = Number.POSITIVE_INFINITY
  let cancel = () => {}

  function wake(linger = LINGER): void {
    wakeAt(now() + linger)
    // Behind what else is submitted in this task: it may be the page's last.
    if (phase() === 'visible' || handing) return
    handing = true
    void Promise.resolve().then(handOver).catch(fail)
  }

  function wakeAt(time: number): void {
    if (time >= due) return
    cancel()
    due = time
    cancel = after(time - now(), () => {
      due = Number.POSITIVE_INFINITY
      void drain()
    })
  }

  function drain(): Promise<void> {
    draining ??= environment
      .alone(() => settleAll().catch(fail))
      .then(() => {
        draining = undefined
        for (const look of onDrained) look()
        for (const route of openRoutes()) {
          // While hidden, what waits for no time waits for the page to be seen.
          const time = route.notBefore()
          if (phase() === 'visible' || time > now()) wakeAt(Math.max(time, now() + LINGER))
        }
      })
    return draining
  }

  async function settleAll(): Promise<void> {
    await queue.sync()
    await decideAll()
    await sendAll()
  }

  /** What goes on is written before its undecided form is deleted: a crash between the two sends it twice, under one id. */
  async function decideAll(): Promise<void> {
    const decided = queue.held().filter((event) => event.url === UNDECIDED && decide(event))
    queue.persist()
    await queue.remove(decided)
  }

  /** Side by side: a destination that is down does not hold up another. */
  async function sendAll(): Promise<void> {
    await Promise.all(openRoutes().map((route) => route.send()))
  }

  /** Routes to where events are waiting to go. */
  function openRoutes(): Route[] {
    const urls = new Set(queue.held().map(({ url }) => url))
    urls.delete(UNDECIDED)
    return [...urls].map((url) => {
      const route = routes.get(url) ?? createRoute({ ...options, url, flying })
      routes.set(url, route)
      return route
    })
  }

  /** The page may not come back, so what is at hand goes without waiting for the store or for other tabs. */
  async function handOver(): Promise<void> {
    handing = false
    await Promise.all([decideAll(), sendAll()])
  }

  function fail(cause: unknown): void {
    warn('delivery failed; it goes on with the next event', cause)
  }

  function flush(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        onDrained.delete(look)
        stopWaiting()
        resolve()
      }
      const look = () => {
        if (!left()) finish()
      }
      const stopWaiting = after(timeout, finish, { holdProcess: true })
      onDrained.add(look)
      void drain()
    })
  }

  const stop = environment.onPhase(() => {
    for (const [event, sent] of flying) if (sent === 'gone' && phase() === 'visible') flying.delete(event)
    wake()
  })
  return {
    wake,
    flush,
    close: () => {
      stop()
      cancel()
      due = Number.NEGATIVE_INFINITY
    },
  }
}
