import { expect, test } from 'vitest'
import { isLoopback, subscriberOf } from '../../../src/intake/address.ts'
import { createRateLimit } from '../../../src/intake/rate-limit.ts'

function limitBy(options: { perSecond: number; burst: number; mostAddresses?: number }) {
  let time = 0
  const limit = createRateLimit({ ...options, now: () => time })
  return { ...limit, pass: (ms: number) => (time += ms) }
}

test('an address may send a burst, then as many a second as there are, and is told how long to wait', () => {
  const { take, pass } = limitBy({ perSecond: 0.5, burst: 3 })

  expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 2])
  pass(1_000)
  expect(take('a')).toBe(1)
  pass(1_000)
  expect([take('a'), take('a')]).toEqual([0, 2])
  expect(take('b')).toBe(0)
})

test('what is refused costs nothing, and a long silence fills the burst, not more', () => {
  const { take, pass } = limitBy({ perSecond: 1, burst: 2 })
  for (let number = 0; number < 100; number++) take('a')

  pass(1_000_000)

  expect([take('a'), take('a'), take('a')]).toEqual([0, 0, 1])
})

test('to ask how long to wait takes nothing', () => {
  const { take, wait } = limitBy({ perSecond: 1, burst: 1 })

  expect([wait('a'), wait('a'), take('a'), wait('a')]).toEqual([0, 0, 0, 1])
})

test('a bounded number of addresses is remembered, and the one heard of least recently forgotten', () => {
  const { take } = limitBy({ perSecond: 1, burst: 1, mostAddresses: 2 })
  take('a')
  take('b')
  take('a')
  take('c')

  expect(take('a')).toBe(1)
  expect(take('b')).toBe(0)
})

test.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['localhost', false],
  ['127.0.0.1.example', false],
  ['', false],
])('%s is of this machine only: %s', (address, isOwn) => expect(isLoopback(address)).toBe(isOwn))

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
])('requests of %s count with those of %s', (address, subscriber) => {
  expect(subscriberOf(address)).toBe(subscriber)
})
