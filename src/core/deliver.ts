import { BATCH_BYTES, fitting } from './batch.ts'
import type { Environment, Phase } from './environment.ts'
import { type EventQueue, type QueuedEvent, UNDECIDED } from './queue.ts'
import { delayAfter, type Verdict, verdictOf } from './retry.ts'

/** How long, in ms, an event waits for others to share its request. */
export const LINGER = 1000

/** As many failures one after the other are put down to the intake; more may be an event's doing. */
const PATIENCE = 3

/** Brings what is queued to the intakes: in batches, with retry, and in time when the page goes. */
export interface Delivery {
  /** There is something to send: it goes out within `linger` ms (LINGER), and at once where the page is hidden or goes. */
  wake(linger?: number): void
  /** Sends now. Resolves when nothing of this client is queued any more, after `timeout` ms at the latest. */
  flush(timeout: number): Promise<void>
  close(): void
}

export interface DeliveryOptions {
  readonly queue: EventQueue
  readonly environment: Environment
  /** Decides on an event that no config was known for; false while there is still none. */
  decide(event: QueuedEvent): boolean
  /** How many of the client's own events are queued. */
  left(): number
  onDelivered(event: QueuedEvent): void
  /** The intake has refused the event for good. */
  onRefused(event: QueuedEvent, why: string): void
}

/** What is known of one destination. */
interface Route {
  failures: number
  /** No request before this time. */
  notBefore: number
  /** Events in a batch, at most: lowered to find the one that makes a batch fail. */
  limit: number
  /** Events that failed alone, and how often they did after others had passed. */
  readonly strikes: Map<QueuedEvent, number>
  /** Whether anything has passed since an event failed alone. */
  passed: boolean
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const { queue, environment, decide, left, onDelivered, onRefused } = options
  const { now, random, phase, after, warn } = environment
  const routes = new Map<string, Route>()
  /** Sent and unanswered, by the phase it was sent in. What a beacon took is not answered: it goes again when the page is back. */
  const flying = new Map<QueuedEvent, Phase>()
  const onDrained = new Set<() => void>()
  let draining: Promise<void> | undefined
  let due = Number.POSITIVE_INFINITY
  let cancel = () => {}

  function wake(linger = LINGER): void {
    wakeAt(now() + linger)
    // Behind what else is submitted in this task: it may be the page's last.
    if (phase() !== 'visible') void Promise.resolve().then(handOver)
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
      .alone(async () => {
        await queue.sync()
        await decideAll()
        await sendAll()
      })
      .catch((cause) => warn('delivery failed; it goes on with the next event', cause))
      .then(() => {
        draining = undefined
        for (const look of onDrained) look()
        for (const url of destinations()) {
          const { notBefore } = routeTo(url)
          // While hidden, what waits for no time waits for the page to be seen.
          if (phase() === 'visible' || notBefore > now()) wakeAt(Math.max(notBefore, now() + LINGER))
        }
      })
    return draining
  }

  /** What goes on is written before its undecided form is deleted: a crash between the two sends it twice, under one id. */
  async function decideAll(): Promise<void> {
    const decided = queue.held().filter((event) => event.url === UNDECIDED && decide(event))
    queue.persist()
    await queue.remove(decided)
  }

  /** Side by side: a destination that is down does not hold up another. */
  async function sendAll(): Promise<void> {
    await Promise.all(destinations().map(sendTo))
  }

  /** The page may not come back, so what is at hand goes without waiting for the store or for other tabs. */
  function handOver(): void {
    void decideAll()
    void sendAll()
  }

  async function sendTo(url: string): Promise<void> {
    const route = routeTo(url)
    for (;;) {
      const batch = now() < route.notBefore ? [] : nextBatch(url, route)
      if (!batch.length) return
      for (const event of batch) flying.set(event, phase())
      const body = `[${batch.map(({ json }) => json)}]`
      const answer = await environment.post(`${url}${url.includes('?') ? '&' : '?'}sent=${now()}`, body)
      for (const event of batch) {
        if (answer) flying.delete(event)
        else flying.set(event, 'gone')
      }
      if (answer)
        await judge(
          route,
          batch,
          verdictOf(
            answer,
            batch.map(({ id }) => id),
            now(),
          ),
        )
    }
  }

  function nextBatch(url: string, { limit, strikes }: Route): QueuedEvent[] {
    let room = BATCH_BYTES
    for (const [{ bytes }, sent] of flying) if (sent !== 'visible') room -= bytes + 1
    const ready = queue.held().filter((event) => {
      const sent = flying.get(event)
      // A plain fetch ends with the page, so what it carries flies again.
      return event.url === url && (!sent || (sent === 'visible' && phase() === 'gone'))
    })
    const others = ready.filter((event) => !strikes.has(event)).slice(0, limit)
    return fitting(others.length ? others : ready.slice(0, 1), room)
  }

  async function judge(route: Route, batch: readonly QueuedEvent[], verdict: Verdict): Promise<void> {
    const { refused, again, halve, ms, suspect } = verdict
    const settled = batch.filter(({ id }) => !again.has(id))
    await settle(settled, refused)
    if (settled.length) {
      route.failures = 0
      route.limit *= 2
      route.passed = true
    }
    if (halve) route.limit = Math.ceil(batch.length / 2)
    else if (again.size) {
      route.failures++
      route.notBefore = now() + (ms ?? delayAfter(route.failures, random()))
      if (suspect) await blame(route, batch)
    }
  }

  /**
   * A batch that keeps failing is halved until an event fails alone. That may still be the intake's doing, so others
   * go first from then on; the event that fails each time after they have passed is refused.
   */
  async function blame(route: Route, batch: readonly QueuedEvent[]): Promise<void> {
    const { strikes, failures, passed } = route
    const event = batch[0] as QueuedEvent
    if (failures < PATIENCE && !strikes.has(event)) return
    route.limit = Math.ceil(batch.length / 2)
    if (batch.length > 1) return
    const count = (strikes.get(event) ?? 0) + Number(passed)
    strikes.set(event, count)
    route.passed = false
    if (count === PATIENCE) await settle(batch, new Map([[event.id, 'fails while others pass']]))
  }

  async function settle(events: readonly QueuedEvent[], refused: ReadonlyMap<string, string>): Promise<void> {
    await queue.remove(events)
    for (const event of events) {
      routeTo(event.url).strikes.delete(event)
      const why = refused.get(event.id)
      if (why === undefined) onDelivered(event)
      else onRefused(event, why)
    }
  }

  function destinations(): string[] {
    return [...new Set(queue.held().map(({ url }) => url))].filter((url) => url !== UNDECIDED)
  }

  function routeTo(url: string): Route {
    const route = routes.get(url) ?? {
      failures: 0,
      notBefore: 0,
      limit: Number.POSITIVE_INFINITY,
      strikes: new Map(),
      passed: false,
    }
    routes.set(url, route)
    return route
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
    },
  }
}
