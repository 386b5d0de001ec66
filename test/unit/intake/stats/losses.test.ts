import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PostedEvent } from '../../../../src/intake/ingest.ts'
import { createLossCount } from '../../../../src/intake/loss.ts'
import { createStats } from '../../../../src/intake/stats/stats.ts'
import { account, cameAgain, numbered, numberedUpTo, rejected, SDK } from '../stored.ts'

function statsOf(events: readonly object[]) {
  const stats = createStats()
  for (const event of events) stats.add({ event: event as PostedEvent, receivedAt: 0 })
  return stats
}

const lossOf = (events: readonly object[]) => statsOf(events).quality().loss

/** With what the intake has noted on receipt. */
function from<Sent extends { meta: object }>(browser: string, event: Sent, instance = 'p'): Sent {
  const producer = {
    id: instance,
    ...('producer' in event.meta ? (event.meta.producer as object) : {}),
    browser,
  }
  return { ...event, meta: { ...event.meta, producer } }
}

const NOTHING = { sdk: SDK, browser: null, submitted: 0, delivered: 0, missing: 0, unknown: 0, duplicates: 0 }

test('what is told as delivered and is not stored is missing', () => {
  const told = account([{ instance: 'p', submitted: 9, last: 9, settled: { delivered: [1, 9] } }])

  expect(lossOf([...numberedUpTo(7, { except: [3, 4] }), told])).toEqual([
    { ...NOTHING, stream: 'shop.click', submitted: 9, delivered: 5, missing: 4 },
  ])
})

test('a stream has a loss where an account tells of it, of all that got numbers', () => {
  const told = account([
    {
      instance: 'p',
      submitted: 12,
      last: 9,
      kept_out: { 'out-of-sample': 3 },
      settled: { delivered: [1, 9] },
    },
  ])
  const stats = statsOf([...numberedUpTo(7), numbered('q', 1, { stream: 'shop.view' }), told])

  expect(stats.ofStream('shop.click', 1).loss).toEqual({ numbered: 9, missing: 2 })
  expect(stats.ofStream('shop.view', 1).loss).toBeNull()
  expect(stats.ofStream('shop.nothing', 1).loss).toBeNull()
})

test('the lost events of an instance are of the browser that any of its events tells', () => {
  const other = numbered('p', 1, { stream: 'shop.view' })
  const told = account([{ instance: 'p', submitted: 2, last: 2, settled: { delivered: [1, 2] } }])
  const rows = [
    { ...NOTHING, stream: 'shop.click', browser: 'Firefox', submitted: 2, delivered: 1, missing: 1 },
    { ...NOTHING, stream: 'shop.view', browser: 'Firefox', submitted: 1, delivered: 1 },
  ]

  expect(lossOf([numbered('p', 1), told, from('Firefox 145', other)])).toEqual(rows)
  expect(lossOf([from('Firefox 145', other), told, numbered('p', 1)])).toEqual(rows)
})

test('an account tells the browser of those it speaks of, as long as no event of theirs does', () => {
  const told = from(
    'Safari 26',
    account([{ instance: 'p', submitted: 2, last: 2, settled: { delivered: [1, 2] } }]),
  )
  const own = from('Firefox 145', numbered('p', 1))

  expect(lossOf([told])).toMatchObject([{ browser: 'Safari', missing: 2 }])
  expect(lossOf([told, own])).toMatchObject([{ browser: 'Firefox', missing: 1, delivered: 1 }])
  expect(lossOf([own, told])).toMatchObject([{ browser: 'Firefox', missing: 1, delivered: 1 }])
})

test('versions of one browser count together, and one that the intake does not know is another', () => {
  const events = [from('Firefox 144', numbered('p', 1)), from('Firefox 145', numbered('q', 1), 'q')]

  expect(lossOf([...events, from('Netscape 4', numbered('r', 1), 'r')])).toMatchObject([
    { browser: 'Firefox', delivered: 2 },
    { browser: 'other', delivered: 1 },
  ])
})

test('of an account that comes again, the highest version counts', () => {
  const entry = { instance: 'p', submitted: 2, last: 2, settled: { delivered: [1, 2] } }
  const first = account([entry], { id: 'a', version: 5 })
  const second = account([{ ...entry, submitted: 4, last: 4, settled: { delivered: [1, 4] } }], {
    id: 'a',
    version: 9,
  })

  for (const order of [
    [first, second],
    [second, first],
    [first, second, second],
  ])
    expect(lossOf(order)).toMatchObject([{ submitted: 4, missing: 4 }])
})

test('a row more than there is room for is counted with others', () => {
  const events = Array.from({ length: 2_100 }, (_, index) => numbered('p', 1, { stream: `shop.${index}` }))
  const rows = lossOf([...events, numbered('p', 1, { stream: 'x'.repeat(10_000) })])

  expect(rows).toHaveLength(2_001)
  expect(rows.find(({ stream }) => stream === 'other streams')?.delivered).toBe(101)
})

test('accounts and notes that hold anything at all break nothing', () => {
  const note = (duplicates: unknown) => ({ meta: { stream: 'rivulet.duplicates' }, duplicates })
  const events = [
    note('many'),
    note([
      { stream: 5, count: 1 },
      { stream: 'shop.click', count: 'x' },
      { stream: 'shop.click', count: -3 },
      null,
    ]),
    note([
      { stream: 'shop.click', count: Number.NaN },
      { stream: 'shop.click', instance: 7, sdk: 8, count: 2 },
    ]),
    { meta: { stream: 'rivulet.ledger' }, account: 'a', version: 1, entries: [5, null, { instance: 'p' }] },
    { meta: { stream: 'rivulet.ledger', producer: 'x' }, account: 'b', version: Number.NaN, entries: [] },
    account([
      { instance: 'p', last: 2 ** 53 - 1, submitted: -1, settled: { delivered: [3, 1, 0, 5, 1.5, 2] } },
    ]),
  ]

  expect(lossOf(events).map(({ duplicates, delivered }) => [duplicates, delivered])).toEqual([
    [2, 0],
    [0, 0],
  ])
})

/** A few numbers of few instances, so that they meet. */
const instance = fc.constantFrom('p', 'q')
const stream = fc.constantFrom('shop.click', 'shop.view')
const seq = fc.integer({ min: 1, max: 7 })
const runs = fc
  .tuple(seq, seq, fc.boolean(), seq)
  .map(([a, b, isMore, c]) => [Math.min(a, b), Math.max(a, b), ...(isMore ? [c, c] : [])])
const entry = fc.record({
  submitted: fc.nat(12),
  last: fc.nat(7),
  kept_out: fc.dictionary(fc.constantFrom('out-of-sample', 'invalid'), fc.nat(3)),
  settled: fc.dictionary(fc.constantFrom('delivered', 'unconfirmed', 'evicted', 'refused'), runs),
})
/** Versions of one account speak of the same instances and streams: either as its own, or of how another's ended. */
const accounts = fc
  .tuple(
    fc.uuid(),
    fc.uniqueArray(fc.record({ instance, stream, isOwn: fc.boolean() }), {
      selector: (about) => `${about.instance} ${about.stream}`,
      minLength: 1,
    }),
  )
  .chain(([id, about]) =>
    fc
      .array(fc.array(entry, { minLength: about.length, maxLength: about.length }), {
        minLength: 1,
        maxLength: 3,
      })
      .map((versions) =>
        versions.map((entries, version) =>
          account(
            about.map(({ isOwn, ...names }, index) => {
              const { submitted, settled, ...own } = entries[index]!
              return isOwn ? { ...names, ...own, settled, submitted: submitted + 1 } : { ...names, settled }
            }),
            { id, version },
          ),
        ),
      ),
  )
const single = fc.tuple(instance, stream, seq).chain(([ofInstance, ofStream, number]) => {
  const event = numbered(ofInstance, number, { stream: ofStream })
  const { producer: _, ...meta } = event.meta
  return fc.constantFrom<object[]>([event], [rejected(event)], [cameAgain(event)], [{ ...event, meta }])
})
const stored = fc
  .array(fc.oneof({ weight: 3, arbitrary: single }, { weight: 1, arbitrary: accounts }), { maxLength: 25 })
  .chain((groups) => fc.shuffledSubarray(groups.flat(), { minLength: groups.flat().length }))

test('it counts what the report of `rivulet loss` counts, in whichever order events come', () => {
  fc.assert(
    fc.property(stored, (events) => {
      // The log keeps one line an id; the report looks after that itself.
      const lines = [...new Map(events.map((event, index) => [idOf(event) ?? index, event])).values()]
      const count = createLossCount()
      for (const event of lines) count.add(event as PostedEvent)
      const reported = count.report().losses.map((row) => ({
        stream: row.stream,
        sdk: row.sdk,
        browser: null,
        submitted: row.submitted,
        delivered: row.delivered,
        missing: row.missing_in_the_middle + row.missing_at_the_end,
        unknown: row.unknown,
        duplicates: row.duplicates_removed,
      }))

      const found = lossOf(lines)
      expect(found.filter(isSomething)).toEqual(reported.filter(isSomething))
    }),
    { numRuns: 300 },
  )
})

const idOf = (event: object) => (event as { meta: { id?: string } }).meta.id
const isSomething = ({ submitted, duplicates }: { submitted: number; duplicates: number }) =>
  submitted > 0 || duplicates > 0
