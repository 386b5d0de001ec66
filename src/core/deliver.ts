import type { Environment, Phase } from './environment.ts'
import { type EventQueue, type QueuedEvent, UNDECIDED } from './queue.ts'
import { byPriority, fitting } from './batch.ts'
import type { Net } from './options.ts'
import { bodyOf, createRoute, type Route, type RouteOptions } from './route.ts'

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
  /** By destination, those that something was sent on. */
  readonly routes: ReadonlyMap<string, Route>
}

/** What a delivery works with. */
export interface DeliveryOptions extends Omit<RouteOptions, 'url' | 'flying' | 'onRested'> {
  readonly queue: EventQueue
  readonly environment: Environment
  /** Whether what is kept on the device may be read. */
  allowed(): boolean
  /**
   * Decides on a queued event by the config of now: true where it leaves, and what becomes of it is seen to. Asked
   * while no other tab is.
   */
  decide(event: QueuedEvent): boolean
  /** Takes out what is too much for the queue, of what is for the destination. Asked while no other tab is. */
  evict(url: string): Promise<void>
  /** How many of the client's own events are queued. */
  left(): number
  readonly net?: Net | undefined
  /** Whose delivery it is, as its events say. */
  readonly client: string
}

/** Sends whenever there is something to send, and the page or another tab lets it. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { queue, environment, allowed, mayGo, decide, evict, left, net, client } = options
  const { alone, phase, after, warn, soon = (work) => void Promise.resolve().then(work) } = environment
  const routes = new Map<string, Route>()
  const flying = new Map<QueuedEvent, Phase>()
  /** Destinations for which the net has been given something. */
  const inNet = new Set<string>()
  /** Destinations whose turn has been asked for. */
  const asked = new Set<string>()
  /** Of those whose turn has come, and whose events are known since, whether it lasts. */
  const turns = new Map<string, () => boolean>()
  const onNothingLeft: (() => void)[] = []
  let waiting = false
  let handing = false
  let casting = false
  let closed = false

  function wake(): void {
    if (!waiting) after(LINGER, drain)
    waiting = true
    if (net && !casting) void Promise.resolve().then(cast)
    casting = true
    if (!/hidden|gone/.test(phase()) || handing) return
    handing = true
    // The page may not come back, so what is at hand goes without waiting for the store or for other tabs; behind
    // what else is submitted in this task, which may be the page's last.
    soon(handOver)
  }

  async function drain(): Promise<void> {
    waiting = false
    await inTurn(UNDECIDED)
    // Each destination in a turn of its own: one that hangs does not hold up another.
    await Promise.all([...destinations()].map(inTurn))
    cast()
    if (!left()) for (const finish of onNothingLeft.splice(0)) finish()
  }

  /** Decides on what is queued for the destination, and sends it. */
  async function inTurn(url: string): Promise<void> {
    // A turn lasts as long as its requests, and what comes meanwhile may be too much.
    if (turns.get(url)?.()) void evict(url)
    if (asked.has(url)) return
    asked.add(url)
    await alone(url, async (isMine) => {
      asked.delete(url)
      await orWarn(async () => {
        if (closed) return
        // What two tabs take up at the same time, one would put back after the other has taken it out.
        if (allowed()) await queue.sync(!url)
        if (closed || !isMine()) return
        turns.set(url, isMine)
        const decided = queue.held().filter((event) => event.url === url && decide(event))
        await Promise.all([queue.remove(decided), evict(url), url && routeTo(url).send()])
      })
      turns.delete(url)
    })
    asked.delete(url)
  }

  function handOver(): void {
    handing = false
    if (closed) return
    // A page that is merely hidden leaves what is not its own to the tab whose turn it is.
    const of = phase() === 'hidden' ? client : undefined
    // What is in memory only is nobody else's to decide on. With that, what waits for its window is written.
    const decided = queue.held().filter((event) => event.volatile && !event.url && decide(event))
    void orWarn(() => queue.remove(decided))
    for (const url of destinations()) void orWarn(() => routeTo(url).send(of))
    // What a beacon or a keepalive fetch has taken needs no net.
    cast()
  }

  async function orWarn(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      warn('sending failed', cause)
    }
  }

  /** Gives what waits to the net, in case the page dies without a word. */
  function cast(): void {
    casting = false
    if (!net) return
    for (const url of destinations()) inNet.add(url)
    const held = queue.held().filter(mayGo)
    for (const url of inNet) {
      const atRisk = held.filter(
        (event) => event.url === url && (flying.get(event) ?? 'visible') === 'visible',
      )
      net(url, bodyOf(fitting(atRisk)))
    }
  }

  /** To where events are waiting to go, those of high priority first. */
  function destinations(): Set<string> {
    const first = queue.held().sort((a, b) => byPriority(b, a))
    const urls = new Set(first.map(({ url }) => url))
    urls.delete(UNDECIDED)
    return urls
  }

  function routeTo(url: string): Route {
    const route = routes.get(url) ?? createRoute({ ...options, url, flying, onRested: drain })
    routes.set(url, route)
    return route
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
    routes,
    wake,
    drain,
    flush,
    close: () => {
      stop()
      closed = true
    },
  }
}
