import { readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

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

const FOLDER = new URL('../../../schemas/', import.meta.url)
const titles = readdirSync(new URL('rivulet/', FOLDER)).map((name) => `rivulet/${name}`)

const text = (path: string) => readFileSync(new URL(path, FOLDER), 'utf8')

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

test('there are schemas of web vitals, the ledger, rejected events and duplicates', () => {
  const ours = ['rivulet/duplicates', 'rivulet/ledger', 'rivulet/rejected', 'rivulet/web_vital']
  expect(titles).toEqual(expect.arrayContaining(ours))
})

describe.each(titles)('%s', (title) => {
  const schema = parse(text(`${title}/current.yaml`)) as OwnSchema
  const version = schema.$id.split('/').pop()!
  const nodes = nodesOf(schema)

  test('its version and latest are files, equal to current.yaml', () => {
    expect(JSON.parse(text(`${title}/${version}.json`))).toEqual(schema)
    expect(text(`${title}/latest.json`)).toBe(text(`${title}/${version}.json`))
    for (const file of readdirSync(new URL(title, FOLDER), { withFileTypes: true }))
      expect(file.isFile()).toBe(true)
  })

  test('title and $id are its path, and its dialect is the one of the family', () => {
    expect(schema.title).toBe(title)
    expect(schema.$id).toBe(`/${title}/${version}`)
    expect(schema.$schema).toBe('https://json-schema.org/draft-07/schema#')
  })

  test('it is closed at the top, and meta is open', () => {
    expect(schema.additionalProperties).toBe(false)
    expect(schema.properties!.meta).not.toHaveProperty('additionalProperties')
    expect(schema.properties!.meta!.required).toContain('stream')
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

  test('names are in snake_case, every value has one type, every number its bounds', () => {
    for (const [path, node] of nodes) {
      expect(typeof node.type, path).toBe('string')
      expect(path).toMatch(/^(\/[$a-z][a-z0-9_]*|\/\*)*$/)
      const isNumber = node.type === 'number' || node.type === 'integer'
      if (isNumber) expect([typeof node.minimum, typeof node.maximum], path).toEqual(['number', 'number'])
      if (node.type === 'array') expect(node.items, path).toHaveProperty('type')
    }
  })

  test('what is required exists, and a format or pattern has its maxLength', () => {
    for (const [path, node] of nodes) {
      expect(Object.keys(node.properties ?? {}), path).toEqual(expect.arrayContaining(node.required ?? []))
      if (node.format || node.pattern) expect(node, path).toHaveProperty('maxLength')
    }
  })
})
