import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import type { IntakeOptions } from '../../../src/intake/intake.ts'
import { CLICK_SCHEMA, shopFolder, startShopIntake } from '../../e2e/intake/temp-intake.ts'
import { write } from '../../support/folder.ts'
import { messagesIn } from './topic.ts'

/** The broker that all tests share, started by test/kafka/run.mjs, or the first of yours, which knows the others. */
export const [BROKER = ''] = (process.env.KAFKA_BROKERS ?? '').split(',')

if (!BROKER) console.log('there is no Kafka broker; run npm run test:kafka, which starts one')
export const kafkaTest = test.skipIf(!BROKER)

/** The click of other tests, by someone. */
export const CLICK_BY = {
  ...CLICK_SCHEMA,
  title: 'shop/click_by',
  $id: '/shop/click_by/1.0.0',
  properties: { ...CLICK_SCHEMA.properties, performer: { type: 'object' } },
}

/** A valid event of a stream, by a session. */
export function clickBy(
  session: string | undefined,
  stream: string,
  id: string,
  fields: { [field: string]: unknown } = {},
) {
  return {
    $schema: '/shop/click_by/1.0.0',
    dt: '2026-11-22T10:00:00.000Z',
    meta: { stream, id },
    action: 'buy',
    ...(session === undefined ? {} : { performer: { session_id: session } }),
    ...fields,
  }
}

/** Begins the topics of one test, so that each has its own on the broker that all share. */
export function newPrefix(): string {
  return `t${randomBytes(6).toString('hex')}.`
}

/** Schemas and stream config, whose topics begin with the prefix; the streams take clicks by someone. */
export async function kafkaShop(prefix: string, streams: { [stream: string]: object } = {}) {
  const prefixed = { topic_prefixes: [prefix] }
  const config = {
    'shop.click': prefixed,
    'rivulet.rejected': { schema_title: 'rivulet/rejected', ...prefixed },
    ...streams,
  }
  const titled = Object.entries(config).map(([stream, settings]) => [
    stream,
    { schema_title: 'shop/click_by', ...settings },
  ])
  const shop = await shopFolder({ streams: Object.fromEntries(titled) })
  await write(`${shop.folder}/schemas/shop/click_by/1.0.0.json`, CLICK_BY)
  return shop
}

/** An intake that writes to a broker, and what the topics have. */
export async function startKafkaIntake(
  streams: { [stream: string]: object } = {},
  {
    prefix = newPrefix(),
    address = BROKER,
    ...options
  }: Partial<IntakeOptions> & { prefix?: string; address?: string } = {},
) {
  const shop = await kafkaShop(prefix, streams)
  const intake = await startShopIntake(shop, { kafka: { brokers: [address] }, ...options })
  return {
    ...intake,
    shop,
    prefix,
    inTopic: (topic: string) => messagesIn(address, topic),
  }
}
