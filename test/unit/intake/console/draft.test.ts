import { expect, test } from 'vitest'
import type { StreamRow } from '../../../../src/intake/console/contract.ts'
import { changeOf, type Draft, draftOf, problemOf } from '../../../../src/intake/console/streams/draft.ts'

const ROW: StreamRow = {
  stream: 'shop.click',
  isConfigured: true,
  schemaTitle: 'shop/click',
  state: 'on',
  unit: 'session',
  rate: 0.1,
  perMinute: [],
  actual: 0,
  expected: null,
  accepted: 0,
  rejected: 0,
  loss: null,
  lastChange: null,
}

const change = (row: StreamRow, part: Partial<Draft>) => changeOf(row, { ...draftOf(row), ...part })

test('a draft as it begins changes nothing, nor does another way to write the same rate', () => {
  expect(change(ROW, {})).toBe(undefined)
  expect(change(ROW, { rateText: '10 %' })).toBe(undefined)
})

test('only what differs is in the change', () => {
  expect(change(ROW, { state: 'off' })).toEqual({ stream: 'shop.click', state: 'off' })
  expect(change(ROW, { rateText: '0.2' })).toEqual({
    stream: 'shop.click',
    sample: { unit: 'session', rate: 0.2 },
  })
  expect(change(ROW, { unit: 'device' })).toEqual({
    stream: 'shop.click',
    sample: { unit: 'device', rate: 0.1 },
  })
})

test('to keep every unit is no sample, whatever rate still stands there', () => {
  expect(change(ROW, { unit: null, rateText: '1' })).toEqual({ stream: 'shop.click', sample: null })
  expect(change({ ...ROW, unit: null, rate: 1 }, { rateText: '1' })).toBe(undefined)
})

test('what is no rate is a problem and no change', () => {
  const draft = { ...draftOf(ROW), rateText: '2' }

  expect(problemOf(draft)).toContain('from 0 to 1')
  expect(changeOf(ROW, draft)).toBe(undefined)
})

test('a stream that has its settings from a pattern is changed there', () => {
  expect(change({ ...ROW, pattern: '/^shop\\./' }, { state: 'hold' })).toEqual({
    stream: '/^shop\\./',
    state: 'hold',
  })
})
