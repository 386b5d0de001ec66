import type { EventSink, LogRecord } from '../event-sink.ts'
import type { StreamSettings } from '../ingest.ts'
import type { Log } from '../log.ts'
import type { Commit } from '../metrics.ts'
import { REJECTED_STREAM } from '../rejection.ts'
import type { StreamConfigs } from '../stream-configs.ts'
import { inWords, loadKafka } from './kafka-library.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { keyOf } from './message-key.ts'
import { createSender, type Outgoing } from './sender.ts'
import { problemOfTopic, topicFor } from './stream-topics.ts'
import { createTopics } from './topics.ts'

type Settings = { readonly [setting: string]: unknown }

const LOOK_EVERY = 2_000

/**
 * Keeps events in Kafka. They are there once it answers, on all in-sync replicas; `hasty` ones on the leader, perhaps. It
 * keeps no ids: what is sent again is there again. Rejects with an IntakeError where the library is not installed.
 */
export async function openKafkaSink({
  options,
  configs,
  onCommit,
  log,
}: {
  options: KafkaOptions
  configs: Pick<StreamConfigs, 'lookUp' | 'titles'>
  onCommit: (commit: Commit) => void
  log: Log
}): Promise<EventSink> {
  const library = await loadKafka()
  const topics = createTopics({
    library,
    options,
    onProblem: (problem) =>
      log({ level: 'error', message: `Kafka: ${problem}; its events are not taken until then` }),
  })
  const sender = createSender({ library, options, topics, isGuaranteed: true, onCommit })
  const hastySender = createSender({ library, options, topics, isGuaranteed: false, onCommit })

  let unreached: string | undefined = 'no Kafka broker has answered yet'
  let told = ''
  let isClosed = false
  const look = async () => {
    try {
      await topics.reach()
      unreached = undefined
    } catch (error) {
      unreached = `no Kafka broker answers: ${inWords(error)}`
    }
    tell()
  }
  await look()
  const timer = setInterval(look, LOOK_EVERY)
  timer.unref()
  // Those that are missing are told of at the start, and not by the first visitor.
  const { titles } = configs
  const streams = [...titles().keys(), REJECTED_STREAM].filter((stream) => !stream.startsWith('/'))
  const lookUp = configs.lookUp()
  const written = new Set(streams.map((stream) => topicOf(stream, settingsIn(lookUp, stream))))
  for (const topic of written) if (!problemOfTopic(topic)) topics.partitionsOf([topic]).catch(() => undefined)

  return {
    refusalOf(event, stream, settings) {
      const topic = topicOf(stream, settings)
      const problem = problemOfTopic(topic) ?? topics.problemOf(topic)
      if (problem !== undefined) return `Stream "${stream}" cannot be stored: ${problem}`
      const found = keyOf(event, settings.message_key_fields)
      return 'missing' in found
        ? `The event is not allowed in stream "${stream}" without "${found.missing}", which its message key is made of`
        : undefined
    },
    async append(records, { hasty = false }) {
      const lookUp = configs.lookUp()
      const messages = records.map((record) => messageOf(record, settingsIn(lookUp, record.stream)))
      await topics.partitionsOf(new Set(messages.map(({ topic }) => topic)))
      await (hasty ? hastySender : sender).send(messages)
      return records
    },
    trouble,
    async close() {
      isClosed = true
      clearInterval(timer)
      await Promise.all([sender.close(), hastySender.close()])
      topics.close()
    },
  }

  function trouble(): string | undefined {
    const rejected = topicOf(REJECTED_STREAM, settingsIn(configs.lookUp(), REJECTED_STREAM))
    return unreached ?? sender.trouble() ?? topics.problemOf(rejected)
  }

  function tell(): void {
    const message = unreached ?? ''
    if (message === told || isClosed) return
    if (message !== '')
      log({ level: 'error', message: `${message}; until one does, events are answered 503` })
    else log({ level: 'info', message: 'the Kafka brokers answer' })
    told = message
  }

  function topicOf(stream: string, settings: Settings): string {
    return topicFor(stream, settings, options.topicPrefix)
  }

  function messageOf({ stream, event, receivedAt }: LogRecord, settings: Settings): Outgoing {
    const found = keyOf(event, settings.message_key_fields)
    return {
      topic: topicOf(stream, settings),
      // Where the config was changed just now, and asks for a field that was not asked for when the event was judged.
      key: 'missing' in found ? undefined : found.key,
      value: Buffer.from(JSON.stringify(event)),
      timestamp: BigInt(timeOf(event, receivedAt)),
    }
  }
}

/** Empty where it is not configured, as `rivulet.rejected` need not be. */
function settingsIn(lookUp: (stream: string) => StreamSettings, stream: string): Settings {
  const found = lookUp(stream)
  return 'settings' in found ? found.settings : {}
}

// The library writes times wrongly that are 2^31 ms, 24.8 days, from the first of their request.
const LONGEST_AGO = 20 * 24 * 60 * 60_000

/** `meta.dt`, by which readers look for a time; a client may have set it. Brokers refuse what is still to come. */
function timeOf({ meta }: LogRecord['event'], receivedAt: Date): number {
  const received = receivedAt.getTime()
  const dt = Date.parse(String((meta as { dt?: unknown } | undefined)?.dt))
  return Number.isNaN(dt) ? received : Math.max(received - LONGEST_AGO, Math.min(dt, received))
}
