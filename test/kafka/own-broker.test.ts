import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { rivulet } from '../e2e/intake/child.ts'
import { postEvents } from '../e2e/intake/temp-intake.ts'
import { folderOf } from '../support/folder.ts'
import { type Broker, startBroker } from './support/broker.mjs'
import { clickBy, kafkaShop, newPrefix, startKafkaIntake } from './support/kafka-intake.ts'
import { createTopics, messagesIn, type Stored } from './support/topic.ts'

const classPath = process.env.RIVULET_KAFKA_CLASS_PATH ?? ''
if (!classPath)
  console.log(
    'what kills a broker needs one of its own, for which npm run test:kafka brings Kafka where $KAFKA_BROKERS is not set',
  )

describe.skipIf(!classPath)('with a broker of its own', () => {
  let broker: Broker
  let certificate: string

  beforeAll(async () => {
    const keys = await selfSigned()
    certificate = keys.certificate
    broker = await startBroker({
      classPath,
      properties: { 'auto.create.topics.enable': 'false' },
      secured: { ...keys, user: 'rivulet', password: 'secret' },
    })
  })
  afterAll(() => broker?.remove())

  test('kill -9 of the broker under load: no acknowledged event is lost, and each session stays in order', async () => {
    const prefix = await topicsOf(broker)
    const intake = await startKafkaIntake({}, { prefix, address: broker.address })
    const load = startLoad(intake.url)

    await load.acknowledged(500)
    await broker.kill()
    await untilWithin(30_000, async () => load.seen(503))
    await broker.start()
    await load.acknowledged(load.count() + 500)
    await load.stop()

    const stored = await messagesIn(broker.address, `${prefix}shop.click`)
    expect(missing(load.ids(), stored)).toEqual([])
    expectInOrder(stored)
  })

  test('kill -9 of the intake under load: no acknowledged event is lost, and each session stays in order', async () => {
    const prefix = await topicsOf(broker)
    const { data, streams, schemas } = await kafkaShop(prefix)
    const flags = ['intake', '--port', '0', '--data', data, '--streams', streams, '--schemas', ...schemas]
    const start = () => rivulet([...flags, '--sink', 'kafka', '--brokers', broker.address])
    const acknowledged: string[] = []

    for (let round = 1; round <= 3; round++) {
      const { child, ended, listening } = start()
      const load = startLoad(await listening(), `${round}-`)
      await load.acknowledged(300)
      child.kill('SIGKILL')
      await ended
      await load.stop()
      acknowledged.push(...load.ids())
    }

    const stored = await messagesIn(broker.address, `${prefix}shop.click`)
    expect(acknowledged.length).toBeGreaterThanOrEqual(900)
    expect(missing(acknowledged, stored)).toEqual([])
    expectInOrder(stored)
  })

  test('a broker that hangs is answered 503 with Retry-After within seconds, and events are taken when it is back', async () => {
    const prefix = await topicsOf(broker)
    const { post, lines } = await startKafkaIntake({}, { prefix, address: broker.address })
    expect((await post(clickBy('ada', 'shop.click', 'before'))).status).toBe(201)

    broker.freeze()
    onTestFinished(() => broker.thaw())
    const begun = Date.now()
    const answers = await Promise.all(
      [1, 2, 3].map((id) => post(clickBy('ada', 'shop.click', `frozen-${id}`))),
    )
    const took = Date.now() - begun

    for (const { status, headers } of answers) {
      expect(status).toBe(503)
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect(took).toBeLessThan(20_000)
    await untilWithin(20_000, async () =>
      lines.some(({ message }) => message.includes('no Kafka broker answers')),
    )

    broker.thaw()
    await untilWithin(30_000, async () => (await post(clickBy('ada', 'shop.click', 'after'))).status === 201)
    // Also where the broker comes to what it had not answered: that is not taken for this.
    const stored = await messagesIn(broker.address, `${prefix}shop.click`)
    expect(stored.map(({ event }) => event.meta.id)).toEqual(expect.arrayContaining(['before', 'after']))
  })

  test('an intake starts without a broker, says so once, and takes events when there is one', async () => {
    const prefix = await topicsOf(broker)
    await broker.kill()
    const { post, lines } = await startKafkaIntake({}, { prefix, address: broker.address })

    const before = await post(clickBy('ada', 'shop.click', 'a'))
    await broker.start()
    await untilWithin(30_000, async () => (await post(clickBy('ada', 'shop.click', 'b'))).status === 201)

    expect(before.status).toBe(503)
    expect(before.json().title).toBe('StorageError')
    expect(lines.filter(({ message }) => message.startsWith('no Kafka broker answers')).length).toBe(1)
    await untilWithin(20_000, async () => lines.some(({ message }) => message === 'the Kafka brokers answer'))
  })

  test('a topic that is not there is told once, is an error of its own events, and is taken when it is made', async () => {
    const prefix = await topicsOf(broker)
    const other = newPrefix()
    const { post, lines } = await startKafkaIntake(
      { 'shop.other': { topic_prefixes: [other] } },
      { prefix, address: broker.address },
    )
    await untilWithin(20_000, async () =>
      lines.some(({ message }) => message.includes(`topic "${other}shop.other" is not there`)),
    )

    const batch = [clickBy('ada', 'shop.other', 'a'), clickBy('ada', 'shop.click', 'b')]
    const { status, json } = await post(batch)

    expect(status).toBe(207)
    expect(json()).toMatchObject({ invalid: [], error: [{ event: { meta: { id: 'a' } } }] })
    expect(json().error![0]!.context.message).toContain(`kafka-topics.sh --create --topic ${other}shop.other`)
    expect(lines.filter(({ message }) => message.includes(`${other}shop.other`)).length).toBe(1)

    await createTopics(broker.address, [`${other}shop.other`])
    await untilWithin(20_000, async () => (await post(clickBy('ada', 'shop.other', 'a'))).status === 201)
    expect((await messagesIn(broker.address, `${other}shop.other`)).length).toBe(1)
  })

  test('brokers are reached by TLS and with a password, and not with another', async () => {
    const prefix = await topicsOf(broker)
    const { data, streams, schemas } = await kafkaShop(prefix)
    const authority = `${await folderOf({ 'ca.pem': certificate })}/ca.pem`
    const flags = ['intake', '--port', '0', '--streams', streams, '--sink', 'kafka', '--kafka-tls']
    const user = ['--brokers', broker.securedAddress, '--kafka-user', 'rivulet', '--schemas', ...schemas]
    const start = (password: string) =>
      rivulet([...flags, ...user, '--data', `${data}-${password}`], {
        env: { NODE_EXTRA_CA_CERTS: authority, RIVULET_KAFKA_PASSWORD: password },
      })

    const right = await start('secret').listening()
    const wrong = start('guessed')

    expect((await postEvents(right, clickBy('ada', 'shop.click', 'a'))).status).toBe(201)
    expect((await postEvents(await wrong.listening(), clickBy('ada', 'shop.click', 'b'))).status).toBe(503)
    expect(wrong.output.stderr).toContain('SASL authentication failed')
    const stored = await messagesIn(broker.address, `${prefix}shop.click`)
    expect(stored.map(({ event }) => event.meta.id)).toEqual(['a'])
  })
})

/** A certificate of localhost, by nobody but itself. */
async function selfSigned() {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-test-'))
  try {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject],
      ...['-keyout', key, '-out', certificate],
    ])
    return { key: await readFile(key, 'utf8'), certificate: await readFile(certificate, 'utf8') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Topics for one test, which the broker does not make by itself. */
async function topicsOf(broker: Broker): Promise<string> {
  const prefix = newPrefix()
  await createTopics(broker.address, [`${prefix}shop.click`, `${prefix}rivulet.rejected`])
  return prefix
}

/** Sessions that each send one small batch after another, and again what is not acknowledged, as clients do. */
function startLoad(url: string, name = '') {
  const ids: string[] = []
  const statuses = new Set<number>()
  let isStopped = false
  onTestFinished(() => {
    isStopped = true
  })
  const sessions = Array.from({ length: 12 }, async (_, session) => {
    for (let number = 0; !isStopped; ) {
      const batch = [0, 1, 2, 3, 4].map((index) => `${name}${session}-${number + index}`)
      const answer = await postEvents(
        url,
        batch.map((id, index) =>
          clickBy(`${name}${session}`, 'shop.click', id, { note: `${number + index}` }),
        ),
      ).catch(() => undefined)
      if (answer) statuses.add(answer.status)
      if (answer?.status === 201) {
        ids.push(...batch)
        number += batch.length
      } else await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })
  return {
    ids: () => ids,
    count: () => ids.length,
    seen: (status: number) => statuses.has(status),
    acknowledged: (count: number) => untilWithin(30_000, async () => ids.length >= count),
    async stop() {
      isStopped = true
      await Promise.all(sessions)
    },
  }
}

function missing(ids: readonly string[], stored: readonly Stored[]): string[] {
  const found = new Set(stored.map(({ event }) => event.meta.id))
  return ids.filter((id) => !found.has(id))
}

/** By the first time each is there: what is sent again may be there again. */
function expectInOrder(stored: readonly Stored[]): void {
  const last = new Map<string, number>()
  const seen = new Set<string>()
  for (const { key = '', event } of stored) {
    if (seen.has(event.meta.id)) continue
    seen.add(event.meta.id)
    expect(Number(event.note)).toBe((last.get(key) ?? -1) + 1)
    last.set(key, Number(event.note))
  }
  expect(last.size).toBeGreaterThan(0)
}

async function untilWithin(time: number, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + time
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`in vain for ${time / 1000} s: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
