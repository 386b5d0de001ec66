import { mkdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { openSchemaRepository, type SchemaRepository } from '../schema/repository.ts'
import { createAccess, TOKEN_FROM } from './access.ts'
import { isLoopback } from './address.ts'
import { createApi } from './api.ts'
import { createConfigFeed } from './config-feed.ts'
import { openConfigHistory } from './config-history.ts'
import { createConsumption } from './consumption/consumption.ts'
import { lockData } from './data-lock.ts'
import { createForget } from './forget.ts'
import { createHealth } from './health.ts'
import { createHistory } from './history.ts'
import { IntakeError } from './intake-error.ts'
import { createLiveFeed } from './live-feed.ts'
import type { KafkaOptions } from './kafka/kafka-options.ts'
import { type Log, withoutFloods } from './log.ts'
import { createMetrics } from './metrics.ts'
import { OWN_SCHEMAS } from './package-files.ts'
import { createProducers } from './producers.ts'
import { createRateLimit } from './rate-limit.ts'
import { openQueries } from './query/queries.ts'
import { createReceive } from './receive.ts'
import { startRetention } from './retention.ts'
import { createSchemaRegistry, type SchemaRegistry } from './registry.ts'
import { createIntakeServer, type IntakeServer } from './server.ts'
import { markLayout } from './state.ts'
import { openFiles, openTopics } from './storage.ts'
import { createSimulateChange } from './simulate-change.ts'
import { createStats } from './stats/stats.ts'
import { openStreamConfigs, type StreamConfigs } from './stream-configs.ts'
import type { StreamCounts } from './tally.ts'
import { createWaitingRoom } from './waiting-room.ts'

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
  /** Bytes of bodies that are taken and not stored yet: what comes above is answered 503. Default 64 MiB. */
  readonly maxWaitingBytes?: number
  /** For so long `close()` goes on taking requests, while `/readyz` answers 503. Default 0. */
  readonly drainSeconds?: number
  /** Of so many ids at least, the newest, it is known whether an event was stored before. Default 4,000,000. */
  readonly dedupeIds?: number
  /** A snapshot that spares the next start reading all lines is taken after so many bytes of them. Default 64 MiB. */
  readonly snapshotBytes?: number
  /** Days of which all stored events are older than so many days are removed as a whole. Default: none ever is. */
  readonly keepDays?: number | undefined
  /**
   * Web origins whose pages may post events: `https://example.org`, `https://*.example.org`, `null` for sandboxed frames
   * and `file:` pages, `*` for all. Default: all, and with `producerTokens` none.
   */
  readonly allowOrigins?: readonly string[] | undefined
  /**
   * Who posts from no page of `allowOrigins` needs one of these, as `Authorization: Bearer`: 16 characters at least.
   * Default: none, so that all may post who name no other origin.
   */
  readonly producerTokens?: readonly string[] | undefined
  /** Stores events in Kafka, and not in the data folder. Needs the package `@platformatic/kafka`. */
  readonly kafka?: KafkaOptions | undefined
  /** Gets what the intake has to say about itself. Default: a line on stderr, except for `info`. */
  readonly log?: Log
}

/** Looked for a second: some read a file, and compile it. */
const MOST_UNKNOWN_SCHEMAS = 100

const EVENTS_IN_KAFKA = 'The events are in Kafka, where what reads its topics can be asked; see docs/kafka.md'

/** A running intake. */
export interface Intake {
  /** Where it listens, `http://127.0.0.1:8192`, without a slash at the end. */
  readonly url: string
  /**
   * How many events were stored and rejected, by stream: since the data folder is there, also of those that `keepDays` has
   * removed; with Kafka since the start. The same as `GET /v1/counts`. Events that name no stream count under ''.
   */
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
  maxBatchEvents = 10_000,
  maxConnections = 10_000,
  maxConnectionsEach = 1_000,
  maxWaitingBytes = 64 * 1024 * 1024,
  keepDays,
  allowOrigins,
  producerTokens,
  drainSeconds = 0,
  kafka,
  log: toldTo = toStderr,
}: IntakeOptions): Promise<Intake> {
  if (kafka && keepDays !== undefined)
    throw new IntakeError(
      'what Kafka keeps, its topics say (retention.ms), and not the intake; leave --keep out',
    )
  const log = withoutFloods(toldTo)
  let server: IntakeServer | undefined
  let stopped: Promise<void> | undefined
  const access = createAccess({
    token,
    allowHosts,
    listeningOn: () => ({ name: host, address: server?.address() ?? '' }),
  })
  const schemas = openSchemaRepository([...schemaFolders, OWN_SCHEMAS])
  const registry = createSchemaRegistry(schemas, { mostFailures: MOST_UNKNOWN_SCHEMAS })
  makeFolder(data)
  // What was opened is closed again, last first: by close(), or here if a later step fails.
  const opened: (() => void | Promise<void>)[] = [await lockData(data)]
  const open = <Part extends { close(): void | Promise<void> }>(part: Part): Part => {
    opened.unshift(part.close)
    return part
  }
  try {
    markLayout(data)
    const configHistory = open(openConfigHistory(data, log))
    const configs = open(openStreamConfigs({ path: streams, history: configHistory, log }))
    checkSchemas(configs, { schemas, registry, log })

    const waitingRoom = createWaitingRoom(Math.max(maxWaitingBytes, maxBodyBytes))
    const metrics = createMetrics({
      sink: kafka ? 'kafka' : 'file',
      isConfigured: isNamedIn(configs),
      revision: () => configs.served().revision,
      trouble: () => storage.sink.trouble(),
      connections: async () => server?.connections() ?? 0,
      waitingBytes: waitingRoom.bytes,
      readers: () => ({
        live: live.readers(),
        stream_configs: configFeed.readers(),
        streams: consumption.readers(),
      }),
    })

    const stats = createStats()
    const history = createHistory({ stats })
    const storage = open(
      kafka
        ? await openTopics({ kafka, configs, metrics, log })
        : await openFiles({ data, history, dedupeIds, snapshotBytes, configs, metrics, log }),
    )
    const { sink, source, eventLog } = storage
    const live = open(createLiveFeed(history.recent()))
    const memories = [live, stats]
    if (eventLog && keepDays !== undefined) {
      const { removeFiles } = eventLog
      const onRemoved = (before: number) => {
        for (const memory of memories) memory.forget((_, receivedAt) => receivedAt < before)
      }
      opened.unshift((await startRetention({ data, keepDays, log, removeFiles, onRemoved })).stop)
    }

    const configFeed = open(createConfigFeed(configs))
    const consumption = createConsumption({ source, log })
    const elsewhere = kafka ? EVENTS_IN_KAFKA : undefined
    const queries = open(openQueries({ data, schemas, configured: () => titlesOf(configs), elsewhere }))

    const { tally } = history
    const receive = createReceive({ configs, registry, sink, tally, stats, live, metrics })
    const forget = eventLog && createForget({ data, storedBytes: eventLog.storedBytes, memories, log })
    const simulateChange = createSimulateChange({ data, from: configs.content, registry, log })
    server = createIntakeServer({
      receive,
      configs,
      schemas,
      live,
      configFeed,
      consumption,
      counts: tally.counts,
      health: createHealth(whyNotReady),
      metrics,
      access,
      producers: createProducers({ allowOrigins, tokens: producerTokens }),
      api: createApi({
        access,
        configs,
        history: configHistory,
        stats,
        queries,
        simulateChange,
        forget,
        data,
      }),
      rateLimit: rateLimit > 0 ? createRateLimit({ perSecond: rateLimit, burst: 10 * rateLimit }) : undefined,
      bodyLimits: { bytes: maxBodyBytes, events: maxBatchEvents },
      waitingRoom,
      maxConnections,
      maxConnectionsEach,
      log,
    })
    const url = await server.listen({ host, port })
    opened.unshift(server.close)
    if (token === undefined && !isLoopback(server.address()))
      log({
        level: 'warn',
        message: `the console is closed, since the intake is reached from beyond this machine and has no token; give one by ${TOKEN_FROM}`,
      })

    const startedAt = Date.now()
    return {
      url,
      counts: tally.counts,
      close() {
        stopped ??= stop()
        return stopped
      },
    }

    function whyNotReady(): string[] {
      const trouble = sink.trouble()
      return [
        ...(stopped ? ['the intake is being stopped'] : []),
        ...(trouble === undefined ? [] : [`events cannot be stored: ${trouble}`]),
      ]
    }

    async function stop(): Promise<void> {
      if (drainSeconds > 0) await delay(drainSeconds * 1_000)
      await closeAll(opened)
      const totals = metrics.totals()
      const seconds = Math.round((Date.now() - startedAt) / 1_000)
      const { accepted, duplicates, invalid, error } = totals
      log({
        level: 'info',
        message: `stopped after ${seconds} s; took ${accepted} events, ${duplicates} of them stored before, and refused ${invalid + error}`,
        fields: { seconds, ...totals },
      })
    }
  } catch (error) {
    await closeAll(opened)
    throw error
  }
}

/** Whether the stream config has a stream by its own name: what patterns let in has no end. */
function isNamedIn(configs: StreamConfigs): (stream: string) => boolean {
  let names = new Set(configs.titles().keys())
  configs.onChange(() => {
    names = new Set(configs.titles().keys())
  })
  return (stream) => names.has(stream)
}

/** By stream; a pattern is none. */
function titlesOf(configs: StreamConfigs): ReadonlyMap<string, string> {
  return new Map([...configs.titles()].filter(([stream]) => !stream.startsWith('/')))
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
        fields: { schema: title },
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
