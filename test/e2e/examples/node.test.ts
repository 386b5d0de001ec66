import { join } from 'node:path'
import { expect, test } from 'vitest'
import { storedEvents } from '../../../examples/shop/stored.mjs'
import { EXAMPLES, runNode, startShopIntake } from './examples.ts'

test('the Node example has its order stored before it ends', async () => {
  const { url, data } = await startShopIntake()

  const example = runNode(join(EXAMPLES, 'node/submit.mjs'), url)

  expect(await example.exitCode).toBe(0)
  expect(example.errors()).toBe('')
  expect(example.output()).toMatch(/^delivered shop\.purchase /)
  const events = await storedEvents(data)
  expect(events.filter(({ meta }) => meta.stream !== 'rivulet.ledger')).toEqual([
    expect.objectContaining({
      $schema: '/shop/purchase/1.0.0',
      order_id: 'P-1001',
      channel: 'phone',
      total_cents: 8200,
    }),
  ])
})
