import { createClient, type Client } from '../core/client.ts'
import type { DropReason, Event, EventMeta, Outcome, Problem } from '../core/event.ts'
import type { ClientOptions, LoadSchemas, StreamSchema, StreamSchemas } from '../core/options.ts'
import { type DrivenTime, settled, systemTime, type Time } from './driven-time.ts'
import { everyStream } from './every-stream.ts'
import type { Fault } from './faults.ts'
import { differences, type Matching } from './matching.ts'
import { createMemoryEnvironment } from './memory-environment.ts'
import { createMemoryIntake, type MemoryIntake } from './memory-intake.ts'

/** What `createClient` takes, all of it optional, and what a test is about. */
export interface RecordingClientOptions<Schemas extends StreamSchemas = StreamSchemas>
  extends Partial<ClientOptions<Schemas>> {
  /**
   * Default: every stream of `schemas` goes, whole; every stream at all, where there are none or they are loaded on
   * demand.
   */
  readonly streamConfigs?: object
  /** What the client goes by. Default: the machine's clock and timers, or what the test runner's fake ones make of them. */
  readonly time?: DrivenTime | Time
  /** What becomes of the first requests, one fault for each; then all are accepted. Default: none. */
  readonly faults?: readonly Fault[]
  /** Whether the visitor's browser asks for privacy. Default: false. */
  readonly gpc?: boolean
  /** Becomes `meta.domain`. Default: none. */
  readonly domain?: string
}

/** A client that keeps what is submitted to it, and sends nothing anywhere. */
export interface RecordingClient<Schemas extends StreamSchemas = StreamSchemas> extends Client<Schemas> {
  /**
   * Events that were let through, as an intake gets them, in the order of their submission; of one stream, and with
   * these fields, where they are given. Right after `submit`, without waiting: only what is `undecided` takes time.
   */
  submitted(): readonly Event[]
  submitted<Stream extends keyof Schemas & string>(
    stream: Stream,
    fields?: Matching<SubmittedEvent<Schemas, Stream>>,
  ): readonly SubmittedEvent<Schemas, Stream>[]
  /** Events that do not reach the intake, each with the reason, in the order of their submission. */
  dropped(stream?: keyof Schemas & string): readonly DroppedEvent[]
  /** Events on which nothing decides yet: without consent, or while their schema is loaded. */
  undecided(stream?: keyof Schemas & string): readonly SubmittedData[]
  /** What became of events so far, in the order in which the client told. */
  outcomes(stream?: keyof Schemas & string): readonly Outcome[]
  /** Resolves when schemas are loaded, and what can be decided on is. */
  settled(): Promise<void>
  /** Changes the stream config, as if it were pushed. */
  configure(streamConfigs: object): void
  /** What gets the requests of this client: what it accepted, and faults for those to come. */
  readonly intake: MemoryIntake
  /** Forgets what was recorded so far. The client goes on as it is. */
  clear(): void
}

/** An event of a stream, as an intake gets it. */
export type SubmittedEvent<Schemas, Stream extends keyof Schemas> = string extends keyof Schemas
  ? Event
  : Schemas[Stream] extends StreamSchema<infer Data>
    ? Data & { readonly $schema?: string; readonly dt?: string; readonly meta: EventMeta }
    : never

/** What was handed to `submit`. */
export interface SubmittedData {
  readonly id: string
  readonly stream: string
  readonly data: unknown
}

/** An event that does not reach the intake. */
export interface DroppedEvent extends SubmittedData {
  readonly reason: DropReason
  /** What is wrong with it, where something is: in words if the schemas are of a development build. */
  readonly problems: readonly Problem[]
}

/** What is known of one call of `submit`. */
interface Submission {
  id: string
  readonly stream: string
  readonly data: unknown
  /** As its validator saw it; its number is added later. */
  event?: Event
  /** As it is sent. */
  sent?: Event
  reason?: DropReason
  problems: readonly Problem[]
}

const CONFIG_URL = 'https://stream-configs.test/'

/**
 * A client for tests. Sampling, enrichment, curation, validation, delivery and outcomes are those of production; only
 * its platform is in memory. The ids it makes are in sample at every rate above 0; `ids: { session: 'ffffffff…' }` is
 * at none below 1. Of the options, `streamConfigUrl`, `configPush` and `net` are not used.
 */
export function createRecordingClient<Schemas extends StreamSchemas = StreamSchemas>(
  options: RecordingClientOptions<Schemas> = {},
): RecordingClient<Schemas> {
  const { time = systemTime, faults = [], gpc = false, domain, ...given } = options
  const { configPush: _, net: __, schemas, ...others } = given
  let submissions: Submission[] = []
  let outcomes: Outcome[] = []
  let underWay: Submission | undefined
  const loading = new Set<Promise<unknown>>()
  const intake = createMemoryIntake({ now: time.now })
  intake.script(faults)
  const { environment, tell } = createMemoryEnvironment({ time, intake, domain, gpc })
  const client = createClient(
    {
      intakeUrl: 'https://intake.test/v1/events',
      ...others,
      streamConfigUrl: CONFIG_URL,
      streamConfigs: options.streamConfigs ?? everyStream(schemas),
      schemas: typeof schemas === 'function' ? loadWatched(schemas) : watched(schemas ?? {}),
      onOutcome: (outcome) => {
        conclude(outcome)
        options.onOutcome?.(outcome)
      },
    },
    environment,
  ) as Client<Schemas>

  function submit(given: string, data?: object): string {
    const stream = typeof given === 'string' ? given : typeof given
    const outer = underWay
    const submission: Submission = { id: '', stream, data: copyOf(data), problems: [] }
    underWay = submission
    submissions.push(submission)
    const before = client.ledger()[stream] ?? {}
    submission.id = client.submit(given, ...([data] as never))
    const after = client.ledger()[stream] ?? {}
    underWay = outer
    // The outcome itself is told behind the task. A test looks at once, and then the counts have it.
    const [reason] = Object.keys(after).filter((name) => name !== 'submitted' && after[name] !== before[name])
    if (reason) submission.reason = reason as DropReason
    if (submission.event) sentOf(submission)
    return submission.id
  }

  /** Schemas whose validators see what is let through, as the last thing that looks at it before it is queued. */
  function watched(schemas: StreamSchemas): StreamSchemas {
    return new Proxy(schemas, {
      get: (_, stream: string): StreamSchema => {
        const schema = schemas[stream] ?? {}
        return {
          ...schema,
          validate: (event) => {
            const submission =
              underWay ?? submissions.find(({ id, event: known }) => id === event.meta.id && !known)
            if (submission) submission.event = event
            const problems = schema.validate?.(event) ?? []
            if (submission) submission.problems = problems
            return problems
          },
        }
      },
    })
  }

  function loadWatched(load: LoadSchemas<Schemas>): LoadSchemas<StreamSchemas> {
    return (stream) => {
      const loaded = load(stream).then(({ schemas }) => ({ schemas: watched(schemas) }))
      loading.add(loaded)
      const end = () => loading.delete(loaded)
      loaded.then(end, end)
      return loaded
    }
  }

  function conclude(outcome: Outcome): void {
    outcomes.push(outcome)
    if (outcome.kind === 'delivered') return
    const { id, reason, problems = [] } = outcome
    const found = submissions.filter((submission) => submission.id === id)
    const submission = found.find((submission) => submission.reason === reason) ?? found[0]
    if (!submission) return
    submission.reason = reason
    submission.problems = problems
  }

  function ofStream<Entry extends { readonly stream: string }>(entries: readonly Entry[], stream?: string) {
    return entries.filter((entry) => stream === undefined || entry.stream === stream)
  }

  return {
    ...client,
    submit,
    submitted: (stream?: string, fields: object = {}) =>
      ofStream(submissions, stream)
        .filter(({ event, reason }) => event && !reason)
        .map(sentOf)
        .filter((event) => !differences(fields, event).length) as never[],
    dropped: (stream) =>
      ofStream(submissions, stream).flatMap(({ id, stream, data, reason, problems }) =>
        reason ? { id, stream, data, reason, problems } : [],
      ),
    undecided: (stream) =>
      ofStream(submissions, stream)
        .filter(({ event, reason }) => !event && !reason)
        .map(({ id, stream, data }) => ({ id, stream, data })),
    outcomes: (stream) => ofStream(outcomes, stream),
    settled: async () => {
      do await Promise.allSettled(loading)
      while (loading.size)
      await settled()
    },
    configure: (streamConfigs) => tell({ config: { url: CONFIG_URL, text: JSON.stringify(streamConfigs) } }),
    intake,
    clear: () => {
      submissions = []
      outcomes = []
    },
  }
}

/** What its caller changes afterwards is not in it. */
function sentOf(submission: Submission): Event {
  submission.sent ??= copyOf(submission.event) as Event
  return submission.sent
}

/** As JSON has it; what JSON cannot hold, in words. */
function copyOf(value: unknown): unknown {
  try {
    return value === undefined ? {} : JSON.parse(JSON.stringify(value))
  } catch {
    return 'what cannot be written as JSON'
  }
}
