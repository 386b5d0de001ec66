import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import { openSchemaRepository, type SchemaRepository } from '../schema/repository.ts'
import { answerTo } from './answer.ts'
import { idOf, type LogRecord, openEventLog, type StoredLine } from './event-log.ts'
import { type Judged, ingest, isObject } from './ingest.ts'
import { codeOf, IntakeError } from './intake-error.ts'
import { createLiveFeed, type LiveRecord } from './live-feed.ts'
import type { Log } from './log.ts'
import { OWN_SCHEMAS } from './package-files.ts'
import { createSchemaRegistry, type SchemaRegistry } from './registry.ts'
import { problemsOf, REJECTED_STREAM, rejectionOf } from './rejection.ts'
import { createIntakeServer } from './server.ts'
import { openState } from './state.ts'
import { openStreamConfigs, type StreamConfigs } from './stream-configs.ts'

export { SchemaError } from '../schema/schema-error.ts'
export { IntakeError } from './intake-error.ts'
export type { Log, LogLine } from './log.ts'

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
  /** Gets what the intake has to say about itself. Default: a line on stderr, except for `info`. */
  readonly log?: Log
}

/** How many events of a stream were stored, and rejected. */
export interface StreamCounts {
  readonly stored: number
  readonly rejected: number
}

export interface Intake {
  /** Where it listens, `http://127.0.0.1:8192`, without a slash at the end. */
  readonly url: string
  /** What the data folder holds, by stream; the same as `GET /v1/counts`. Events that name no stream count under ''. */
  counts(): { readonly streams: { readonly [stream: string]: StreamCounts } }
  /** Stops listening, answers and stores what it has taken, and closes its files. */
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
  log = toStderr,
}: IntakeOptions): Promise<Intake> {
  const schemas = openSchemaRepository([...schemaFolders, OWN_SCHEMAS])
  const registry = createSchemaRegistry(schemas)
  makeFolder(data)
  const configs = openStreamConfigs({ path: streams, state: openState(data), log })
  checkSchemas(configs, { schemas, registry, log })

  const tally = createTally()
  const before: LiveRecord[] = []
  const today = new Date().toISOString().slice(0, 10)
  const eventLog = await openEventLog({
    folder: data,
    log,
    onLine(line) {
      const record = asLiveRecord(line)
      tally.count(record)
      if (line.day === today) before.push(record)
    },
  })
  const live = createLiveFeed(before.sort((a, b) => (a.received_at < b.received_at ? -1 : 1)))

  const server = createIntakeServer({
    receive,
    configs,
    schemas,
    live,
    counts: tally.counts,
    maxBodyBytes,
    log,
  })
  try {
    await listen(server, { host, port })
  } catch (error) {
    live.close()
    configs.close()
    throw error
  }

  return {
    url: `http://${hostInUrl(host)}:${(server.address() as AddressInfo).port}`,
    counts: tally.counts,
    async close() {
      const closed = once(server, 'close')
      server.close()
      live.close()
      configs.close()
      await closed
      await server.idle()
      await eventLog.close()
    },
  }

  /** Judges a batch, stores all of it, and only then tells of it. */
  async function receive(
    batch: readonly unknown[],
    { receivedAt, sentAt }: { receivedAt: Date; sentAt?: number | undefined },
  ) {
    const { settingsOf } = configs
    const judged = ingest(batch, {
      receivedAt,
      sentAt,
      settingsOf,
      schemaOf: registry.get,
      newId: randomUUID,
    })

    const entries = judged.map((one) => entryOf(one, receivedAt))
    const stored = new Set(await eventLog.append(entries.map(({ record }) => record)))

    for (const { record, shown } of entries) {
      if (!stored.has(record)) continue // a duplicate: stored, counted and shown before
      tally.count(shown)
      live.publish(shown)
    }
    return answerTo(judged)
  }
}

/** What is stored of a judged event, and what is shown of it. */
function entryOf(judged: Judged, receivedAt: Date): { record: LogRecord; shown: LiveRecord } {
  const received_at = receivedAt.toISOString()
  if (judged.verdict === 'accepted') {
    const { stream, event } = judged
    return {
      record: { stream, id: idOf(event), receivedAt, event },
      shown: { kind: 'accepted', stream, received_at, event },
    }
  }
  const problems = problemsOf(judged)
  const rejection = rejectionOf(judged, { problems, id: randomUUID(), receivedAt })
  return {
    record: { stream: REJECTED_STREAM, id: rejection.meta.id, receivedAt, event: rejection },
    shown: {
      kind: 'rejected',
      stream: rejection.errored_stream_name ?? '',
      received_at,
      problems,
      event: judged.event,
    },
  }
}

/** A stored line as the live page shows it. */
function asLiveRecord({ event, day }: StoredLine): LiveRecord {
  const meta = isObject(event.meta) ? event.meta : {}
  const received_at = typeof meta.dt === 'string' ? meta.dt : day
  if (meta.stream !== REJECTED_STREAM)
    return { kind: 'accepted', stream: String(meta.stream), received_at, event }
  return {
    kind: 'rejected',
    stream: String(event.errored_stream_name ?? ''),
    received_at,
    problems: Array.isArray(event.problems) ? event.problems.map(String) : [],
    event: JSON.parse(String(event.raw_event)),
  }
}

function createTally() {
  const streams = new Map<string, { stored: number; rejected: number }>()
  return {
    count({ kind, stream }: LiveRecord): void {
      const counts = streams.get(stream) ?? { stored: 0, rejected: 0 }
      counts[kind === 'accepted' ? 'stored' : 'rejected'] += 1
      streams.set(stream, counts)
    },
    counts: () => ({
      streams: Object.fromEntries([...streams].sort().map(([stream, counts]) => [stream, { ...counts }])),
    }),
  }
}

/** A broken schema stops the intake at its start; one that is not there only means that its streams take nothing yet. */
function checkSchemas(
  configs: StreamConfigs,
  { schemas, registry, log }: { schemas: SchemaRepository; registry: SchemaRegistry; log: Log },
): void {
  for (const title of configs.schemaTitles()) {
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

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    const isTaken = codeOf(cause) === 'EADDRINUSE'
    const message = isTaken
      ? `port ${port} on ${host} is in use; choose another port, or stop the program that holds it`
      : `cannot listen on ${host}, port ${port} (${(cause as Error).message}); choose another host or port`
    throw new IntakeError(message, { cause })
  }
}

const hostInUrl = (host: string) => (host.includes(':') ? `[${host}]` : host)

function toStderr({ level, message }: { level: string; message: string }): void {
  if (level !== 'info') process.stderr.write(`rivulet intake: ${message}\n`)
}
