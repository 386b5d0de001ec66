import type { Environment, Unit } from './environment.ts'
import type { DropReason, EventData, Fate, Problem, Producer } from './event.ts'
import { attempt, fieldsOf, inWords } from './fields.ts'
import {
  type ClientOptions,
  type Consent,
  checkOptions,
  type StreamSchema,
  type StreamSchemas,
} from './options.ts'
import { createStreamConfigs } from './stream-config.ts'
import type { StreamConfig } from './settings.ts'
import { drawOf, reasonToLeave } from './sample.ts'
import { createSchemas } from './schemas.ts'
import { enrich } from './enrich.ts'
import { byPriority, byteLength } from './batch.ts'
import { createQueue, type QueuedEvent, UNDECIDED } from './queue.ts'
import { createDelivery } from './deliver.ts'
import { type Counts, createLedger, LEDGER, outcomeOf } from './ledger.ts'
import { createOutcomes } from './outcomes.ts'

/** What a feature team holds in hand. With generated `Schemas`, it takes their streams and fields only. */
export interface Client<Schemas extends StreamSchemas = StreamSchemas> {
  /**
   * Hands an event over. Never throws, never blocks, whatever it is given; what became of the event is told by
   * `onOutcome`. Returns the event's id, also where the event is dropped.
   */
  submit<Stream extends StreamOf<Schemas>>(stream: Stream, ...data: Submitted<Schemas[Stream]>): string
  /** Whether an event of the stream would be kept now. False while nothing decides yet. */
  isInSample(stream: StreamOf<Schemas>): boolean
  /** Why an event of the stream would go or not. */
  explain(stream: StreamOf<Schemas>): Explanation
  /**
   * How many events of each stream were submitted to this client, and what has become of them, by outcome; those
   * that are not counted under one are still queued.
   */
  ledger(): Counts
  /**
   * With `denied`, what is queued and kept on the device is deleted, and nothing leaves it; with `granted`, what was
   * held while consent was `pending` goes its way.
   */
  setConsent(consent: Consent): void
  /**
   * Sends now, and resolves to how many events of this client are still queued: after `timeout` ms (2,000) at the
   * latest.
   */
  flush(options?: { timeout?: number }): Promise<number>
  /**
   * Flushes, reports what the ledger counts, then stops. What could not be sent stays queued where there is storage;
   * what is in memory only is dropped as `closed`.
   */
  close(): Promise<void>
}

type StreamOf<Schemas> = keyof Schemas & string

/** Left out where no field is required. */
type Submitted<Schema> =
  Schema extends StreamSchema<infer Data>
    ? Partial<Data> extends Data
      ? [data?: Data]
      : [data: Data]
    : never

/** What decides on an event of a stream, as it stands. */
export interface Explanation {
  readonly stream: string
  /**
   * Undefined while events wait undecided: there is no config or no schema yet, no consent, or the page is not shown.
   */
  readonly goes: boolean | undefined
  /** Why it does not go. */
  readonly reason?: DropReason | undefined
  /** What is in force: unit and rate, destination, revision; `why` says in words what cannot be used. */
  readonly config?: StreamConfig | undefined
  readonly consent: Consent
  /**
   * Where the stream is sampled, and it comes to that: the id of the unit, and where it stands between 0 and 1. In
   * sample while that is less than the rate.
   */
  readonly id?: string | undefined
  readonly draw?: number | undefined
  /** Whether the debug switch sends all events of the stream, marked so that they count nowhere. */
  readonly debug: boolean
  /** Why the last config that came was not taken; empty where it was. */
  readonly trouble: string
}

/** Name and version of this SDK, as events carry them. */
export const SDK = 'rivulet/0.1.0'

/** EventGate refuses bodies over 100 kB, so an event beyond this could never arrive. */
const LARGEST_EVENT = 90_000

/** In ms: how long an undecided event waits for a config. */
const LONGEST_WAIT = 7 * 24 * 3_600_000

/** In ms: after as long, a client tells what it has counted; and of one that was silent for as long, another does. */
const REPORT_AFTER = 5 * 60_000

/** An event; once it is queued, also where it goes, and the instance and number that it has. */
type Owned = Pick<QueuedEvent, 'id' | 'stream'> &
  Partial<Pick<QueuedEvent, 'client' | 'url' | 'target' | 'seq' | 'debug'>>

/** An event with what was so at the call: enough to decide on it later, on another page. */
interface Submission {
  id: string
  readonly stream: string
  readonly at: number
  readonly data: EventData
  readonly debug?: boolean | undefined
  /** Kept while undecided; else they are looked up when they are needed. */
  readonly ids?: Partial<Record<Unit, string>>
  readonly values?: Readonly<Record<string, unknown>>
  /** Whether the client that it was submitted to knows the stream's schema, which the event need not name. */
  readonly hasSchema?: boolean
  /** Where that client has its config from. */
  readonly source?: string | undefined
}

/** Throws a TypeError on a wrong option; afterwards, nothing throws. */
export function createClient(options: ClientOptions, platform: Environment): Client {
  const { domain, now, eventId, phase, resolve, warn } = platform
  checkOptions(options, resolve)
  const {
    fillMetaDt = false,
    onOutcome,
    redact = (fields) => fields,
    beforeQueue,
    configPush,
    curate,
    debug,
    net,
    maxQueueBytes = 5_000_000,
  } = options
  let { consent = 'granted' } = options
  const source = options.streamConfigUrl && resolve(options.streamConfigUrl)
  const newId = () => eventId(now())
  const gpc = platform.gpc()
  const client = newId()
  /** By stream, how many were let through in which minute. */
  const minutes = new Map<string, readonly [minute: number, count: number]>()
  const reported = new Set<string>()
  let closed = false
  let reportIsDue = false

  /** Whether anything may be kept on the device, and events be sent that need consent. */
  const allowed = () => consent === 'granted' && phase() !== 'prerendered'
  const isShown = () => phase() !== 'prerendered'
  /** Accounts speak of other events, and count whoever tests the page. */
  const isDebugged = (stream: string) =>
    Boolean(debug && stream !== LEDGER && ask('debug', () => debug(stream)))
  /** What is submitted without consent is not told of later either. */
  const isCounted = ({ stream, debug }: Owned) =>
    !debug && (consent !== 'denied' || configs.of(stream)?.exempt)
  const memo: Environment['memo'] = {
    read: (key) => (allowed() ? platform.memo.read(key) : undefined),
    write: (key, text) => {
      if (allowed()) platform.memo.write(key, text)
    },
  }
  const alone: Environment['alone'] = (name, work) =>
    // Where nothing may be kept, there is nothing that others could send, and a lease would be kept.
    allowed() ? platform.alone(name, work) : work(() => true)
  const environment = { ...platform, memo, alone }
  const sources = new Map<string, (isNeeded: boolean) => unknown>(
    Object.entries({
      performer_session_id: (isNeeded: boolean) => idOf('session', isNeeded),
      performer_pageview_id: () => idOf('pageview'),
      ...platform.context,
    }),
  )
  const outcomes = createOutcomes({
    environment,
    // For most events of most pages nobody is there to be told.
    onOutcome:
      (onOutcome || debug) &&
      ((outcome) => {
        ask('onOutcome', () => onOutcome?.(outcome))
        ask('debug', () => watcher?.(outcome))
      }),
  })
  const ledger = createLedger({ client, sdk: SDK, newId, onChange })
  const queue = createQueue({
    ...environment,
    nextKey: newId,
    allowed,
    account,
    onTrouble: ledger.trouble,
  })
  const configs = createStreamConfigs({
    given: options.streamConfigs,
    url: source,
    // One tab listens for all, and whose turn it is cannot be told where nothing may be kept.
    push: (...given) => (consent === 'granted' ? ask('configPush', () => configPush?.(...given)) : undefined),
    intakeUrl: options.intakeUrl,
    environment,
    allowed: isShown,
    onConfig: () => void delivery.drain(),
  })
  const schemas = createSchemas({
    given: options.schemas,
    environment,
    onLoad: () => void delivery.drain(),
  })
  const delivery = createDelivery({
    queue,
    environment,
    resend: options.resend,
    net: net && ((url, body) => void ask('net', () => net(url, body))),
    client,
    allowed,
    mayGo,
    decide,
    evict,
    left,
    onSettled: conclude,
    onTrouble: ledger.trouble,
  })
  const watcher = ask('debug', () =>
    debug?.watch?.({
      client,
      options,
      explain: (stream) => explain(stream),
      ledger: outcomes.counts,
      queued: queue.held,
      routes: delivery.routes,
      configSince: configs.since,
    }),
  )
  if (consent === 'denied') environment.forget()
  // What earlier pages left goes out even where this one submits nothing.
  delivery.wake()

  function submit(stream: string, data: object = {}): string {
    const at = now()
    // A stream is named by a string; what else comes is told by its type, which no config knows.
    const name = typeof stream === 'string' ? stream : typeof stream
    const id = idIn(data) || eventId(at)
    const submission = { id, stream: name, at, data: data as EventData, debug: isDebugged(name) }
    outcomes.submitted(id, name)
    ask('debug', () => watcher?.(submission))
    if (isCounted(submission)) ledger.submitted(name)
    orDrop(submission, () => {
      // Whatever comes of it, the visit goes on.
      idOf('session', false)
      if (closed && name !== LEDGER) conclude(submission, 'closed')
      else process(submission)
    })
    return id
  }

  /** What cannot be read or written as JSON, whatever it throws, is an outcome. */
  function orDrop(event: Owned, work: () => void): void {
    try {
      work()
    } catch (cause) {
      conclude(event, 'unserializable', inWords(cause))
    }
  }

  /** The path of an event, from the call to the queue. Runs through in the caller's task. */
  function process(submission: Submission): void {
    const { id, stream, at, data, ids, values, debug: isForced } = submission
    if (data !== fieldsOf(data)) return conclude(submission, 'invalid', 'not an object')

    const { goes, config, reason } = explain(stream, ids, isForced)
    if (reason) return conclude(submission, reason, config?.why || undefined)
    if (!goes || !config) return hold(submission, config)

    const schema = schemaFor(stream) ?? {}
    const { revision, sample, provideValues, curation, target = stream } = config
    const producer: Producer = { sdk: SDK, id: client, seq: 0, rate: 1, ...sample, revision }
    if (isForced) {
      producer.debug = true
      delete producer.seq
    }
    const asked = valuesOf(provideValues, values)
    const facts = { id, stream: target, at, domain, producer, values: asked, schema, fillMetaDt }
    const enriched = redact(enrich(data, facts))
    if (curation && !ask('curate', () => curate?.(enriched, curation))) return conclude(submission, 'curated')
    if (isLimited(stream, config.maxPerMinute, at)) return conclude(submission, 'limited')

    // What the host has added is redacted, too.
    const looked = beforeQueue && ask('beforeQueue', () => beforeQueue(enriched))
    const event = beforeQueue ? looked && redact(looked) : enriched
    const { meta } = event ?? {}
    if (!event || meta?.id !== id || meta.stream !== target || !meta.producer)
      return conclude(submission, 'before-queue')

    const problems = ask('validate', () => schema.validate?.(event))
    if (problems?.length) return conclude(submission, 'invalid', problems)

    const seq = isForced ? 0 : ledger.next(target)
    if (seq) meta.producer.seq = seq
    enqueue(submission, config, event, seq)
  }

  /** Nothing decides yet: the event waits with all that a config might ask for, within the bounds of the one there is. */
  function hold(submission: Submission, config?: StreamConfig): void {
    const { stream, at, data } = submission
    // The device's id is the same when the event is decided on, and not made before a stream asks for it.
    const ids = submission.ids ?? { pageview: idOf('pageview'), session: idOf('session', false) }
    const hasSchema = submission.hasSchema ?? schemas.has(stream)
    const values = redact(submission.values ?? valuesOf(), true)
    const held = { at, data: redact(data), ids, values, hasSchema, source }
    enqueue(submission, { ...config, url: UNDECIDED }, held)
  }

  /**
   * Whether the event leaves its place in the queue: it was undecided, or has expired, or its stream was switched off.
   */
  function decide(event: QueuedEvent): boolean {
    let leaves = true
    if (Number(event.until) < now()) conclude(event, 'expired')
    else if (event.url) {
      leaves = configs.of(event.stream)?.reason === 'killed'
      if (leaves) conclude(event, 'killed')
    } else {
      orDrop(event, () => {
        const submission: Submission = { ...event, ...JSON.parse(event.json) }
        leaves = !waits(event, submission)
        if (leaves) process(submission)
      })
    }
    return leaves
  }

  /**
   * Whether a held event waits on: its time has not come, or nothing decides yet, or only others have its schema or a config
   * that may know it.
   */
  function waits(event: QueuedEvent, submission: Submission): boolean {
    const { stream, ids, data, debug, hasSchema } = submission
    const early = Number(event.notBefore) > now() && !closed
    const { goes, reason } = explain(stream, ids, debug)
    if (early || goes === undefined || (reason === 'unconfigured' && submission.source !== source))
      return true
    return Boolean(hasSchema && event.client !== client && !data.$schema && !schemas.has(stream))
  }

  /** Whether an event may be sent now. */
  function mayGo({ stream }: QueuedEvent): boolean {
    const config = configs.of(stream)
    // What is killed leaves with the next turn.
    return !config?.held && config?.reason !== 'killed' && (allowed() || Boolean(config?.exempt && isShown()))
  }

  /** Takes out what is too much for the queue, the oldest of the lowest priority; of that, what is for the destination. */
  function evict(url: string): Promise<void> {
    const held = queue.held()
    let excess = held.reduce((sum, { bytes }) => sum + bytes, -maxQueueBytes)
    const evicted = held.sort(byPriority).filter((event) => {
      if (excess <= 0 || event.stream === LEDGER) return false
      excess -= event.bytes
      return event.url === url
    })
    for (const event of evicted) conclude(event, 'evicted')
    return queue.remove(evicted)
  }

  function enqueue(submission: Submission, config: Partial<StreamConfig>, event: object, seq = 0): void {
    const { id, stream, at, debug } = submission
    const { url = UNDECIDED, longestWait = LONGEST_WAIT, priority, target } = config
    const json = JSON.stringify(event)
    const bytes = byteLength(json)
    if (bytes > LARGEST_EVENT) return conclude(submission, 'too-large')

    if (seq && target) {
      // Counted once under each name, so that both add up.
      ledger.keptOut(stream, 'redirected')
      ledger.submitted(target)
    }
    if (seq) ledger.numbered(target ?? stream)
    const until = at + longestWait
    const volatile =
      config.volatile ||
      (url === UNDECIDED
        ? // It may turn out that it is not to be kept.
          gpc || Boolean(beforeQueue)
        : // Without consent, it is never written, not even once there is.
          !allowed())
    queue.add({ id, stream, client, url, json, bytes, seq, until, priority, volatile, target, debug })
    delivery.wake()
  }

  /** The event is dropped for a reason, or delivered. */
  function conclude(event: Owned, reason?: DropReason, cause?: string | readonly Problem[]): void {
    const { id, stream, client: instance, url, target = stream, seq } = event
    const problems =
      typeof cause === 'string' ? [{ path: '', keyword: String(reason), message: cause }] : cause
    const fate: Fate = reason ? { kind: 'dropped', reason, problems } : { kind: 'delivered' }
    if (url && instance && seq) ledger.settled(target, outcomeOf(fate), instance, seq)
    else if (!url && isCounted(event)) ledger.keptOut(stream, outcomeOf(fate))
    outcomes.conclude(id, stream, fate)
  }

  /** What the ledger counts is kept along with the events, and told in time. */
  function onChange(): void {
    queue.touch()
    if (!reportIsDue) platform.after(REPORT_AFTER, report)
    reportIsDue = true
  }

  /** The open account as an undecided event, which waits until this page is gone, or silent for long. */
  function account(): QueuedEvent | undefined {
    const data = ledger.account()
    if (!data) return
    const at = now()
    const { id, config } = explain(LEDGER)
    const ids = id && { [config!.sample!.unit]: id }
    const json = JSON.stringify({ at, data, ids, source })
    const bytes = byteLength(json)
    // It has to fit into one event.
    if (bytes > LARGEST_EVENT / 2) platform.after(0, report)
    const notBefore = phase() === 'gone' ? 0 : at + REPORT_AFTER
    const until = at + LONGEST_WAIT
    return { id: newId(), stream: LEDGER, client, url: UNDECIDED, json, bytes, until, notBefore }
  }

  /** The account goes out as an event, and a new one begins. */
  function report(isLast = false): void {
    reportIsDue = false
    const data = ledger.account()
    if (!data || (closed && !isLast) || explain(LEDGER).goes === undefined) return
    ledger.begin()
    queue.touch()
    submit(LEDGER, data)
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

  function explain(
    stream: string,
    ids: Submission['ids'] = {},
    isForced: boolean | undefined = isDebugged(stream),
  ): Explanation {
    const config = configs.of(stream)
    const decided = config && isShown() && (consent === 'granted' || config.exempt)
    const outright =
      platform.reason ??
      (consent === 'denied' && !decided
        ? 'consent'
        : decided &&
          (config.reason ??
            (config.curation && !curate ? 'unconfigured' : gpc && !config.ignoresGpc && 'gpc')))
    // An id is made, and kept on the device, only where it decides.
    const sample = decided && !outright ? config.sample : undefined
    const own = sample && idOf(sample.unit)
    const id = sample && (ids[sample.unit] ?? own)
    const draw = id ? drawOf(id) : undefined
    const reason = outright || (sample && !isForced && reasonToLeave(sample.rate, draw))
    const goes = reason ? false : decided && schemaFor(stream) !== undefined ? true : undefined
    return {
      stream,
      goes,
      reason: reason || undefined,
      config,
      consent,
      id,
      draw,
      debug: isForced,
      trouble: configs.trouble(),
    }
  }

  /** Undefined while it is loaded. Our own events name theirs, and are valid. */
  function schemaFor(stream: string): StreamSchema | undefined {
    return stream === LEDGER ? {} : schemas.of(stream)
  }

  function isLimited(stream: string, most: number, at: number): boolean {
    const minute = Math.floor(at / 60_000)
    const [last, before = 0] = minutes.get(stream) ?? []
    const count = last === minute ? before + 1 : 1
    minutes.set(stream, [minute, count])
    return count > most
  }

  /** Ids that are kept on the device are not looked at where that is not allowed. */
  function idOf(unit: Unit, isNeeded = true): string | undefined {
    const own = options.ids?.[unit]
    const id = own ?? (unit === 'pageview' || allowed() ? environment.ids[unit](isNeeded) : undefined)
    return typeof id === 'string' ? id : undefined
  }

  /** Values for the names, the host's before our own; without names, all that there are. */
  function valuesOf(names?: readonly string[], held?: Submission['values']): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    if (names && !names.length) return values
    const { context } = options
    const host = held ?? (typeof context === 'function' ? ask('context', context) : context) ?? {}
    for (const name of names ?? [...sources.keys(), ...Object.keys(host)]) {
      const own = sources.get(name)?.(Boolean(names))
      values[name] = ask('context', () => host[name]) ?? own
    }
    return values
  }

  function setConsent(next: Consent): void {
    if (next === 'denied') {
      const held = queue.held()
      const isExempt = ({ stream }: QueuedEvent) => configs.of(stream)?.exempt
      for (const event of held) if (!isExempt(event)) conclude(event, 'consent')
      // From here on nothing is written, not even that it is gone.
      consent = next
      void queue.remove(held)
      for (const event of held) if (isExempt(event)) queue.add({ ...event, volatile: true })
      environment.forget()
    }
    consent = next
    queue.touch()
    configs.restart()
    // Before anything else, what the net has been given is taken back.
    delivery.wake()
    void delivery.drain()
  }

  /** What another tab has settled while this page could not be told is in no queue either. */
  function left(): number {
    return queue.held().filter(({ id }) => outcomes.awaits(id)).length
  }

  async function flush(options?: { timeout?: number }): Promise<number> {
    await delivery.flush(options?.timeout ?? 2000)
    return left()
  }

  return {
    submit,
    isInSample: (stream) => explain(stream).goes === true,
    explain: (stream) => explain(stream),
    ledger: outcomes.counts,
    setConsent,
    flush,
    close: async () => {
      closed = true
      // First what the report is to tell of.
      const queued = await flush()
      report(true)
      if (!queued) await flush()
      // What is nowhere but in memory ends here.
      const ended = queue.held().filter(({ volatile }) => volatile || !platform.records || !allowed())
      for (const event of ended) conclude(event, 'closed')
      void queue.remove(ended)
      delivery.close()
      configs.close()
      outcomes.close()
    },
  }
}

/** The id that the caller gives. */
function idIn(data: unknown): string | undefined {
  // What throws here throws again when the event is enriched.
  const id = attempt(() => fieldsOf(fieldsOf(data).meta).id)
  return typeof id === 'string' ? id : undefined
}
