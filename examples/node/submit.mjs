// Events from plain Node: an order that came in by phone joins those of the shop's pages.
//
//   npm run demo                              in one terminal: starts the local intake
//   node examples/node/submit.mjs [INTAKE]    in another; INTAKE is http://127.0.0.1:8192 unless given
import { createClient } from 'rivulet'

const intake = process.argv[2] ?? 'http://127.0.0.1:8192'

const events = createClient({
  intakeUrl: `${intake}/v1/events`,
  streamConfigUrl: `${intake}/v1/stream-configs`,
  onOutcome: ({ kind, stream, id, ...more }) => console.log(kind, stream, id, more.reason ?? ''),
})

events.submit('shop.purchase', {
  $schema: '/shop/purchase/1.0.0',
  order_id: 'P-1001',
  channel: 'phone',
  currency: 'EUR',
  total_cents: 8200,
  lines: [
    { product_id: 'teapot', quantity: 1, price_cents: 6400 },
    { product_id: 'mug', quantity: 1, price_cents: 1800 },
  ],
})

// A program that ends says so: `flush` waits until the intake has answered, but not for ever.
const queued = await events.flush({ timeout: 5000 })
await events.close()

if (queued > 0) {
  console.error(`${queued} events are still queued: is the intake running at ${intake}?`)
  process.exitCode = 1
}
