import { randomUUID } from 'node:crypto'
import { describe, onTestFinished } from 'vitest'
import type { LogRecord } from '../../src/intake/event-sink.ts'
import { openKafkaSink } from '../../src/intake/kafka/kafka-sink.ts'
import { openKafkaSource } from '../../src/intake/kafka/kafka-source.ts'
import { eventSourceContract, type SourceUnderTest } from '../support/event-source-contract.ts'
import { BROKER, newPrefix } from './support/kafka-intake.ts'
import { createTopics } from './support/topic.ts'

describe.skipIf(!BROKER)('events that Kafka has', () => eventSourceContract(openSource))

async function openSource(): Promise<SourceUnderTest> {
  const prefix = newPrefix()
  const streams = ['shop.click', 'shop.view']
  await createTopics(
    BROKER,
    streams.map((stream) => `${prefix}${stream}`),
  )
  const settings = { topic_prefixes: [prefix] }
  const configs = {
    lookUp: () => (stream: string) =>
      streams.includes(stream) ? { schemaTitle: 'any', settings } : { problem: 'not configured' },
    titles: () => new Map<string, string>(),
  }
  const options = { brokers: [BROKER] }
  const sink = await openKafkaSink({ options, configs, onCommit: () => undefined, log: () => undefined })
  onTestFinished(() => sink.close())
  const reopen = async () => {
    const source = await openKafkaSource({ options, configs })
    onTestFinished(() => source.close())
    return source
  }
  return {
    source: await reopen(),
    reopen,
    async store(stream, ids) {
      const records = ids.map((id): LogRecord => {
        const receivedAt = new Date()
        const event = { meta: { id, stream, dt: receivedAt.toISOString(), producer: { id: randomUUID() } } }
        return { stream, id, receivedAt, event }
      })
      await sink.append(records, { noteOf: () => undefined })
    },
  }
}
