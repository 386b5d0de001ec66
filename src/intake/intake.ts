import { mkdirSync } from 'node:fs'
import { openSchemaRepository, type SchemaRepository } from '../schema/repository.ts'
import { createAccess, TOKEN_FROM } from './access.ts'
import { isLoopback } from './address.ts'
import { createApi } from './api.ts'
import { createConfigFeed } from './config-feed.ts'
import { openConfigHistory } from './config-history.ts'
import { createConsumption } from './consumption/consumption.ts'
import { createFileSource } from './consumption/file-source.ts'
import { lockData } from './data-lock.ts'
import { DUPLICATES_STREAM } from './duplicates.ts'
import { openEventLog } from './event-log.ts'
import { createHistory } from './history.ts'
import { IntakeError } from './intake-error.ts'
import { createLiveFeed } from './live-feed.ts'
import type { KafkaOptions } from './kafka/kafka-options.ts'
import type { Log } from './log.ts'
import { OWN_SCHEMAS } from './package-files.ts'
import { createProducers } from './producers.ts'
import { createRateLimit } from './rate-limit.ts'
import { openQueries } from './query/queries.ts'
import { createReceive } from './receive.ts'
import { REJECTED_STREAM } from './rejection.ts'
import { createSchemaRegistry, type SchemaRegistry } from './registry.ts'
import { createIntakeServer, type IntakeServer } from './server.ts'
import { markLayout } from './state.ts'
import { createSimulateChange } from './simulate-change.ts'
import { createStats } from './stats/stats.ts'
import { openStreamConfigs, type StreamConfigs } from './stream-configs.ts'
import type { StreamCounts } from './tally.ts'

export { SchemaError } from '../schema/schema-error.ts'
export { IntakeError } from './intake-error.ts'
export type { KafkaOptions } from './kafka/kafka-options.ts'
export type { Log, LogLine } from './log.ts'
export type { StreamCounts } from './tally.ts'

/** What an intake stores, reads and listens on. */
export interface IntakeOptions {
  /** The folder for what is stored; made if it is missing. One intake at a time. */
  readonly data: string
  /** Schema folders, searched in this order. The schemas of Rivulet's own events are always there, as the last. */
  readonly schemas: readonly string[]
  /** The stream config file, JSON or YAML. Its changes are followed. */
  readonly streams: string
  /** Default `127.0.0.1`: only this machine reaches it. */
  readonly host?: string
  /** Default 8192; 0 takes a free one. */
  readonly port?: number
  /** The largest body that is taken, after inflation. Default 102,400, as EventGate's. */
  readonly maxBodyBytes?: number
  /**
   * What the console, its API and its feed ask for: 16 characters at least. Default: none, so that they are open where
   * the intake listens on this machine only, and closed elsewhere.
   */
  readonly token?: string | undefined
  /**
   * Names by which the console may be asked for, beside `localhost`, `host` and IP addresses. Other names are refused,
   * since a site whose name comes to lead here could read it (DNS rebinding).
   */
  readonly allowHosts?: readonly string[] | undefined
  /**
   * Posted batches a second that one address beyond this machine may send, with bursts of ten times as many. Default
   * 200; 0 is no limit.
   */
  readonly rateLimit?: number
  /** The most events of one body; a larger one is answered as a body that is too large. Default 10,000. */
  readonly maxBatchEvents?: number
  /** Open connections, of all and of one address beyond this machine. Default 10,000 and 1,000. */
  readonly maxConnections?: number
  readonly maxConnectionsEach?: number
  /** Bytes of bodies that are taken and not answered yet: what comes above is answered 503. Default 64 MiB. */
  readonly maxWaitingBytes?: number
  /** Of so many ids at least, the newest, it is known whether an event was stored before. Default 4,000,000. */
  readonly dedupeIds?: number
  /** A snapshot that spares the next start reading all lines is taken after so many bytes of them. Default 64 MiB. */
  readonly snapshotBytes?: number
  /** Stored events are removed when they are older than so many days. Default: never. */
  readonly keepDays?: number | undefined
  /** Web origins whose pages may post events, such as `https://example.org` or `https://*.example.org`. Default: all. */
  readonly allowOrigins?: readonly string[] | undefined
  /**
   * Who posts from no page needs one of these, as `Authorization: Bearer`: 16 characters at least. Default: none, so
   * that all may post.
   */
  readonly producerTokens?: readonly string[] | undefined
  /** Stores events in Kafka, and not in the data folder. Needs the package `@platformatic/kafka`. */
  readonly kafka?: KafkaOptions | undefined
  /** Gets what the intake has to say about itself. Default: a line on stderr, except for `info`. */
  readonly log?: Log
}

/** A running intake. */
export interface Intake {
  /** Where it listens, `http://127.0.0.1:8192`, without a slash at the end. */
  readonly url: string
  /** What the data folder holds, by stream; the same as `GET /v1/counts`. Events that name no stream count under ''. */
  counts(): { readonly streams: { readonly [stream: string]: StreamCounts } }
  /** Stops listening, answers and stores what it has taken, and closes its files. May be called twice. */
  close(): Promise<void>
}

/**
 * Starts a local intake that answers as EventGate does, and resolves once it listens. Rejects with an IntakeError or
 * a SchemaError, in one line, where it cannot: a port in use, a config or a schema that cannot be read.
 */
export async function startIntake({
  data,
  schemas: schemaFolders,
  streams,
  host = '127.0.0.1',
  port = 8192,
  maxBodyBytes = 102_400,
  token,
  allowHosts = [],
  rateLimit = 200,
  dedupeIds,
  snapshotBytes,
  allowOrigins,
  producerTokens,
  log = toStderr,
}: IntakeOptions): Promise<Intake> {
  let server: IntakeServer | undefined
  const access = createAccess({
    token,
    allowHosts,
    listeningOn: () => ({ name: host, address: server?.address() ?? '' }),
  })
  const schemas = openSchemaRepository([...schemaFolders, OWN_SCHEMAS])
  const registry = createSchemaRegistry(schemas)
  makeFolder(data)
  // What was opened is closed again, last first: by close(), or here if a later step fails.
  const opened: (() => void | Promise<void>)[] = [await lockData(data)]
  try {
    markLayout(data)
    const configHistory = openConfigHistory(data, log)
    opened.unshift(configHistory.close)
    const configs = openStreamConfigs({ path: streams, history: configHistory, log })
    opened.unshift(configs.close)
    checkSchemas(configs, { schemas, registry, log })

    const stats = createStats()
    const history = createHistory({ stats })
    const eventLog = await openEventLog({
      folder: data,
      log,
      onLine: history.add,
      state: history,
      dedupeIds,
      snapshotBytes,
    })
    opened.unshift(eventLog.close)
    const source = createFileSource({ data, log: eventLog, isStream: (name) => isStream(configs, name) })
    opened.unshift(source.close)
    const live = createLiveFeed(history.recent())
    opened.unshift(live.close)

    const configFeed = createConfigFeed(configs)
    opened.unshift(configFeed.close)
    const queries = openQueries({ data, schemas, configured: () => titlesOf(configs) })
    opened.unshift(queries.close)

    const { tally } = history
    const receive = createReceive({ configs, registry, sink: eventLog, tally, stats, live })
    const simulateChange = createSimulateChange({ data, from: configs.content, registry, log })
    server = createIntakeServer({
      receive,
      configs,
      schemas,
      live,
      configFeed,
      consumption: createConsumption({ source, log }),
      counts: tally.counts,
      access,
      producers: createProducers({ allowOrigins, tokens: producerTokens }),
      api: createApi({ access, configs, history: configHistory, stats, queries, simulateChange }),
      rateLimit: rateLimit > 0 ? createRateLimit({ perSecond: rateLimit, burst: 10 * rateLimit }) : undefined,
      maxBodyBytes,
      log,
    })
    const url = await server.listen({ host, port })
    opened.unshift(server.close)
    if (token === undefined && !isLoopback(server.address()))
      log({
        level: 'warn',
        message: `the console is closed, since the intake is reached from beyond this machine and has no token; give one by ${TOKEN_FROM}`,
      })

    let closed: Promise<void> | undefined
    return {
      url,
      counts: tally.counts,
      close() {
        closed ??= closeAll(opened)
        return closed
      },
    }
  } catch (error) {
    await closeAll(opened)
    throw error
  }
}

/** By stream; a pattern is none. */
function titlesOf(configs: StreamConfigs): ReadonlyMap<string, string> {
  return new Map([...configs.titles()].filter(([stream]) => !stream.startsWith('/')))
}

/** Whether events can be read by this name: a configured one, which no pattern is, or of those that the intake writes itself. */
function isStream(configs: StreamConfigs, name: string): boolean {
  if (name === REJECTED_STREAM || name === DUPLICATES_STREAM) return true
  return !name.startsWith('/') && 'schemaTitle' in configs.lookUp()(name)
}

async function closeAll(opened: readonly (() => void | Promise<void>)[]): Promise<void> {
  for (const close of opened) await close()
}

/** A broken schema stops the intake at its start; one that is not there only means that its streams take nothing yet. */
function checkSchemas(
  configs: StreamConfigs,
  { schemas, registry, log }: { schemas: SchemaRepository; registry: SchemaRegistry; log: Log },
): void {
  for (const title of new Set(configs.titles().values())) {
    const versions = schemas.versionsOf(title)
    for (const uri of versions) registry.get(uri)
    if (versions.length === 0)
      log({
        level: 'warn',
        message: `schema ${title}: the stream config names it, but no schema folder has it; events of its streams are refused until one does`,
      })
  }
}

function makeFolder(data: string): void {
  try {
    mkdirSync(data, { recursive: true })
  } catch (cause) {
    throw new IntakeError(
      `${data}: the data folder cannot be made (${(cause as Error).message}); name another`,
      { cause },
    )
  }
}

function toStderr({ level, message }: { level: string; message: string }): void {
  if (level !== 'info') process.stderr.write(`rivulet intake: ${message}\n`)
}
