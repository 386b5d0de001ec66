import { expect, test } from 'vitest'
import { keyOf } from '../../../../src/intake/kafka/message-key.ts'

const event = {
  meta: { stream: 'shop.click', producer: { id: 'i1' } },
  performer: { session_id: 's1' },
  page: { id: 7, title: null },
}

test('the key is the session, else the client instance, else there is none', () => {
  expect(keyOf(event, undefined)).toEqual({ key: 's1' })
  expect(keyOf({ meta: event.meta }, {})).toEqual({ key: 'i1' })
  expect(keyOf({ meta: { stream: 'shop.click' } }, null)).toEqual({ key: undefined })
})

test('message_key_fields make it a JSON object, of the fields in their order, and nested by dots', () => {
  expect(keyOf(event, { page_id: 'page.id', 'by.session': 'performer.session_id' })).toEqual({
    key: '{"page_id":7,"by":{"session":"s1"}}',
  })
})

test('a field that is not there, or null, is told', () => {
  expect(keyOf(event, { title: 'page.title' })).toEqual({ missing: 'page.title' })
  expect(keyOf(event, { a: 'page.id', b: 'page.id.more' })).toEqual({ missing: 'page.id.more' })
  expect(keyOf(event, { a: 'page.constructor' })).toEqual({ missing: 'page.constructor' })
})
