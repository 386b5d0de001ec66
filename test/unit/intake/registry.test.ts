import { expect, test } from 'vitest'
import { createSchemaRegistry, TooManySchemasError } from '../../../src/intake/registry.ts'
import type { SchemaRepository } from '../../../src/schema/repository.ts'

/** A repository without schemas, and how often it was asked for one. */
function emptyRepository() {
  const asked: string[] = []
  const find = (uri: string) => void asked.push(uri)
  const repository = { folders: [], find, versionsOf: () => [] } as unknown as SchemaRepository
  return { repository, asked }
}

test('what is not there is looked for so many times a second, however often and by whatever names it is asked for', () => {
  const { repository, asked } = emptyRepository()
  let time = 0
  const { get } = createSchemaRegistry(repository, { mostFailures: 3, now: () => time })

  for (let event = 0; event < 1_000; event++)
    expect(() => get('/no/such/1.0.0')).toThrow('Failed loading schema at /no/such/1.0.0')
  expect(() => get('/no/other/1.0.0')).toThrow(TooManySchemasError)
  expect(asked).toEqual(['/no/such/1.0.0', '/no/such/1.0.0', '/no/such/1.0.0'])

  time += 1_000
  expect(() => get('/no/other/1.0.0')).toThrow('Failed loading schema at /no/other/1.0.0')
})

test('schemas that are known cost no look-up, also while too many are asked for that are not', () => {
  const { repository, asked } = emptyRepository()
  const schema = { path: 'click.json', content: { title: 'shop/click', type: 'object' } }
  const find = (uri: string) => (uri === '/shop/click/1.0.0' ? schema : repository.find(uri))
  const with1 = { ...repository, find } as unknown as SchemaRepository
  const { get } = createSchemaRegistry(with1, { mostFailures: 1, now: () => 0 })
  const known = get('/shop/click/1.0.0')

  expect(() => get('/no/such/1.0.0')).toThrow('Failed loading schema')

  expect(get('/shop/click/1.0.0')).toBe(known)
  expect(asked).toEqual(['/no/such/1.0.0'])
})
