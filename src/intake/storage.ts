import { createFileSource } from './consumption/file-source.ts'
import type { EventSource } from './consumption/event-source.ts'
import { DUPLICATES_STREAM } from './duplicates.ts'
import { type EventLog, openEventLog } from './event-log.ts'
import type { EventSink } from './event-sink.ts'
import type { History } from './history.ts'
import type { KafkaOptions } from './kafka/kafka-options.ts'
import { openKafkaSink } from './kafka/kafka-sink.ts'
import { openKafkaSource } from './kafka/kafka-source.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { REJECTED_STREAM } from './rejection.ts'
import type { StreamConfigs } from './stream-configs.ts'

/** Where the events of an intake are. */
export interface Storage {
  readonly sink: EventSink
  readonly source: EventSource
  /** Where they are in files: those can be removed. */
  readonly eventLog?: EventLog
  close(): Promise<void>
}

interface StorageParts {
  readonly configs: StreamConfigs
  readonly metrics: Metrics
  readonly log: Log
}

/** The files of a data folder. What they hold already goes through the history. */
export async function openFiles({
  data,
  history,
  dedupeIds,
  snapshotBytes,
  configs,
  metrics,
  log,
}: StorageParts & {
  readonly data: string
  readonly history: History
  readonly dedupeIds: number | undefined
  readonly snapshotBytes: number | undefined
}): Promise<Storage> {
  const eventLog = await openEventLog({
    folder: data,
    log,
    onLine: history.add,
    state: history,
    dedupeIds,
    snapshotBytes,
    onCommit: metrics.committed,
  })
  const source = createFileSource({ data, log: eventLog, isStream: (name) => isStream(configs, name) })
  return {
    sink: eventLog,
    source,
    eventLog,
    async close() {
      await source.close()
      await eventLog.close()
    },
  }
}

/** Topics of Kafka. */
export async function openTopics({
  kafka,
  configs,
  metrics,
  log,
}: StorageParts & { readonly kafka: KafkaOptions }): Promise<Storage> {
  const sink = await openKafkaSink({ options: kafka, configs, onCommit: metrics.committed, log })
  const source = await openKafkaSource({ options: kafka, configs })
  return {
    sink,
    source,
    async close() {
      await source.close()
      await sink.close()
    },
  }
}

/** Whether events can be read by this name: a configured one, which no pattern is, or of those that the intake writes itself. */
function isStream(configs: StreamConfigs, name: string): boolean {
  if (name === REJECTED_STREAM || name === DUPLICATES_STREAM) return true
  return !name.startsWith('/') && 'schemaTitle' in configs.lookUp()(name)
}
