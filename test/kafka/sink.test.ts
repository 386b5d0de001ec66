import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { compatibilityPartitioner } from '@platformatic/kafka'
import { expect } from 'vitest'
import { ask } from '../e2e/intake/ask.ts'
import { until } from '../e2e/intake/temp-intake.ts'
import { BROKER, clickBy, kafkaTest, newPrefix, startKafkaIntake } from './support/kafka-intake.ts'

const idsOf = (messages: readonly { event: { meta: { id: string } } }[]) =>
  messages.map(({ event }) => event.meta.id)

kafkaTest('an event is in its topic once it is answered, as a file would have it', async () => {
  const { url, post, inTopic, prefix } = await startKafkaIntake()

  const { status } = await post([clickBy('ada', 'shop.click', 'a'), clickBy('ada', 'shop.click', 'b')])

  expect(status).toBe(201)
  expect((await ask(`${url}/metrics`)).text).toContain('\nrivulet_intake_commit_events_sum 2\n')
  const messages = await inTopic(`${prefix}shop.click`)
  expect(idsOf(messages)).toEqual(['a', 'b'])
  expect(messages[0]!.event).toMatchObject({
    action: 'buy',
    count: 1,
    meta: { stream: 'shop.click', id: 'a' },
  })
})

kafkaTest(
  'the topic is the first that the stream config has, or the one with the prefix that was asked for',
  async () => {
    const prefix = newPrefix()
    const streams = {
      'shop.two': { topic_prefixes: [`${prefix}a.`, `${prefix}b.`] },
      'shop.named': { topics: [`${prefix}a.named`, `${prefix}b.named`] },
      [`/^${prefix.slice(0, -1)}-.+/`]: { topic_prefixes: null },
    }
    const first = await startKafkaIntake(streams, { prefix })
    const second = await startKafkaIntake(streams, {
      prefix,
      kafka: { brokers: [BROKER], topicPrefix: `${prefix}b.` },
    })
    const byPattern = `${prefix.slice(0, -1)}-jobs`

    for (const [number, { post }] of [first, second].entries()) {
      const batch = ['shop.two', 'shop.named', byPattern].map((stream) => clickBy('ada', stream, `${number}`))
      expect((await post(batch)).status).toBe(201)
    }

    for (const name of ['shop.two', 'named']) {
      expect(idsOf(await first.inTopic(`${prefix}a.${name}`))).toEqual(['0'])
      expect(idsOf(await first.inTopic(`${prefix}b.${name}`))).toEqual(['1'])
    }
    expect(idsOf(await first.inTopic(byPattern)).sort()).toEqual(['0', '1'])
  },
)

kafkaTest(
  "a visitor's events have the session as their key, and the partition that a Java producer gives it",
  async () => {
    const { post, inTopic, prefix } = await startKafkaIntake()
    const sessions = Array.from({ length: 20 }, (_, number) => `${number}`.padStart(20, 'a'))

    for (const round of [1, 2])
      await post(sessions.map((session) => clickBy(session, 'shop.click', `${session}-${round}`)))

    const messages = await inTopic(`${prefix}shop.click`)
    expect(new Set(messages.map(({ partition }) => partition)).size).toBe(3)
    for (const session of sessions) {
      const ones = messages.filter(({ key }) => key === session)
      expect(idsOf(ones)).toEqual([`${session}-1`, `${session}-2`])
      const partition = compatibilityPartitioner({ topic: '', value: Buffer.of() }, Buffer.from(session)) % 3
      expect(ones.map((one) => one.partition)).toEqual([partition, partition])
    }
  },
)

kafkaTest('without a session the key is the client instance; without both there is none', async () => {
  const { post, inTopic, prefix } = await startKafkaIntake()
  const { meta, ...click } = clickBy(undefined, 'shop.click', 'by-instance')

  await post([
    { ...click, meta: { ...meta, producer: { id: 'i1' } } },
    clickBy(undefined, 'shop.click', 'by-none'),
  ])

  const keys = (await inTopic(`${prefix}shop.click`)).map(({ key, event }) => [event.meta.id, key])
  expect(Object.fromEntries(keys)).toEqual({ 'by-instance': 'i1', 'by-none': undefined })
})

kafkaTest(
  'message_key_fields make the key; an event without one of the fields is an error of its own',
  async () => {
    const prefix = newPrefix()
    const { post, inTopic } = await startKafkaIntake(
      {
        'shop.keyed': {
          topic_prefixes: [prefix],
          message_key_fields: { who: 'performer.name', what: 'action' },
        },
      },
      { prefix },
    )
    const named = { performer: { session_id: 'ada', name: 'Ada' } }

    const { status, json } = await post([
      clickBy('ada', 'shop.keyed', 'a', named),
      clickBy('bob', 'shop.keyed', 'b'),
    ])

    expect(status).toBe(207)
    expect(json()).toMatchObject({ invalid: [], error: [{ event: { meta: { id: 'b' } } }] })
    expect(json().error![0]!.context.message).toContain(
      'not allowed in stream "shop.keyed" without "performer.name"',
    )
    const messages = await inTopic(`${prefix}shop.keyed`)
    expect(messages.map(({ key }) => key)).toEqual(['{"who":"Ada","what":"buy"}'])
  },
)

kafkaTest('what no topic can be named for is an error of those events, and no crash', async () => {
  const { post, inTopic, prefix } = await startKafkaIntake({ 'shop.näme': {}, ['x'.repeat(250)]: {} })

  const { status, json } = await post([
    clickBy('ada', 'shop.näme', 'a'),
    clickBy('ada', 'x'.repeat(250), 'b'),
    clickBy('ada', 'shop.click', 'c'),
  ])

  expect(status).toBe(207)
  expect(json().error!.map(({ context }) => context.message)).toEqual([
    expect.stringContaining('Kafka takes no topic named "shop.näme"'),
    expect.stringContaining('Kafka takes no topic named "xxx'),
  ])
  expect(idsOf(await inTopic(`${prefix}shop.click`))).toEqual(['c'])
})

kafkaTest(
  "the time of a message is its event's meta.dt, unless that is still to come, or over 20 days ago",
  async () => {
    const { post, inTopic, prefix } = await startKafkaIntake()
    const at = (dt: string, id: string) =>
      clickBy('ada', 'shop.click', id, { meta: { stream: 'shop.click', id, dt } })
    const before = Date.now()
    const day = 24 * 60 * 60_000
    const yesterday = new Date(before - day).toISOString()

    const { status } = await post([
      at(yesterday, 'past'),
      at('2999-01-01T00:00:00.000Z', 'future'),
      at('1960-01-01T00:00:00.000Z', 'old'),
      clickBy('ada', 'shop.click', 'now'),
    ])

    expect(status).toBe(201)
    const times = new Map((await inTopic(`${prefix}shop.click`)).map((one) => [one.event.meta.id, one]))
    expect(times.get('past')!.timestamp).toBe(before - day)
    expect(times.get('old')!.timestamp).toBeGreaterThanOrEqual(before - 20 * day)
    expect(times.get('old')!.timestamp).toBeLessThanOrEqual(Date.now() - 20 * day)
    expect(times.get('now')!.timestamp).toBe(Date.parse(times.get('now')!.event.meta.dt))
    expect(times.get('future')!.timestamp).toBeGreaterThanOrEqual(before)
    expect(times.get('future')!.timestamp).toBeLessThanOrEqual(Date.now())
  },
)

kafkaTest('rejected events are in the topic of rivulet.rejected', async () => {
  const { post, inTopic, prefix } = await startKafkaIntake()

  const { status } = await post(clickBy('ada', 'shop.click', 'a', { action: 'steal' }))

  expect(status).toBe(400)
  const [message, ...more] = await inTopic(`${prefix}rivulet.rejected`)
  expect(more).toEqual([])
  expect(message!.event).toMatchObject({ errored_stream_name: 'shop.click' })
})

kafkaTest('hasty events are in the topic soon after the answer', async () => {
  const { post, inTopic, prefix } = await startKafkaIntake()

  const { status } = await post(clickBy('ada', 'shop.click', 'a'), { query: '?hasty=true' })

  expect(status).toBe(202)
  await until(async () => (await inTopic(`${prefix}shop.click`)).length === 1)
})

kafkaTest(
  'a body that is larger than a request to Kafka may be is in the topic as a whole, and in order',
  async () => {
    const { post, inTopic, prefix } = await startKafkaIntake({}, { maxBodyBytes: 8_000_000 })
    const ids = Array.from({ length: 40 }, (_, number) => `id-${number}`)
    const note = () => randomBytes(75_000).toString('base64') // which no compression makes smaller by much

    const { status } = await post(ids.map((id) => clickBy('ada', 'shop.click', id, { note: note() })))

    expect(status).toBe(201)
    expect(idsOf(await inTopic(`${prefix}shop.click`))).toEqual(ids)
  },
)

kafkaTest('an event that Kafka never takes is refused for good, and holds up no others', async () => {
  const { post, inTopic, prefix } = await startKafkaIntake({}, { maxBodyBytes: 8_000_000 })
  const note = randomBytes(1_500_000).toString('base64')
  const others = Array.from({ length: 10 }, (_, number) => `id-${number}`)

  const [tooLarge, ...answers] = await Promise.all([
    post(clickBy('ada', 'shop.click', 'too-large', { note })),
    ...others.map((id) => post(clickBy('ada', 'shop.click', id))),
  ])

  expect(tooLarge!.status).toBe(500)
  expect(tooLarge!.json()).toMatchObject({ title: 'RefusedError' })
  expect(answers.map(({ status }) => status)).toEqual(others.map(() => 201))
  expect(idsOf(await inTopic(`${prefix}shop.click`)).sort()).toEqual(others)
})

kafkaTest(
  'the data folder holds no events: counts tell of those since the start, the console of where they are',
  async () => {
    const { post, counts, shop, url } = await startKafkaIntake()

    await post([clickBy('ada', 'shop.click', 'a'), clickBy('ada', 'shop.click', 'a')])

    expect(counts().streams['shop.click']).toMatchObject({ stored: 2 })
    expect((await readdir(shop.data)).filter((name) => !name.startsWith('.'))).toEqual([])
    const { body } = await ask(`${url}/api/session`)
    expect(body.query).toEqual({ ready: false, hint: expect.stringContaining('in Kafka') })
  },
)
