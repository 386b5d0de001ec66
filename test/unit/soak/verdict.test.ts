import { expect, test } from 'vitest'
import { growthOf, judge, mostWithin } from '../../soak/verdict.mjs'

type Soak = Parameters<typeof judge>[0]

const T = 1_000_000

/** A soak in which all went as promised. */
const good: Soak = {
  submitted: new Map([
    ['a', T],
    ['b', T + 100],
  ]),
  stored: new Map([
    ['a', 1],
    ['b', 1],
  ]),
  kills: [],
  posts: [{ at: T + 1000, sentAt: T + 995, fault: undefined }],
  rests: [],
  heap: [],
  left: {},
  dropped: {},
  losses: { submitted: 2, delivered: 2, missing_in_the_middle: 0, missing_at_the_end: 0, unknown: 0 },
  complaints: [],
}

const broken = (soak: Partial<Soak>) =>
  judge({ ...good, ...soak })
    .filter((finding) => !finding.good)
    .map(({ what, found }) => `${what}: ${found}`)

test('a soak in which all went as promised has nothing against it', () => {
  expect(broken({})).toEqual([])
})

test('an event without a line is lost', () => {
  expect(broken({ stored: new Map([['a', 1]]) })[0]).toBe('events lost: 1')
})

test('an event submitted less than 75 ms before a kill may be lost, one submitted earlier or later may not', () => {
  const stored = new Map<string, number>()
  const losses = { ...good.losses, submitted: 0, delivered: 0 }

  expect(broken({ stored, losses, kills: [T + 110] })).toEqual(['events lost: 1'])
  expect(broken({ stored, losses, kills: [T + 74, T + 174] })).toEqual([])
  expect(broken({ stored, losses, kills: [T - 1] })).toEqual(['events lost: 2'])
})

test('an event with two lines is told', () => {
  const stored = new Map([
    ['a', 1],
    ['b', 2],
  ])

  expect(broken({ stored })).toEqual(['events stored in more than one line: 1'])
})

test('a `rivulet loss` that does not say what is stored is told', () => {
  const found = (losses: Partial<Soak['losses']>) => broken({ losses: { ...good.losses, ...losses } })
  const what = '`rivulet loss`: delivered of submitted, and missing'

  expect(found({ submitted: 3, unknown: 1 })).toEqual([`${what}: 2 of 3, 1`])
  expect(found({ submitted: 1, delivered: 1 })).toEqual([`${what}: 1 of 1, 0`])
})

test('seven requests in any 10 s of 503 are one too many', () => {
  const fault = 'unavailable' as const
  const posts = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ at: T + 1600 * i, sentAt: T + 1600 * i, fault }))

  expect(broken({ posts: posts(6) })).toEqual([])
  expect(broken({ posts: posts(7) })).toEqual(['requests in any 10 s of 503, at most: 7'])
})

test('a request before a Retry-After is over is told, one that crossed the answer is not', () => {
  const rests = [{ from: T, until: T + 3000 }]
  const sent = (sentAt: number) => [{ at: sentAt + 5, sentAt, fault: undefined }]

  expect(broken({ rests, posts: sent(T + 50) })).toEqual([])
  expect(broken({ rests, posts: sent(T + 2990) })).toEqual(['requests before a Retry-After was over: 1'])
  expect(broken({ rests, posts: sent(T + 3000) })).toEqual([])
})

test('what is left in IndexedDB, what was dropped and what the page complained of is told', () => {
  const found = broken({ left: { 'shop.click': 2 }, dropped: { evicted: 3 }, complaints: ['oh'] })

  expect(found).toEqual([
    'events dropped: evicted 3',
    'events left in IndexedDB: shop.click 2',
    'exceptions and errors in the console: 1',
  ])
})

test('a heap that holds on to each id grows too much, one that is used up and down does not', () => {
  const heap = (bytesPerEvent: number) =>
    Array.from({ length: 40 }, (_, i) => ({
      life: 2,
      events: 100 * i,
      bytes: 1_200_000 + 100 * i * bytesPerEvent + (i % 2 ? 8000 : 0),
    }))

  expect(broken({ heap: heap(0) })).toEqual([])
  expect(broken({ heap: heap(50) })).toHaveLength(1)
  expect(growthOf(heap(50))).toBeCloseTo(50, -1)
})

test('of the heap only the last life counts, once it is warm', () => {
  const first = Array.from({ length: 30 }, (_, i) => ({
    life: 1,
    events: 2000 + 100 * i,
    bytes: 9_000_000 * i,
  }))
  const warming = [{ life: 2, events: 100, bytes: 1 }]
  const last = Array.from({ length: 30 }, (_, i) => ({ life: 2, events: 2000 + 100 * i, bytes: 1_200_000 }))

  expect(growthOf([...first, ...warming, ...last])).toBe(0)
  expect(growthOf([...first, ...warming])).toBeNaN()
})

test('the most of some times within a span', () => {
  expect(mostWithin([0, 4, 5, 13, 14, 15], 10)).toBe(3)
  expect(mostWithin([0, 4, 5, 13, 14, 15], 12)).toBe(5)
  expect(mostWithin([], 10)).toBe(0)
})
