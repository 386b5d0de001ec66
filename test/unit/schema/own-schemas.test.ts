import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { readTitles } from '../../../src/schema/folder.ts'

interface Node {
  properties?: { [name: string]: Node }
  items?: Node
  additionalProperties?: boolean | Node
  required?: string[]
  $schema?: unknown
}

const FOLDER = fileURLToPath(new URL('../../../schemas', import.meta.url))
const SHOP = fileURLToPath(new URL('../../../examples/shop/schemas', import.meta.url))

const titles = [FOLDER, SHOP].flatMap(readTitles).map(({ title, path }) => [title, path] as const)
const events = titles.filter(([title]) => title !== 'rivulet/stream_config')

const schemaOf = (path: string) => JSON.parse(readFileSync(`${path}/1.0.0.json`, 'utf8')) as Node

/** Every part of a schema that describes a value, with its path. */
function nodesOf(node: Node, path = ''): [string, Node][] {
  const properties = Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    nodesOf(child, `${path}/${name}`),
  )
  const others = [node.items, node.additionalProperties].flatMap((child) =>
    typeof child === 'object' ? nodesOf(child, `${path}/*`) : [],
  )
  return [[path, node], ...properties, ...others]
}

/** What a validator in a page knows, and what says nothing about an event. */
const KEYWORDS = new Set(
  `type required properties additionalProperties items enum minLength maxLength minimum maximum pattern format
  uniqueItems minItems maxItems minProperties maxProperties propertyNames
  title description $id $schema examples`.split(/\s+/),
)

test('there are schemas of what Rivulet submits and stores itself', () => {
  expect(titles.map(([title]) => title)).toEqual(
    expect.arrayContaining([
      'rivulet/click',
      'rivulet/duplicates',
      'rivulet/error',
      'rivulet/fragment/common',
      'rivulet/fragment/web',
      'rivulet/ledger',
      'rivulet/page_view',
      'rivulet/rejected',
      'rivulet/stream_config',
      'rivulet/web_vital',
    ]),
  )
})

test.each(titles)('%s uses no keyword that a validator in a page does not know', (_, path) => {
  for (const [place, node] of nodesOf(schemaOf(path)))
    expect([...KEYWORDS], place).toEqual(expect.arrayContaining(Object.keys(node)))
})

test.each(events)('%s is closed at the top, and meta is open', (_, path) => {
  const { additionalProperties, properties } = schemaOf(path)

  expect(additionalProperties).toBe(false)
  expect(properties!.meta).not.toHaveProperty('additionalProperties')
  expect(properties!.meta!.required).toContain('stream')
})

describe('rivulet/stream_config', () => {
  const ajv = new Ajv({ strict: false })
  const { $schema: _family, ...schema } = schemaOf(`${FOLDER}/rivulet/stream_config`)
  const validate = ajv.compile(schema)

  test.each([
    ['settings that it does not know', { sample: { unit: 'session', rate: 1, salt: 'x' }, flavour: 1 }],
    ['no sample at all', { sample: null }],
    ["the settings of the family's other clients", { topic_prefixes: null, producers: { eventgate: {} } }],
  ])('lets through %s', (_, settings) => {
    expect(validate({ streams: { 'shop.click': settings } }), JSON.stringify(validate.errors)).toBe(true)
  })

  test.each([
    ['a rate above 1', { sample: { unit: 'session', rate: 10 } }],
    ['a unit that nobody knows', { sample: { unit: 'user', rate: 1 } }],
    ['a state that nobody knows', { producers: { rivulet: { state: 'disabled' } } }],
    ['a title with a slash before it', { schema_title: '/shop/click' }],
  ])('refuses %s', (_, settings) => {
    expect(validate({ streams: { 'shop.click': settings } })).toBe(false)
  })

  test('describes the config of the shop', () => {
    const config = JSON.parse(readFileSync(`${SHOP}/../streams.json`, 'utf8'))

    expect(validate(config), JSON.stringify(validate.errors)).toBe(true)
  })
})
