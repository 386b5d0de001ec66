import { on, once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { createPerAddress } from '../../../src/intake/address.ts'
import { createGracefulStop, limitConnections } from '../../../src/intake/connections.ts'
import type { LogLine } from '../../../src/intake/log.ts'

const GET = 'GET / HTTP/1.1\r\nhost: intake\r\n\r\n'

test('so many connections are open, and one more when one has gone; the rest are closed, which is told', async () => {
  const { server, open } = await listening()
  const lines: LogLine[] = []
  limitConnections(server, { most: 2, mostEach: 100, log: (line) => void lines.push(line) })
  const [first] = [await open(), await open()]

  const surplus = [await open(), await open()]
  await Promise.all(surplus.map(({ closed }) => closed))
  first.socket.destroy()
  await until(async () => (await promisify(server.getConnections.bind(server))()) === 1)

  expect(await (await open()).reply(GET)).toMatch(/^HTTP\/1.1 200/)
  expect(lines.map(({ message }) => message)).toContainEqual(expect.stringContaining('since 2 are open'))
})

test('one address has fewer, and others still get in', async () => {
  const { server, open } = await listening()
  let isLimited = true
  const perAddress = createPerAddress(1, () => !isLimited)
  const lines: LogLine[] = []
  limitConnections(server, { most: 100, mostEach: 1, perAddress, log: (line) => void lines.push(line) })
  const first = await open()
  await first.reply(GET)

  const second = await open()
  await second.closed
  isLimited = false

  expect(await (await open()).reply(GET)).toMatch(/^HTTP\/1.1 200/)
  expect(await first.reply(GET)).toMatch(/^HTTP\/1.1 200/)
  expect(lines.map(({ message }) => message)).toEqual([expect.stringContaining('since 127.0.0.1 has 1 open')])
})

test('a stop waits for answers, and closes connections with them and those that ask nothing', async () => {
  const responses: ServerResponse[] = []
  const { stop, open } = await stoppable((_, response) => void responses.push(response))
  const [asking, silent] = [await open(), await open()]
  const reply = asking.reply(GET)
  await until(() => responses.length === 1)

  const stopped = stop()
  await silent.closed
  responses[0]!.end('done')
  await stopped

  expect(await reply).toMatch(/^HTTP\/1.1 200 OK\r\nconnection: close\r\n.*done$/is)
})

test('a request that comes over a kept connection while others are answered gets an answer too, its last', async () => {
  const responses: ServerResponse[] = []
  const { stop, open } = await stoppable((_, response) => {
    if (responses.push(response) === 1) response.end('first')
  })
  const { reply, closed } = await open()
  await reply(GET)

  const second = reply(GET)
  const stopped = stop()
  await until(() => responses.length === 2)
  responses[1]!.end('second')
  await Promise.all([stopped, closed])

  expect(await second).toMatch(/connection: close.*second$/is)
})

test('who never finishes a request is answered and left after the time for it; who waits for an answer is not', async () => {
  const responses: ServerResponse[] = []
  const { stop, open, server } = await stoppable((request, response) => {
    if (request.method === 'GET') responses.push(response)
    else request.resume()
  })
  const [waiting, slow, slower] = [await open(), await open(), await open()]
  const reply = waiting.reply(GET)
  const refusal = slow.reply('POST / HTTP/1.1\r\nhost: intake\r\ncontent-length: 10\r\n\r\n12345')
  slower.socket.write('GET / HTTP/1.1\r\nhost:')
  await until(() => responses.length === 1 && slower.socket.bytesWritten > 0)

  const stopped = stop()
  await Promise.all([slow.closed, slower.closed])
  responses[0]!.end('done')
  await stopped

  expect(await refusal).toMatch(/^HTTP\/1.1 503 /)
  expect(await reply).toMatch(/done$/)
  expect(server.listening).toBe(false)
})

async function listening(listener: RequestListener = (_, response) => response.end('ok')) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo

  async function open() {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {}) // 'close' follows
    onTestFinished(() => void socket.destroy())
    const closed = once(socket, 'close')
    await once(socket, 'connect')
    return { socket, closed, reply: (request: string) => reply(socket, request) }
  }
  return { server, open }
}

async function stoppable(listener: RequestListener) {
  const { server, open } = await listening(listener)
  const refuse = (response: ServerResponse) => void response.writeHead(503).end()
  const stop = createGracefulStop(server, { refuse, lastRequestsWithin: 200 })
  return { server, open, stop }
}

/** One answer, as its content-length has it. */
async function reply(socket: Socket, request: string): Promise<string> {
  socket.write(request)
  let text = ''
  for await (const [bytes] of on(socket, 'data', { close: ['close'] })) {
    text += bytes
    const [, length, body = ''] = /content-length: (\d+).*?\r\n\r\n(.*)$/is.exec(text) ?? []
    if (length !== undefined && body.length >= Number(length)) break
  }
  return text
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`in vain for five seconds: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
