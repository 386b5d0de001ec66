import { beforeEach, describe, expect, test } from 'vitest'
import {
  createDrivenTime,
  createRecordingClient,
  expectNothingDropped,
  expectNotSubmitted,
  expectSubmitted,
  unavailable,
} from 'rivulet/testing'
import { createBasket } from '../basket.js'
import { schemas } from '../generated/streams.js'
import streamConfigs from '../streams.json' with { type: 'json' }

describe('the basket', () => {
  const events = createRecordingClient({ schemas })
  beforeEach(() => events.clear())

  test('submits what is put into it', () => {
    const basket = createBasket(events)

    basket.add('mug')

    const click = expectSubmitted(events, 'shop.click', { action: 'add_to_basket' })
    expect(click.product_id).toBe('mug')
    expectNothingDropped(events)
  })

  test('submits one purchase with all its lines', () => {
    const basket = createBasket(events)

    basket.add('mug')
    basket.add('teapot')
    basket.buy('order-1')

    expect(events.submitted('shop.purchase')).toHaveLength(1)
    expectSubmitted(events, 'shop.purchase', {
      order_id: /^order-/,
      total_cents: expect.any(Number),
      lines: [{ product_id: 'mug' }, { product_id: 'teapot' }],
    })
  })

  test('submits no purchase of nothing', () => {
    createBasket(events).buy('order-1')

    expectNotSubmitted(events, 'shop.purchase')
  })
})

describe('with the stream config of production', () => {
  test('a click carries the size of the basket, which streams.json asks for', () => {
    const events = createRecordingClient({
      schemas,
      streamConfigs,
      context: () => ({ basket_size: basket.size() }),
    })
    const basket = createBasket(events)

    basket.add('mug')

    expectSubmitted(events, 'shop.click', { basket: { size: 1 } })
  })

  test('nine of ten sessions submit no clicks', () => {
    const events = createRecordingClient({ schemas, streamConfigs, ids: { session: 'ffffffff' } })

    createBasket(events).add('mug')

    expect(events.dropped('shop.click')).toMatchObject([{ reason: 'out-of-sample' }])
  })

  test('what is too much for one minute goes in the next', async () => {
    const time = createDrivenTime({ start: '2026-11-23T08:00:00Z' })
    const events = createRecordingClient({ schemas, streamConfigs, time })
    const basket = createBasket(events)
    const buy = () => {
      basket.add('mug')
      basket.buy('order-1')
    }

    for (let i = 0; i < 6; i++) buy()
    expect(events.submitted('shop.purchase')).toHaveLength(5)
    await time.pass(60_000)
    buy()

    expect(events.submitted('shop.purchase')).toHaveLength(6)
  })
})

test('nothing is submitted before the visitor has agreed, and then all of it', async () => {
  const events = createRecordingClient({ schemas, consent: 'pending' })

  createBasket(events).add('mug')
  expectNotSubmitted(events, 'shop.click')
  events.setConsent('granted')
  await events.settled()

  expectSubmitted(events, 'shop.click', { product_id: 'mug' })
})

test('an event outlives an intake that is overloaded', async () => {
  const time = createDrivenTime()
  const events = createRecordingClient({ schemas, time, faults: [unavailable({ retryAfter: 60 })] })

  createBasket(events).add('mug')
  await time.pass(30_000)
  expect(events.outcomes()).toEqual([])
  await time.pass(60_000)

  expect(events.outcomes()).toMatchObject([{ kind: 'delivered', stream: 'shop.click' }])
  expect(events.intake.posts.map(({ answer }) => answer)).toEqual([503, 201])
})
