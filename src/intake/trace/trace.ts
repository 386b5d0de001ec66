import type { StoredEvent } from '../day-files.ts'
import { type By, createLinkIndex, keyOf, type LinkIndex } from './link-index.ts'
import { type Links, linksOf } from './links.ts'

/** Events, and which of them followed from which. */
export interface Trace {
  /** By time; what has none last. */
  readonly nodes: readonly TraceNode[]
  readonly edges: readonly TraceEdge[]
  /** How many more events there are. */
  readonly left_out: {
    /** More steps away than `depth`. */
    readonly by_depth: number
    /** Beyond as many as `limit`. */
    readonly by_limit: number
  }
}

export interface TraceNode {
  readonly id: string
  /** Null where the event is `missing`: others name it as their cause, but it is not stored. */
  readonly stream: string | null
  readonly fate: 'stored' | 'rejected' | 'missing'
  /** ISO 8601, by the sender's clock, put right by the intake's where it is off by more than ten seconds. */
  readonly time: string | null
  /** Since the event that was asked for, or since the first one. */
  readonly offset_ms: number | null
  readonly request_id: string | null
  /** Whether it was asked for, by its id or its request. */
  readonly asked: boolean
}

export interface TraceEdge {
  readonly from: string
  /** The id of the event that followed. */
  readonly to: string
  readonly by: By
}

export interface TraceQuestion {
  /** An event's id, or a request's: then all of its events are asked for. */
  readonly id: string
  /** How many steps up, and how many down. Default: all. */
  readonly depth?: number | undefined
  /** How many events at most. Default: all. */
  readonly limit?: number | undefined
  /** Also what else followed from the events that it came from. */
  readonly whole?: boolean | undefined
}

/**
 * What an event came from, and what followed from it. Reads the events twice: for which follow from which, and for those
 * that are to be told of. Undefined where no event has the id, names it as its cause, or is of a request with that id.
 */
export async function traceOf(
  events: () => AsyncIterable<StoredEvent>,
  { id, ...bounds }: TraceQuestion,
): Promise<Trace | undefined> {
  const index = createLinkIndex()
  for await (const event of events()) {
    const links = linksOf(event)
    if (links) index.add(links)
  }
  const key = keyOf(id)
  const asked = new Set(index.has(key) ? [key] : index.inRequest(key))
  if (asked.size === 0) return undefined

  const { kept, left_out } = reach(index, asked, bounds)
  const found = new Map<number, Links>()
  const names = new Map([[key, id]])
  for await (const event of events()) {
    const links = linksOf(event)
    if (!links || !kept.has(keyOf(links.id))) continue
    if (found.get(keyOf(links.id))?.isRejected ?? true) found.set(keyOf(links.id), links)
    for (const name of [links.id, ...links.causes]) names.set(keyOf(name), name)
  }

  // A cause that is not stored has its name from an event that is told of too, unless that is beyond the limit.
  const isTold = (key: number) => kept.has(key) && names.has(key)
  const start = (asked.size === 1 ? found.get(key)?.at : undefined) ?? earliestOf(found.values())
  const nodes = [...kept].filter(isTold).map((key) => {
    const facts = { id: names.get(key)!, start, asked: asked.has(key) }
    return { key, ...nodeOf(found.get(key), facts) }
  })
  nodes.sort((a, b) => compare(a.time ?? LAST, b.time ?? LAST) || compare(a.id, b.id))
  const edgesTo = (to: number) =>
    index
      .parentsOf(to)
      .filter((parent) => isTold(parent.key))
      .map(({ key: from, by }) => ({ from: names.get(from)!, to: names.get(to)!, by }))
  return {
    nodes: nodes.map(({ key: _, ...node }) => node),
    edges: nodes.flatMap(({ key }) => edgesTo(key)),
    left_out,
  }
}

function nodeOf(
  links: Links | undefined,
  { id, start, asked }: { id: string; start: number | undefined; asked: boolean },
): TraceNode {
  const { stream = null, at, request = null, isRejected } = links ?? {}
  return {
    id,
    stream,
    fate: links ? (isRejected ? 'rejected' : 'stored') : 'missing',
    time: at === undefined ? null : new Date(at).toISOString(),
    offset_ms: at === undefined || start === undefined ? null : at - start,
    request_id: request,
    asked,
  }
}

/** The nearest first, what they came from before what followed from them, and that before what else belongs to them. */
function reach(
  index: LinkIndex,
  asked: ReadonlySet<number>,
  { depth = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY, whole }: Omit<TraceQuestion, 'id'>,
): { kept: ReadonlySet<number>; left_out: Trace['left_out'] } {
  const parentsOf = (event: number) => index.parentsOf(event).map(({ key }) => key)
  const kept = new Set<number>()
  const tooFar = new Set<number>()
  const tooMany = new Set<number>()
  keep(walk(asked, parentsOf))
  keep(walk(asked, index.childrenOf))
  if (whole) keep(walk(originsOf(asked), index.childrenOf))
  // What is too far one way may be near another way.
  const by_depth = [...tooFar].filter((event) => !kept.has(event) && !tooMany.has(event)).length
  return { kept, left_out: { by_depth, by_limit: tooMany.size } }

  function keep(steps: Iterable<Step>): void {
    for (const { event, distance } of steps) {
      if (kept.has(event)) continue
      if (distance > depth) tooFar.add(event)
      else if (kept.size < limit) kept.add(event)
      else tooMany.add(event)
    }
  }

  /** Those that follow from nothing. */
  function originsOf(events: ReadonlySet<number>): ReadonlySet<number> {
    const above = [...walk(events, parentsOf)].map(({ event }) => event)
    return new Set(above.filter((event) => parentsOf(event).length === 0))
  }
}

interface Step {
  readonly event: number
  readonly distance: number
}

/** Each event once, generation by generation. */
function* walk(from: ReadonlySet<number>, next: (event: number) => readonly number[]): Generator<Step, void> {
  const met = new Set(from)
  let generation = [...from]
  for (let distance = 0; generation.length > 0; distance++) {
    for (const event of generation) yield { event, distance }
    generation = generation.flatMap(next).filter((event) => {
      const isNew = !met.has(event)
      met.add(event)
      return isNew
    })
  }
}

function earliestOf(all: Iterable<Links>): number | undefined {
  let earliest: number | undefined
  for (const { at } of all) if (at !== undefined && !(at >= (earliest ?? Infinity))) earliest = at
  return earliest
}

/** Behind all times. */
const LAST = '~'

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b))
