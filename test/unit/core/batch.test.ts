import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BATCH_BYTES, byteLength, fitting } from '../../../src/core/batch.ts'
import type { QueuedEvent } from '../../../src/core/queue.ts'

test('the length of JSON is that of its UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const json = JSON.stringify(value)

      expect(byteLength(json)).toBe(Buffer.byteLength(json))
    }),
    { numRuns: 1000 },
  )
})

test.for([
  ['ASCII', 'buy\u007f'],
  ['two bytes', '\u0080é\u07ff'],
  ['three bytes', '\u0800€\ud7ff\ue000\uffff'],
  ['a pair of surrogates', '😀'],
  ['half a pair, which JSON writes as an escape', '\ud83d'],
  ['the other half', '\ude00!'],
] as const)('%s is counted as it is sent', ([, text]) => {
  const json = JSON.stringify(text)

  expect(byteLength(json)).toBe(Buffer.byteLength(json))
})

function events(lengths: readonly number[]): QueuedEvent[] {
  return lengths.map((bytes, i) => ({
    id: String(i),
    stream: 's',
    client: 'c',
    url: 'u',
    json: 'x'.repeat(bytes),
    bytes,
  }))
}

const bodyBytes = (batch: readonly QueuedEvent[]) => `[${batch.map(({ json }) => json)}]`.length

test('a batch is as many of the first events as fit, brackets and commas included', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 2, max: 90_000 }), { maxLength: 20 }), (lengths) => {
      const queued = events(lengths)

      const batch = fitting(queued)

      expect(batch).toEqual(queued.slice(0, batch.length))
      if (batch.length > 1) expect(bodyBytes(batch)).toBeLessThanOrEqual(BATCH_BYTES)
      if (batch.length < queued.length)
        expect(bodyBytes(queued.slice(0, batch.length + 1))).toBeGreaterThan(BATCH_BYTES)
    }),
  )
})

test('events that fill a batch to the byte go together, and one byte more does not', () => {
  expect(fitting(events([29_998, 29_999]))).toHaveLength(2)
  expect(fitting(events([29_999, 29_999]))).toHaveLength(1)
})

test('an event larger than a batch goes alone', () => {
  expect(fitting(events([80_000, 10]))).toHaveLength(1)
})

test('where less than a whole batch is free, what does not fit stays', () => {
  expect(fitting(events([500, 600]), 1000)).toHaveLength(1)
  expect(fitting(events([1000]), 1000)).toHaveLength(0)
  expect(fitting(events([10]), 0)).toHaveLength(0)
})

test('what comes behind an event of another destination is of another batch', () => {
  const [a, b, c, d] = events([10, 10, 10, 10]) as [QueuedEvent, QueuedEvent, QueuedEvent, QueuedEvent]

  expect(fitting([a, b, { ...c, url: 'https://other.example/' }, d])).toEqual([a, b])
})

test('without events there is no batch', () => {
  expect(fitting([])).toEqual([])
})

test('of the events that are meant, no more are taken than asked for, and no further is looked', () => {
  const looked: string[] = []
  const isEven = ({ id }: QueuedEvent) => looked.push(id) > 0 && Number(id) % 2 === 0

  const batch = fitting(events([10, 10, 10, 10, 10, 10]), BATCH_BYTES, 2, isEven)

  expect(batch.map(({ id }) => id)).toEqual(['0', '2'])
  expect(looked).toEqual(['0', '1', '2'])
})
