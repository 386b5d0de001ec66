// The intake with Kafka behind it, for `npm run bench:intake`: events that a real broker has acknowledged.
import { startBroker } from '../kafka/support/broker.mjs'
import { findKafka } from '../kafka/support/find.mjs'

/**
 * @template Figures
 * @param {object} options
 * @param {number} options.connections
 * @param {number} options.seconds
 * @param {(options: { flags: string[] }) => Promise<{ url: string, stop(): Promise<void> }>} options.startIntake
 * @param {(options: { url: string, connections: number, seconds: number }) => Promise<Figures>} options.load
 * @returns {Promise<{ skipped: string } | Figures>}
 */
export async function measureKafka({ connections, seconds, startIntake, load }) {
  const broker = await findBroker()
  if ('reason' in broker) return { skipped: broker.reason }
  try {
    console.error(`bench: with Kafka at ${broker.addresses.join(', ')}`)
    const intake = await startIntake({ flags: ['--sink', 'kafka', '--brokers', ...broker.addresses] })
    try {
      return await load({ url: intake.url, connections, seconds })
    } finally {
      await intake.stop()
    }
  } finally {
    await broker.remove()
  }
}

async function findBroker() {
  const given = process.env.KAFKA_BROKERS
  if (given) return { addresses: given.split(','), remove: async () => undefined }
  const found = await findKafka()
  if ('reason' in found) return found
  // Without the flags of a short test: it is to be as fast as it gets.
  const { address, remove } = await startBroker({ ...found, javaFlags: [] })
  return { addresses: [address], remove }
}
