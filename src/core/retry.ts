import type { Answer } from './environment.ts'
import { attempt } from './fields.ts'

/** What an answer means for the events of a batch. Those in neither list are delivered. */
export interface Verdict {
  /** By `meta.id`: refused for good, and why. */
  readonly refused: ReadonlyMap<string, string>
  /** To be sent again. */
  readonly again: ReadonlySet<string>
  /** At once, but fewer at a time: it was too much, or too mixed to judge. */
  readonly halve?: boolean
  /** Not before as many ms; by default after a backoff. */
  readonly ms?: number | undefined
  /** One of the events may be the cause. */
  readonly suspect?: boolean
}

/** As EventGate lists an event that it did not take. */
interface Entry {
  readonly event?: { readonly meta?: { readonly id?: unknown } }
  readonly context?: { readonly message?: string; readonly errorsText?: string }
}

const DELIVERED = /^20[014]$/
const MAY_HOLD_LISTS = /^(207|400|500)$/
/** No answer, a promise, or something about the way there, access, routing and time: not about the events. */
const NOT_ABOUT_EVENTS = /^([0-3]|40[134578]|425|429|451|5)/
/** What EventGate reports like a passing error and no retry mends. */
const PERMANENT = /not (configured|allowed)|(loading|no) schema|schema is invalid|missing from event/i

/** Reads an answer for the events sent, given by their ids; `now` is for a `Retry-After` that is a date. */
export function verdictOf(answer: Answer, ids: readonly string[], now: number): Verdict {
  const status = String(answer.status)
  if (DELIVERED.test(status) && !answer.foreign) return { refused: new Map(), again: new Set() }
  const { invalid, error, title } = MAY_HOLD_LISTS.test(status) ? parse(answer.text) : {}
  if (Array.isArray(invalid) || Array.isArray(error)) return eachByItself(listOf(invalid), listOf(error), ids)
  if (NOT_ABOUT_EVENTS.test(status) && title !== 'PayloadTooLargeError') {
    const suspect = /^(0|5(?!03))/.test(status)
    return { refused: new Map(), again: new Set(ids), ms: retryAfter(answer, now), suspect }
  }
  return halve(ids, status)
}

/** EventGate lists an event as it changed it, without its index: it is known by its `meta.id`. */
function eachByItself(invalid: readonly Entry[], error: readonly Entry[], ids: readonly string[]): Verdict {
  const refused = new Map<string, string>()
  const again = new Set<string>()
  for (const entry of [...invalid, ...error]) {
    // A batch of one can only mean its one event.
    const id = ids.length > 1 ? ids.find((id) => id === entry?.event?.meta?.id) : ids[0]
    if (!id) return halve(ids, '')
    const { message = '', errorsText = message } = entry?.context ?? {}
    if (invalid.includes(entry) || PERMANENT.test(message)) refused.set(id, String(errorsText))
    else again.add(id)
  }
  return { refused, again }
}

/** What is refused alone is refused for good. */
function halve(ids: readonly string[], why: string): Verdict {
  if (ids.length === 1) return { refused: new Map(ids.map((id) => [id, why])), again: new Set() }
  return { refused: new Map(), again: new Set(ids), halve: true }
}

function listOf(found: unknown): readonly Entry[] {
  return Array.isArray(found) ? found : []
}

function parse(text: string): { invalid?: unknown; error?: unknown; title?: unknown } {
  // Of what is not JSON, its status is all that it says.
  return attempt(() => JSON.parse(text)) ?? {}
}

/** `Retry-After` comes in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfter({ retryAfter }: Answer, now: number): number | undefined {
  const ms = Number(retryAfter) * 1000 || Date.parse(String(retryAfter)) - now
  return ms > 0 ? ms : undefined
}

const FIRST_DELAY = 1000
const LONGEST_DELAY = 5 * 60_000

/** Full jitter: anywhere below a bound that doubles, so that clients do not come back together. */
export function delayAfter(failures: number, random: number): number {
  return random * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures)
}
