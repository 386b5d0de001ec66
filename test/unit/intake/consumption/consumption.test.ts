import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type Consumption, createConsumption } from '../../../../src/intake/consumption/consumption.ts'
import type { EventSource, Message } from '../../../../src/intake/consumption/event-source.ts'
import type { LogLine } from '../../../../src/intake/log.ts'

/** Consumption of what `read` yields, over HTTP. */
async function serve(
  read: EventSource['read'],
  options: Partial<Parameters<typeof createConsumption>[0]> = {},
) {
  const lines: LogLine[] = []
  const consumption: Consumption = createConsumption({
    source: {
      topicsOf: (stream) => [stream],
      positions: async (topics) => topics.map((topic) => ({ topic, partition: 0, offset: 0 })),
      read,
      close: async () => {},
    },
    log: (line) => void lines.push(line),
    ...options,
  })
  const server = createServer(async (request, response) => {
    const refusal = await consumption.connect(request, response, new URL(request.url!, 'http://intake'))
    if (refusal) response.writeHead(refusal.status, refusal.headers).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { ...consumption, server, port, url: `http://127.0.0.1:${port}/v2/stream/`, lines }
}

const message = (next: number, json = '{}'): Message => ({ topic: 'a', partition: 0, next, json })

/** Messages without end, and how many were taken. */
function endless(json: string) {
  const taken = { count: 0 }
  const read = async function* (): AsyncGenerator<readonly Message[]> {
    for (;;) yield [message(++taken.count, json)]
  }
  return { taken, read }
}

/** Nothing, until it is told to stop. */
const silent: EventSource['read'] = (_, signal) => ({
  [Symbol.asyncIterator]: () => ({
    async next() {
      if (!signal.aborted) await once(signal, 'abort')
      return { done: true, value: undefined }
    },
  }),
})

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`in vain for ten seconds: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A reader that does not read, once nothing more is taken for it. */
async function stuckReader({ port }: { port: number }, taken: { readonly count: number }) {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {}) // it may be cut off
  socket.pause()
  socket.write('GET /v2/stream/a HTTP/1.1\r\nhost: localhost\r\n\r\n')
  let before: number | undefined
  await until(() => {
    const isStuck = taken.count > 0 && taken.count === before
    before = taken.count
    return isStuck
  })
  return socket
}

test('who does not read is not read for, and goes on from there', async () => {
  const { taken, read } = endless(JSON.stringify({ note: 'x'.repeat(10_000) }))
  const socket = await stuckReader(await serve(read), taken)

  // What the kernel takes on both sides, and the little that waits here.
  const stuck = taken.count
  expect(stuck * 10_000).toBeLessThan(20_000_000)

  socket.resume()
  await until(() => taken.count > stuck + 100)
})

test('an error in the middle is told as an event, with the id to go on from', async () => {
  const { url, lines } = await serve(async function* () {
    yield [message(7)]
    throw new Error('the disk is gone')
  })

  const text = await (await fetch(`${url}a`)).text()

  const id = 'id: [{"topic":"a","partition":0,"offset":7}]'
  expect(text).toContain(`event: message\n${id}\ndata: {}\n\n`)
  expect(text.endsWith(`event: error\n${id}\ndata: {"name":"Error","message":"the disk is gone"}\n\n`)).toBe(
    true,
  )
  expect(lines).toEqual([{ level: 'error', message: 'a: a reader was cut off: the disk is gone' }])
})

test('JSON lines have no word for an error: they are cut off, so that it does not look like the end', async () => {
  const { url } = await serve(async function* () {
    yield [message(7)]
    throw new Error('the disk is gone')
  })

  const response = await fetch(`${url}a`, { headers: { accept: 'application/json' } })

  await expect(response.text()).rejects.toThrow('terminated')
})

test('while nothing comes, comments tell that both are there', async () => {
  const { url } = await serve(silent, { heartbeatEvery: 10 })
  const response = await fetch(`${url}a`)
  let text = ''

  for await (const chunk of response.body!.pipeThrough(
    new TextDecoderStream(),
  ) as unknown as AsyncIterable<string>) {
    text += chunk
    if (/:\n\n:\n\n/.test(text)) break
  }

  expect(text).toMatch(/^:ok\n\nid: .*\n\n:\n\n:\n\n/)
})

test('so many read at once, and one more when one has gone', async () => {
  const { url } = await serve(silent, { most: 1 })
  const first = new AbortController()
  expect((await fetch(`${url}a`, { signal: first.signal })).status).toBe(200)

  const refused = await fetch(`${url}a`)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])

  first.abort()
  let status = 429
  while (status === 429) status = (await fetch(`${url}a`)).status
  expect(status).toBe(200)
})

test('closing ends all answers, also of who does not read', async () => {
  const { taken, read } = endless(JSON.stringify({ note: 'x'.repeat(10_000) }))
  const served = await serve(read)
  await stuckReader(served, taken)

  served.server.close()
  served.close()

  await once(served.server, 'close')
})

test('where events cannot be read, it is said why, and to come again', async () => {
  const positions = async () => Promise.reject(new Error('no broker answers'))
  const source = { topicsOf: (stream: string) => [stream], positions, read: silent, close: async () => {} }
  const { url, lines } = await serve(silent, { source })

  const refused = await fetch(`${url}a`)

  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  expect(lines).toEqual([{ level: 'error', message: 'a: cannot be read: no broker answers' }])
})

test('streams whose id could not come back in a header are refused', async () => {
  const { url } = await serve(silent)
  const many = Array.from({ length: 300 }, (_, number) => `a.stream.with.a.name.${number}`)

  expect((await fetch(url + many.join(','))).status).toBe(400)
})

test('an id is in ASCII, whatever the names of streams', async () => {
  const { url } = await serve(silent)
  const response = await fetch(`${url}${encodeURIComponent('läden 🛒')}`)

  const { value } = await response.body!.getReader().read()

  const [, id] = /id: (.*)\n/.exec(new TextDecoder().decode(value))!
  expect(id).toMatch(/^[ -~]+$/)
  expect(JSON.parse(id!)[0].topic).toBe('läden 🛒')
})
