import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { readTitles } from '../../../src/schema/folder.ts'
import { openLookup } from '../../../src/schema/materialize/lookup.ts'
import { materializeSchema } from '../../../src/schema/materialize/materialize.ts'
import { serialize } from '../../../src/schema/materialize/serialize.ts'
import { readSource } from '../../../src/schema/source.ts'

interface Node {
  type?: unknown
  properties?: { [name: string]: Node }
  items?: Node
  additionalProperties?: boolean | Node
  required?: string[]
  minimum?: number
  maximum?: number
  [keyword: string]: unknown
}
type OwnSchema = Node & { title: string; $id: string; $schema: string; examples: { $schema: string }[] }

const FOLDER = fileURLToPath(new URL('../../../schemas', import.meta.url))
const SHOP = fileURLToPath(new URL('../../../examples/shop/schemas', import.meta.url))
const lookup = openLookup([FOLDER, SHOP])

const titles = [FOLDER, SHOP].flatMap(readTitles).map(({ title, path }) => [title, path] as const)
const events = titles.filter(([title]) => title !== 'rivulet/stream_config')

const schemaOf = (path: string) => JSON.parse(readFileSync(`${path}/1.0.0.json`, 'utf8')) as OwnSchema

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

describe.each(titles)('%s', (title, path) => {
  const schema = schemaOf(path)

  test('its version and latest are files, and what is made of current.yaml', async () => {
    const made = await materializeSchema(readSource(`${path}/current.yaml`), lookup)

    expect(readFileSync(`${path}/1.0.0.json`, 'utf8')).toBe(serialize(made, 'json'))
    expect(readFileSync(`${path}/latest.json`, 'utf8')).toBe(serialize(made, 'json'))
    for (const file of readdirSync(path, { withFileTypes: true })) expect(file.isFile()).toBe(true)
  })

  test('title and $id are its path, and its dialect is the one of the family', () => {
    expect(schema).toMatchObject({
      title,
      $id: `/${title}/1.0.0`,
      $schema: 'https://json-schema.org/draft-07/schema#',
    })
  })

  test('its examples name it, and are valid', () => {
    const ajv = new Ajv({ strict: false })
    ajvFormats.default(ajv)
    const validate = ajv.compile({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' })

    expect(schema.examples.length).toBeGreaterThan(0)
    for (const example of schema.examples) {
      expect(example.$schema).toBe(schema.$id)
      expect(validate(example), JSON.stringify(validate.errors)).toBe(true)
    }
  })

  test('it uses no keyword that a validator in a page does not know', () => {
    for (const [place, node] of nodesOf(schema))
      expect([...KEYWORDS], place).toEqual(expect.arrayContaining(Object.keys(node)))
  })

  test('what is required exists, and a format or pattern has its maxLength', () => {
    for (const [place, node] of nodesOf(schema)) {
      expect(Object.keys(node.properties ?? {}), place).toEqual(expect.arrayContaining(node.required ?? []))
      if (node.format || node.pattern) expect(node, place).toHaveProperty('maxLength')
    }
  })
})

describe.each(events)('%s', (_, path) => {
  const schema = schemaOf(path)

  test('it is closed at the top, and meta is open', () => {
    expect(schema.additionalProperties).toBe(false)
    expect(schema.properties!.meta).not.toHaveProperty('additionalProperties')
    expect(schema.properties!.meta!.required).toContain('stream')
  })

  test('names are in snake_case, every value has one type, every number its bounds', () => {
    for (const [place, node] of nodesOf(schema)) {
      expect(typeof node.type, place).toBe('string')
      expect(place).toMatch(/^(\/[$a-z][a-z0-9_]*|\/\*)*$/)
      const isNumber = node.type === 'number' || node.type === 'integer'
      if (isNumber) expect([typeof node.minimum, typeof node.maximum], place).toEqual(['number', 'number'])
      if (node.type === 'array') expect(node.items, place).toHaveProperty('type')
    }
  })
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
