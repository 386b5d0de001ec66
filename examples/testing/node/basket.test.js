import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from 'rivulet'
import { answerLost, createRecordingClient, expectSubmitted, startFaultyIntake } from 'rivulet/testing'
import { createBasket } from '../basket.js'
import { schemas } from '../generated/streams.js'

test('the basket submits what is put into it', () => {
  const events = createRecordingClient({ schemas })

  createBasket(events).add('mug')

  const click = expectSubmitted(events, 'shop.click', { action: 'add_to_basket' })
  assert.equal(click.product_id, 'mug')
})

test('a purchase arrives, and again where the answer was lost, as one event', async (t) => {
  const intake = await startFaultyIntake({ schemas })
  t.after(() => intake.close())
  intake.script([answerLost()])
  const { intakeUrl } = intake
  const events = createClient({ intakeUrl, streamConfigs: { streams: { 'shop.purchase': {} } }, schemas })
  t.after(() => events.close())

  const id = events.submit('shop.purchase', {
    order_id: 'order-1',
    channel: 'web',
    currency: 'EUR',
    total_cents: 1200,
    lines: [{ product_id: 'mug', quantity: 1, price_cents: 1200 }],
  })
  await intake.until(() => intake.timesAccepted(id) === 2)

  assert.deepEqual(
    intake.events().map(({ meta }) => meta.id),
    [id],
  )
  assert.deepEqual(intake.rejected(), [])
})
