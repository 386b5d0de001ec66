import { curate } from '../core/curate.ts'
import type { Event } from '../core/event.ts'
import { fieldsOf } from '../core/fields.ts'
import { drawOf } from '../core/sample.ts'
import type { StreamConfig } from '../core/settings.ts'
import { createEstimator } from './estimate.ts'
import { type Replayed, type Span, shareOf } from './replayed.ts'
import { idIn, type Sampling, type StoredEvent, samplingOf } from './sampling.ts'
import { notesOn } from './simulation-notes.ts'
import { readStreamsConfig, type StreamsConfig } from './streams-config.ts'

/** What a proposed config would make of recorded events. */
export interface Simulation {
  /** What was replayed. */
  readonly events: number
  /** When the first and the last of it was received, ISO 8601; null where nothing was. */
  readonly from: string | null
  readonly to: string | null
  /** By name: what is in the data, in the proposed config or in the one in force. */
  readonly streams: readonly SimulatedStream[]
}

export interface SimulatedStream {
  readonly stream: string
  /** Stored events a day, as they were. */
  readonly now: Amount
  /** By the proposed config, with an interval where sampling has hidden part of the truth. */
  readonly then: Amount
  /** Share of units in the sample, 0 to 1. */
  readonly shareNow: number
  readonly shareThen: number
  /** What of the proposed sample its curation, and its schema, would drop: events a day. */
  readonly curated: number
  readonly invalid: number
  /** A day. */
  readonly bytesNow: number
  readonly bytesThen: number
  /** In words, what limits the answer. */
  readonly notes: readonly string[]
}

/** Events a day, with the 95 % interval. It is that of sampling: what visitors do next week, no data knows. */
export interface Amount {
  readonly perDay: number
  readonly low: number
  readonly high: number
}

export interface SimulateOptions {
  /** Accepted events, in any order. */
  readonly events: AsyncIterable<StoredEvent>
  /** The config in force, which says more of what is not stored. */
  readonly from?: unknown
  readonly to: unknown
  /** What is wrong with an event; empty where it is valid. Without it, schemas are not asked. */
  readonly problemsOf?: ((event: StoredEvent) => readonly unknown[]) | undefined
}

/** Written by the intake, which no config samples. */
const OF_THE_INTAKE = ['rivulet.rejected', 'rivulet.duplicates']

/** In ms: what is shorter counts as this. */
const SHORTEST_SPAN = 60_000
const DAY = 24 * 3_600_000
const MOST_MEASURED = 10_000
/** In ms: for how long others wait at most. */
const TURN = 10

/**
 * Replays events against a config: what is stored of each stream now, and what would be then. Rejects where `to`, or
 * `from`, is no config. Lets others run while it works.
 */
export async function simulate({ events, from, to, problemsOf }: SimulateOptions): Promise<Simulation> {
  const before = from === undefined ? undefined : readStreamsConfig(from)
  const after = readStreamsConfig(to)
  const streams = new Map<string, Replayed>()
  const namesTitles = after.names.some((name) => titleIn(after, name) !== undefined)
  let count = 0
  let [first, last] = [Infinity, -Infinity]

  let turnEnds = performance.now() + TURN
  for await (const event of events) {
    count++
    replay(event)
    if (count % 64 > 0 || performance.now() < turnEnds) continue
    await new Promise((resolve) => setImmediate(resolve))
    turnEnds = performance.now() + TURN
  }

  const names = [...after.names, ...(before?.names ?? [])]
  for (const name of names) if (!name.startsWith('/') && !OF_THE_INTAKE.includes(name)) streamOf(name)
  const found = [...streams.values()].sort((a, b) => (a.stream < b.stream ? -1 : 1))
  const span = { first, last, days: Math.max(last - first, SHORTEST_SPAN) / DAY }
  return {
    events: count,
    from: isoTime(first),
    to: isoTime(last),
    streams: found.map((stream) => simulated(stream, found, span)),
  }

  function replay(event: StoredEvent): void {
    const meta = fieldsOf(event.meta)
    const name = String(meta.stream)
    if (OF_THE_INTAKE.includes(name)) return

    const at = timeOf(meta.dt ?? event.dt)
    const stream = streamOf(name)
    const sampling = samplingOf(event)
    first = Math.min(first, at || first)
    last = Math.max(last, at || last)
    if (sampling) take(stream, event, sampling, at)
    else stream.debug++
  }

  function take(stream: Replayed, stored: StoredEvent, sampling: Sampling, at: number): void {
    const bytes = sizeIn(stream, stored)
    stream.stored++
    stream.bytes += bytes
    stream.first = Math.min(stream.first, at || Infinity)
    if (!(at < stream.last.at)) stream.last = { at, rate: sampling.rate }
    stream.rates.set(sampling.rate, (stream.rates.get(sampling.rate) ?? 0) + 1)
    if (sampling.unit && sampling.rate < 1) stream.units.add(sampling.unit)
    if (sampling.isUnsaid) stream.unsaid++

    const { after: config } = stream
    if (config.reason) return
    const { seen, chance, isGuess } = placeIn(config.sample, stored, sampling)
    if (chance === 0) return
    const weight = chance / seen
    if (isGuess) stream.idless++
    if ((seen < 1 || chance < 1) && !sampling.isWhole) stream.ofParts++
    const event = stream.valuesGone.reduce(without, stored)
    if (isCurated(stream, event)) stream.curated += weight
    else if (isLimited(stream, stored, sampling)) stream.limited += weight
    else if (isInvalid(stream, event)) stream.invalid += weight
    else if (config.held) stream.held += weight
    else {
      const target = streamOf(stream.target)
      target.kept.add(sampling.cluster, seen, 1, chance)
      target.bytesKept += weight * (event === stored ? bytes : sizeOf(event))
    }
  }

  /** What would let through more than it lets through now cannot be seen. */
  function isLimited(stream: Replayed, event: StoredEvent, { instance }: Sampling): boolean {
    const { maxPerMinute } = stream.after
    if (maxPerMinute >= (stream.before?.maxPerMinute ?? Infinity)) return false
    const submittedAt = timeOf(event.client_dt ?? event.dt ?? fieldsOf(event.meta).dt)
    const minute = `${instance} ${Math.floor(submittedAt / 60_000)}`
    const inMinute = (stream.minutes.get(minute) ?? 0) + 1
    stream.minutes.set(minute, inMinute)
    return inMinute > maxPerMinute
  }

  function isCurated(stream: Replayed, event: StoredEvent): boolean {
    const { after: config, before: present, unjudged } = stream
    return Object.entries(config.curation ?? {}).some(([name, rules]) => {
      const isThere = curate(event as Event, { [name]: {} })
      const { revision } = fieldsOf(fieldsOf(event.meta).producer)
      const wasAskedFor = present?.provideValues.includes(name) && present.revision === revision
      if (isThere || wasAskedFor || !config.provideValues.includes(name))
        return !curate(event as Event, { [name]: rules })
      unjudged.set(name, (unjudged.get(name) ?? 0) + 1)
      return false
    })
  }

  function isInvalid({ title, needsTitle }: Replayed, event: StoredEvent): boolean {
    if (needsTitle && titleOf(event.$schema) !== title) return true
    return (problemsOf?.(event) ?? []).length > 0
  }

  function streamOf(name: string): Replayed {
    const known = streams.get(name)
    if (known) return known

    const config = after.of(name)
    const present = before?.of(name)
    const target = config.reason ? name : (config.target ?? name)
    const stream: Replayed = {
      stream: name,
      before: present,
      after: config,
      target,
      title: titleIn(after, target),
      needsTitle: namesTitles,
      valuesGone: (present?.provideValues ?? []).filter((value) => !config.provideValues.includes(value)),
      stored: 0,
      debug: 0,
      bytes: 0,
      first: Infinity,
      last: { at: -Infinity, rate: 0 },
      rates: new Map(),
      units: new Set(),
      unsaid: 0,
      kept: createEstimator(),
      bytesKept: 0,
      curated: 0,
      invalid: 0,
      limited: 0,
      held: 0,
      idless: 0,
      ofParts: 0,
      unjudged: new Map(),
      minutes: new Map(),
    }
    streams.set(name, stream)
    return stream
  }
}

function simulated(stream: Replayed, all: readonly Replayed[], span: Span): SimulatedStream {
  const { total, low, high } = stream.kept.estimate()
  const perDay = (amount: number) => amount / span.days
  const now = perDay(stream.stored)
  return {
    stream: stream.stream,
    now: { perDay: now, low: now, high: now },
    // biome-ignore lint/suspicious/noThenProperty: "now → then" is what it is, and no function.
    then: { perDay: perDay(total), low: perDay(low), high: perDay(high) },
    shareNow: stream.before ? shareOf(stream.before) : stream.last.rate,
    shareThen: shareOf(stream.after),
    curated: perDay(stream.curated),
    invalid: perDay(stream.invalid),
    bytesNow: perDay(stream.bytes),
    bytesThen: perDay(stream.bytesKept),
    notes: notesOn(stream, all, span),
  }
}

/** Measured of the first events and then of each tenth, since writing them all as JSON takes as long as reading them. */
function sizeIn({ stored, bytes }: Replayed, event: StoredEvent): number {
  return stored < MOST_MEASURED || stored % 10 === 0 ? sizeOf(event) : bytes / stored
}

interface PlaceInSample {
  /** Of the events that belong to the sample, the share of which was stored. */
  readonly seen: number
  /** The probability that this one belongs to it. */
  readonly chance: number
  /** Whether that is for want of an id. */
  readonly isGuess?: true
}

/**
 * Where a stored event stands in a proposed sample. Samples of one unit hold each other: who is in at a rate is in at
 * every higher one, so that lowering a rate is known exactly where the event carries the id, and raising it is weighted
 * by the share of the new sample that the old one was.
 */
function placeIn(
  sample: StreamConfig['sample'],
  event: StoredEvent,
  { rate, unit }: Sampling,
): PlaceInSample {
  if (!sample || sample.rate === 1) return { seen: rate, chance: 1 }
  const id = idIn(event, sample.unit)
  const draw = id === undefined ? undefined : drawOf(id)
  const isSame = rate === 1 || unit === sample.unit
  // What the event carries as id is not the one that let it in, such as where the host gave its own.
  const isKnown = draw !== undefined && (rate === 1 || unit !== sample.unit || draw < rate)
  if (isKnown)
    return { seen: isSame ? Math.min(1, rate / sample.rate) : rate, chance: draw < sample.rate ? 1 : 0 }
  if (!isSame) return { seen: rate, chance: sample.rate, isGuess: true }
  if (rate <= sample.rate) return { seen: rate / sample.rate, chance: 1 }
  return { seen: 1, chance: sample.rate / rate, isGuess: true }
}

/** The event without a value that the client added. */
function without(event: StoredEvent, name: string): StoredEvent {
  const [group = '', ...rest] = name.split('_')
  const { [group]: fields, ...others } = event
  if (rest.length === 0) return others
  const { [rest.join('_')]: gone, ...left } = fieldsOf(fields)
  if (gone === undefined) return event
  return Object.keys(left).length > 0 ? { ...others, [group]: left } : others
}

function titleIn(config: StreamsConfig, stream: string): string | undefined {
  const title = config.entryOf(stream)?.settings.schema_title
  return typeof title === 'string' ? title : undefined
}

function titleOf($schema: unknown): string | undefined {
  return /^\/(.+)\/[^/]+$/.exec(String($schema))?.[1]
}

/** NaN where it is none. */
const timeOf = (dt: unknown) => (typeof dt === 'string' ? Date.parse(dt) : Number.NaN)

const isoTime = (at: number) => (Number.isFinite(at) ? new Date(at).toISOString() : null)

/** With the end of its line. */
const sizeOf = (event: StoredEvent) => Buffer.byteLength(JSON.stringify(event)) + 1
