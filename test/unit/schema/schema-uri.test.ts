import { expect, test } from 'vitest'
import { compareVersions, parseSchemaUri } from '../../../src/schema/schema-uri.ts'

test.each([
  ['/shop/click/1.0.0', 'shop/click', '1.0.0'],
  ['/error/2.1.0', 'error', '2.1.0'],
  ['/shop/click/latest', 'shop/click', 'latest'],
  ['/shop/click/1.0.0.yaml', 'shop/click', '1.0.0'],
  ['/shop/click/latest.json', 'shop/click', 'latest'],
  ['/shop/click/1.0.0#', 'shop/click', '1.0.0'],
])('%s is version %s of a title', (uri, title, version) => {
  expect(parseSchemaUri(uri)).toEqual({ title, version })
})

test.each([
  'shop/click/1.0.0',
  '/1.0.0',
  '/shop/click',
  '/shop/click/1.0',
  '/shop/../click/1.0.0',
  '/../etc/passwd/1.0.0',
  '/.git/config/1.0.0',
  '//shop/click/1.0.0',
  '/shop\\click/1.0.0',
  'https://example.org/shop/click/1.0.0',
  'file:///shop/click/1.0.0',
  '/shop/click/1.0.0\0',
  '',
])('"%s" names no schema', (uri) => {
  expect(parseSchemaUri(uri)).toBeUndefined()
})

test('versions are ordered by their numbers', () => {
  expect(['1.10.0', '1.9.0', '2.0.0', '1.9.1', '1.9.0'].sort(compareVersions)).toEqual([
    '1.9.0',
    '1.9.0',
    '1.9.1',
    '1.10.0',
    '2.0.0',
  ])
})
