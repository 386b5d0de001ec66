import { Admin, Consumer } from '@platformatic/kafka'
import { until } from '../../e2e/intake/temp-intake.ts'

/** A message as a topic has it. */
export interface Stored {
  readonly partition: number
  readonly offset: number
  readonly key: string | undefined
  readonly timestamp: number
  readonly event: { meta: { id: string; stream: string; dt: string } } & { readonly [field: string]: unknown }
}

const EVERYTHING = 50_000_000

/** All that a topic has, each partition in its order. Fails where the topic is not there. */
export async function messagesIn(address: string, topic: string): Promise<Stored[]> {
  const consumer = new Consumer({ clientId: 'test', groupId: 'test', bootstrapBrokers: [address] })
  try {
    const { topics } = await consumer.metadata({ topics: [topic] })
    const { id, partitions } = topics.get(topic)!
    const [ends] = [...(await consumer.listOffsets({ topics: [topic] })).values()]
    const read = partitions.map(async ({ leader }, partition) => {
      const found: Stored[] = []
      for (let next = 0n; next < ends![partition]!; ) {
        const { responses } = await consumer.fetch({
          node: leader,
          maxBytes: EVERYTHING,
          maxWaitTime: 100,
          topics: [
            {
              topicId: id,
              partitions: [
                {
                  partition,
                  fetchOffset: next,
                  currentLeaderEpoch: -1,
                  lastFetchedEpoch: -1,
                  partitionMaxBytes: EVERYTHING,
                },
              ],
            },
          ],
        })
        for (const { firstOffset, firstTimestamp, records } of responses[0]!.partitions[0]!.records ?? [])
          for (const { offsetDelta, timestampDelta, key, value } of records) {
            next = firstOffset + BigInt(offsetDelta) + 1n
            found.push({
              partition,
              offset: Number(next) - 1,
              key: key?.toString(),
              timestamp: Number(firstTimestamp + timestampDelta),
              event: JSON.parse(String(value)),
            })
          }
      }
      return found
    })
    return (await Promise.all(read)).flat()
  } finally {
    await consumer.close()
  }
}

/** Makes topics, as an operator does. */
export async function createTopics(address: string, topics: string[], partitions = 3): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [address] })
  try {
    await admin.createTopics({ topics, partitions, replicas: 1 })
    // The broker may take a moment to know of them itself.
    await until(() =>
      admin.metadata({ topics, forceUpdate: true }).then(
        () => true,
        () => false,
      ),
    )
  } finally {
    await admin.close()
  }
}
