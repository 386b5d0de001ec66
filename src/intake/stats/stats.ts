import { LEDGER_STREAM } from '../account.ts'
import type { Distribution as DistributionRow, Quality, StreamRow, Vitals } from '../console/contract.ts'
import { DUPLICATES_STREAM } from '../duplicates.ts'
import { isObject, type PostedEvent } from '../ingest.ts'
import type { IsGone } from '../live-feed.ts'
import { isDebugEvent, producerOf } from '../producer.ts'
import { REJECTED_STREAM, rejectedEvent } from '../rejection.ts'
import { allParts, inParts, type Snapshotted, together } from '../snapshot.ts'
import { createDistribution, type Distribution, type FrozenDistribution } from './distribution.ts'
import { createLosses } from './losses.ts'
import { createMinutes, type FrozenMinutes, type Minutes } from './minutes.ts'
import { createRejections } from './rejections.ts'
import { timeOf } from './time.ts'
import { createPageVitals } from './vitals.ts'

const VITALS_SCHEMA = '/rivulet/web_vital/'

/** Streams with accepted events, and names of streams of which only rejected events came: more are not told apart. */
const MOST_STREAMS = 2_000
const MOST_REJECTED_STREAMS = 500
const LONGEST_NAME = 256
const OTHER_STREAMS = 'other streams'

/** An event, and when it was stored. */
interface Received {
  readonly event: PostedEvent
  /** In ms since 1970; NaN where it cannot be told. */
  readonly receivedAt: number
}

/**
 * What the console tells of the events that were stored since the data folder was made, kept up to date event by event;
 * the same after a restart. Debug events do not count. Its memory grows with streams and pages up to a bound, and with
 * client instances by some 700 bytes each.
 */
export interface Stats extends Snapshotted {
  /** Takes each event once, as it is stored, those of the intake's own streams too. */
  add(received: Received): void
  /** Takes one that was counted before the restart, for what is in no snapshot. */
  recall(event: PostedEvent): void
  /** Of a stream, with the rate that is in force. */
  ofStream(
    stream: string,
    rate: number,
  ): Pick<StreamRow, 'perMinute' | 'actual' | 'expected' | 'accepted' | 'rejected' | 'loss'>
  /** Those with events, accepted or not, in alphabetical order. */
  streams(): string[]
  quality(): Quality
  /** Of the last days, today among them, 28 at most. */
  vitals(span: { days: number }): Vitals
  /** Shows no event that is gone; what was counted of it stays. */
  forget(isGone: IsGone): void
}

interface OfStream {
  accepted: number
  readonly minutes: Minutes
  readonly skew: Distribution
  readonly delay: Distribution
}

interface FrozenStream {
  readonly accepted: number
  readonly minutes: FrozenMinutes
  readonly skew: FrozenDistribution
  readonly delay: FrozenDistribution
}

/** Stats of no events. `now` tells the time in ms since 1970. */
export function createStats({ now = Date.now }: { now?: () => number } = {}): Stats {
  const streams = new Map<string, OfStream>()
  const rejectedOf = new Map<string, number>()
  const losses = createLosses()
  const rejections = createRejections()
  const vitals = createPageVitals()

  return {
    add({ event, receivedAt }) {
      const { stream } = isObject(event.meta) ? event.meta : {}
      const at = Number.isNaN(receivedAt) ? 0 : receivedAt
      if (stream === REJECTED_STREAM) addRejected(event, at)
      else if (stream === DUPLICATES_STREAM) losses.addDuplicates(event)
      else if (typeof stream === 'string') addAccepted(event, stream, at)
    },
    recall(event) {
      const isRejection = isObject(event.meta) && event.meta.stream === REJECTED_STREAM
      if (isRejection && !isDebugEvent(rejectedEvent(event))) rejections.recall(event)
    },
    ofStream(stream, rate) {
      const { accepted = 0, minutes = createMinutes() } = streams.get(stream) ?? {}
      const { perMinute, actual, weighted } = minutes.at(now())
      return {
        perMinute,
        actual,
        expected: weighted === null ? null : weighted * rate,
        accepted,
        rejected: rejectedOf.get(stream) ?? 0,
        loss: losses.ofStream(stream),
      }
    },
    streams: () => [...new Set([...streams.keys(), ...rejectedOf.keys()])].sort(),
    quality: () => ({
      rejected: rejections.groups(),
      loss: losses.rows(),
      skew: rowsOf(({ skew }) => skew),
      delay: rowsOf(({ delay }) => delay),
    }),
    vitals: ({ days }) => vitals.of(days, now()),
    freeze() {
      const ofStreams = [...streams].map(([stream, { accepted, minutes, skew, delay }]) => [
        stream,
        { accepted, minutes: minutes.freeze(), skew: skew.freeze(), delay: delay.freeze() },
      ])
      const own = [...inParts(ofStreams, 100), [...rejectedOf]]
      return together([own, losses.freeze(), rejections.freeze(), vitals.freeze()])
    },
    restore(next) {
      for (const [stream, one] of allParts<[string, FrozenStream]>(next))
        streams.set(stream, {
          accepted: one.accepted,
          minutes: createMinutes(one.minutes),
          skew: createDistribution(one.skew),
          delay: createDistribution(one.delay),
        })
      for (const [stream, count] of next<[string, number][]>()) rejectedOf.set(stream, count)
      losses.restore(next)
      rejections.restore(next)
      vitals.restore(next)
    },
    forget: rejections.forget,
  }

  function addAccepted(event: PostedEvent, stream: string, at: number): void {
    const producer = producerOf(event)
    if (producer.isDebug) return
    const one = ofStream(stream)
    one.accepted += 1
    // A clock that was set back, or an edited file, would have filled minutes that are still to come.
    if (at <= now()) one.minutes.add({ at, weight: producer.weight })
    if (producer.skew !== undefined) one.skew.add(producer.skew)
    one.delay.add(delayOf(event))

    if (stream === LEDGER_STREAM) losses.addAccount(event, producer)
    else losses.add(stream, producer)
    if (String(event.$schema).startsWith(VITALS_SCHEMA)) vitals.add(event, { at, weight: producer.weight })
  }

  function addRejected(rejection: PostedEvent, at: number): void {
    const event = rejectedEvent(rejection)
    if (isDebugEvent(event)) return
    const { errored_stream_name: name } = rejection
    const stream = placeOf(typeof name === 'string' ? name : '', rejectedOf, MOST_REJECTED_STREAMS)
    rejectedOf.set(stream, 1 + (rejectedOf.get(stream) ?? 0))
    rejections.add(rejection, at)
    if (typeof name === 'string') losses.addRejected(event, name)
  }

  function ofStream(name: string): OfStream {
    const stream = placeOf(name, streams, MOST_STREAMS)
    const known = streams.get(stream)
    if (known) return known
    const [skew, delay] = [createDistribution(), createDistribution()]
    const begun = { accepted: 0, minutes: createMinutes(), skew, delay }
    streams.set(stream, begun)
    return begun
  }

  function rowsOf(pick: (one: OfStream) => Distribution): DistributionRow[] {
    return [...streams]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([stream, one]) => {
        const distribution = pick(one)
        const count = distribution.total()
        if (count === 0) return []
        const [p5 = 0, p50 = 0, p95 = 0, p99 = 0] = distribution.quantiles([0.05, 0.5, 0.95, 0.99])
        return [{ stream, count, p5, p50, p95, p99 }]
      })
  }
}

/** Under which name a stream is counted. */
function placeOf(stream: string, known: ReadonlyMap<string, unknown>, most: number): string {
  if (known.has(stream)) return stream
  return known.size < most && stream.length <= LONGEST_NAME ? stream : OTHER_STREAMS
}

/** From when the event happened, by the client's clock, to its receipt; NaN where one of them is not told. */
function delayOf({ dt, client_dt, meta }: PostedEvent): number {
  return timeOf(isObject(meta) ? meta.dt : undefined) - timeOf(client_dt ?? dt)
}
