import { expect, test } from 'vitest'
import { shownPages, vitalText } from '../../../../../src/intake/console/vitals/rows.ts'

const metric = (name: 'LCP' | 'INP' | 'CLS', p75: number, count: number) => ({
  name,
  p75,
  count,
  rating: 'good' as const,
  good: 1,
  needsImprovement: 0,
  poor: 0,
})

const PAGES = [
  { page: '/', metrics: [metric('LCP', 1_000, 10)] },
  { page: '/Shop', metrics: [metric('LCP', 3_000, 5), metric('CLS', 0.3, 50)] },
  { page: '/shop/jug', metrics: [metric('INP', 700, 1)] },
]

test.each([
  ['LCP', 2_499.6, '2.5 s'],
  ['LCP', 12_345, '12.3 s'],
  ['INP', 200.4, '200 ms'],
  ['CLS', 0.1019, '0.102'],
  ['CLS', 0.25, '0.25'],
  ['CLS', 0, '0'],
] as const)('a %s of %d reads %s', (name, value, text) => {
  expect(vitalText(name, value)).toBe(text)
})

test('the most measured pages come first, or the worst by a metric, which one without it is not', () => {
  const order = (sortBy: 'count' | 'LCP' | 'INP' | 'CLS') =>
    shownPages(PAGES, { filter: '', sortBy }).map(({ page }) => page)

  expect(order('count')).toEqual(['/Shop', '/', '/shop/jug'])
  expect(order('LCP')).toEqual(['/Shop', '/', '/shop/jug'])
  expect(order('INP')).toEqual(['/shop/jug', '/', '/Shop'])
})

test('pages are found by a part of their name in whichever case', () => {
  const found = shownPages(PAGES, { filter: ' shop ', sortBy: 'count' })

  expect(found.map(({ page }) => page)).toEqual(['/Shop', '/shop/jug'])
})
