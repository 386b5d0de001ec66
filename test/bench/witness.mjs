import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

/** @typedef {{ bytes: number, ids: string[] }} SentRequest */

/**
 * Stands before an intake and sees each request on its way there, also one whose page is gone.
 *
 * @param {string} intakeUrl
 * @returns {Promise<{ url: string, requests: readonly SentRequest[], close(): Promise<void> }>}
 */
export async function startWitness(intakeUrl) {
  /** @type {SentRequest[]} */
  const requests = []
  const server = createServer(async (request, response) => {
    try {
      const body = await text(request)
      requests.push({ bytes: Buffer.byteLength(body), ids: idsIn(body) })
      await relay(`${intakeUrl}${request.url}`, body, response)
    } catch (error) {
      // The page went in the middle of it: it was not sent as a whole.
      response.destroy(/** @type {Error} */ (error))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/**
 * @param {string} url
 * @param {string} body
 * @param {import('node:http').ServerResponse} response
 */
async function relay(url, body, response) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body })
  const cors = [...answer.headers].filter(([name]) => name.startsWith('access-control-'))
  response.writeHead(answer.status, Object.fromEntries(cors))
  response.end(await answer.text())
}

/** @param {string} body */
function idsIn(body) {
  /** @type {{ meta: { id: string } }[]} */
  const events = JSON.parse(body)
  return events.map(({ meta }) => meta.id)
}
