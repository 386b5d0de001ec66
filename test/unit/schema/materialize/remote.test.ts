import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { fetchSchema } from '../../../../src/schema/materialize/remote.ts'
import { head } from '../../../support/folder.ts'

const URI = '/shop/click/1.0.0'
const SCHEMA = head('shop/click')

/** An http repository, closed when the test ends. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`
}

/** Answers with what it has at a path. */
function serveFiles(files: { [path: string]: string }, asked: string[] = []): Promise<string> {
  return serve(({ url = '' }, response) => {
    asked.push(url)
    const text = files[url]
    response.writeHead(text === undefined ? 404 : 200).end(text)
  })
}

test.each([
  ['.json', JSON.stringify(SCHEMA)],
  ['.yaml', `title: ${SCHEMA.title}\n$id: ${SCHEMA.$id}\n$schema: ${SCHEMA.$schema}\n`],
  ['', `# a link\n${JSON.stringify(SCHEMA)}`],
])('a schema is had with the ending that the server has: "%s"', async (ending, text) => {
  const base = await serveFiles({ [`/base${URI}${ending}`]: text })

  const source = await fetchSchema(base, URI)

  expect(source).toMatchObject({ path: `${base}${URI}${ending}`, content: SCHEMA, text })
})

test('a base URL may end with a slash, and what answers first is taken', async () => {
  const asked: string[] = []
  const base = await serveFiles({ [`/base${URI}.json`]: JSON.stringify(SCHEMA) }, asked)

  await fetchSchema(`${base}/`, URI)

  expect(asked).toEqual([`/base${URI}.json`])
})

test('a server that does not have it has no schema', async () => {
  const asked: string[] = []
  const base = await serveFiles({}, asked)

  expect(await fetchSchema(base, URI)).toBeUndefined()
  expect(asked).toEqual([`/base${URI}.json`, `/base${URI}.yaml`, `/base${URI}`])
})

test.each<[string, RequestListener, RegExp]>([
  ['fails', (_, response) => response.writeHead(503).end(), /cannot be had \(it answered 503\); try again/],
  ['answers with a page', (_, response) => response.end('<!doctype html>\n<p>Welcome'), /is no JSON/],
  [
    'answers with something else',
    (_, response) => response.end('{"error":"?"}'),
    /is not the schema \/shop\/click\/1\.0\.0: its "\$id" is missing; correct/,
  ],
  [
    'answers with another version',
    (_, response) => response.end(JSON.stringify(head('shop/click', '1.1.0'))),
    /its "\$id" is "\/shop\/click\/1\.1\.0"/,
  ],
  [
    'answers with too much',
    (_, response) => response.end('x'.repeat(1_000_001)),
    /more than the 1,000,000 bytes/,
  ],
  ['breaks off', (_, response) => void response.write('{', () => response.destroy()), /cannot be had/],
  ['does not answer', () => undefined, /cannot be had \(.*timeout\)/],
])('a server that %s is an error with the URL', async (_, listener, message) => {
  const base = await serve(listener)

  const answer = fetchSchema(base, URI, { timeout: 500 })

  await expect(answer).rejects.toThrow(message)
  await expect(answer).rejects.toMatchObject({ name: 'SchemaError', place: { file: `${base}${URI}.json` } })
})
