import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { validate } from 'uuid'
import { afterEach, expect, test, vi } from 'vitest'
import { httpUrl } from '../../../src/environments/http.ts'
import { nodeEnvironment } from '../../../src/environments/node.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  vi.restoreAllMocks()
})

/** A server that answers as told, and the requests it got. */
async function startServer(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: { headers: IncomingMessage['headers']; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    requests.push({ headers: request.headers, body })
    handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections())
  closers.push(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests, close }
}

test('a post goes as text/plain without cookies, and its answer is read whole', async () => {
  const { url, requests } = await startServer((_, response) =>
    response.writeHead(503, { 'retry-after': '7', 'content-type': 'application/json' }).end('{"a":1}'),
  )

  const answer = await nodeEnvironment().post(url, '[{"é":"€"}]')

  expect(answer).toMatchObject({ status: 503, text: '{"a":1}', foreign: false, retryAfter: '7' })
  expect(requests[0]?.body).toBe('[{"é":"€"}]')
  expect(requests[0]?.headers['content-type']).toMatch(/^text\/plain/)
  expect(requests[0]?.headers.cookie).toBeUndefined()
})

test('an answer in HTML is foreign, and so is a redirect, which what is posted does not follow', async () => {
  const { url, requests } = await startServer((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/login' }).end()
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>')
  })

  expect(await nodeEnvironment().post(`${url}moved`, '[]')).toMatchObject({ status: 302, foreign: true })
  expect(await nodeEnvironment().post(url, '[]')).toMatchObject({ status: 200, foreign: true })
  expect(requests).toHaveLength(2)
})

test('what is asked for is followed where it has moved, but not for ever', async () => {
  const { url, requests } = await startServer((request, response) => {
    if (request.url === '/moved') response.writeHead(301, { location: 'there/config' }).end()
    else if (request.url === '/there/config') response.end('config')
    else response.writeHead(302, { location: '/round' }).end()
  })

  expect(await nodeEnvironment().get(`${url}moved`)).toMatchObject({ status: 200, text: 'config' })
  expect(await nodeEnvironment().get(`${url}round`)).toMatchObject({ status: 302 })
  expect(requests.length).toBeLessThan(10)
})

test('a kept connection that the server closes in the same moment costs no failure', async () => {
  const sockets = new Set<object>()
  const { url } = await startServer((request, response) => {
    // Each connection is good for one request.
    if (sockets.has(request.socket)) request.socket.resetAndDestroy()
    else response.writeHead(201).end()
    sockets.add(request.socket)
  })
  const { post } = nodeEnvironment()

  const answers = [await post(url, '[1]'), await post(url, '[2]'), await post(url, '[3]')]

  expect(answers).toMatchObject([{ status: 201 }, { status: 201 }, { status: 201 }])
})

test('a request that nobody answers has status 0, and says why', async () => {
  const { url, close } = await startServer(() => undefined)
  await close()

  expect(await nodeEnvironment().post(url, '[]')).toMatchObject({ status: 0 })
  expect(await nodeEnvironment().get(url)).toMatchObject({
    status: 0,
    text: expect.stringContaining('ECONNREFUSED'),
  })
})

test('a connection that breaks in the middle of the answer is no answer', async () => {
  const { url } = await startServer((_, response) => {
    response.writeHead(201, { 'content-length': '100' }).write('half')
    response.destroy()
  })

  expect(await nodeEnvironment().post(url, '[]')).toMatchObject({ status: 0 })
})

test('what was read once is revalidated by its ETag, and read anew when it has changed', async () => {
  let etag = '"1"'
  const { url, requests } = await startServer((request, response) => {
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
    else response.writeHead(200, { etag }).end(`text ${etag}`)
  })
  const { get } = nodeEnvironment()

  const texts = [(await get(url)).text, (await get(url)).text]
  etag = '"2"'
  const changed = await get(url)
  const again = await get(url)

  expect(texts).toEqual(['text "1"', 'text "1"'])
  expect([changed, again]).toMatchObject([
    { status: 200, text: 'text "2"' },
    { status: 200, text: 'text "2"' },
  ])
  expect(requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"', '"1"', '"2"'])
})

test('an answer that is no config is not what a later 304 stands for', async () => {
  const { url } = await startServer((request, response) => {
    response.writeHead(request.headers['if-none-match'] ? 304 : 404, { etag: '"1"' }).end('not found')
  })
  const { get } = nodeEnvironment()

  await get(url)

  expect(await get(url)).toMatchObject({ status: 404 })
})

test('a process has a session, and neither a page view nor a device', () => {
  const { ids, eventId, now, domain } = nodeEnvironment()

  expect(ids.session()).toMatch(/^[0-9a-f]{20}$/)
  expect(ids.session()).toBe(ids.session())
  expect([ids.pageview(), ids.device(), domain]).toEqual([undefined, undefined, undefined])
  expect(validate(eventId(now()))).toBe(true)
})

test('a warning is a line of the console that says whose it is', () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  const cause = new Error('full')

  nodeEnvironment().warn('storage failed', cause)

  expect(warn).toHaveBeenCalledExactlyOnceWith('rivulet: storage failed', cause)
})

test.for([
  ['https://a.example/x', undefined, 'https://a.example/x'],
  ['http://a.example', undefined, 'http://a.example/'],
  ['/x', 'https://a.example/b/c', 'https://a.example/x'],
  ['x', 'https://a.example/b/c', 'https://a.example/b/x'],
  ['//b.example/x', 'https://a.example/b/c', 'https://b.example/x'],
  ['/x', undefined, undefined],
  ['', undefined, undefined],
  ['javascript:alert(1)', 'https://a.example/', undefined],
  ['data:text/plain,x', 'https://a.example/', undefined],
  ['file:///etc/passwd', undefined, undefined],
  ['http://', undefined, undefined],
] as const)('%s seen from %s is %s', ([url, base, expected]) => {
  expect(httpUrl(url, base)).toBe(expected)
})

test('turns of one name come one after the other, also behind one that failed; another name does not wait', async () => {
  const { alone } = nodeEnvironment()
  const seen: string[] = []
  let finish = () => {}
  const first = alone('a', async () => {
    seen.push('first')
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    throw new Error('broken')
  })

  const second = alone('a', async () => void seen.push('second'))
  await alone('b', async () => void seen.push('other'))
  expect(seen).toEqual(['first', 'other'])

  finish()
  await expect(first).rejects.toThrow('broken')
  await second
  expect(seen).toEqual(['first', 'other', 'second'])
})
