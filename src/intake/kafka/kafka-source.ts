import type { Consumer, RecordsBatch } from '@platformatic/kafka'
import type { EventSource, Message, Place, Position } from '../consumption/event-source.ts'
import { REJECTED_STREAM } from '../rejection.ts'
import type { StreamConfigs } from '../stream-configs.ts'
import { abandon, clientOptions, type KafkaLibrary, loadKafka, partsOf } from './kafka-library.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { topicsOf } from './stream-topics.ts'

/** How long a broker keeps a question open that has no answer yet. */
const WAIT = 1_000
const TRY_AGAIN_AFTER = 1_000
const LEADER_WITHIN = 5_000
const LEADER_EVERY = 200
const BYTES_AT_ONCE = 1_048_576

const END = -1n
const BEGINNING = -2n

/**
 * Reads topics, as no member of a group: who reads remembers where it stands. What is gone by retention is passed over,
 * as is what is no JSON object; brokers that do not answer are asked again until the signal aborts.
 */
export async function openKafkaSource({
  options,
  configs,
}: {
  options: KafkaOptions
  configs: Pick<StreamConfigs, 'lookUp'>
}): Promise<EventSource> {
  const library = await loadKafka()
  let client: Consumer | undefined

  return {
    topicsOf(stream) {
      const found = configs.lookUp()(stream)
      if ('settings' in found) return topicsOf(stream, found.settings)
      return stream === REJECTED_STREAM ? [stream] : []
    },
    async positions(topics, { positions = [], since }) {
      client ??= openConsumer(library, options)
      const asked = client
      try {
        return await positionsIn(asked, topics, { positions, since })
      } catch (error) {
        abandon(asked)
        client = undefined
        throw error
      }
    },
    read: (from, signal) => read(() => openConsumer(library, options), from, signal),
    close: async () => abandon(client),
  }
}

function openConsumer(library: KafkaLibrary, options: KafkaOptions): Consumer {
  return new library.Consumer({
    ...clientOptions(options),
    groupId: 'rivulet-intake', // which is never joined
  })
}

async function positionsIn(
  consumer: Consumer,
  topics: readonly string[],
  { positions, since }: { positions: readonly Position[]; since: number | undefined },
): Promise<readonly Place[]> {
  const all = await Promise.all(topics.map((topic) => positionsOf(topic)))
  if (all.every((places) => places.length === 0))
    throw new Error(`Kafka has no topic ${topics.map((topic) => `"${topic}"`).join(' or ')}; create it`)
  return all.flat()

  async function positionsOf(topic: string): Promise<Place[]> {
    if (!(await isThere(consumer, topic))) return [] // as another datacenter's, which others may have
    const [beginnings, ends] = await Promise.all([offsetsAt(topic, BEGINNING), offsetsAt(topic, END)])
    const named = new Map(positions.filter((one) => one.topic === topic).map((one) => [one.partition, one]))
    return Promise.all(
      ends.map(async (end, partition) => {
        const { offset, timestamp } = named.get(partition) ?? { timestamp: since }
        const wanted = offset ?? (timestamp === undefined ? -1 : await offsetAt(topic, partition, timestamp))
        const from =
          wanted < 0 ? Number(end) : Math.min(Math.max(wanted, Number(beginnings[partition])), Number(end))
        return { topic, partition, offset: from }
      }),
    )
  }

  async function offsetsAt(
    topic: string,
    timestamp: bigint,
    partitions?: number[],
  ): Promise<readonly bigint[]> {
    const found = await onceLed(consumer, () =>
      consumer.listOffsets({
        topics: [topic],
        timestamp,
        ...(partitions ? { partitions: { [topic]: partitions } } : {}),
      }),
    )
    return found.get(topic)!
  }

  /** -1 where there is nothing so late. */
  async function offsetAt(topic: string, partition: number, timestamp: number): Promise<number> {
    const time = BigInt(Math.max(0, Math.trunc(timestamp)))
    return Number((await offsetsAt(topic, time, [partition]))[partition])
  }
}

/** Asks again while a partition has no leader yet, or another: the library would ask the one that it knows of. */
async function onceLed<Result>(consumer: Consumer, ask: () => Promise<Result>): Promise<Result> {
  for (let left = LEADER_WITHIN / LEADER_EVERY; ; left--) {
    try {
      return await ask()
    } catch (error) {
      if (left <= 0 || !partsOf(error).every(({ apiId }) => apiId !== undefined)) throw error
    }
    consumer.clearMetadata()
    await new Promise((resolve) => setTimeout(resolve, LEADER_EVERY))
  }
}

async function isThere(consumer: Consumer, topic: string): Promise<boolean> {
  try {
    await consumer.metadata({ topics: [topic], autocreateTopics: false })
    return true
  } catch (error) {
    if ((error as Error).message.startsWith('Unknown topic')) return false // the library tells of no code here
    throw error
  }
}

/** A client of its own for each reader, since a broker answers one connection's questions one after another. */
async function* read(
  open: () => Consumer,
  from: readonly Place[],
  signal: AbortSignal,
): AsyncGenerator<readonly Message[], void> {
  const next = from.map(({ topic, partition, offset }) => ({ topic, partition, offset: BigInt(offset) }))
  while (!signal.aborted) {
    const consumer = open()
    const stop = () => abandon(consumer)
    signal.addEventListener('abort', stop)
    try {
      yield* readFrom(consumer, next)
    } catch (error) {
      await resetWhereGone(error, consumer, next)
    } finally {
      signal.removeEventListener('abort', stop)
      stop()
    }
    await pause(TRY_AGAIN_AFTER, signal)
  }
}

interface Next {
  readonly topic: string
  readonly partition: number
  offset: bigint
}

/** Asks the leader of each partition, each for itself, until one fails. */
async function* readFrom(
  consumer: Consumer,
  next: readonly Next[],
): AsyncGenerator<readonly Message[], void> {
  const { topics } = await consumer.metadata({ topics: [...new Set(next.map(({ topic }) => topic))] })
  const nameOf = new Map([...topics].map(([name, { id }]) => [id, name]))
  const byLeader = new Map<number, Next[]>()
  for (const one of next) {
    const leader = topics.get(one.topic)?.partitions[one.partition]?.leader ?? -1
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), one])
  }

  const answers = new Map([...byLeader.keys()].map((leader) => [leader, ask(leader)]))
  for (const answer of answers.values()) answer.catch(() => undefined) // told by the race
  while (answers.size > 0) {
    const { leader, response } = await Promise.race(answers.values())
    for (const { topicId, partitions } of response.responses)
      for (const { partitionIndex, records = [] } of partitions) {
        const place = next.find(
          ({ topic, partition }) => topic === nameOf.get(topicId) && partition === partitionIndex,
        )
        const messages = place ? [...messagesIn(records, place)] : []
        if (messages.length > 0) yield messages
      }
    const answer = ask(leader)
    answer.catch(() => undefined)
    answers.set(leader, answer)
  }

  async function ask(leader: number) {
    const response = await consumer.fetch({
      node: leader,
      maxWaitTime: WAIT,
      maxBytes: BYTES_AT_ONCE,
      topics: [...topics].map(([name, { id: topicId }]) => ({
        topicId,
        partitions: byLeader
          .get(leader)!
          .filter(({ topic }) => topic === name)
          .map(({ partition, offset }) => ({
            partition,
            fetchOffset: offset,
            currentLeaderEpoch: -1,
            lastFetchedEpoch: -1,
            partitionMaxBytes: BYTES_AT_ONCE,
          })),
      })),
    })
    return { leader, response }
  }
}

/** What comes in batches may begin before what was asked for, and end behind its last message. */
function* messagesIn(batches: readonly RecordsBatch[], place: Next): Generator<Message, void> {
  const { topic, partition } = place
  for (const { firstOffset, lastOffsetDelta, attributes, records } of batches) {
    const isOfKafka = (attributes & CONTROL) !== 0
    for (const { offsetDelta, value } of isOfKafka ? [] : records) {
      const offset = firstOffset + BigInt(offsetDelta)
      if (offset < place.offset) continue
      place.offset = offset + 1n
      const json = objectIn(value)
      if (json !== undefined) yield { topic, partition, next: Number(place.offset), json }
    }
    const end = firstOffset + BigInt(lastOffsetDelta) + 1n
    if (end > place.offset) place.offset = end
  }
}

const CONTROL = 1 << 5

function objectIn(value: Buffer | null): string | undefined {
  const text = value?.toString() ?? ''
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content !== 'object' || content === null || Array.isArray(content)) return undefined
    return text.includes('\n') || text.includes('\r') ? JSON.stringify(content) : text
  } catch {
    return undefined // another producer's
  }
}

/** Goes on where a partition begins by now. */
async function resetWhereGone(error: unknown, consumer: Consumer, next: readonly Next[]): Promise<void> {
  if (!partsOf(error).some(({ apiId }) => apiId === 'OFFSET_OUT_OF_RANGE')) return
  try {
    for (const topic of new Set(next.map((one) => one.topic))) {
      const found = await consumer.listOffsets({ topics: [topic], timestamp: BEGINNING })
      for (const one of next) {
        const beginning = one.topic === topic ? found.get(topic)?.[one.partition] : undefined
        if (beginning !== undefined && beginning > one.offset) one.offset = beginning
      }
    }
  } catch {
    // tried again with the next error
  }
}

function pause(time: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, time)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
