import { expect, test } from '@jest/globals'
import { createRecordingClient, expectSubmitted } from 'rivulet/testing'
import { createBasket } from '../basket.js'
import { schemas } from '../generated/streams.js'

test('the basket submits what is put into it', () => {
  const events = createRecordingClient({ schemas })

  createBasket(events).add('mug')

  const click = expectSubmitted(events, 'shop.click', {
    action: 'add_to_basket',
    meta: { id: expect.any(String) },
  })
  expect(click.product_id).toBe('mug')
})
