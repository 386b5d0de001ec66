import type { IncomingMessage, ServerResponse } from 'node:http'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { isObject, type Judged } from './ingest.ts'
import { packageVersion } from './package-files.ts'

/** Counts what the intake does, for Prometheus. */
export interface Metrics {
  /** A request has come; it counts, with its time, once it is answered. */
  request(request: IncomingMessage, response: ServerResponse): void
  /** A batch was judged and stored. */
  judged(batch: readonly Judged[]): void
  /** An accepted event was stored before. */
  duplicate(stream: string): void
  /** Records are safe, all by one fsync or one answer of the brokers. */
  committed(commit: Commit): void
  totals(): Totals
  /** In Prometheus' text format. */
  text(): Promise<string>
}

export interface Commit {
  readonly records: number
  readonly bytes: number
  readonly seconds: number
}

/** What became of the posted events since the start. Of the accepted ones, duplicates are not stored again. */
export type Totals = Readonly<Counts>

type Counts = { [Verdict in Judged['verdict'] | 'duplicates']: number }

/** What does not count, but is looked at when somebody asks. */
export interface Observed {
  readonly sink: 'file' | 'kafka'
  /** The streams that are told apart; all others are `other`, since anyone can make up names. */
  isConfigured(stream: string): boolean
  revision(): string
  trouble(): string | undefined
  connections(): Promise<number>
  waitingBytes(): number
  readers(): { readonly [feed: string]: number }
}

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

const OTHER = 'other'
const EVENTS = '/v1/events'
const PATHS = new Set([EVENTS, '/v1/stream-configs', '/v1/stream-configs/live', '/v1/counts', '/', '/live'])
for (const path of ['/metrics', '/healthz', '/readyz']) PATHS.add(path)
const FOLDERS = ['/schemas/', '/v2/stream/', '/api/', '/console/']

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const NUMBERS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
const BYTES = [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576]

export function createMetrics(observed: Observed): Metrics {
  const registry = new Registry()
  const of = (name: string, help: string) => ({ name: `rivulet_intake_${name}`, help, registers: [registry] })
  // Plain numbers, which the library reads when it is asked: it looks at labels for longer than an event takes.
  const byStream = new Map<string, Counts>()

  const requests = new Counter({
    ...of('requests_total', 'Requests that were answered, by path and class of status.'),
    labelNames: ['path', 'status'],
  })
  const requestSeconds = new Histogram({
    ...of(
      'request_duration_seconds',
      'Time from the head of a request with events to the end of its answer.',
    ),
    labelNames: ['status'],
    buckets: SECONDS,
  })
  const bodyBytes = new Histogram({
    ...of('body_bytes', 'Size of the bodies of requests with events, as announced.'),
    buckets: BYTES,
  })
  const batchEvents = new Histogram({ ...of('batch_events', 'Events of a batch.'), buckets: NUMBERS })
  const commitSeconds = new Histogram({
    ...of(
      'commit_duration_seconds',
      'Time to make a group of events safe: write and fsync, or the answer of the brokers.',
    ),
    buckets: SECONDS,
  })
  const commitRecords = new Histogram({
    ...of('commit_events', 'Events that were made safe together.'),
    buckets: NUMBERS,
  })
  const storedBytes = new Counter(of('stored_bytes_total', 'Bytes of events that were made safe.'))
  new Counter({
    ...of('events_total', 'Events that were judged, by stream and verdict; duplicates are among them.'),
    labelNames: ['stream', 'verdict'],
    collect() {
      this.reset()
      for (const [stream, { duplicates, ...verdicts }] of byStream)
        for (const [verdict, number] of Object.entries(verdicts)) this.inc({ stream, verdict }, number)
    },
  })
  new Counter({
    ...of('duplicates_total', 'Accepted events that were stored before, and so were not stored again.'),
    labelNames: ['stream'],
    collect() {
      this.reset()
      for (const [stream, { duplicates }] of byStream) this.inc({ stream }, duplicates)
    },
  })
  new Gauge({
    ...of('waiting_bytes', 'Bytes of bodies that are taken and not answered yet.'),
    collect() {
      this.set(observed.waitingBytes())
    },
  })
  new Gauge({
    ...of('connections', 'Open connections.'),
    async collect() {
      this.set(await observed.connections())
    },
  })
  new Gauge({
    ...of('readers', 'Open feeds, by feed.'),
    labelNames: ['feed'],
    collect() {
      for (const [feed, number] of Object.entries(observed.readers())) this.set({ feed }, number)
    },
  })
  new Gauge({
    ...of('sink_trouble', '1 while events cannot be stored, else 0.'),
    collect() {
      this.set(observed.trouble() === undefined ? 0 : 1)
    },
  })
  new Gauge({
    ...of('stream_config_info', 'The revision of the stream config that is in force.'),
    labelNames: ['revision'],
    collect() {
      this.reset()
      this.set({ revision: observed.revision() }, 1)
    },
  })
  new Gauge({
    ...of('info', 'The version of the intake, and where it keeps events.'),
    labelNames: ['version', 'sink'],
  }).set({ version: packageVersion(), sink: observed.sink }, 1)

  return {
    request(request, response) {
      const startedAt = performance.now()
      const path = pathOf(request.url ?? '')
      const isBatch = path === EVENTS && request.method === 'POST'
      const announced = isBatch ? request.headers['content-length'] : undefined
      if (announced !== undefined) bodyBytes.observe(Number(announced))
      response.on('close', () => {
        const status = response.writableFinished ? `${Math.floor(response.statusCode / 100)}xx` : 'unanswered'
        requests.inc({ path, status })
        if (isBatch) requestSeconds.observe({ status }, (performance.now() - startedAt) / 1_000)
      })
    },
    judged(batch) {
      batchEvents.observe(batch.length)
      for (const judged of batch) countsOf(streamOf(judged))[judged.verdict] += 1
    },
    duplicate(stream) {
      countsOf(stream).duplicates += 1
    },
    committed({ records, bytes, seconds }) {
      commitRecords.observe(records)
      commitSeconds.observe(seconds)
      storedBytes.inc(bytes)
    },
    totals() {
      const totals = noEvents()
      for (const counts of byStream.values())
        for (const key of Object.keys(totals) as (keyof Totals)[]) totals[key] += counts[key]
      return totals
    },
    text: async () => `${await registry.metrics()}\n${await ofProcess().metrics()}`,
  }

  function countsOf(stream: string): Counts {
    const known = byStream.get(stream)
    if (known) return known
    const label = observed.isConfigured(stream) ? stream : OTHER
    const counts = byStream.get(label) ?? noEvents()
    byStream.set(label, counts)
    return counts
  }
}

const noEvents = (): Counts => ({ accepted: 0, invalid: 0, error: 0, duplicates: 0 })

function streamOf(judged: Judged): string {
  if (judged.verdict === 'accepted') return judged.stream
  const { event } = judged
  const stream = isObject(event) && isObject(event.meta) ? event.meta.stream : undefined
  return typeof stream === 'string' ? stream : OTHER
}

/** A request's path, as far as it is one of a few. */
function pathOf(url: string): string {
  const path = url.split('?', 1)[0]!
  if (PATHS.has(path)) return path
  if (path === `${EVENTS}/`) return EVENTS
  return FOLDERS.find((folder) => path.startsWith(folder)) ?? OTHER
}

let processRegistry: Registry | undefined

/** Node's own, from the first time on that anybody asks: of the process, however many intakes it has. */
function ofProcess(): Registry {
  if (processRegistry) return processRegistry
  processRegistry = new Registry()
  collectDefaultMetrics({ register: processRegistry })
  return processRegistry
}
