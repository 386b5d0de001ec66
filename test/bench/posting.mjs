// How fast an intake stores what is posted to it: batches of 50 clicks of some 400 bytes, over 8 connections.
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { percentile } from './statistics.mjs'

const CONNECTIONS = 8
const BATCH = 50

/**
 * Events a second, and the 99th percentile of the answers' times in ms.
 *
 * @param {string} url of the intake
 * @param {number} seconds
 */
export async function post(url, seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const began = performance.now()
  /** @type {number[]} */
  const times = []
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const instance = randomUUID()
      for (let seq = 1; performance.now() < began + seconds * 1_000; seq += BATCH) {
        const body = JSON.stringify(Array.from({ length: BATCH }, (_, index) => click(instance, seq + index)))
        const sent = performance.now()
        await posted(`${url}/v1/events`, { agent, body })
        times.push(performance.now() - sent)
      }
    }),
  )
  agent.destroy()
  const took = (performance.now() - began) / 1_000
  return { perSecond: (times.length * BATCH) / took, p99: percentile(times, 0.99) }
}

/**
 * @param {string} instance
 * @param {number} seq
 */
function click(instance, seq) {
  const producer = { sdk: 'rivulet/0.1.0', id: instance, seq, unit: 'session', rate: 1 }
  return {
    $schema: '/shop/click/1.0.0',
    action: 'open_product',
    product_id: 'kettle-7',
    basket: { size: seq % 4 },
    performer: { session_id: '0123456789abcdef0123', pageview_id: 'abcdef01234567890123' },
    meta: { id: randomUUID(), stream: 'shop.click', domain: 'shop.example.org', producer },
    dt: '2026-11-27T10:00:00.000Z',
  }
}

/**
 * @param {string} url
 * @param {{ agent: Agent, body: string }} sent
 * @returns {Promise<void>}
 */
function posted(url, { agent, body }) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) }
    const one = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume()
      answer.on('end', () =>
        answer.statusCode === 201
          ? resolve()
          : reject(new Error(`the intake answered ${answer.statusCode} ${answer.statusMessage}`)),
      )
    })
    one.on('error', reject)
    one.end(body)
  })
}
