import type { Environment, Unit } from './environment.ts'
import type { DropReason, EventData, Fate, Problem } from './event.ts'
import { fieldsOf, inWords } from './fields.ts'
import { type ClientOptions, checkOptions } from './options.ts'
import { createStreamConfigs, type StreamConfig } from './stream-config.ts'
import { drawOf, reasonToLeave } from './sample.ts'
import { enrich } from './enrich.ts'
import { byteLength } from './batch.ts'
import { createQueue, type QueuedEvent, UNDECIDED } from './queue.ts'
import { createDelivery } from './deliver.ts'

/** What a feature team holds in hand. */
export interface Client {
  /**
   * Hands an event over. Never throws, never blocks, whatever it is given; what became of the event is told by
   * `onOutcome`. Returns the event's id, also where the event is dropped.
   */
  submit(stream: string, data?: object): string
  /** Whether an event of the stream would be kept now. False while there is no config. */
  isInSample(stream: string): boolean
  /** Why an event of the stream would go or not. */
  explain(stream: string): Explanation
  /** Sends now, and resolves to how many events of this client are still queued: after `timeout` ms (2,000) at the latest. */
  flush(options?: { timeout?: number }): Promise<number>
  /** Flushes, then stops. What could not be sent stays queued where there is storage. */
  close(): Promise<void>
}

/** What decides on an event of a stream, as it stands. */
export interface Explanation {
  readonly stream: string
  /** Undefined while no config is known: events wait undecided. */
  readonly goes: boolean | undefined
  /** Why it does not go. */
  readonly reason?: DropReason | undefined
  /** What is in force: unit and rate, destination, revision; `why` says in words what cannot be used. */
  readonly config?: StreamConfig | undefined
  /** The id of the unit, and where it stands between 0 and 1: in sample while that is less than the rate. */
  readonly id?: string | undefined
  readonly draw?: number | undefined
  /** Why the last config that came was not taken; empty where it was. */
  readonly trouble: string
}

/** Name and version of this SDK, as events carry them. */
export const SDK = 'rivulet/0.1.0'

/** EventGate refuses bodies over 100 kB, so an event beyond this could never arrive. */
const LARGEST_EVENT = 90_000

type Owned = Pick<QueuedEvent, 'stream' | 'client'> & { id: string }

/** An event with what was so at the call: enough to decide on it later, on another page. */
interface Submission extends Owned {
  readonly at: number
  readonly data: EventData
  /** Kept while undecided; else they are looked up when they are needed. */
  readonly ids?: Partial<Record<Unit, string>>
  readonly values?: Readonly<Record<string, unknown>>
}

/** Throws a TypeError on a wrong option; afterwards, nothing throws. */
export function createClient(options: ClientOptions, environment: Environment): Client {
  const { domain, now, eventId, resolve, warn } = environment
  checkOptions(options, resolve)
  const { schemas = {}, fillMetaDt = false, onOutcome, beforeQueue } = options
  const client = eventId(now())
  const seqs = new Map<string, number>()
  const reported = new Set<string>()
  let closed = false

  const sources = new Map<string, () => unknown>([
    ['performer_session_id', () => idOf('session')],
    ['performer_pageview_id', () => idOf('pageview')],
    ...Object.entries(environment.context),
  ])
  const queue = createQueue({ ...environment, nextKey: () => eventId(now()) })
  const configs = createStreamConfigs({
    given: options.streamConfigs,
    url: options.streamConfigUrl && resolve(options.streamConfigUrl),
    intakeUrl: options.intakeUrl,
    environment,
    onConfig: () => void delivery.drain(),
  })
  const delivery = createDelivery({
    queue,
    environment,
    decide,
    left,
    onSettled: (event, refusal) =>
      refusal === undefined ? conclude(event, { kind: 'delivered' }) : drop(event, 'refused', refusal),
  })
  // What earlier pages left goes out even where this one submits nothing.
  delivery.wake()

  function submit(stream: string, data: object = {}): string {
    const at = now()
    // A stream is named by a string; what else comes is told by its type, which no config knows.
    const name = typeof stream === 'string' ? stream : typeof stream
    const submission: Submission = { id: eventId(at), stream: name, client, at, data: data as EventData }
    orDrop(submission, () => {
      const { id } = fieldsOf(fieldsOf(data).meta)
      if (id && typeof id === 'string') submission.id = id
      // Whatever comes of it, the visit goes on.
      idOf('session')
      if (closed) drop(submission, 'closed')
      else process(submission)
    })
    return submission.id
  }

  /** What cannot be read or written as JSON, whatever it throws, is an outcome. */
  function orDrop(event: Owned, work: () => void): void {
    try {
      work()
    } catch (cause) {
      drop(event, 'unserializable', inWords(cause))
    }
  }

  /** The path of an event, from the call to the queue. Runs through in the caller's task. */
  function process(submission: Submission): void {
    const { id, stream, at, data, ids, values } = submission
    if (data !== fieldsOf(data)) return drop(submission, 'invalid', 'not an object')

    const { config, reason } = explain(stream, ids)
    if (!config) return hold(submission)
    if (reason) return drop(submission, reason, config.why || undefined)

    const { revision, sample, provideValues } = config
    const schema = schemas[stream] ?? {}
    const producer = { sdk: SDK, id: client, seq: 0, rate: 1, ...sample, revision }
    const asked = valuesOf(provideValues, values)
    const facts = { id, stream, at, domain, producer, values: asked, schema, fillMetaDt }
    const enriched = enrich(data, facts)
    const event = beforeQueue ? ask('beforeQueue', () => beforeQueue(enriched)) : enriched
    const { meta } = event ?? {}
    if (!event || meta?.id !== id || meta.stream !== stream || !meta.producer)
      return drop(submission, 'before-queue')

    const problems = schema.validate && ask('validate', () => schema.validate?.(event))
    if (problems?.length) return drop(submission, 'invalid', problems)

    const seq = 1 + (seqs.get(stream) ?? 0)
    meta.producer.seq = seq
    if (enqueue(submission, config.url, event)) seqs.set(stream, seq)
  }

  /** No config is known yet: the event waits with all that a config might ask for. */
  function hold(submission: Submission): void {
    const { at, data } = submission
    // The device's id is the same when the event is decided on, and not made before a stream asks for it.
    const ids = { pageview: idOf('pageview'), session: idOf('session') }
    enqueue(submission, UNDECIDED, { at, data, ids, values: valuesOf() })
  }

  /** Whether the event leaves its place in the queue: it was undecided, or its stream has been switched off. */
  function decide(event: QueuedEvent): boolean {
    const config = configs.of(event.stream)
    const undecided = event.url === UNDECIDED
    if (undecided ? !config : config?.reason !== 'killed') return false
    if (undecided) orDrop(event, () => process({ ...event, ...JSON.parse(event.json) }))
    else drop(event, 'killed')
    return true
  }

  /** Whether the event could be queued. */
  function enqueue(submission: Owned, url: string, event: object): boolean {
    const { id, stream, client } = submission
    const json = JSON.stringify(event)
    const bytes = byteLength(json)
    const fits = bytes <= LARGEST_EVENT
    if (fits) {
      queue.add({ id, stream, client, url, json, bytes })
      delivery.wake()
    } else drop(submission, 'too-large')
    return fits
  }

  function drop(event: Owned, reason: DropReason, cause?: string | readonly Problem[]): void {
    const problems = typeof cause === 'string' ? [{ path: '', keyword: reason, message: cause }] : cause
    conclude(event, { kind: 'dropped', reason, problems })
  }

  function conclude({ id, stream, client: owner }: Owned, fate: Fate): void {
    // Behind the task, so that `submit` has returned the id before it is spoken of.
    if (onOutcome && owner === client)
      void Promise.resolve().then(() => ask('onOutcome', () => onOutcome({ ...fate, stream, id })))
  }

  /** Asks the host's code. What it throws is said once, and answers nothing. */
  function ask<Result>(name: string, question: () => Result): Result | undefined {
    try {
      return question()
    } catch (cause) {
      if (!reported.has(name)) warn(`${name} threw`, cause)
      reported.add(name)
    }
  }

  function explain(stream: string, ids: Submission['ids'] = {}): Explanation {
    const config = configs.of(stream)
    const sample = config?.sample
    const id = sample && (ids[sample.unit] ?? idOf(sample.unit))
    const draw = id ? drawOf(id) : undefined
    const reason = config?.reason ?? (sample && reasonToLeave(sample.rate, draw))
    return { stream, goes: config && !reason, reason, config, id, draw, trouble: configs.trouble() }
  }

  function idOf(unit: Unit): string | undefined {
    const id = options.ids?.[unit] ?? environment.ids[unit]()
    return typeof id === 'string' ? id : undefined
  }

  /** Values for the names, the host's before our own; without names, all that there are. */
  function valuesOf(names?: readonly string[], held?: Submission['values']): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    if (names && !names.length) return values
    const { context } = options
    const host = held ?? (typeof context === 'function' ? ask('context', context) : context) ?? {}
    for (const name of names ?? [...sources.keys(), ...Object.keys(host)]) {
      values[name] = ask('context', () => host[name]) ?? sources.get(name)?.()
    }
    return values
  }

  function left(): number {
    return queue.held().filter((event) => event.client === client).length
  }

  async function flush({ timeout = 2000 } = {}): Promise<number> {
    await delivery.flush(timeout)
    return left()
  }

  return {
    submit,
    isInSample: (stream) => explain(stream).goes === true,
    explain: (stream) => explain(stream),
    flush,
    close: async () => {
      closed = true
      await flush()
      delivery.close()
      configs.close()
    },
  }
}
