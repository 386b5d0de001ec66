import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Client, createClient } from '../../../src/core/client.ts'
import { createClient as createNodeClient, type NodeClientOptions } from '../../../src/entries/node.ts'
import { createQueue } from '../../../src/core/queue.ts'
import { withFileQueue } from '../../../src/environments/file-queue.ts'
import { nodeEnvironment } from '../../../src/environments/node.ts'
import { createTestEnvironment, PLAIN_QUEUE } from '../../support/environment.ts'
import { EVENT } from '../../support/store-contract.ts'

const OPTIONS = {
  // Nobody listens there.
  intakeUrl: 'http://127.0.0.1:9/v1/events',
  streamConfigs: {
    streams: { 'shop.click': {}, 'shop.shy': { producers: { rivulet: { storage: 'memory' } } } },
  },
}

let base: string
let folder: string
let clients: Client[]
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'rivulet-file-queue-'))
  folder = join(base, 'queue/rivulet-1')
  clients = []
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const client of clients) client.setConsent('denied')
  await Promise.all(clients.map((client) => client.close()))
  rmSync(base, { recursive: true, force: true })
})

function platformIn(queueDir: string) {
  return withFileQueue(nodeEnvironment(), { queueDir, fsync: 'never' })
}

function open(options: object = {}) {
  const client = createClient({ ...OPTIONS, ...options }, platformIn(join(base, 'queue')))
  clients.push(client)
  return client
}

function files(): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function text(): string {
  return files()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
}

test('what is submitted is in the folder soon after, but for what is to stay in memory', async () => {
  const client = open()

  const id = client.submit('shop.click', { action: 'buy' })
  const shy = client.submit('shop.shy')

  await vi.waitFor(() => expect(text()).toContain(id))
  expect(text()).not.toContain(shy)
})

test('what is submitted in one window of 40 ms is one write', async () => {
  const { warnings, environment } = createTestEnvironment()
  const store = platformIn(base).records!
  const write = vi.spyOn(store, 'write')
  let keys = 0
  const queue = createQueue({ ...environment, ...PLAIN_QUEUE, records: store, nextKey: () => `${++keys}` })

  for (let number = 0; number < 100; number++) queue.add({ ...EVENT, id: `${number}` })
  await vi.waitFor(() => expect(readdirSync(join(base, 'rivulet-1'))).toHaveLength(1))

  expect(write).toHaveBeenCalledTimes(1)
  expect(warnings).toEqual([])
})

test.for(['granted', 'pending', 'denied'] as const)(
  'with consent %s, the folder has only what it may have',
  async (consent) => {
    const before = open()
    before.submit('shop.click')
    await vi.waitFor(() => expect(text()).toContain('shop.click'))
    const found = files()

    const client = open({ consent })
    const id = client.submit('shop.click')
    await client.flush({ timeout: 200 })

    if (consent === 'granted') await vi.waitFor(() => expect(text()).toContain(id))
    if (consent === 'pending') expect(files()).toEqual(found)
    if (consent === 'denied') expect(files()).toEqual([])
  },
)

test('with consent withdrawn, the folder is empty at once, and stays so', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  const client = open({ streamConfigUrl: 'http://127.0.0.1:9/streams.json' })
  const id = client.submit('shop.click')
  await vi.waitFor(() => expect(text()).toContain(id))
  await client.flush({ timeout: 500 })
  expect(files().length).toBeGreaterThan(1)

  client.submit('shop.click')
  client.setConsent('denied')
  expect(files()).toEqual([])

  client.submit('shop.click')
  await client.flush({ timeout: 500 })
  expect(files()).toEqual([])
})

test('a client that is closed leaves its events for the next, which sends them', async () => {
  const first = open()
  const id = first.submit('shop.click')
  expect(await first.flush({ timeout: 200 })).toBe(1)
  await first.close()

  const second = platformIn(join(base, 'queue'))
  const bodies: string[] = []
  const post = async (_: string, body: string) => {
    bodies.push(body)
    return { status: 201, text: '', foreign: false }
  }
  // The first has met an intake that is gone, which both know of.
  const now = () => Date.now() + 600_000
  clients.push(createClient(OPTIONS, { ...second, post, now }))

  await vi.waitFor(() => expect(bodies.join()).toContain(id), { timeout: 10_000 })
})

test('where the folder cannot be made, the client goes on in memory, and says so in one line', async () => {
  writeFileSync(join(base, 'queue'), 'a file')
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})

  const client = open()
  client.submit('shop.click')
  expect(await client.flush({ timeout: 200 })).toBe(1)

  const storage = warn.mock.calls.filter(([line]) => line.includes('storage failed'))
  expect(storage).toHaveLength(1)
  expect(String(storage[0]![1])).toContain('queue')
})

test('small texts survive; the session is its process’s own, and there is no device', () => {
  const [one, other] = [0, 1].map(() => platformIn(base))

  one!.memo.write('config/1 https://shop.example/streams.json', 'a config')

  expect(other!.memo.read('config/1 https://shop.example/streams.json')).toBe('a config')
  expect(other!.memo.read('config/1 https://other.example/')).toBeUndefined()
  expect(one!.ids.session()).not.toBe(other!.ids.session())
  expect(one!.ids.device()).toBeUndefined()
  expect(readdirSync(join(base, 'rivulet-1')).join()).not.toMatch(/tmp/)
})

test.for([
  [{ queueDir: 7 }, 'queueDir is 7 (number); wanted: string'],
  [{ fsync: 'sometimes' }, 'fsync is sometimes (string); wanted: always or interval or never'],
])('a wrong option throws: %j', ([wrong, message]) => {
  const options = { ...OPTIONS, ...(wrong as object) } as NodeClientOptions

  expect(() => createNodeClient(options)).toThrow(new TypeError(`createClient: ${message}`))
})
