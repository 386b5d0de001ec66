import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StoredEvent } from '../../../../src/intake/day-files.ts'
import { type Trace, type TraceQuestion, traceOf } from '../../../../src/intake/trace/trace.ts'
import { rejected } from '../stored.ts'

const START = Date.parse('2026-11-23T10:00:00.000Z')
const timeAt = (ms: number) => new Date(START + ms).toISOString()

/** An event as it is stored; `at` is in ms after the first. */
function event(
  id: string,
  { at = 0, skew, stream = 'shop.click', root, ...meta }: { [name: string]: unknown } = {},
): StoredEvent {
  const producer = { skew_ms: skew }
  return {
    dt: timeAt(Number(at)),
    meta: { id, stream, producer, ...meta },
    ...(root ? { root_event: root } : {}),
  }
}

async function* each(events: readonly StoredEvent[]): AsyncGenerator<StoredEvent, void> {
  yield* events
}

const trace = (events: readonly StoredEvent[], id: string, bounds: Omit<TraceQuestion, 'id'> = {}) =>
  traceOf(() => each(events), { id, ...bounds })

const idsIn = (found: Trace | undefined) => found?.nodes.map(({ id }) => id)
const edgesIn = (found: Trace | undefined) => found?.edges.map(({ from, to, by }) => `${from} > ${to} ${by}`)

const CHAIN = [
  event('mail', { at: 3_000, cause: 'order', stream: 'shop.mail' }),
  event('view', { stream: 'shop.view' }),
  event('order', { at: 1_500, cause: 'click' }),
  event('other', { at: 1_600 }),
  event('click', { at: 1_000, cause: 'view' }),
]

test.for(['view', 'click', 'order', 'mail'])(
  'from %s, a chain is shown up to its root and down to its end',
  async (id) => {
    const found = await trace(CHAIN, id)

    expect(idsIn(found)).toEqual(['view', 'click', 'order', 'mail'])
    expect(edgesIn(found)).toEqual(['view > click cause', 'click > order cause', 'order > mail cause'])
    expect(found?.nodes.filter(({ asked }) => asked).map((node) => node.id)).toEqual([id])
    expect(found?.left_out).toEqual({ by_depth: 0, by_limit: 0 })
  },
)

test('an event is told of with its stream, its time, and how long that is before or after the one asked for', async () => {
  const found = await trace(CHAIN, 'click')

  expect(found?.nodes[0]).toEqual({
    id: 'view',
    stream: 'shop.view',
    fate: 'stored',
    time: timeAt(0),
    offset_ms: -1_000,
    request_id: null,
    asked: false,
  })
})

test('what else followed from a common cause is not of the event, but of the whole', async () => {
  const events = [event('a'), event('b', { at: 1, cause: 'a' }), event('c', { at: 2, cause: 'a' })]

  expect(idsIn(await trace(events, 'b'))).toEqual(['a', 'b'])
  expect(idsIn(await trace(events, 'b', { whole: true }))).toEqual(['a', 'b', 'c'])
})

test('an event may have several causes, and is there once', async () => {
  const events = [
    event('a'),
    event('b', { at: 1, cause: 'a' }),
    event('c', { at: 2, cause: ['a'] }),
    event('d', { at: 3, cause: ['b', 'c', 'b'] }),
  ]

  const found = await trace(events, 'a')

  expect(idsIn(found)).toEqual(['a', 'b', 'c', 'd'])
  expect(edgesIn(found)).toEqual(['a > b cause', 'a > c cause', 'b > d cause', 'c > d cause'])
})

test('a cause that was never stored is shown as missing, with all that names it, and can be asked for', async () => {
  const events = [event('a', { cause: 'gone' }), event('b', { at: 1, cause: 'gone' })]

  expect(idsIn(await trace(events, 'a'))).toEqual(['a', 'gone'])
  const found = await trace(events, 'gone')
  expect(found?.nodes).toMatchObject([
    { id: 'a', offset_ms: 0 },
    { id: 'b', offset_ms: 1 },
    { id: 'gone', fate: 'missing', stream: null, time: null, offset_ms: null, asked: true },
  ])
})

test('of an id that nothing has and nothing names, there is no trace', async () => {
  expect(await trace(CHAIN, 'unheard-of')).toBeUndefined()
  expect(await trace([], 'view')).toBeUndefined()
})

test('an event without a cause follows from the one that began its request', async () => {
  const events = [
    event('page', { request_id: 'r' }),
    event('service', { at: 10, request_id: 'r' }),
    event('mail', { at: 20, request_id: 'r', cause: 'service' }),
    event('else', { at: 5, request_id: 's' }),
  ]

  expect(edgesIn(await trace(events, 'mail'))).toEqual(['page > service request_id', 'service > mail cause'])
  expect(idsIn(await trace(events, 'page'))).toEqual(['page', 'service', 'mail'])
})

test('a request bridges over a cause that was not stored', async () => {
  const events = [
    event('page', { request_id: 'r' }),
    event('mail', { at: 20, request_id: 'r', cause: 'sampled-out' }),
  ]

  expect(edgesIn(await trace(events, 'mail'))).toEqual(['sampled-out > mail cause', 'page > mail request_id'])
  expect(idsIn(await trace(events, 'page'))).toEqual(['page', 'mail'])
})

test('an event that follows from another of its request did not begin it, whatever its clock says', async () => {
  const events = [
    event('service', { at: -5_000, request_id: 'r', cause: 'page' }),
    event('log', { at: 1_000, request_id: 'r' }),
    event('page', { request_id: 'r', cause: 'earlier' }),
    event('earlier', { at: -9_000 }),
  ]

  expect(edgesIn(await trace(events, 'log'))).toEqual(['earlier > page cause', 'page > log request_id'])
})

test('a clock of which the intake has noted how far it is off is put right', async () => {
  const events = [
    event('page', { at: 3_600_000, skew: -3_600_000, request_id: 'r' }),
    event('service', { at: 10, request_id: 'r' }),
  ]

  const found = await trace(events, 'page')

  expect(edgesIn(found)).toEqual(['page > service request_id'])
  expect(found?.nodes.map(({ offset_ms }) => offset_ms)).toEqual([0, 10])
})

test('of clocks that are right, a slow request does not tell that they are off', async () => {
  const events = [
    event('page', { skew: 4_000, request_id: 'r' }),
    event('service', { at: 10, skew: 1, request_id: 'r' }),
  ]

  const found = await trace(events, 'page')

  expect(edgesIn(found)).toEqual(['page > service request_id'])
  expect(found?.nodes.map(({ offset_ms }) => offset_ms)).toEqual([0, 10])
})

test('without cause and request, an event follows from the first one of the same root_event, in both its fields', async () => {
  const root = { signature: 's', dt: timeAt(0) }
  const events = [
    event('edit', { root }),
    event('purge', { at: 1, root, request_id: 'of its own' }),
    event('later', { at: 2, root: { ...root, dt: timeAt(1) } }),
    event('half', { at: 3, root: { signature: 's' } }),
  ]

  expect(edgesIn(await trace(events, 'edit'))).toEqual(['edit > purge root_event'])
})

test('asked for by its id, a request is shown with all its events and what they belong to', async () => {
  const events = [
    event('view'),
    event('page', { at: 1, request_id: 'r', cause: 'view' }),
    event('service', { at: 2, request_id: 'r' }),
    event('mail', { at: 3, cause: 'service' }),
  ]

  const found = await trace(events, 'r')

  expect(found?.nodes.map(({ id, asked, offset_ms }) => [id, asked, offset_ms])).toEqual([
    ['view', false, 0],
    ['page', true, 1],
    ['service', true, 2],
    ['mail', false, 3],
  ])
})

test.for([{}, { whole: true }])(
  'events that follow from each other in a circle are each shown once, with %o',
  async (how) => {
    const events = [
      event('a', { cause: 'c' }),
      event('b', { at: 1, cause: 'a' }),
      event('c', { at: 2, cause: ['b', 'c'] }),
    ]

    const found = await trace(events, 'b', how)

    expect(idsIn(found)).toEqual(['a', 'b', 'c'])
    expect(edgesIn(found)).toEqual(['c > a cause', 'a > b cause', 'b > c cause', 'c > c cause'])
  },
)

test('an event that the intake has refused links those before and after it, unless it was stored later', async () => {
  const refused = event('b', { at: 1, cause: 'a' })
  const events = [event('a'), rejected(refused), event('c', { at: 2, cause: 'b' })]

  expect((await trace(events, 'c'))?.nodes.map(({ id, fate }) => [id, fate])).toEqual([
    ['a', 'stored'],
    ['b', 'rejected'],
    ['c', 'stored'],
  ])
  expect((await trace([...events, refused], 'b'))?.nodes[1]?.fate).toBe('stored')
  expect((await trace([refused, ...events], 'b'))?.nodes[1]?.fate).toBe('stored')
})

test('what is stored twice is shown once', async () => {
  const found = await trace([...CHAIN, ...CHAIN], 'order')

  expect(idsIn(found)).toEqual(['view', 'click', 'order', 'mail'])
  expect(found?.edges).toHaveLength(3)
})

test('depth and limit leave out the farthest, and say how many', async () => {
  const chain = Array.from({ length: 100 }, (_, n) => event(`e${n}`, { at: n, cause: `e${n - 1}` }))

  const near = await trace(chain, 'e50', { depth: 2 })
  expect(idsIn(near)).toEqual(['e48', 'e49', 'e50', 'e51', 'e52'])
  expect(near?.left_out).toEqual({ by_depth: 96, by_limit: 0 })

  const few = await trace(chain, 'e50', { limit: 4 })
  expect(idsIn(few)).toEqual(['e47', 'e48', 'e49', 'e50'])
  expect(few?.left_out).toEqual({ by_depth: 0, by_limit: 97 })
})

test.for([
  ['a chain', (n: number) => ({ cause: `e${n - 1}` })],
  ['a fan', () => ({ cause: 'e0' })],
  ['a request', () => ({ request_id: 'r' })],
] as const)('%s of 20,000 events is counted to its end', async ([, links]) => {
  const events = Array.from({ length: 20_000 }, (_, n) =>
    event(`e${n}`, { at: n, ...(n ? links(n) : { request_id: 'r' }) }),
  )

  const found = await trace(events, 'e0', { limit: 10 })

  expect(idsIn(found)).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8', 'e9'])
  expect(found?.left_out.by_limit).toBe(19_990)
})

test('what is no id links nothing, and an event without one is passed over', async () => {
  const events = [
    event('a', { cause: { id: 'x' }, request_id: 7 }),
    event('b', { at: 1, cause: [null, 'a', '', 3], request_id: '' }),
    event('c', { at: 2, cause: 'unknown', request_id: 'unknown' }),
    event('d', { at: 3, request_id: 'unknown' }),
    { dt: 'never', meta: { id: 'e', cause: 'a' } },
    { meta: 'none' },
    { meta: { stream: 'rivulet.rejected' }, raw_event: '{"meta"' },
    { meta: { stream: 'rivulet.rejected' }, raw_event: '[]' },
  ]

  expect(edgesIn(await trace(events, 'a'))).toEqual(['a > b cause', 'a > e cause'])
  expect(idsIn(await trace(events, 'd'))).toEqual(['d'])
})

test('whatever the causes, the nodes are those that can be reached up and down', async () => {
  const name = fc.constantFrom<string[]>('a', 'b', 'c', 'd', 'e', 'f', 'g')
  const graph = fc.uniqueArray(fc.tuple(name, fc.array(name, { maxLength: 3 })), { selector: ([id]) => id })

  await fc.assert(
    fc.asyncProperty(graph, name, async (links, asked) => {
      const up = new Map(links)
      const pairs = links.flatMap(([id, causes]) => causes.map((cause) => [cause, id] as const))
      const reached = (next: (id: string) => string[]) => {
        const all = new Set([asked])
        for (const id of all) for (const one of next(id)) all.add(one)
        return [...all]
      }
      const isKnown = up.has(asked) || pairs.some(([cause]) => cause === asked)
      const wanted = new Set([
        ...reached((id) => up.get(id) ?? []),
        ...reached((id) => pairs.filter(([cause]) => cause === id).map(([, to]) => to)),
      ])

      const found = await trace(
        links.map(([id, cause]) => event(id, { cause })),
        asked,
      )

      expect(idsIn(found)?.sort()).toEqual(isKnown ? [...wanted].sort() : undefined)
    }),
  )
})
