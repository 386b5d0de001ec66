// A process of its own that takes events of each SDK, as fast as it can: a body is kept as it came, and read when all is
// over. Prints its URL; `GET /counts` tells what came since the last time, `GET /reset` forgets it.
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'

/** @type {{ path: string, body: Buffer, gzipped: boolean }[]} */
let requests = []

/**
 * The events of a body, by the id that its SDK gives each.
 *
 * @type {Record<string, (body: any) => string[]>}
 */
const IDS = {
  '/rivulet': (body) => body.map((/** @type {any} */ event) => event.meta.id),
  '/snowplow': (body) => body.data.map((/** @type {any} */ event) => event.eid),
  '/batch/': (body) => body.batch.map((/** @type {any} */ event) => event.uuid),
  '/segment': (body) => body.batch.map((/** @type {any} */ event) => event.messageId),
  '/amplitude': (body) => body.events.map((/** @type {any} */ event) => event.insert_id),
}

const server = createServer((request, response) => {
  const path = (request.url ?? '').split('?')[0] ?? ''
  if (path === '/reset') requests = []
  if (request.method === 'GET') return response.end(JSON.stringify(path === '/counts' ? counts() : {}))
  /** @type {Buffer[]} */
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const gzipped = request.headers['content-encoding'] === 'gzip'
    if (path in IDS) requests.push({ path, body: Buffer.concat(chunks), gzipped })
    response.setHeader('content-type', 'application/json')
    // Amplitude's SDK reads more than the status.
    response.end('{"code":200,"success":true,"events_ingested":0}')
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`http://127.0.0.1:${address.port}`)
})

function counts() {
  const ids = new Set()
  let received = 0
  let bytes = 0
  for (const { path, body, gzipped } of requests) {
    const found = IDS[path]?.(JSON.parse((gzipped ? gunzipSync(body) : body).toString())) ?? []
    for (const id of found) ids.add(id)
    received += found.length
    bytes += body.length
  }
  return { distinct: ids.size, received, requests: requests.length, bytes }
}
