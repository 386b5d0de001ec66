// A serverless function: one client for as long as the instance lives, and what was submitted is sent behind the answer.
//
//   npm run demo                                  in one terminal: starts the local intake
//   node examples/node/serverless.mjs [INTAKE]    in another: calls the function once, as a platform does
import { createClient } from 'rivulet'
import { fileURLToPath } from 'node:url'

const intake = process.argv[2] ?? 'http://127.0.0.1:8192'

/** What keeps the function running behind its answer; in Vercel's functions, `waitUntil` of `@vercel/functions`. */
const held = new Set()
const waitUntil = (/** @type {Promise<unknown>} */ promise) => held.add(promise)

const events = createClient({
  intakeUrl: `${intake}/v1/events`,
  streamConfigUrl: `${intake}/v1/stream-configs`,
  waitUntil,
})

/** The function itself. */
export function POST() {
  events.submit('shop.purchase', {
    $schema: '/shop/purchase/1.0.0',
    order_id: 'S-1001',
    channel: 'phone',
    currency: 'EUR',
    total_cents: 1800,
    lines: [{ product_id: 'mug', quantity: 1, price_cents: 1800 }],
  })
  return Response.json({ ok: true })
}

// The platform's part.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log('answered', await POST().text())
  await Promise.all(held)
  console.log('held until sent', events.ledger()['shop.purchase'])
}
