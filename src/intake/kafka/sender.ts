import type { Producer } from '@platformatic/kafka'
import { RefusedError } from '../event-sink.ts'
import type { Commit } from '../metrics.ts'
import { abandon, clientOptions, inWords, type KafkaLibrary, partsOf } from './kafka-library.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { TopicError, type Topics } from './topics.ts'

/** A message as Kafka is to keep it. */
export interface Outgoing {
  readonly topic: string
  /** Messages of one topic and key stay in order. */
  readonly key: string | undefined
  readonly value: Buffer
  readonly timestamp: bigint
}

/** Sends messages, and knows how that went. */
export interface Sender {
  /**
   * Resolves once the brokers have all of them. Rejects where they may not have them, within some seconds, and with a
   * RefusedError where they will never take them.
   */
  send(messages: readonly Outgoing[]): Promise<void>
  /** Why sending fails at present. */
  trouble(): string | undefined
  /** Waits for what is being sent. */
  close(): Promise<void>
}

interface Batch {
  readonly messages: readonly Outgoing[]
  readonly bytes: number
  readonly since: number
  /** It goes by itself, since in a group it failed. */
  readonly alone: boolean
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** What came of a group; of one that failed, which of its partitions have it all the same. */
type Sent =
  | { readonly error: undefined }
  | { readonly error: Error; readonly isAnswer: boolean; hasWritten(place: Place): boolean }

interface Place {
  readonly topic: string
  readonly partition: number
}

/** Of one request. A broker takes 1,048,588 bytes a partition by default, and all may be of one. */
const MOST_BYTES = 900_000
/** Beside key and value, at most. */
const BYTES_AROUND = 40
const LONGEST_WAIT = 10_000
const LONGEST_SEND = 8_000
const TROUBLE_FOR = 10_000

/** What the brokers refuse because of the messages, whenever they come. */
const FOR_GOOD = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']

/**
 * One request at a time: what arrives meanwhile is the next. The library numbers a request when it is written and counts
 * on when it is answered, so that a second one beside it would be taken for its repetition.
 *
 * With `isGuaranteed` the producer is idempotent, and all in-sync replicas have what is answered; without, the leader.
 */
export function createSender({
  library,
  options,
  topics,
  isGuaranteed,
  onCommit,
}: {
  library: KafkaLibrary
  options: KafkaOptions
  topics: Topics
  isGuaranteed: boolean
  /** Called for each request that the brokers have taken. */
  onCommit: (commit: Commit) => void
}): Sender {
  let producer: Producer | undefined
  let waiting: Batch[] = []
  let sending: Promise<void> | undefined
  let failed: { readonly message: string; readonly at: number } | undefined

  return {
    async send(messages) {
      // One after another, so that they stay in order.
      for (const part of parted(messages)) await sendPart(part)
    },
    trouble: () => (failed && Date.now() - failed.at < TROUBLE_FOR ? failed.message : undefined),
    async close() {
      await sending
      await producer?.close()
    },
  }

  function sendPart({ messages, bytes }: Pick<Batch, 'messages' | 'bytes'>): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.push({ messages, bytes, since: Date.now(), alone: false, resolve, reject })
      sending ??= sendWaiting()
    })
  }

  async function sendWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const group = nextGroup()
      if (group.length > 0) await settle(group)
    }
    sending = undefined
  }

  function nextGroup(): readonly Batch[] {
    const since = Date.now() - LONGEST_WAIT
    for (const batch of waiting)
      if (batch.since < since)
        batch.reject(new Error('the Kafka brokers are slower than what comes in; add some, or partitions'))
    waiting = waiting.filter((batch) => batch.since >= since)

    let bytes = 0
    const end = waiting.findIndex((batch, index) => {
      bytes += batch.bytes
      return index > 0 && (bytes > MOST_BYTES || batch.alone || waiting[0]!.alone)
    })
    return waiting.splice(0, end < 0 ? waiting.length : end)
  }

  /** Where one's messages are refused, the others get a try of their own. */
  async function settle(group: readonly Batch[]): Promise<void> {
    const places = await placesOf(group).catch((error: Error) => error)
    if (places instanceof TopicError) return reject(group, places)
    if (places instanceof Error) return fail(group, places)
    const startedAt = performance.now()
    const outcome = await sent(group, places)
    if (outcome.error === undefined) {
      failed = undefined
      onCommit({ ...sizeOf(group), seconds: (performance.now() - startedAt) / 1_000 })
      for (const { resolve } of group) resolve()
      return
    }

    const { error, isAnswer, hasWritten } = outcome
    const rest = group.filter((batch) => !places.get(batch)!.every(hasWritten))
    for (const batch of group) if (!rest.includes(batch)) batch.resolve()
    if (!isAnswer) fail(rest, error)
    else if (rest.length > 1) waiting.unshift(...rest.map((batch) => ({ ...batch, alone: true })))
    else reject(rest, isForGood(error) ? new RefusedError(inWords(error)) : notTaken(error))
  }

  /** Where no broker answers, those who wait would only do so longer. */
  function fail(group: readonly Batch[], cause: Error): void {
    const error = notTaken(cause)
    failed = { message: error.message, at: Date.now() }
    reject([...group, ...waiting.splice(0)], error)
  }

  /** Each message's partition, as Java's producer chooses it; those without a key go to one together. */
  async function placesOf(group: readonly Batch[]): Promise<ReadonlyMap<Batch, readonly Place[]>> {
    const counts = await topics.partitionsOf(
      new Set(group.flatMap(({ messages }) => messages.map(({ topic }) => topic))),
    )
    const keyless = Math.floor(Math.random() * 2 ** 31)
    const placeOf = ({ topic, key }: Outgoing): Place => {
      const hash = key === undefined ? keyless : library.murmur2(key, true) & 0x7fffffff
      return { topic, partition: hash % counts.get(topic)! }
    }
    return new Map(group.map((batch) => [batch, batch.messages.map(placeOf)]))
  }

  async function sent(group: readonly Batch[], places: ReadonlyMap<Batch, readonly Place[]>): Promise<Sent> {
    const messages = group.flatMap((batch) =>
      batch.messages.map(({ key, value, timestamp }, index) => ({
        ...places.get(batch)![index]!,
        value,
        timestamp,
        ...(key === undefined ? {} : { key: Buffer.from(key) }),
      })),
    )
    producer ??= openProducer()
    const current = producer
    try {
      await within(LONGEST_SEND, current.send({ messages, acks: isGuaranteed ? ALL : LEADER }))
      return { error: undefined }
    } catch (error) {
      // What the broker has of it is not known for sure, and so not with which number to go on.
      abandon(current)
      producer = undefined
      topics.forget()
      const parts = partsOf(error)
      const written = writtenIn(error)
      return {
        error: error as Error,
        isAnswer: parts.every(({ apiId, canRetry }) => apiId !== undefined && !canRetry),
        hasWritten: ({ topic, partition }) => written.has(`${topic} ${partition}`),
      }
    }
  }

  function openProducer(): Producer {
    return new library.Producer({
      ...clientOptions(options),
      idempotent: isGuaranteed,
      compression: 'lz4',
      // After these nothing is sure any more; the sender is told to come again.
      retries: isGuaranteed ? 3 : 0,
      retryDelay: 300,
      metadataMaxAge: 60_000,
    })
  }
}

function reject(batches: readonly Batch[], error: Error): void {
  for (const batch of batches) batch.reject(error)
}

function notTaken(cause: Error): Error {
  const message = `Kafka does not take events: ${inWords(cause)}; see whether its brokers are well`
  return Object.assign(new Error(message), { cause })
}

/** What is counted of a group: its events, as they are kept. */
function sizeOf(group: readonly Batch[]): Pick<Commit, 'records' | 'bytes'> {
  const messages = group.flatMap((batch) => batch.messages)
  return { records: messages.length, bytes: messages.reduce((sum, { value }) => sum + value.length, 0) }
}

const ALL = -1
const LEADER = 1

/** As few requests as there have to be. */
function parted(messages: readonly Outgoing[]): Pick<Batch, 'messages' | 'bytes'>[] {
  const parts: { messages: Outgoing[]; bytes: number }[] = []
  for (const message of messages) {
    const bytes = BYTES_AROUND + message.value.length + (message.key?.length ?? 0)
    const last = parts.at(-1)
    if (last && last.bytes + bytes <= MOST_BYTES) {
      last.messages.push(message)
      last.bytes += bytes
    } else parts.push({ messages: [message], bytes })
  }
  return parts
}

const isForGood = (error: Error): boolean =>
  partsOf(error).every(({ apiId }) => FOR_GOOD.includes(String(apiId)))

interface ProduceResponse {
  readonly responses?: readonly {
    readonly name: string
    readonly partitionResponses: readonly { readonly index: number; readonly errorCode: number }[]
  }[]
}

/** The partitions that have all they were sent, though others failed. */
function writtenIn(error: unknown): ReadonlySet<string> {
  const {
    produced,
    response,
    errors = [],
  } = error as {
    produced?: { offsets?: readonly Place[] }
    response?: ProduceResponse
    errors?: readonly unknown[]
  }
  const answered = (response?.responses ?? []).flatMap(({ name, partitionResponses }) =>
    partitionResponses.filter(({ errorCode }) => errorCode === 0).map(({ index }) => `${name} ${index}`),
  )
  const other = (produced?.offsets ?? []).map(({ topic, partition }) => `${topic} ${partition}`)
  return new Set([...answered, ...other, ...errors.filter(Boolean).flatMap((one) => [...writtenIn(one)])])
}

async function within<Result>(time: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${time / 1000} s`)), time)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
