import { expect, test } from 'vitest'
import { CURRENT, foundIn, FRAGMENT, GOOD, VERSION } from './good-repository.ts'

const ON = { 'rivulet-schemas.yaml': 'off: {}' }
const OTHER = { ...VERSION, properties: { ...VERSION.properties, action: { type: 'string' } } }

test.each(['latest.json', '1.0.0.json'])('a %s that cannot be read is that finding alone', async (name) => {
  const found = await foundIn({ ...GOOD, ...ON, [`shop/click/${name}`]: '{"title": ' })

  expect(found.map(({ rule, file }) => [rule, file])).toEqual([['readable', `shop/click/${name}`]])
})

test('a title that is stale is told of, though another has a wrong title', async () => {
  const found = await foundIn({
    ...GOOD,
    ...ON,
    'fragment/common/current.yaml': { ...FRAGMENT, title: 'fragment/comon' },
    'shop/click/current.yaml': { ...CURRENT, description: 'more' },
    'shop/tap/current.yaml': {
      ...CURRENT,
      title: 'shop/tap',
      $id: '/shop/tap/1.0.0',
    },
  })

  expect(found.map(({ rule, file }) => [rule, file])).toEqual([
    ['title-is-path', 'fragment/common/current.yaml'],
    ['published', 'shop/click/current.yaml'],
    ['materialized', 'shop/tap/current.yaml'],
  ])
})

test('a published version that would change is a finding of that rule, whichever others are off', async () => {
  const changed = { ...GOOD, 'shop/click/1.0.0.json': OTHER, 'shop/click/latest.json': OTHER }

  const withoutMaterialized = await foundIn({
    ...changed,
    'rivulet-schemas.yaml': 'off: { materialized: [.] }',
  })
  const withoutPublished = await foundIn({ ...changed, 'rivulet-schemas.yaml': 'off: { published: [.] }' })

  expect(withoutMaterialized.map(({ rule }) => rule)).toEqual(['published'])
  expect(withoutPublished).toEqual([])
})
