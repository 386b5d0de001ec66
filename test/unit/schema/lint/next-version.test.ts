import { describe, expect, test } from 'vitest'
import type { Files } from '../../../support/folder.ts'
import { CURRENT, EXAMPLE, foundIn, GOOD, text, VERSION, without } from './good-repository.ts'

/** A version that nobody has written yet. */
const begun = (changes: object): Files => ({
  ...GOOD,
  'shop/click/current.yaml': { ...CURRENT, $id: '/shop/click/1.1.0', ...changes },
})

describe('what the next version breaks is one finding, at current', () => {
  test.each<[rule: string, changes: object, pointer: string, line: string]>([
    [
      'examples-valid',
      { examples: [{ ...EXAMPLE, $schema: { $ref: '#/$id' }, action: 5 }] },
      '/examples/0/action',
      '"action": 5',
    ],
    [
      'examples-name-schema',
      { examples: [EXAMPLE] },
      '/examples/0/$schema',
      '"$schema": "/shop/click/1.0.0",',
    ],
    [
      'deterministic-types',
      { properties: { action: text, note: { maxLength: 5 } } },
      '/properties/note',
      '"note": {',
    ],
    [
      'deterministic-types',
      { allOf: [...CURRENT.allOf, { properties: { note: { maxLength: 5 } } }] },
      '/allOf/1/properties/note',
      '"note": {',
    ],
    ['has-examples', { examples: [] }, '', '{'],
  ])('%s', async (rule, changes, pointer, line) => {
    const found = await foundIn(begun(changes))

    expect(found).toMatchObject([{ rule, file: 'shop/click/current.yaml', pointer, text: line }])
  })

  test('required-exist, which no example can keep', async () => {
    const found = await foundIn(begun({ required: ['action', 'acton'] }))

    expect(found).toMatchObject([
      { rule: 'required-exist', file: 'shop/click/current.yaml', pointer: '/required/1', text: '"acton"' },
      { rule: 'examples-valid', file: 'shop/click/current.yaml', pointer: '/examples/0' },
    ])
  })

  test('what current itself breaks is not said again', async () => {
    const found = await foundIn(
      begun({ allOf: [...CURRENT.allOf, { properties: { aB: { ...text, type: ['string', 'null'] } } }] }),
    )

    expect(found.map(({ rule, pointer }) => [rule, pointer])).toEqual([
      ['snake-case', '/allOf/1/properties/aB'],
      ['no-null', '/allOf/1/properties/aB/type'],
    ])
  })
})

describe('a version that is what current makes', () => {
  const properties = { ...VERSION.properties, list: { type: 'array' } }
  const written: Files = {
    ...GOOD,
    'shop/click/current.yaml': { ...CURRENT, properties: { ...CURRENT.properties, list: { type: 'array' } } },
    'shop/click/1.0.0.json': { ...VERSION, properties },
    'shop/click/latest.json': { ...VERSION, properties },
  }

  test('has its findings at current alone, which people edit', async () => {
    const found = await foundIn(written)

    expect(found).toMatchObject([
      { rule: 'deterministic-types', file: 'shop/click/current.yaml', text: '"list": {' },
    ])
  })

  test.each(['1.0.0.json', 'current.yaml'])('has none where the rule is off for its %s', async (file) => {
    const off = `off: { deterministic-types: [shop/click/${file}] }`

    expect(await foundIn({ ...written, 'rivulet-schemas.yaml': off })).toEqual([])
  })

  test('has its findings at its file where current goes on from it', async () => {
    const found = await foundIn({
      ...written,
      'shop/click/current.yaml': begun({})['shop/click/current.yaml']!,
    })

    expect(found).toMatchObject([{ rule: 'deterministic-types', file: 'shop/click/1.0.0.json' }])
  })
})

test('a current that cannot be made is a finding, though each rule is kept', async () => {
  const found = await foundIn({
    ...without('shop/click/1.0.0.json'),
    'shop/click/current.yaml': {
      ...CURRENT,
      allOf: [...CURRENT.allOf, { properties: { action: { type: 'boolean' } } }],
    },
    'rivulet-schemas.yaml': 'off: { latest-is-newest: [.] }',
  })

  expect(found).toMatchObject([
    {
      rule: 'materialized',
      file: 'shop/click/current.yaml',
      message: expect.stringMatching(
        /^cannot be materialized: "allOf" cannot be merged at .*; make them agree/,
      ),
    },
  ])
})
