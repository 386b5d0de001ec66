import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createIdWindow } from '../../../src/intake/id-window.ts'

/** Ids that come again, of the kinds that are told apart. */
const id = fc.oneof(
  fc.uuid({ version: 4 }),
  fc.constantFrom(
    '',
    'a',
    'b',
    '\ud800',
    '\udfff',
    '00000000-0000-0000-0000-000000000000',
    '01234567-89ab-7def-8123-456789abcdef',
    '01234567-89ab-7def-8123-456789abcdeF',
    '01234567-89ab-7def-c123-456789abcdef',
    '0123456789ab-7def-8123-456789abcdef0',
  ),
  fc.integer({ min: 0, max: 30 }).map((number) => `id-${number}`),
)

test('it has the newest ids, as many as it has room for, and no others', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(id, { maxLength: 120 }), (size, ids) => {
      const window = createIdWindow(size)
      let newest: string[] = []

      for (const each of ids) {
        expect(window.has(each)).toBe(newest.includes(each))
        if (newest.includes(each)) continue
        window.add(each)
        newest = [...newest, each].slice(-size)
      }

      for (const each of ids) expect(window.has(each)).toBe(newest.includes(each))
      const { from, to } = window.known()
      expect(to - from).toBe(newest.length)
    }),
  )
})

test('one that goes on from its keys knows the same ids, as far as it has room for them', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.uniqueArray(id, { maxLength: 60 }),
      fc.nat(60),
      (size, otherSize, ids, parting) => {
        const window = createIdWindow(size)
        for (const each of ids.slice(0, parting)) window.add(each)
        const { from } = window.known()
        const other = createIdWindow(otherSize)
        other.restore(from, window.keysFrom(from))

        for (const each of ids.slice(parting)) other.add(each)

        const parted = Math.min(parting, ids.length)
        const newest = [...ids.slice(0, parted).slice(-size), ...ids.slice(parted)].slice(-otherSize)
        for (const each of ids) expect(other.has(each)).toBe(newest.includes(each))
        expect(other.known()).toEqual({ from: ids.length - newest.length, to: ids.length })
      },
    ),
  )
})

test('of 150,000 ids the newest 100,000 are known', () => {
  const window = createIdWindow(100_000)
  const uuid = (number: number) =>
    `${number.toString(16).padStart(8, '0')}-0000-7000-8000-${(number * 7919).toString(16).padStart(12, '0')}`
  for (let number = 0; number < 150_000; number++) window.add(uuid(number))

  let found = 0
  for (let number = 0; number < 200_000; number++) if (window.has(uuid(number))) found += 1

  expect(found).toBe(100_000)
  expect([uuid(49_999), uuid(50_000), uuid(150_000)].map(window.has)).toEqual([false, true, false])
})
