import { expect, test } from 'vitest'
import { createRecords, OTHER_STREAMS } from '../../../../src/intake/console/live/records.ts'
import { holds, isOf } from '../../../../src/intake/console/live/search.ts'

const arrival = (stream: string, event: unknown = {}, problems?: readonly string[]) => ({
  stream,
  receivedAt: '2026-11-27T11:00:00.000Z',
  event,
  ...(problems ? { problems } : {}),
})

test('a busy stream pushes out its own oldest only, and its accepted events no rejected one', () => {
  const records = createRecords({ keep: 2, mostStreams: 10 })
  records.add(arrival('quiet'))
  records.add(arrival('busy', {}, ['wrong']))
  for (let count = 0; count < 5; count += 1) records.add(arrival('busy'))

  expect(records.select({}).map(({ order }) => order)).toEqual([7, 6, 2, 1])
  expect(records.counts().get('busy')).toEqual({ accepted: 5, rejected: 1 })
})

test('streams beyond the bound are counted together', () => {
  const records = createRecords({ keep: 2, mostStreams: 2 })
  for (const stream of ['a', 'b', 'c', 'd', 'a']) records.add(arrival(stream))

  expect([...records.counts()].map(([name, { accepted }]) => [name, accepted])).toEqual([
    ['a', 2],
    ['b', 1],
    [OTHER_STREAMS, 2],
  ])
})

test('a selection is of a stream, a verdict, a range and a condition', () => {
  const records = createRecords({ keep: 10, mostStreams: 10 })
  records.add(arrival('a', { action: 'look' }))
  records.add(arrival('a', { action: 'Buy' }, ['wrong']))
  records.add(arrival('b', { action: 'buy' }))
  const orders = (selection: Parameters<typeof records.select>[0]) =>
    records.select(selection).map(({ order }) => order)

  expect(orders({ stream: 'a' })).toEqual([2, 1])
  expect(orders({ verdict: 'accepted' })).toEqual([3, 1])
  expect(orders({ verdict: 'rejected' })).toEqual([2])
  expect(orders({ after: 1, until: 2 })).toEqual([2])
  expect(orders({ where: (record) => holds(record, 'BUY') })).toEqual([3, 2])
})

test('a text is looked for in the event, its stream and its problems, an id from its beginning', () => {
  const event = { action: 'look', performer: { session_id: 'abcd' } }
  const record = { ...arrival('shop.click', event, ['/amount is missing']), order: 1 }

  expect(['look', 'SHOP.', 'amount is'].every((text) => holds(record, text))).toBe(true)
  expect(holds(record, 'turn')).toBe(false)
  expect([isOf(record, 'ab'), isOf(record, 'bc')]).toEqual([true, false])
})

test('an event that is nothing at all can be looked through', () => {
  expect(holds({ ...arrival('a', undefined), order: 1 }, 'x')).toBe(false)
})
