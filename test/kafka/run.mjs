// `npm run test:kafka`: the tests against a real Kafka broker: the one that $KAFKA_BROKERS names, else one that is
// started here, where there are a JDK and Maven, and removed again. Ends in the line `N passed, N failed`.
import { FAILED, finish, tests } from '../steps.mjs'
import { startBroker } from './support/broker.mjs'
import { findKafka } from './support/find.mjs'

if (process.env.KAFKA_BROKERS) finish([await tests(['kafka'])])
else {
  const found = await findKafka({ mayInstall: true })
  if ('reason' in found) {
    console.log(`skipped: the tests with Kafka: ${found.reason}`)
    finish([{ passed: 0, failed: 0, skipped: 1 }])
  } else finish([await testsWithBroker(found)])
}

/** @param {{ classPath: string }} found */
async function testsWithBroker({ classPath }) {
  // So that the broker goes then, too.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const broker = await startBroker({ classPath }).catch((/** @type {Error} */ error) => error)
  if (broker instanceof Error) {
    console.log(`failed: the Kafka broker cannot be started (${broker.message})`)
    return FAILED
  }
  // Tests that kill a broker start one of their own.
  Object.assign(process.env, { KAFKA_BROKERS: broker.address, RIVULET_KAFKA_CLASS_PATH: classPath })
  try {
    return await tests(['kafka'])
  } finally {
    await broker.remove()
  }
}
