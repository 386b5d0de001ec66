import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { curate } from '../../../src/core/curate.ts'
import type { Event } from '../../../src/core/event.ts'
import type { Curation } from '../../../src/core/settings.ts'

const event = {
  $schema: '/shop/click/1.0.0',
  action: 'buy',
  element_id: 'top level',
  page: { title: 'Home / Cart', id: 7, is_redirect: false, revision_id: 0 },
  performer: {
    groups: ['editor', 'admin'],
    name: '',
    registration_dt: '2020-05-01T00:00:00Z',
    edit_count: null,
  },
} as unknown as Event

const keeps = (value: string, operator: string, operand: unknown) =>
  curate(event, { [value]: { [operator]: operand } })

describe('each operator', () => {
  test.for<[value: string, operator: string, operand: unknown, kept: boolean]>([
    ['page_id', 'equals', 7, true],
    ['page_id', 'equals', 8, false],
    ['page_id', 'equals', '7', false],
    ['page_is_redirect', 'equals', false, true],
    ['page_is_redirect', 'equals', 0, false],
    ['performer_name', 'equals', '', true],
    ['page_id', 'not_equals', 8, true],
    ['page_id', 'not_equals', 7, false],
    ['page_id', 'not_equals', '7', true],

    ['page_id', 'greater_than', 6, true],
    ['page_id', 'greater_than', 7, false],
    ['page_id', 'less_than', 8, true],
    ['page_id', 'less_than', 7, false],
    ['page_id', 'greater_than_or_equals', 7, true],
    ['page_id', 'greater_than_or_equals', 8, false],
    ['page_id', 'less_than_or_equals', 7, true],
    ['page_id', 'less_than_or_equals', 6, false],
    ['page_id', 'greater_than', '6', false],
    ['page_id', 'less_than', '8', false],
    ['page_is_redirect', 'less_than', true, false],
    ['performer_registration_dt', 'greater_than', '2019-12-31T00:00:00Z', true],
    ['performer_registration_dt', 'greater_than', '2020-06-01T00:00:00Z', false],

    ['page_id', 'in', [6, 7], true],
    ['page_id', 'in', [6, '7'], false],
    ['page_id', 'in', [], false],
    ['page_id', 'in', 7, false],
    ['page_id', 'not_in', [6, '7'], true],
    ['page_id', 'not_in', [7], false],
    ['page_id', 'not_in', [], true],
    ['page_id', 'not_in', 8, false],

    ['performer_groups', 'contains', 'admin', true],
    ['performer_groups', 'contains', 'adm', false],
    ['page_title', 'contains', 'Cart', true],
    ['page_title', 'contains', 'cart', false],
    ['page_id', 'contains', 7, false],
    ['performer_groups', 'does_not_contain', 'bot', true],
    ['performer_groups', 'does_not_contain', 'admin', false],
    ['page_title', 'does_not_contain', 'Shop', true],
    ['page_id', 'does_not_contain', 8, false],
    ['performer_groups', 'contains_all', ['admin', 'editor'], true],
    ['performer_groups', 'contains_all', ['admin', 'bot'], false],
    ['performer_groups', 'contains_all', [], true],
    ['performer_groups', 'contains_all', 'admin', false],
    ['performer_groups', 'contains_any', ['bot', 'admin'], true],
    ['performer_groups', 'contains_any', ['bot'], false],
    ['performer_groups', 'contains_any', [], false],
    ['page_title', 'contains_any', ['Cart', 'Checkout'], true],
  ])('%s %s %o: %s', ([value, operator, operand, kept]) => {
    expect(keeps(value, operator, operand)).toBe(kept)
  })
})

const OPERATORS = [
  ...['equals', 'not_equals', 'greater_than', 'less_than', 'greater_than_or_equals', 'less_than_or_equals'],
  ...['in', 'not_in', 'contains', 'does_not_contain', 'contains_all', 'contains_any'],
]

test.for(['page_nothing', 'nothing_at_all', 'nothing', 'performer_edit_count', 'page_id_more', 'element_id'])(
  'the value %s, which is missing or null, keeps no event, whatever the operator, nor without one',
  (value) => {
    for (const operator of OPERATORS)
      for (const operand of [7, '', null, [], ['x'], true])
        expect(keeps(value, operator, operand)).toBe(false)
    expect(curate(event, { [value]: {} })).toBe(false)
  },
)

test('a value that is there is kept where nothing is asked of it, also 0, false and the empty text', () => {
  for (const value of ['page_id', 'page_is_redirect', 'page_revision_id', 'performer_name'])
    expect(curate(event, { [value]: {} })).toBe(true)
})

test('a name without an underscore is a field of the event itself', () => {
  expect(keeps('action', 'equals', 'buy')).toBe(true)
  expect(keeps('action', 'equals', 'sell')).toBe(false)
})

test('every operator of every value has to hold', () => {
  const [yes, no] = [{ equals: 7 }, { equals: 8 }]

  expect(curate(event, { page_id: { ...yes, greater_than: 6 }, action: { equals: 'buy' } })).toBe(true)
  expect(curate(event, { page_id: { ...yes, greater_than: 7 } })).toBe(false)
  expect(curate(event, { page_id: no, action: { equals: 'buy' } })).toBe(false)
  expect(curate(event, { action: { equals: 'buy' }, page_id: no })).toBe(false)
})

test('without rules every event is kept', () => {
  expect(curate(event, {})).toBe(true)
})

test('an operator that is not known is passed over, also one that every object has', () => {
  for (const operator of ['is_equals', 'constructor', 'toString', '__proto__', ''])
    expect(curate(event, { page_id: JSON.parse(`{ "${operator}": 1, "equals": 7 }`) })).toBe(true)
})

describe('whatever the config and the event are', () => {
  const json = fc.jsonValue({ maxDepth: 3 })
  const values = fc.constantFrom('page_id', 'page_title', 'performer_groups', 'action', 'meta', 'dt', 'page')
  const operators = fc.constantFrom(...OPERATORS, 'unknown')
  const curations = fc.dictionary(values, fc.dictionary(operators, json))
  const events = fc.record(
    {
      action: json,
      page: fc.record({ id: json, title: json }, { requiredKeys: [] }),
      performer: fc.oneof(json, fc.record({ groups: json })),
    },
    { requiredKeys: [] },
  ) as unknown as fc.Arbitrary<Event>

  test('it answers, and does not throw', () => {
    fc.assert(
      fc.property(events, fc.dictionary(values, json), (any, curation) => {
        expect(typeof curate(any, curation as Curation)).toBe('boolean')
      }),
    )
  })

  test('a further rule never keeps what was dropped', () => {
    fc.assert(
      fc.property(events, curations, values, operators, json, (any, curation, value, operator, operand) => {
        const narrower = { ...curation, [value]: { ...curation[value], [operator]: operand } }
        fc.pre(curation[value]?.[operator] === undefined)

        expect(curate(any, curation) || !curate(any, narrower)).toBe(true)
      }),
    )
  })

  const scalars = fc.oneof(fc.integer(), fc.string(), fc.boolean())
  const withId = (id: unknown) => ({ page: { id } }) as unknown as Event
  const holds = (value: unknown, operator: string, operand: unknown) =>
    curate(withId(value), { page_id: { [operator]: operand } })

  test('of two opposites exactly one holds, for values and operands of their kind', () => {
    fc.assert(
      fc.property(scalars, scalars, fc.array(scalars), (value, operand, list) => {
        expect(holds(value, 'equals', operand)).toBe(!holds(value, 'not_equals', operand))
        expect(holds(value, 'in', list)).toBe(!holds(value, 'not_in', list))
        expect(holds(list, 'contains', operand)).toBe(!holds(list, 'does_not_contain', operand))
      }),
    )
  })

  test('numbers are in one order, texts in another, and neither is in order with the other', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.string()), fc.oneof(fc.integer(), fc.string()), (a, b) => {
        const [over, under, equal] = ['greater_than', 'less_than', 'equals'].map((one) => holds(a, one, b))

        expect([over, under, equal].filter(Boolean)).toHaveLength(typeof a === typeof b ? 1 : 0)
        expect(holds(a, 'greater_than_or_equals', b)).toBe(over || equal)
        expect(holds(a, 'less_than_or_equals', b)).toBe(under || equal)
      }),
    )
  })

  test('in is being equal to one of the list; contains_all and contains_any are contains of each', () => {
    fc.assert(
      fc.property(scalars, fc.array(scalars), fc.array(scalars), (value, list, others) => {
        expect(holds(value, 'in', list)).toBe(list.some((one) => holds(value, 'equals', one)))
        const each = others.map((one) => holds(list, 'contains', one))
        expect(holds(list, 'contains_all', others)).toBe(each.every(Boolean))
        expect(holds(list, 'contains_any', others)).toBe(each.some(Boolean))
      }),
    )
  })
})
