import { expect, onTestFinished, test } from 'vitest'
import { ask } from './ask.ts'
import { click, shopFolder, startShopIntake, type StoredEvent, until } from './temp-intake.ts'

/** Reads `/v2/stream/…` for as long as the test lives. */
async function read(url: string, headers: { readonly [name: string]: string } = {}) {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const response = await fetch(url, { headers, signal: controller.signal })
  const reader = { response, text: '', isOver: false, messages, ids, lastId }
  void collect().catch((error: Error) => expect(error.name).toBe('AbortError'))
  return reader

  async function collect() {
    const chunks = response.body!.pipeThrough(new TextDecoderStream())
    for await (const chunk of chunks as unknown as AsyncIterable<string>) reader.text += chunk
    reader.isOver = true
  }

  function messages(): { id: string; event: StoredEvent }[] {
    return [...reader.text.matchAll(/^event: message\nid: (.*)\ndata: (.*)\n\n/gm)].map(([, id, data]) => {
      return { id: id!, event: JSON.parse(data!) }
    })
  }

  function ids(): (string | undefined)[] {
    return messages().map(({ event }) => event.meta.id)
  }

  function lastId(): string {
    return [...reader.text.matchAll(/^id: (.*)$/gm)].at(-1)![1]!
  }
}

const view = (id: string) => ({
  ...click(id),
  $schema: '/shop/view/1.0.0',
  meta: { stream: 'shop.view', id },
})

test('events come as EventStreams sends them: with the place of all partitions as id', async () => {
  const { url, post } = await startShopIntake()
  const { response, text, ...reader } = await read(`${url}/v2/stream/shop.click,shop.view`)

  await post([click('a'), view('b')])
  await until(() => reader.ids().length === 2)

  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
  const [first, second] = reader.messages().sort((a, b) => (a.event.meta.id! < b.event.meta.id! ? -1 : 1))
  expect(first!.event).toMatchObject(click('a'))
  expect(second!.event).toMatchObject(view('b'))
  const place = (topic: string) => ({ topic, partition: 0, offset: expect.any(Number) })
  expect(JSON.parse(first!.id)).toEqual([place('shop.click'), place('shop.view')])
})

test('the answer begins with :ok and an id, so that who goes before the first event misses nothing either', async () => {
  const { url, post } = await startShopIntake()
  const first = await read(`${url}/v2/stream/shop.click`)
  await until(() => first.text.includes('id: '))
  await post(click('meanwhile'))

  const second = await read(`${url}/v2/stream/shop.click`, { 'last-event-id': first.lastId() })
  await until(() => second.ids().length === 1)

  expect(first.text).toMatch(/^:ok\n\nid: \[\{"topic":"shop.click","partition":0,"offset":\d+\}\]\n\n/)
  expect(second.ids()).toEqual(['meanwhile'])
})

test('who comes back with the last id gets what follows, of each stream, also after a restart', async () => {
  const shop = await shopFolder()
  const { url, post, close } = await startShopIntake(shop)
  const first = await read(`${url}/v2/stream/shop.click,shop.view`)
  await post([click('a'), view('b'), click('c'), view('d')])
  await until(() => first.ids().length === 4)
  const ids = first.ids()
  const { port } = new URL(url)
  await close()
  const again = await startShopIntake(shop, { port: Number(port) })
  await again.post([click('e')])

  for (const [index, { id }] of first.messages().entries()) {
    const next = await read(`${url}/v2/stream/shop.view,shop.click`, { 'last-event-id': id })
    await until(() => next.ids().length === 4 - index)
    expect(next.ids().sort()).toEqual([...ids.slice(index + 1), 'e'].sort())
  }
  expect(first.isOver).toBe(true)
})

test('since is a time in ms or in words, a last id wins over it, and in an id an offset over a timestamp', async () => {
  const { url, post } = await startShopIntake()
  await post([click('a')])
  const between = Date.now() + 1
  await until(() => Date.now() > between)
  await post([click('b')])
  const idsOf = async (query: string, headers = {}) => {
    const { ids } = await read(`${url}/v2/stream/shop.click${query}`, headers)
    await until(() => ids().includes('b'))
    return ids()
  }

  expect(await idsOf('?since=0')).toEqual(['a', 'b'])
  expect(await idsOf(`?since=${between}`)).toEqual(['b'])
  expect(await idsOf(`?since=${new Date(between).toISOString()}`)).toEqual(['b'])
  const [first] = (await read(`${url}/v2/stream/shop.click?since=0`).then(async (reader) => {
    await until(() => reader.ids().length === 2)
    return reader.messages()
  })) as [{ id: string }]
  const [place] = JSON.parse(first.id)
  const at = (position: object) => ({ 'last-event-id': JSON.stringify([position]) })
  expect(await idsOf('?since=0', at(place))).toEqual(['b'])
  expect(await idsOf('', at({ ...place, timestamp: 0 }))).toEqual(['b'])
  expect(await idsOf('', at({ topic: 'shop.click', partition: 0, timestamp: 0 }))).toEqual(['a', 'b'])
})

test('what cannot be met is answered with 400, which says why', async () => {
  const { url } = await startShopIntake(
    await shopFolder({
      streams: { 'shop.click': { schema_title: 'shop/click' }, '/^shop\\.v/': { schema_title: 'shop/view' } },
    }),
  )
  const refusal = async (path: string, id?: unknown) => {
    const headers =
      id === undefined ? {} : { 'last-event-id': typeof id === 'string' ? id : JSON.stringify(id) }
    const { status, body } = await ask(`${url}/v2/stream/${path}`, {
      headers: { host: 'localhost', ...headers },
    })
    return [status, body.title]
  }
  const place = { topic: 'shop.click', partition: 0, offset: 1 }

  for (const path of [
    'shop.nothing',
    'shop.click,shop.nothing',
    '',
    'shop.click,',
    '%2F%5Eshop%5C.v%2F',
    '%ff',
  ])
    expect(await refusal(path)).toEqual([400, 'UnknownStreamError'])
  for (const since of ['', 'yesterday', '-1x', '99999999999999999999'])
    expect(await refusal(`shop.click?since=${since}`)).toEqual([400, 'InvalidTimestampError'])
  for (const id of ['', 'x', '{}', [], [1], [{ ...place, offset: '1' }], [{ ...place, partition: -1 }]])
    expect(await refusal('shop.click', id)).toEqual([400, 'InvalidLastEventIdError'])
  for (const id of [[{ ...place, topic: 'shop.view' }], [{ ...place, partition: 1 }]])
    expect(await refusal('shop.click', id)).toEqual([400, 'InvalidLastEventIdError'])
})

test('streams of a pattern are read by name, and what the intake writes itself too', async () => {
  const { url, post } = await startShopIntake(
    await shopFolder({ streams: { '/^shop\\..*/': { schema_title: 'shop/click' } } }),
  )
  const reader = await read(`${url}/v2/stream/shop.click,rivulet.rejected,rivulet.duplicates`)

  await post([click('a'), click('b', { action: 'steal' })])
  await post([click('a')])
  await until(() => reader.ids().length === 3)

  const streams = reader.messages().map(({ event }) => event.meta.stream)
  expect(streams.sort()).toEqual(['rivulet.duplicates', 'rivulet.rejected', 'shop.click'])
})

test.each(['application/json', 'application/x-ndjson'])(
  '%s gets the events as lines, without ids',
  async (accept) => {
    const { url, post } = await startShopIntake()
    const reader = await read(`${url}/v2/stream/shop.click`, { accept })

    await post([click('a'), click('b')])
    await until(() => reader.text.split('\n').length === 3)

    expect(reader.response.headers.get('content-type')).toBe(`${accept}; charset=utf-8`)
    const lines = reader.text.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).meta.id)).toEqual(['a', 'b'])
  },
)

test('HEAD is answered as GET is, without events', async () => {
  const { url } = await startShopIntake()
  const head = (path: string) => fetch(`${url}/v2/stream/${path}`, { method: 'HEAD' })

  const found = await head('shop.click')

  expect([found.status, found.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  expect((await head('shop.nothing')).status).toBe(400)
})

test('where there is a token it is needed, and no other site reads', async () => {
  const token = 'a-token-of-some-length'
  const { url } = await startShopIntake(undefined, { token })
  const status = async (headers: { [name: string]: string }) =>
    (await ask(`${url}/v2/stream/shop.click`, { method: 'HEAD', headers: { host: 'localhost', ...headers } }))
      .status

  expect(await status({})).toBe(401)
  expect(await status({ authorization: 'Bearer a-wrong-one' })).toBe(401)
  expect(await status({ authorization: `Bearer ${token}` })).toBe(200)
  expect(await status({ authorization: `Bearer ${token}`, 'sec-fetch-site': 'cross-site' })).toBe(403)
  expect(await status({ authorization: `Bearer ${token}`, host: 'example.org' })).toBe(403)
})

test('when the intake stops, answers end with a whole event', async () => {
  const { url, post, close } = await startShopIntake()
  const reader = await read(`${url}/v2/stream/shop.click`)
  await post(click('a'))
  await until(() => reader.ids().length === 1)

  await close()
  await until(() => reader.isOver)

  expect(reader.text.endsWith('\n\n')).toBe(true)
})
