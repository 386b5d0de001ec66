import { expect, test } from 'vitest'
import { starterQueries } from '../../../../../src/intake/console/query/starter-queries.ts'

test('starter queries ask about views that are there', () => {
  const titles = (...names: string[]) =>
    starterQueries({ views: names.map((name) => ({ name, columns: [] })) }).map(({ title }) => title)

  expect(titles()).toEqual([])
  expect(titles('rejected', 'shop.click')).toEqual(['Rejected by reason'])
  expect(titles('events', 'rejected')).toContain('Events by stream')
})
