import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Explanation } from '../../../src/core/client.ts'
import type { DropReason } from '../../../src/core/event.ts'
import type { QueuedEvent } from '../../../src/core/queue.ts'
import {
  bytesInWords,
  clockInWords,
  drawInWords,
  excerptOf,
  headOf,
  indented,
  percentInWords,
  problemInWords,
  restLeft,
  shortId,
  standingOf,
  timeInWords,
} from '../../../src/debug/words.ts'

const config = { why: '', url: 'https://intake.example/v1/events', maxPerMinute: 5 }

function explained(more: object = {}): Explanation {
  return {
    stream: 'shop.click',
    consent: 'granted',
    debug: false,
    trouble: '',
    config,
    ...more,
  } as Explanation
}

function sampled(draw: number, rate: number): Explanation {
  const id = '3f0c1d2e00112233aabb'
  return explained({ config: { ...config, sample: { unit: 'session', rate } }, id, draw })
}

const dropped = (reason: DropReason, problems = undefined as never) =>
  ({ kind: 'dropped', stream: 'shop.click', id: 'a', reason, problems }) as const

describe('what an event stands at', () => {
  test('is, out of sample, where its unit stands and what the rate is', () => {
    const outcome = dropped('out-of-sample')

    expect(standingOf({ outcome, explanation: sampled(0.7312, 0.5) })).toEqual({
      word: 'out of sample',
      tone: 'quiet',
      why: 'session 3f0c… stands at 0.73, rate 0.5',
    })
  })

  test('is, where problems were found, each with its path and keyword', () => {
    const problems = [
      { path: '/action', keyword: 'required' },
      { path: '/size', keyword: 'type', message: 'must be number' },
    ]

    expect(standingOf({ outcome: dropped('invalid', problems as never) })).toEqual({
      word: 'invalid',
      tone: 'bad',
      why: '/action: required; /size: type, must be number',
    })
    expect(problemInWords({ path: '', keyword: 'refused', message: 'no such schema' })).toBe('no such schema')
    expect(problemInWords({ path: '', keyword: 'type' })).toBe('the event: type')
  })

  test.each([
    ['unconfigured', 'bad', 'not in the config', { config: { ...config, why: 'not in the config' } }],
    ['killed', 'quiet', 'its stream is switched off (state: off)', {}],
    ['limited', 'quiet', 'more than 5 of its stream in one minute', {}],
    ['consent', 'quiet', 'consent is denied', { config: undefined }],
    ['gpc', 'quiet', 'the browser asks for privacy (Global Privacy Control)', {}],
    ['evicted', 'bad', 'the queue was full, and others had priority', {}],
    ['expired', 'bad', 'it was queued for too long', {}],
  ] as const)('is, as %s, %s: %s', (reason, tone, why, more) => {
    expect(standingOf({ outcome: dropped(reason), explanation: explained(more) })).toMatchObject({
      tone,
      why,
    })
  })

  test('is delivered, with what let it through', () => {
    const outcome = { kind: 'delivered', stream: 'shop.click', id: 'a' } as const

    expect(standingOf({ outcome, explanation: sampled(0.31, 0.5) }).why).toBe(
      'the intake has taken it; session 3f0c… stands at 0.31, rate 0.5',
    )
    expect(standingOf({ outcome, explanation: explained({ debug: true }) })).toEqual({
      word: 'delivered',
      tone: 'good',
      why: 'the intake has taken it; sent by the debug switch, counts nowhere',
    })
  })

  test.each([
    ['no stream config is known yet', { config: undefined }],
    ['no stream config is known yet: Error: status 404', { config: undefined, trouble: 'Error: status 404' }],
    ['consent is pending: it is held in memory', { consent: 'pending' }],
    ['its stream’s schema is not there yet, or the page is not shown', {}],
  ])('is undecided since %s', (why, more) => {
    const queued = { url: '' } as QueuedEvent

    expect(standingOf({ queued, explanation: explained(more) })).toEqual({
      word: 'undecided',
      tone: 'wait',
      why,
    })
  })

  test('is, decided on, waiting or on hold', () => {
    const queued = { url: config.url } as QueuedEvent

    expect(standingOf({ queued, explanation: explained() })).toMatchObject({
      word: 'waiting',
      why: 'queued for intake.example',
    })
    expect(standingOf({ queued, explanation: explained(), held: true }).word).toBe('on hold')
  })
})

describe('a draw in words', () => {
  test.each([
    [0.49999, 0.5, '0.49999'],
    [0.500001, 0.5, '0.500001'],
    [0.0004, 0.001, '0.0004'],
    [1, 1, '1'],
  ])('of %s beside the rate %s has as many digits as it takes: %s', (draw, rate, text) => {
    expect(drawInWords(sampled(draw, rate))).toBe(`session 3f0c… stands at ${text}, rate ${rate}`)
  })

  test('never stands on the other side of the rate than the draw', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(share, share, (draw, rate) => {
        const [, told] = /stands at (\S+), /.exec(drawInWords(sampled(draw, rate))) ?? []
        expect(Number(told) < rate).toBe(draw < rate)
      }),
    )
  })

  test('says that there is no id', () => {
    const explanation = explained({ config: { ...config, sample: { unit: 'device', rate: 0.5 } } })

    expect(drawInWords(explanation)).toBe('no device id, rate 0.5')
    expect(drawInWords(explained())).toBe('')
  })
})

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [47.9 * 3_600_000, '47 h'],
  [7 * 24 * 3_600_000, '7 days'],
  [-5, '0 ms'],
])('%i ms are told as %s', (ms, words) => {
  expect(timeInWords(ms)).toBe(words)
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_949, '999.9 kB'],
  [999_950, '1.0 MB'],
  [5_000_000, '5.0 MB'],
])('%i bytes are told as %s', (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words)
})

test('a time is told by the clock of the device', () => {
  expect(clockInWords(new Date(2026, 0, 2, 3, 4, 5, 6).getTime())).toBe('03:04:05.006')
})

test('a share is told as a percentage without the noise of floating point', () => {
  expect([0.1, 0.001, 0.07, 1].map(percentInWords)).toEqual(['10 %', '0.1 %', '7 %', '100 %'])
})

test('of a sampling id the head is told, of an event id what changes from event to event', () => {
  expect(headOf('3f0c1d2e00112233aabb')).toBe('3f0c…')
  expect(shortId('01a21e18-57fe-7001-88f5-c144ade312a4')).toBe('…57fe-7001…')
  expect(shortId('order-1')).toBe('order-1')
  expect(shortId('order-of-a-very-long-name')).toBe('order-of-a-…')
})

test('an excerpt has the fields of the caller, on one line', () => {
  const event = { $schema: '/a/1.0.0', meta: { id: 'a' }, dt: 'now', action: 'buy', sizes: [1, 2] }

  expect(excerptOf(JSON.stringify(event))).toBe('action: buy, sizes: [1,2]')
  expect(excerptOf('')).toBe('')
  expect(excerptOf('null')).toBe('')
  expect(excerptOf(JSON.stringify({ text: 'x'.repeat(5000) })).length).toBeLessThan(400)
})

test('JSON is indented, and what is none stays as it is', () => {
  expect(indented('{"a":1}')).toBe('{\n  "a": 1\n}')
  expect(indented('{')).toBe('{')
})

test('a rest ends on time, after a day at the latest, and at once where the clock was set back', () => {
  const day = 24 * 3_600_000

  expect(restLeft([1, 1000, 500], 1200)).toBe(300)
  expect(restLeft([1, 1000, 500], 1500)).toBe(0)
  expect(restLeft([1, 1000, 500], 999)).toBe(0)
  expect(restLeft([1, 1000, 3 * day], 1000)).toBe(day)
  expect(restLeft([], 5)).toBe(0)
})
