import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differences, partOf, shown } from '../../../src/testing/matching.ts'

describe('differences', () => {
  const event = { action: 'buy', product: { id: 'mug', tags: ['a', 'b'] }, price: 12, note: null }

  test.each<[wanted: unknown]>([
    [{}],
    [{ action: 'buy' }],
    [{ action: /^b/ }],
    [{ product: { id: 'mug' } }],
    [{ product: { tags: ['a', /b/] } }],
    [{ price: expect.any(Number), action: expect.stringContaining('u') }],
    [expect.objectContaining({ price: 12 })],
    [{ note: null, absent: undefined }],
  ])('are none where a value has what is wanted: %j', (wanted) => {
    expect(differences(wanted, event)).toEqual([])
  })

  test.each<[wanted: unknown, paths: readonly string[]]>([
    [{ action: 'open', price: 12 }, ['/action']],
    [{ action: /^o/, product: { id: 'jug' } }, ['/action', '/product/id']],
    [{ action: /buy/g, price: /12/ }, ['/price']],
    [{ product: { tags: ['a'] } }, ['/product/tags']],
    [{ product: { tags: ['b', 'a'] } }, ['/product/tags/0', '/product/tags/1']],
    [{ product: ['mug'] }, ['/product']],
    [{ absent: 1, constructor: 1 }, ['/absent', '/constructor']],
    [{ action: undefined }, ['/action']],
    [{ price: '12' }, ['/price']],
    [{ note: {} }, ['/note']],
    [{ price: expect.any(String) }, ['/price']],
  ])('are told by place: %j', (wanted, paths) => {
    expect(differences(wanted, event).map(({ path }) => path)).toEqual(paths)
  })

  test('a Date is the text that JSON makes of it', () => {
    const at = new Date('2026-11-23T08:00:00Z')

    expect(differences({ at }, { at: at.toJSON() })).toEqual([])
  })

  test('a pattern with a place to go on from matches each time', () => {
    const wanted = { action: /buy/g }

    expect([1, 2, 3].flatMap(() => differences(wanted, event))).toEqual([])
  })

  test('JSON matches itself and each part of itself, and nothing that has a changed field', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (event, name) => {
        expect(differences(event, event)).toEqual([])
        expect(differences(partOf(event, { [name]: 1 }), event)).toEqual([])
        expect(differences({ ...event, [name]: 'changed' }, { ...event, [name]: 1 })).toHaveLength(1)
      }),
    )
  })
})

test('of a value, only what is spoken of is shown in a diff', () => {
  const event = { action: 'buy', product: { id: 'mug', price: 12 }, tags: ['a', 'b'] }

  expect(partOf(event, { product: { id: 'jug' }, tags: ['a'], absent: 1 })).toEqual({
    product: { id: 'mug' },
    tags: ['a', 'b'],
  })
})

test('values are shown in one line, matchers and patterns included, and cut where they are long', () => {
  expect(shown({ a: /b/, c: 1n })).toBe('{"a":"/b/","c":"1"}')
  expect(shown(undefined)).toBe('missing')
  expect(shown(() => 1)).toBe('function')
  expect(shown({ a: expect.any(Number) })).toMatch(/"a":"Any/)
  expect(shown('x'.repeat(300))).toHaveLength(201)
})
