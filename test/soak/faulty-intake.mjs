// A relay that fails on demand before a real intake, which is what stores each event once, and notes what it was sent.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

/**
 * A POST as it reached the relay, whatever became of it.
 *
 * @typedef {object} Post
 * @property {number} at in ms since 1970, by this machine's clock
 * @property {number} sentAt the same, by the page's: what the client says in `?sent=`
 * @property {readonly string[]} ids of its events
 * @property {import('./plan.mjs').Fault | undefined} fault what was wrong at that time
 */

/** A pause that an answer asked for, in ms since 1970. @typedef {{ from: number, until: number }} Rest */

/** EventGate's own, and without which a page cannot read an answer. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'accept, x-requested-with, content-type',
  'access-control-expose-headers': 'etag, retry-after',
}

/**
 * Starts the relay before the intake at `target`.
 *
 * @param {string} target
 * @param {() => number} random
 */
export async function startFaultyIntake(target, random) {
  /** @type {Post[]} */
  const posts = []
  /** @type {Rest[]} */
  const rests = []
  /** @type {import('./plan.mjs').Fault | undefined} */
  let fault

  const server = createServer(async (request, response) => {
    try {
      const body = await text(request)
      const { method, url = '' } = request
      if (method !== 'POST') return await pass({ method, url, body }, response)
      const sent = Number(new URL(url, target).searchParams.get('sent'))
      posts.push({ at: Date.now(), sentAt: sent, ids: idsIn(body), fault })
      await misbehave({ method, url, body }, response)
    } catch (error) {
      // The page went in the middle of its request, or the intake closes.
      response.destroy(/** @type {Error} */ (error))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())

  /** @typedef {{ method: string | undefined, url: string, body: string }} Request */
  /** @typedef {import('node:http').ServerResponse} Response */

  /** @param {Request} request @param {Response} response */
  async function misbehave(request, response) {
    if (fault === 'unavailable') return answer(response, 503)
    if (fault === 'limited') return rest(response)
    if (fault === 'cut') return void response.destroy()
    if (fault === 'unheard') {
      await ask(request)
      return void response.destroy()
    }
    if (fault === 'slow') {
      const storesFirst = random() < 0.5
      if (storesFirst) await ask(request)
      await new Promise((resolve) => setTimeout(resolve, 500 + random() * 7500))
    }
    await pass(request, response)
  }

  /** Asks for a pause, once: a request in the middle of it is told how much is left. @param {Response} response */
  function rest(response) {
    const now = Date.now()
    const current = rests.find(({ until }) => until > now)
    const seconds = current ? Math.ceil((current.until - now) / 1000) : 3 + Math.floor(random() * 8)
    const until = now + seconds * 1000
    if (!current) rests.push({ from: now, until })
    // In both of its forms. That of a date knows whole seconds only, so it is rounded up.
    const date = new Date(Math.ceil(until / 1000) * 1000).toUTCString()
    answer(response, 429, '', { 'retry-after': random() < 0.5 ? `${seconds}` : date })
  }

  /** @param {Request} request @param {Response} response */
  async function pass(request, response) {
    const reply = await ask(request)
    const etag = reply.headers.get('etag')
    answer(response, reply.status, await reply.text(), {
      'content-type': reply.headers.get('content-type') ?? 'application/json',
      ...(etag ? { etag } : {}),
    })
  }

  /** @param {Request} request */
  function ask({ method, url, body }) {
    const headers = { 'content-type': 'text/plain' }
    return fetch(`${target}${url}`, method === 'POST' ? { method, body, headers } : {})
  }

  async function stop() {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  return {
    url: `http://127.0.0.1:${port}`,
    /** All so far, in their order. */
    posts,
    /** All so far that it asked for by 429 with Retry-After. */
    rests,
    /**
     * What is wrong from now on; undefined for nothing.
     *
     * @param {import('./plan.mjs').Fault | undefined} next
     */
    async fail(next) {
      fault = next
      if (fault === 'down') await stop()
      else if (!server.listening) {
        server.listen(port, '127.0.0.1')
        await once(server, 'listening')
      }
    },
    close: stop,
  }
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {Record<string, string>} [headers]
 */
function answer(response, status, body = '', headers = {}) {
  // A browser itself repeats a request on a used connection that breaks; a fresh one each keeps it out of the way.
  response.writeHead(status, { ...CORS, ...headers, connection: 'close' })
  response.end(body)
}

/** @param {string} body */
function idsIn(body) {
  /** @type {{ meta: { id: string } }[]} */
  const events = JSON.parse(body)
  return events.map(({ meta }) => meta.id)
}
