import { BATCH_BYTES, byPriority, fitting } from './batch.ts'
import type { Environment, Phase } from './environment.ts'
import type { DropReason } from './event.ts'
import { LEDGER } from './ledger.ts'
import type { EventQueue, QueuedEvent } from './queue.ts'
import { delayAfter, verdictOf } from './retry.ts'

/** As many failures in a row are put down to the intake; then one event at a time tries whether it is back. */
const PATIENCE = 3

/** A network that fails now and then may hit one event several times in a row, but not as often as this. */
const CONVICTED_AFTER = 10

/** In ms. */
const SHORTEST_REST = 1000
const LONGEST_REST = 24 * 3_600_000

/** In ms: from cutting off a request to `pagehide` Chromium takes two, and longer on a busy machine. */
const LEAVES_WITHIN = 500

/** The way to one destination. */
export interface Route {
  /** Sends what is queued for it now, of one client only if it is named, batch after batch, unless it has to wait. */
  send(client?: string): Promise<void>
  /** Failures in a row, by all tabs and pages; since when it rests, in ms since 1970; for how many ms. */
  rest(): readonly number[]
  /** Why nothing gets through from here, once that is clear; else empty. */
  trouble(): Trouble | ''
}

export type Trouble = 'unavailable' | 'unreachable' | 'blocked'

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
  /** Whether what a beacon took is sent again. Default: true. */
  readonly resend?: boolean | undefined
  /** Whether the event may be sent now. */
  mayGo(event: QueuedEvent): boolean
  /** It has waited for long enough to send again. */
  onRested(): void
  /** The event is delivered, or dropped for a reason. */
  onSettled(event: QueuedEvent, reason?: DropReason, cause?: string): void
  /** The destination answers that it takes nothing, or does not answer, or a blocker lets nothing through to it. */
  onTrouble(kind: Trouble): void
}

/** A route that knows what its destination has answered, and waits or sends less accordingly. */
export function createRoute(options: RouteOptions): Route {
  const { url, queue, environment, flying, resend = true, mayGo, onRested, onSettled, onTrouble } = options
  const { memo, now, random, phase, onPhase, after, warn } = environment
  // Shared by tabs and pages: how many failures in a row, since when it rests, and for how many ms. The 1 is the
  // version of the layout.
  const restKey = `rest/1 ${url}`
  let rest: readonly number[] = [0, 0, 0]
  let waking = false
  /** Why nothing gets through, from when on that has been said. */
  let down: Trouble | '' = ''
  /** Most events in a batch: lowered to find the one that makes a batch fail, and to try whether the intake is back. */
  let limit = Infinity
  /** Events that failed alone, and how often they did after others had passed. */
  const strikes = new Map<QueuedEvent, number>()

  async function send(client?: string): Promise<void> {
    let due = waiting(client)
    for (;;) {
      // While the page is seen, what is added meanwhile waits for the next time: else each answer would be followed by a
      // request for a few events.
      if (phase() !== 'visible') due = waiting(client)
      const batch = isResting() ? [] : nextBatch(due)
      if (!batch.length) break
      for (const event of batch) flying.set(event, phase())
      const answer = await environment.post(
        `${url}${url.includes('?') ? '&' : '?'}sent=${now()}`,
        bodyOf(batch),
      )
      const isCut = typeof answer === 'object' && !answer.status && (await isLeaving())
      for (const event of batch) {
        if (answer === 'unheard' && phase() !== 'visible') flying.set(event, 'gone')
        else if (!isCut || flying.get(event) !== 'gone') flying.delete(event)
      }
      if (answer === 'unsent' || isCut) break
      const ids = batch.map(({ id }) => id)
      if (answer !== 'unheard') await judge(batch, verdictOf(answer, ids, now()), answer.status)
      else if (!resend) {
        // An account may arrive twice: its highest version counts.
        const once = batch.filter(({ stream }) => stream !== LEDGER)
        await settle(once, (event) => onSettled(event, 'unconfirmed'))
      }
    }
  }

  /**
   * A page that goes cuts off what is under way, just before it hears that it goes. That says nothing of the intake, and
   * is to keep neither this page from handing over nor the next one from sending.
   */
  function isLeaving(): Promise<boolean> {
    return new Promise((resolve) => {
      const end = () => {
        stop()
        resolve(phase() === 'gone')
      }
      const stop = onPhase((next) => next === 'gone' && end())
      after(LEAVES_WITHIN, end)
    })
  }

  /** What is queued for the destination, of high priority first. */
  function waiting(client?: string): Set<QueuedEvent> {
    const events = queue.held().filter((event) => event.url === url && (!client || event.client === client))
    return new Set(events.sort((a, b) => byPriority(b, a)))
  }

  /** Of what is due; what has left the queue meanwhile leaves that, too, so that nothing is looked at for each batch. */
  function nextBatch(due: Set<QueuedEvent>): QueuedEvent[] {
    if (failuresSoFar() >= PATIENCE) limit = 1
    // All that is in flight when a page goes shares one budget, which is as large as a batch.
    let room = BATCH_BYTES
    for (const [{ bytes }, sent] of flying) if (sent !== 'visible' && phase() !== 'visible') room -= bytes + 1
    const isReady = (event: QueuedEvent) => {
      if (!queue.has(event)) due.delete(event)
      // What is too large for what is left goes by a later way.
      if (!due.has(event) || !mayGo(event) || (phase() !== 'visible' && event.bytes + 2 > room)) return false
      const sent = flying.get(event)
      // A plain fetch ends with the page, so what it carries flies again.
      return !sent || (sent === 'visible' && phase() === 'gone')
    }
    const others = fitting(due, room, limit, (event) => !strikes.has(event) && isReady(event))
    return others.length ? others : fitting(due, room, 1, isReady)
  }

  /** By all tabs and pages, in a row. */
  function failuresSoFar(): number {
    return restSoFar()[0]!
  }

  /** The newer one, if what is shared can be read and written at all. */
  function restSoFar(): readonly number[] {
    const shared = (memo.read(restKey) ?? '').split(' ').map(Number)
    return shared[1]! > rest[1]! ? shared : rest
  }

  function setRest(failures: number, ms: number): void {
    rest = [failures, now(), ms]
    memo.write(restKey, rest.join(' '))
  }

  /** Whether a failure is too short ago to make another request. */
  function isResting(): boolean {
    const [, since, ms] = restSoFar() as [number, number, number]
    // A clock that was set back ends it.
    const left = now() < since ? 0 : since + Math.min(ms, LONGEST_REST) - now()
    if (left > 0 && !waking) {
      waking = true
      after(left, () => {
        waking = false
        onRested()
      })
    }
    return left > 0
  }

  async function judge(
    batch: readonly QueuedEvent[],
    { refused, again, halve, ms, suspect }: ReturnType<typeof verdictOf>,
    status: number,
  ): Promise<void> {
    const settled = batch.filter(({ id }) => !again.has(id))
    const failures = settled.length ? 1 : 1 + failuresSoFar()
    await settle(settled, (event) => {
      const cause = refused.get(event.id)
      onSettled(event, cause === undefined ? cause : 'refused', cause)
    })
    if (settled.length) {
      // An intake that refuses whatever it gets is not to be asked as fast as it answers.
      if (settled.length === refused.size) setRest(0, SHORTEST_REST)
      else {
        limit *= 2
        if (failuresSoFar()) setRest(0, 0)
      }
      if (down) warn(`${url} takes events again`)
      down = ''
    }
    if (halve) limit = Math.ceil(batch.length / 2)
    else if (again.size) {
      setRest(failures, ms ?? SHORTEST_REST + delayAfter(failures, random()))
      if (failures >= PATIENCE) void sayDown(status)
      if (suspect) await blame(batch, failures)
    }
  }

  /** One line, and one count, until something gets through again. */
  async function sayDown(status: number): Promise<void> {
    if (down) return
    down = 'unreachable'
    const kind = status ? 'unavailable' : (await environment.answers(url)) ? 'blocked' : 'unreachable'
    // Something may have got through meanwhile.
    if (down) down = kind
    onTrouble(kind)
    warn(`events wait: ${url} is ${kind}, status ${status}`)
  }

  /**
   * An event that fails alone may still not be the cause, so others go first from then on; the one that fails each
   * time after they have passed is refused.
   */
  async function blame([event, ...others]: readonly QueuedEvent[], failures: number): Promise<void> {
    if (!event || others.length || (failures < PATIENCE && !strikes.has(event))) return
    // The first failure comes right after something has passed.
    const count = (strikes.get(event) ?? 0) + Number(failures === 1)
    strikes.set(event, count)
    if (count === CONVICTED_AFTER) {
      await settle([event], () => onSettled(event, 'refused', 'fails while others pass'))
    }
  }

  async function settle(events: readonly QueuedEvent[], tell: (event: QueuedEvent) => void): Promise<void> {
    // What a beacon and a fetch have both brought is settled once.
    const settled = events.filter(queue.has)
    for (const event of settled) {
      strikes.delete(event)
      tell(event)
    }
    await queue.remove(settled)
  }

  return { send, rest: restSoFar, trouble: () => down }
}

/** As the intake takes them. */
export function bodyOf(events: readonly QueuedEvent[]): string {
  return `[${events.map(({ json }) => json)}]`
}
