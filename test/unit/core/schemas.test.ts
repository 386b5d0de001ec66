import { expect, test } from 'vitest'
import type { StreamSchemas } from '../../../src/core/options.ts'
import { startClient, wordOf } from '../../support/client.ts'
import { createPromise } from '../../support/environment.ts'
import { LINGER } from '../../../src/core/deliver.ts'

const STREAMS = { 'shop.click': {}, 'shop.view': {}, 'shop.out': { sample: { unit: 'session', rate: 0 } } }
const environment = { config: { streams: STREAMS } }

const buyOnly = {
  $schema: '/shop/click/1.0.0',
  validate: ({ action }: { [field: string]: unknown }) =>
    action === 'buy' ? [] : [{ path: '/action', keyword: 'enum' }],
}

test('events wait undecided for the schema of their stream, and are judged by it when it is there', async () => {
  const { promise, resolve } = createPromise<{ schemas: StreamSchemas }>()
  const { client, sent, outcomes, pass } = await startClient({
    environment,
    options: { schemas: () => promise },
  })

  client.submit('shop.click', { action: 'buy' })
  client.submit('shop.click', { action: 'steal' })
  await pass(10 * LINGER)
  expect(outcomes).toEqual([])
  expect(client.explain('shop.click').goes).toBeUndefined()

  resolve({ schemas: { 'shop.click': buyOnly } })
  await pass(2 * LINGER)

  expect(client.explain('shop.click').goes).toBe(true)
  expect(outcomes.map(wordOf).sort()).toEqual(['delivered', 'invalid'])
  expect(sent()).toMatchObject([
    { $schema: '/shop/click/1.0.0', action: 'buy', meta: { producer: { seq: 1 } } },
  ])
})

test('a schema is loaded when the first event of its stream comes, once, and not for one that is out of sample', async () => {
  const asked: string[] = []
  const schemas = async (stream: string) => {
    asked.push(stream)
    return { schemas: { [stream]: {} } }
  }
  const { client, sent, pass } = await startClient({ environment, options: { schemas } })
  expect(asked).toEqual([])

  for (const stream of ['shop.click', 'shop.click', 'shop.view', 'shop.out']) client.submit(stream)
  await pass(2 * LINGER)
  client.submit('shop.click')
  await pass(2 * LINGER)

  expect(asked).toEqual(['shop.click', 'shop.view'])
  expect(sent()).toHaveLength(4)
})

test('without consent nothing is loaded', async () => {
  const asked: string[] = []
  const { client, pass } = await startClient({
    environment,
    options: {
      consent: 'pending',
      schemas: async (stream) => {
        asked.push(stream)
        return { schemas: {} }
      },
    },
  })
  client.submit('shop.click')
  await pass(2 * LINGER)
  expect(asked).toEqual([])

  client.setConsent('granted')
  await pass(2 * LINGER)

  expect(asked).toEqual(['shop.click'])
})

test('a stream that the module does not have goes unjudged', async () => {
  const { client, outcomes, pass } = await startClient({
    environment,
    options: { schemas: async () => ({ schemas: {} }) },
  })

  client.submit('shop.click', { action: 'steal' })
  await pass(2 * LINGER)

  expect(outcomes.map(wordOf)).toEqual(['delivered'])
})

test.each([
  ['rejects', async () => Promise.reject(new Error('offline'))],
  [
    'throws',
    () => {
      throw new Error('offline')
    },
  ],
  ['is no module', async () => null as never],
])('a load that %s is told of, asked for again, and loses nothing', async (_, fail) => {
  let calls = 0
  const schemas = (): Promise<{ schemas: StreamSchemas }> =>
    ++calls < 3 ? fail() : Promise.resolve({ schemas: { 'shop.click': buyOnly } })
  const { client, outcomes, warnings, pass } = await startClient({ environment, options: { schemas } })

  client.submit('shop.click', { action: 'buy' })
  await pass(LINGER)
  client.submit('shop.click', { action: 'buy' })
  await pass(LINGER)
  expect(calls).toBe(1)
  expect(warnings.join()).toContain('schema of shop.click not loaded')

  await pass(91_000)

  expect(calls).toBe(3)
  expect(outcomes.map(wordOf)).toEqual(['delivered', 'delivered'])
})

test('what a page left while its schema was being loaded is judged on the next', async () => {
  const first = await startClient({ environment, options: { schemas: () => new Promise<never>(() => {}) } })
  first.client.submit('shop.click', { action: 'steal' })
  first.client.submit('shop.click', { action: 'buy' })
  await first.pass(LINGER)

  const next = await startClient({
    environment: { ...environment, origin: first.origin },
    options: { schemas: async () => ({ schemas: { 'shop.click': buyOnly } }) },
  })
  await next.pass(2 * LINGER)

  expect(next.sent()).toMatchObject([{ action: 'buy' }])
})

test('an event whose schema a client knows is left to such a client, by those who do not', async () => {
  const first = await startClient({ environment, options: { schemas: () => new Promise<never>(() => {}) } })
  first.client.submit('shop.click', { action: 'buy' })
  first.client.submit('shop.click', { action: 'buy', $schema: '/shop/click/1.0.0' })
  await first.pass(LINGER)
  first.crash()

  const stranger = await startClient({ environment: { ...environment, origin: first.origin } })
  await stranger.pass(2 * LINGER)
  const knowing = await startClient({
    environment: { ...environment, origin: first.origin },
    options: { schemas: { 'shop.click': buyOnly } },
  })
  await knowing.pass(2 * LINGER)

  // What names its schema needs nobody to name it.
  expect(stranger.sent()).toMatchObject([{ $schema: '/shop/click/1.0.0' }])
  expect(knowing.sent()).toMatchObject([{ $schema: '/shop/click/1.0.0' }])
})

test('also where the other has schemas of its own, and loads them', async () => {
  const first = await startClient({ environment, options: { schemas: () => new Promise<never>(() => {}) } })
  first.client.submit('shop.click', { action: 'buy' })
  await first.pass(LINGER)
  first.crash()

  const stranger = await startClient({
    environment: { ...environment, origin: first.origin },
    options: { schemas: async () => ({ schemas: { 'other.view': { $schema: '/other/view/1.0.0' } } }) },
  })
  await stranger.pass(4 * LINGER)

  expect(stranger.sent()).toEqual([])
})

test('what waits for a schema keeps to the bounds of its stream', async () => {
  const streams = {
    'shop.click': { producers: { rivulet: { max_age_seconds: 60 } } },
    'shop.view': { producers: { rivulet: { storage: 'memory' } } },
  }
  const { client, outcomes, origin, pass } = await startClient({
    environment: { config: { streams } },
    options: { schemas: () => new Promise<never>(() => {}) },
  })

  client.submit('shop.click')
  client.submit('shop.view', { secret: 'not on disk' })
  await pass(2 * LINGER)
  expect(JSON.stringify(origin.records.events())).not.toContain('not on disk')
  await pass(61_000)
  client.submit('shop.click')
  await pass(2 * LINGER)

  expect(outcomes.map(wordOf)).toEqual(['expired'])
})

test('a stream that is switched off takes what waits for its schema', async () => {
  const { client, outcomes, pass, serve } = await startClient({
    environment,
    options: { schemas: () => new Promise<never>(() => {}) },
  })
  client.submit('shop.click')
  await pass(2 * LINGER)

  serve({ streams: { 'shop.click': { producers: { rivulet: { state: 'off' } } } } })
  await pass(400_000)

  expect(outcomes.map(wordOf)).toEqual(['killed'])
})

test('a client that is closed asks for nothing more', async () => {
  let calls = 0
  const schemas = () => {
    calls++
    return Promise.reject(new Error('offline'))
  }
  const { client, warnings, pass } = await startClient({ environment, options: { schemas } })
  client.submit('shop.click')
  await pass(100_000)
  expect(calls).toBe(3)
  expect(warnings.filter((line) => line.includes('not loaded'))).toHaveLength(1)

  const closing = client.close()
  await pass(5000)
  await closing
  await pass(100_000)

  expect(calls).toBe(3)
})

test("an event of Rivulet's own waits for no schema", async () => {
  const asked: string[] = []
  const { client, sent, pass } = await startClient({
    environment: { config: { streams: { ...STREAMS, 'rivulet.ledger': {} } } },
    options: {
      schemas: async (stream) => {
        asked.push(stream)
        return { schemas: {} }
      },
    },
  })

  client.submit('shop.click')
  await pass(2 * LINGER)
  await client.close()
  await pass(2 * LINGER)

  expect(asked).toEqual(['shop.click'])
  expect(sent().map(({ meta }) => meta.stream)).toContain('rivulet.ledger')
})
