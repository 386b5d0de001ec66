import type { Explanation } from '../core/client.ts'
import type { DropReason, Outcome, Problem } from '../core/event.ts'
import type { QueuedEvent } from '../core/queue.ts'

/** How an event is doing: on its way, well, kept out on purpose, or lost. */
export type Tone = 'wait' | 'good' | 'quiet' | 'bad'

/** Where an event stands, for the one who looks. */
export interface Standing {
  readonly word: string
  readonly tone: Tone
  readonly why: string
}

/** What is known of an event when it is spoken of. */
export interface Known {
  readonly outcome?: Outcome | undefined
  /** Where it waits. */
  readonly queued?: QueuedEvent | undefined
  /** What has decided on it; until then, what would. */
  readonly explanation?: Explanation | undefined
  /** Whether its stream is on hold. */
  readonly held?: boolean
}

/** Longer rests are cut to it, as the client does. */
const LONGEST_REST = 24 * 3_600_000

/** Reasons that somebody has decided on; the others are mistakes, or losses. */
const ON_PURPOSE: readonly DropReason[] = [
  'killed',
  'out-of-sample',
  'no-id',
  'curated',
  'before-queue',
  'closed',
  'consent',
  'gpc',
  'limited',
  'unconfirmed',
]

export function standingOf(known: Known): Standing {
  const { outcome, queued, explanation, held } = known
  if (outcome?.kind === 'delivered')
    return { word: 'delivered', tone: 'good', why: whyDelivered(explanation) }
  if (outcome) {
    const { reason, problems = [] } = outcome
    const tone = ON_PURPOSE.includes(reason) ? 'quiet' : 'bad'
    const said = problems.map(problemInWords).join('; ')
    return {
      word: reason.replace(/-/g, ' '),
      tone,
      why: said || whyDropped(reason, explanation),
    }
  }
  if (!queued) return { word: 'submitted', tone: 'wait', why: 'neither queued here nor heard of yet' }
  if (!queued.url) return { word: 'undecided', tone: 'wait', why: whyUndecided(explanation) }
  if (held) return { word: 'on hold', tone: 'wait', why: 'its stream’s state is hold: it stays queued' }
  return {
    word: 'waiting',
    tone: 'wait',
    why: `queued for ${hostOf(queued.url)}${debugInWords(explanation)}`,
  }
}

function whyDelivered(explanation: Explanation | undefined): string {
  const draw = drawInWords(explanation)
  return `the intake has taken it${debugInWords(explanation)}${draw && `; ${draw}`}`
}

function debugInWords(explanation: Explanation | undefined): string {
  return explanation?.debug ? '; sent by the debug switch, counts nowhere' : ''
}

function whyUndecided(explanation: Explanation | undefined): string {
  const { config, consent, trouble } = explanation ?? {}
  if (consent === 'pending') return 'consent is pending: it is held in memory'
  if (!config) return `no stream config is known yet${trouble ? `: ${trouble}` : ''}`
  return 'its stream’s schema is not there yet, or the page is not shown'
}

function whyDropped(reason: DropReason, explanation: Explanation | undefined): string {
  const { config } = explanation ?? {}
  const words: Readonly<Record<DropReason, string>> = {
    unconfigured: config?.why || 'its settings cannot be used here',
    killed: 'its stream is switched off (state: off)',
    'out-of-sample': drawInWords(explanation),
    'no-id': `there is no ${config?.sample?.unit ?? 'unit'} id to sample by`,
    curated: 'what its stream’s curation asks for does not hold',
    invalid: 'it is not what its schema asks for',
    'before-queue': 'beforeQueue returned null or another event, or threw',
    unserializable: 'it cannot be written as JSON',
    'too-large': 'it has more than 90 kB of JSON',
    'no-page': 'there is no page here',
    closed: 'the client was closed',
    consent: 'consent is denied',
    gpc: 'the browser asks for privacy (Global Privacy Control)',
    limited: `more than ${config?.maxPerMinute ?? 'allowed'} of its stream in one minute`,
    evicted: 'the queue was full, and others had priority',
    expired: 'it was queued for too long',
    refused: 'the intake has refused it for good',
    unconfirmed: 'a beacon took it, which nobody answers for',
  }
  return words[reason]
}

/** Where the unit stands and what the rate is: `session 3f0c… stands at 0.73, rate 0.5`. Empty where nothing is sampled. */
export function drawInWords(explanation: Explanation | undefined): string {
  const { config, id, draw } = explanation ?? {}
  if (!config?.sample) return ''
  const { unit, rate } = config.sample
  return id === undefined || draw === undefined
    ? `no ${unit} id, rate ${rate}`
    : `${unit} ${headOf(id)} stands at ${shareInWords(draw, rate)}, rate ${rate}`
}

/** As many digits as it takes to see on which side of the rate it is. */
function shareInWords(draw: number, rate: number): string {
  for (let digits = 2; digits < 9; digits++) {
    const text = draw.toFixed(digits)
    const told = Number(text)
    if (told !== rate && told < rate === draw < rate && (told || !draw)) return text
  }
  return String(draw)
}

export function problemInWords({ path, keyword, message }: Problem): string {
  const place = path || 'the event'
  if (!message) return `${place}: ${keyword}`
  return path ? `${place}: ${keyword}, ${message}` : message
}

/** How much longer a destination rests, in ms; `[failures, since, ms]` as the client keeps it. */
export function restLeft([, since = 0, ms = 0]: readonly number[], now: number): number {
  return now < since ? 0 : Math.max(0, since + Math.min(ms, LONGEST_REST) - now)
}

/** `850 ms`, `12 s`, `4 min`, `3 h`, `2 days`. */
export function timeInWords(ms: number): string {
  const s = Math.floor(ms / 1000)
  if (s < 1) return `${Math.max(0, Math.round(ms))} ms`
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min`
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h`
  return `${Math.floor(s / (24 * 3600))} days`
}

/** `812 B`, `1.9 kB`, `4.2 MB`; 1 kB is 1,000 bytes. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 999_950 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** By the clock of the device: `17:03:21.042`. */
export function clockInWords(ms: number): string {
  const date = new Date(ms)
  const [h, min, s] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  )
  return `${h}:${min}:${s}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** `1 event`, `2 events`. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

export function hostOf(url: string): string {
  return /^\w+:\/\/([^/?#]+)/.exec(url)?.[1] ?? url
}

/** Of a sampling id, whose beginning is what counts. */
export function headOf(id: string): string {
  return id.length > 5 ? `${id.slice(0, 4)}…` : id
}

/** Of an event's id, what tells it from others of its page: of a UUIDv7 what changes from event to event. */
export function shortId(id: string): string {
  const [, changing] = /^[0-9a-f]{8}-([0-9a-f]{4}-7[0-9a-f]{3})-/.exec(id) ?? []
  if (changing) return `…${changing}…`
  return id.length > 12 ? `${id.slice(0, 11)}…` : id
}

/** The fields of an event that are the caller's, on one line: `action: buy, product_id: mug`. */
export function excerptOf(text: string): string {
  const fields = Object.entries(fieldsIn(text)).filter(([name]) => !NOT_THE_CALLERS.includes(name))
  const all = fields.map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return all.join(', ').slice(0, LONGEST_EXCERPT)
}

const NOT_THE_CALLERS = ['$schema', 'meta', 'dt', 'client_dt']

/** More does not fit on any line. */
const LONGEST_EXCERPT = 300

function fieldsIn(text: string): object {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** JSON, indented; what is none, as it is. */
export function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** A share as a percentage without noise: `50 %`, `0.1 %`. */
export function percentInWords(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`
}
