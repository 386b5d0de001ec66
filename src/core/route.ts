import { BATCH_BYTES, fitting } from './batch.ts'
import type { Environment, Phase } from './environment.ts'
import type { EventQueue, QueuedEvent } from './queue.ts'
import { delayAfter, verdictOf } from './retry.ts'

/** As many failures one after the other are put down to the intake; more may be an event's doing. */
const PATIENCE = 3

/** A network that fails now and then may hit one event several times in a row, but not as often as this. */
const CONVICTED_AFTER = 10

/** In ms. */
const SHORTEST_REST = 1000

/** The way to one destination. */
export interface Route {
  /** Sends what is queued for it now, batch after batch, unless it has to wait. */
  send(): Promise<void>
}

/** What a route works with. */
export interface RouteOptions {
  readonly url: string
  readonly queue: EventQueue
  readonly environment: Environment
  /**
   * Events that are sent and unanswered, on all routes, by the phase they were sent in. What a beacon took is never
   * answered and stays until the page is seen again.
   */
  readonly flying: Map<QueuedEvent, Phase>
  /** It has waited for long enough to send again. */
  onRested(): void
  /** The event is delivered; or refused for good, and why. */
  onSettled(event: QueuedEvent, refusal?: string): void
}

/** A route that knows what its destination has answered, and waits or sends less accordingly. */
export function createRoute({ url, queue, environment, flying, onRested, onSettled }: RouteOptions): Route {
  const { now, random, phase, after } = environment
  let failures = 0
  /** Whether a failure is too short ago to make another request. */
  let resting = false
  /** Events in a batch, at most: lowered to find the one that makes a batch fail. */
  let limit = Infinity
  /** Events that failed alone, and how often they did after others had passed. */
  const strikes = new Map<QueuedEvent, number>()

  async function send(): Promise<void> {
    // While the page is seen, what is added meanwhile waits for the next time: else each answer would be followed by a
    // request for a few events.
    const due = new Set(queue.held())
    for (;;) {
      const batch = resting ? [] : nextBatch()
      if (!batch.some((event) => due.has(event) || phase() !== 'visible')) return
      for (const event of batch) flying.set(event, phase())
      const answer = await environment.post(
        `${url}${url.includes('?') ? '&' : '?'}sent=${now()}`,
        `[${batch.map(({ json }) => json)}]`,
      )
      for (const event of batch) {
        if (answer) flying.delete(event)
        else flying.set(event, 'gone')
      }
      const ids = batch.map(({ id }) => id)
      if (answer) await judge(batch, verdictOf(answer, ids, now()))
    }
  }

  function nextBatch(): QueuedEvent[] {
    // All that is in flight when a page goes shares one budget, which is as large as a batch.
    let room = BATCH_BYTES
    for (const [{ bytes }, sent] of flying) if (sent !== 'visible' && phase() !== 'visible') room -= bytes + 1
    const ready = queue.held().filter((event) => {
      const sent = flying.get(event)
      // A plain fetch ends with the page, so what it carries flies again.
      return event.url === url && (!sent || (sent === 'visible' && phase() === 'gone'))
    })
    const others = ready.filter((event) => !strikes.has(event)).slice(0, limit)
    return fitting(others.length ? others : ready.slice(0, 1), room)
  }

  async function judge(batch: readonly QueuedEvent[], verdict: ReturnType<typeof verdictOf>): Promise<void> {
    const { refused, again, halve, ms, suspect } = verdict
    const settled = batch.filter(({ id }) => !again.has(id))
    await settle(settled, refused)
    if (settled.length) {
      failures = 0
      limit *= 2
    }
    if (halve) limit = Math.ceil(batch.length / 2)
    else if (again.size) {
      failures++
      resting = true
      after(ms ?? SHORTEST_REST + delayAfter(failures, random()), () => {
        resting = false
        onRested()
      })
      if (suspect) await blame(batch)
    }
  }

  /**
   * A batch that keeps failing is halved until an event fails alone. That may still be the intake's doing, so others
   * go first from then on; the event that fails each time after they have passed is refused.
   */
  async function blame(batch: readonly QueuedEvent[]): Promise<void> {
    const event = batch[0] as QueuedEvent
    if (failures < PATIENCE && !strikes.has(event)) return
    limit = Math.ceil(batch.length / 2)
    if (batch.length > 1) return
    // The first failure comes right after something has passed.
    const count = (strikes.get(event) ?? 0) + Number(failures === 1)
    strikes.set(event, count)
    if (count === CONVICTED_AFTER) await settle(batch, new Map([[event.id, 'fails while others pass']]))
  }

  async function settle(events: readonly QueuedEvent[], refused: ReadonlyMap<string, string>): Promise<void> {
    // What a beacon and a fetch have both brought is settled once.
    const held = new Set(queue.held())
    await queue.remove(events)
    for (const event of events.filter((event) => held.has(event))) {
      strikes.delete(event)
      onSettled(event, refused.get(event.id))
    }
  }

  return { send }
}
