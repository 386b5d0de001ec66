import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { QueuedEvent } from '../../../src/core/queue.ts'
import { type Change, decode, type Framed, framesOf } from '../../../src/environments/log-frames.ts'

const EVENT: QueuedEvent = { id: 'e', stream: 's', client: 'c', url: 'u', json: '{}', bytes: 2 }

const KEY = fc.string({ unit: 'binary', maxLength: 12 })
const CHANGE: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    put: KEY,
    // With all that a text may hold: ends of lines, what looks like a frame, what takes several bytes.
    events: fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constant('\n00000002 00000000 {}\n')).map((json) => ({
        ...EVENT,
        json,
      })),
      { maxLength: 3 },
    ),
  }),
  fc.record({ remove: fc.array(KEY, { maxLength: 3 }) }),
)
const TRANSACTIONS = fc.array(fc.array(CHANGE, { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 5,
})

/** As they were before they had a length. */
function plain(changes: readonly Framed[]): Change[] {
  return changes.map((change) =>
    'put' in change ? { put: change.put, events: change.events } : { remove: change.remove },
  )
}

test('a log is read as it was written', () => {
  fc.assert(
    fc.property(TRANSACTIONS, (transactions) => {
      const frames = transactions.flatMap(framesOf)
      const log = Buffer.concat(frames)

      const { changes, end, broken } = decode(log)

      expect(plain(changes)).toEqual(transactions.flat())
      expect(changes.map(({ bytes }) => bytes)).toEqual(frames.map(({ length }) => length))
      expect(end).toBe(log.length)
      expect(broken).toEqual([])
    }),
  )
})

test('cut at any byte, a log has all whole transactions before it, is read on from there, and nothing counts as broken', () => {
  fc.assert(
    fc.property(TRANSACTIONS, (transactions) => {
      const written = transactions.map((changes) => Buffer.concat(framesOf(changes)))
      const log = Buffer.concat(written)
      const ends = written.map((_, index) => Buffer.concat(written.slice(0, index + 1)).length)

      for (let cut = 0; cut <= log.length; cut++) {
        const found = decode(log.subarray(0, cut))

        const whole = ends.filter((end) => end <= cut)
        expect(found.broken).toEqual([])
        expect(found.end).toBe(whole.at(-1) ?? 0)
        expect(plain(found.changes)).toEqual(transactions.slice(0, whole.length).flat())
      }
    }),
    { numRuns: 20 },
  )
})

test('a flipped bit costs the change that it is in, and no other; what it costs counts once', () => {
  fc.assert(
    fc.property(TRANSACTIONS, fc.nat(), fc.nat(7), (transactions, place, bit) => {
      const frames = transactions.flatMap(framesOf)
      const log = Buffer.concat(frames)
      const at = place % log.length
      log[at]! ^= 1 << bit
      let start = 0
      const hit = frames.findIndex(({ length }) => {
        start += length
        return at < start
      })
      const all = transactions.flat()
      const others = all.filter((_, index) => index !== hit)
      const isLast = hit === all.length - 1

      const { changes, broken } = decode(log)

      // The end of a line is no part of what it ends.
      if (at === start - 1) expect([all, others]).toContainEqual(plain(changes))
      else {
        expect(plain(changes)).toEqual(others)
        expect(broken).toHaveLength(1)
      }
      if (!isLast) expect(plain(changes).at(-1)).toEqual(all.at(-1))
    }),
    { numRuns: 2000 },
  )
})

test('whatever is in a log, reading it does not throw, and ends', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), TRANSACTIONS, (garbage, transactions) => {
      const end = Buffer.from('\n')
      const log = Buffer.concat([garbage, end, ...transactions.flatMap(framesOf)])

      expect(plain(decode(log).changes)).toEqual(transactions.flat())
      expect(() => decode(Buffer.from(garbage))).not.toThrow()
    }),
  )
})
