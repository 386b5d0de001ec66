// A process of its own that posts batches of events as fast as they are answered, and prints what came back as JSON.
// Each request is another client's, and each of its events has an id of its own.
import { randomBytes } from 'node:crypto'
import autocannon from 'autocannon'

const EVENTS = 50
const EVENT_BYTES = 400

const { url, connections, seconds, warmUp } = JSON.parse(process.argv[2] ?? '')
const nextBody = createBodies()

await load(warmUp)
const { latency, duration, errors, timeouts, statusCodeStats } = await load(seconds)
const answers = Object.fromEntries(
  Object.entries(statusCodeStats ?? {}).map(([status, { count }]) => [status, count]),
)
const perSecond = ((answers[201] ?? 0) * EVENTS) / duration
const { p50, p99 } = latency
console.log(JSON.stringify({ perSecond, p50, p99, answers, errors: errors + timeouts }))

/** @param {number} duration */
function load(duration) {
  return autocannon({
    url: `${url}/v1/events`,
    method: 'POST',
    headers: { 'content-type': 'text/plain;charset=UTF-8' },
    connections,
    duration,
    requests: [{ setupRequest: (request) => ({ ...request, body: nextBody() }) }],
  })
}

/** One body again and again, with new ids written into it: making each from scratch would cost as much as taking it. */
function createBodies() {
  const [eventId, clientId] = ['e'.repeat(36), 'c'.repeat(36)]
  const body = Buffer.from(`[${Array.from({ length: EVENTS }, (_, index) => event(index + 1)).join(',')}]`)
  const [eventIds, clientIds] = [placesOf(eventId), placesOf(clientId)]
  const run = randomBytes(4).toString('hex')
  let requests = 0

  return () => {
    requests += 1
    const client = uuid(requests * 64)
    for (const place of clientIds) body.write(client, place, 'latin1')
    eventIds.forEach((place, index) => void body.write(uuid(requests * 64 + index + 1), place, 'latin1'))
    return body
  }

  /** As version 7: the time is in front. @param {number} number */
  function uuid(number) {
    const time = Date.now().toString(16).padStart(12, '0')
    const tail = number.toString(16).padStart(12, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7${run.slice(0, 3)}-8${run.slice(3, 6)}-${tail}`
  }

  /** As Rivulet's client sends it. @param {number} seq */
  function event(seq) {
    const made = {
      $schema: '/shop/page_view/1.0.0',
      meta: {
        stream: 'shop.page_view',
        id: eventId,
        domain: 'shop.example.org',
        producer: { sdk: 'rivulet/0.1.0', id: clientId, seq },
      },
      dt: new Date().toISOString(),
      page: { title: '' },
      performer: { session_id: '0123456789abcdef0123' },
      path: '/product.html',
    }
    made.page.title = 'Teapot, stoneware, blue glaze, 1.2 l, with strainer. '
      .repeat(8)
      .slice(0, EVENT_BYTES - JSON.stringify(made).length)
    return JSON.stringify(made)
  }

  /** @param {string} text */
  function placesOf(text) {
    const places = []
    for (let at = body.indexOf(text); at >= 0; at = body.indexOf(text, at + text.length)) places.push(at)
    return places
  }
}
