import { expect, test } from 'vitest'
import { noteOfDuplicates } from '../../../src/intake/duplicates.ts'
import { createLossCount, type LossQuestion } from '../../../src/intake/loss.ts'
import { account, cameAgain, NO_LOSSES, numbered, numberedUpTo, rejected, SDK } from './stored.ts'

function report(events: readonly object[], question: LossQuestion = {}) {
  const count = createLossCount(question)
  for (const event of events) count.add(event as { [field: string]: unknown })
  return count.report()
}

const lossesIn = (events: readonly object[], question?: LossQuestion) => report(events, question).losses

test('where each number is stored and told, nothing is missing', () => {
  const told = account([
    {
      instance: 'p',
      submitted: 7,
      last: 4,
      kept_out: { 'out-of-sample': 2, invalid: 1 },
      settled: { delivered: [1, 4] },
    },
  ])

  expect(lossesIn([...numberedUpTo(4), told])).toEqual([
    {
      ...NO_LOSSES,
      stream: 'shop.click',
      sdk: SDK,
      instances: 1,
      submitted: 7,
      kept_out: { 'out-of-sample': 2, invalid: 1 },
      delivered: 4,
    },
  ])
})

test('what is told as delivered and is not stored is missing: in the middle, and above the last stored at the end', () => {
  const told = account([{ instance: 'p', submitted: 9, last: 9, settled: { delivered: [1, 9] } }])

  expect(lossesIn([...numberedUpTo(7, { except: [3, 4] }), told])).toMatchObject([
    { submitted: 9, delivered: 5, missing_in_the_middle: 2, missing_at_the_end: 2, unknown: 0 },
  ])
})

test('what no account says the end of is unknown, since it may still be in a queue', () => {
  const told = account([{ instance: 'p', submitted: 12, last: 9, settled: { delivered: [1, 3, 5, 5] } }])

  expect(lossesIn([...numberedUpTo(5, { except: [2, 4] }), told])).toMatchObject([
    // 2 was answered for; 4 and 6 to 9 are queued, and three more have no number yet.
    { submitted: 12, delivered: 3, missing_in_the_middle: 1, missing_at_the_end: 0, unknown: 8 },
  ])
})

test('events that were dropped after they got a number are no gaps; who dropped them does not matter', () => {
  const own = account([
    { instance: 'p', submitted: 6, last: 6, settled: { evicted: [1, 2], killed: [4, 4] } },
  ])
  const next = account([{ instance: 'p', settled: { delivered: [5, 5], expired: [6, 6] } }])

  expect(lossesIn([numbered('p', 3), numbered('p', 5), own, next])).toMatchObject([
    { instances: 1, submitted: 6, dropped: { evicted: 2, expired: 1, killed: 1 }, delivered: 2, unknown: 0 },
  ])
})

test('what has arrived is delivered, though its client did not hear of it and dropped it', () => {
  const told = account([{ instance: 'p', submitted: 2, last: 2, settled: { evicted: [1, 2] } }])

  expect(lossesIn([numbered('p', 1), told])).toMatchObject([
    { submitted: 2, delivered: 1, dropped: { evicted: 1 } },
  ])
})

test('what the intake has refused is dropped, whether its client heard of it or not', () => {
  const told = account([{ instance: 'p', submitted: 3, last: 3, settled: { refused: [2, 2] } }])
  const refusals = [2, 3].map((seq) => rejected(numbered('p', seq)))

  expect(lossesIn([numbered('p', 1), ...refusals, told])).toMatchObject([
    { submitted: 3, delivered: 1, dropped: { refused: 2 }, unknown: 0 },
  ])
})

test('what a beacon took is delivered if it is stored, else missing, as one that nobody answered for', () => {
  const told = account([{ instance: 'p', submitted: 4, last: 4, settled: { unconfirmed: [1, 4] } }])

  expect(lossesIn([numbered('p', 1), numbered('p', 3), told])).toMatchObject([
    {
      dropped: {},
      delivered: 2,
      missing_in_the_middle: 1,
      missing_at_the_end: 1,
      missing_unconfirmed: 2,
    },
  ])
})

test('without an account, gaps are missing in the middle, and the end is unknown', () => {
  expect(lossesIn(numberedUpTo(6, { except: [1, 4] }))).toMatchObject([
    {
      instances: 1,
      instances_with_unknown_end: 1,
      submitted: 6,
      delivered: 4,
      missing_in_the_middle: 2,
      missing_at_the_end: 0,
    },
  ])
})

test('numbers after the last account are judged as if there were none', () => {
  const told = account([{ instance: 'p', submitted: 3, last: 3, settled: { delivered: [1, 2] } }])

  expect(lossesIn([...numberedUpTo(8, { except: [3, 6] }), told])).toMatchObject([
    { instances_with_unknown_end: 1, submitted: 8, missing_in_the_middle: 1, unknown: 1 },
  ])
})

test('where only others tell of an instance, what they leave open above the last stored number is unknown', () => {
  const next = account([{ instance: 'p', settled: { refused: [9, 9], delivered: [5, 5] } }])

  expect(lossesIn([...numberedUpTo(4, { except: [2] }), next])).toMatchObject([
    // 2 is a gap, 5 was answered for, and 6 to 8 may still be queued.
    { dropped: { refused: 1 }, delivered: 3, missing_in_the_middle: 1, missing_at_the_end: 1, unknown: 3 },
  ])
})

test('accounts add up, and of several versions of one the highest counts, in whichever order they come', () => {
  const first = account([{ instance: 'p', submitted: 2, last: 2, settled: { delivered: [1, 2] } }])
  const second = [
    account([{ instance: 'p', submitted: 1, last: 3 }], { id: 'second', version: 1 }),
    account([{ instance: 'p', submitted: 3, last: 5, settled: { delivered: [3, 5] } }], {
      id: 'second',
      version: 9,
    }),
    account([{ instance: 'p', submitted: 2, last: 4, settled: { delivered: [3, 3] } }], {
      id: 'second',
      version: 4,
    }),
  ]

  const losses = lossesIn([...second, ...numberedUpTo(5), first, first])

  expect(losses).toMatchObject([{ submitted: 5, delivered: 5, unknown: 0, instances_with_unknown_end: 0 }])
})

test('an event that one instance was given and the next has numbered is counted once', () => {
  const given = account([{ instance: 'p', submitted: 1 }])
  const decided = account([{ instance: 'q', last: 1, settled: { delivered: [1, 1] } }])

  expect(lossesIn([given, decided, numbered('q', 1)])).toMatchObject([
    { instances: 2, submitted: 1, delivered: 1, unknown: 0 },
  ])
})

test('duplicates are those that the intake noted and those that are stored', () => {
  const [a, b] = [numbered('p', 1), numbered('p', 2)]
  const foreign = { meta: { id: 'x', stream: 'shop.click' } }

  const losses = lossesIn([a, a, b, cameAgain(a, b, foreign), foreign, foreign, cameAgain(a)])

  expect(losses).toMatchObject([
    { sdk: null, instances: 0, submitted: 1, delivered: 1, duplicates_removed: 2 },
    { sdk: SDK, instances: 1, submitted: 2, delivered: 2, duplicates_removed: 4 },
  ])
})

test('each SDK version has its row: that of the stored events, else that of the account', () => {
  const losses = lossesIn([
    numbered('p', 1, { sdk: 'rivulet/0.1.0' }),
    numbered('q', 2, { sdk: 'rivulet/0.2.0' }),
    account([{ instance: 'silent', submitted: 1, kept_out: { 'out-of-sample': 1 } }], {
      sdk: 'rivulet/0.3.0',
    }),
    account([{ instance: 'p', settled: { delivered: [1, 1] } }], { sdk: 'rivulet/0.9.0' }),
  ])

  expect(losses.map(({ sdk, submitted }) => [sdk, submitted])).toEqual([
    ['rivulet/0.1.0', 1],
    ['rivulet/0.2.0', 2],
    ['rivulet/0.3.0', 1],
  ])
})

test('one stream can be asked for; of the ledger itself only that way', () => {
  const view = numbered('p', 1, { stream: 'shop.view' })
  const told = { ...account([{ instance: 'p', submitted: 1, last: 1 }]) }
  Object.assign(told.meta, { producer: { sdk: SDK, id: 'p', seq: 2 } })
  const events = [view, numbered('p', 1), rejected(numbered('p', 2)), cameAgain(view), told]

  const streamsIn = (question?: LossQuestion) => lossesIn(events, question).map(({ stream }) => stream)

  expect(streamsIn()).toEqual(['shop.click', 'shop.view'])
  expect(streamsIn({ stream: 'shop.view' })).toEqual(['shop.view'])
  expect(streamsIn({ stream: 'none' })).toEqual([])
  expect(lossesIn(events, { stream: 'rivulet.ledger' })).toMatchObject([
    { stream: 'rivulet.ledger', delivered: 1, missing_in_the_middle: 1 },
  ])
})

test('since a time are the instances that began then, with all of their events', () => {
  // The first twelve digits of a UUIDv7 are the time.
  const before = '019aaeeb-0000-7000-8000-000000000000'
  const after = '019aaf00-0000-7000-8000-000000000000'
  const since = new Date(0x019aaef00000)
  const early = { dt: new Date(since.getTime() - 1000).toISOString() }
  const late = { dt: new Date(since.getTime() + 1000).toISOString() }
  const plain = (dt: string) => ({ meta: { stream: 'shop.click', dt } })
  const events = [
    numbered(before, 5, late),
    numbered(after, 5, early),
    numbered('older', 1, early),
    numbered('older', 3, late),
    numbered('newer', 2, late),
    plain(early.dt),
    plain(late.dt),
    account([{ instance: before, submitted: 9, last: 9 }]),
  ]

  expect(lossesIn(events, { since })).toMatchObject([
    { sdk: null, delivered: 1 },
    { sdk: SDK, instances: 2, submitted: 7, delivered: 2, missing_in_the_middle: 5, unknown: 0 },
  ])
})

test('what went wrong beside events adds up', () => {
  const events = [
    account([], { troubles: { storage: 1, blocked: 2 } }),
    account([], { troubles: { blocked: 3 } }),
  ]

  expect(report(events)).toEqual({ losses: [], troubles: { blocked: 5, storage: 1 } })
})

test.each([
  ['no meta', {}],
  ['a meta that is none', { meta: 'x' }],
  ['an account without entries', { meta: { stream: 'rivulet.ledger' }, account: 'a', version: 1 }],
  [
    'an account of nonsense',
    {
      meta: { stream: 'rivulet.ledger' },
      account: 'a',
      version: 1,
      entries: [5, null, { instance: 1 }],
      troubles: [1],
    },
  ],
  ['duplicates that are none', { meta: { stream: 'rivulet.duplicates' }, duplicates: 'x' }],
  ['a rejected event that is no JSON', { meta: { stream: 'rivulet.rejected' }, raw_event: '{' }],
])('a line with %s counts for nothing', (_, event) => {
  expect(report([event])).toEqual({ losses: [], troubles: {} })
})

test('runs and numbers of an account that make no sense are left out', () => {
  const told = account([
    {
      instance: 'p',
      submitted: -1,
      last: 2,
      settled: { delivered: [2, 1, 0, 3, 1, 1, 2], lost: 'x' as never },
    },
  ])

  expect(lossesIn([told, numbered('p', 0), numbered('p', 1.5)])).toMatchObject([
    { sdk: SDK, instances: 1, missing_at_the_end: 1, unknown: 1 },
  ])
})

test('debug events count neither as delivered nor as refused nor as duplicates', () => {
  const { meta, ...fields } = numbered('p', 1)
  const { seq: _, ...producer } = meta.producer
  const forced = { ...fields, meta: { ...meta, producer: { ...producer, debug: true } } }
  const odd = { ...fields, meta: { ...meta, producer: { ...meta.producer, debug: true } } }

  expect(lossesIn([forced, rejected(forced), odd, rejected(odd)])).toEqual([])
  expect(
    noteOfDuplicates([{ ...meta, receivedAt: new Date(), event: forced }], {
      id: 'n',
      receivedAt: new Date(),
    }),
  ).toBeUndefined()
})
