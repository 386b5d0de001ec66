import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { click, postEvents, shopFolder, startShopIntake, until } from './temp-intake.ts'

interface Message {
  readonly kind: string
  readonly id: string
  readonly data: {
    readonly stream: string
    readonly received_at: string
    readonly event: { meta: { id: string } }
    readonly problems?: string[]
  }
}

/** Reads a live feed for as long as the test lives. */
async function watch(url: string, headers: { [name: string]: string } = {}) {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const response = await fetch(`${url}/live`, { headers, signal: controller.signal })
  const messages: Message[] = []
  void read(response.body!.pipeThrough(new TextDecoderStream())).catch((error: Error) =>
    expect(error.name).toBe('AbortError'),
  )
  return { response, messages, ids: () => messages.map(({ data }) => data.event.meta.id) }

  async function read(chunks: ReadableStream<string>) {
    let text = ''
    for await (const chunk of chunks as unknown as AsyncIterable<string>) {
      const parts = (text + chunk).split('\n\n')
      text = parts.pop()!
      messages.push(...parts.filter((part) => part.startsWith('event: ')).map(parseMessage))
    }
  }
}

function parseMessage(part: string): Message {
  const [, kind, id, data] = /^event: (.*)\nid: (.*)\ndata: (.*)$/.exec(part)!
  return { kind: kind!, id: id!, data: JSON.parse(data!) }
}

test('who watches gets what was before, then each event as it happens, rejected ones with their problems', async () => {
  const { url, post } = await startShopIntake()
  await post(click('before'))

  const { response, messages } = await watch(url)
  await until(() => messages.length === 1)
  await post([click('a'), click('b', { action: 'steal' })])
  await until(() => messages.length === 3)

  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(messages.map(({ kind, data }) => [kind, data.stream, data.event.meta.id])).toEqual([
    ['accepted', 'shop.click', 'before'],
    ['accepted', 'shop.click', 'a'],
    ['rejected', 'shop.click', 'b'],
  ])
  expect(messages[2]!.data.problems).toEqual(['/action must be one of buy, remove (was "steal")'])
  expect(Date.parse(messages[2]!.data.received_at)).not.toBeNaN()
})

test('an event that is sent twice is shown once', async () => {
  const { url, post } = await startShopIntake()
  const { ids } = await watch(url)

  for (const id of ['a', 'a', 'b']) await post(click(id))
  await until(() => ids().includes('b'))

  expect(ids()).toEqual(['a', 'b'])
})

test('who comes back gets what was missed, and nothing twice', async () => {
  const { url, post } = await startShopIntake()
  await post([click('a'), click('b')])
  const first = await watch(url)
  await until(() => first.messages.length === 2)

  await post(click('c'))
  const second = await watch(url, { 'last-event-id': first.messages[1]!.id })
  await until(() => second.messages.length === 1)

  expect(second.ids()).toEqual(['c'])
})

test('the most recent 200 are kept, also across a restart', async () => {
  const shop = await shopFolder()
  const first = await startShopIntake(shop)
  const sent = Array.from({ length: 250 }, (_, index) => `id-${index}`)
  for (const start of [0, 50, 100, 150, 200])
    await first.post(sent.slice(start, start + 50).map((id) => click(id)))
  await first.post(click('bad', { action: 'steal' }))
  await first.close()

  const second = await startShopIntake(shop)
  const { messages, ids } = await watch(second.url)
  await until(() => messages.length === 200)

  expect(ids().sort()).toEqual([...sent.slice(51), 'bad'].sort())
  expect(messages.filter(({ kind }) => kind === 'rejected')).toMatchObject([
    { data: { problems: ['/action must be one of buy, remove (was "steal")'] } },
  ])
})

test('a reader that does not read is cut off instead of growing in memory', async () => {
  const { url, post } = await startShopIntake()
  const { hostname, port } = new URL(url)
  const reader = connect(Number(port), hostname)
  onTestFinished(() => void reader.destroy())
  let closed = false
  reader.on('close', () => (closed = true))
  reader.on('error', () => (closed = true))
  reader.write('GET /live HTTP/1.1\r\nhost: localhost\r\n\r\n')
  reader.pause()
  const note = 'x'.repeat(90_000)

  // What the kernel takes on both sides, and two megabytes more.
  let number = 0
  for (; number < 200; number++) await post(click(`id-${number}`, { note }))
  reader.resume()

  await until(() => closed)
  expect((await postEvents(url, click('after'))).status).toBe(201)
})

test('the counts tell what is stored and rejected by stream', async () => {
  const { url, post } = await startShopIntake()
  await post([click('a'), click('b'), click('c', { action: 'steal' }), null])

  const response = await fetch(`${url}/v1/counts`)

  expect(await response.json()).toEqual({
    streams: { '': { stored: 0, rejected: 1 }, 'shop.click': { stored: 2, rejected: 1 } },
  })
})
