import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SchemaError } from '../../../src/schema/schema-error.ts'
import { lineOf, linesIn, parseSchema, readSchemaFile } from '../../../src/schema/schema-file.ts'
import { folderOf } from '../../support/folder.ts'

function errorOf(action: () => unknown): SchemaError {
  try {
    action()
  } catch (error) {
    if (error instanceof SchemaError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a text that is no schema is an error of one line with file and line', () => {
  test.each([
    ['YAML that is none', 'a.yaml', 'title: a\nb: c: d\n', 2, /^is no YAML/],
    ['two documents', 'a.yaml', 'title: a\n---\ntitle: b\n', 2, /^is no YAML/],
    ['an unknown alias', 'a.yaml', 'title: a\nb: *none\n', 1, /^is no YAML/],
    ['JSON that ends too early', 'a.json', '{\n  "title": "a",', 2, /^is no JSON/],
    ['JSON with a comma too many', 'a.json', '{\n  "title": "a",\n}\n', 3, /^is no JSON/],
    ['JSON with a word', 'a.json', '{\n  "title": "a",\n  "type": object\n}\n', 3, /^is no JSON/],
    ['JSON with a line break in a string', 'a.json', '{\n"a": "b\nc" }', 2, /^is no JSON/],
    ['JSON with too much behind it', 'a.json', '{\n"a": [1, true, null, 1.5e3]\n}\n}', 4, /^is no JSON/],
    ['JSON with a comment', 'a.json', '{\n"a": tru\n//\n}', 2, /^is no JSON \(Unexpected token/],
    ['a list', 'a.yaml', '- a\n', 1, /^a schema is an object/],
    ['an empty file', 'a.json', '', 1, /^is no JSON/],
    ['a key twice in YAML', 'a.yaml', 'title: a\ntype: object\ntitle: b\n', 3, /^has "title" twice/],
    ['a key twice in JSON', 'a.json', '{\n"a": {\n"b": 1,\n"b": 2 }\n}', 4, /^has "b" twice/],
    ['a key twice, once escaped', 'a.json', '{\n"a": 1,\n"\\u0061": 2\n}', 3, /^has "a" twice/],
    ['an alias within what it stands for', 'a.yaml', 'a: &a\n  b: *a\n', 1, /without end/],
    ['aliases of aliases', 'a.yaml', bomb(), 1, /^is no YAML/],
    ['JSON nested too deep', 'a.json', nested(5_000), 1, /nested more than/],
    ['YAML nested too deep for its parser', 'a.yaml', nested(50_000), 1, /is no YAML/],
  ])('%s', (_, path, text, line, message) => {
    const error = errorOf(() => parseSchema(path, text))

    expect(error.place).toEqual({ file: path, line })
    expect(error.what).toMatch(message)
    expect(error.what).not.toContain('\n')
  })

  test('a file of 10 MB, which is not even parsed', async () => {
    const folder = await folderOf({ 'a.json': `{"title":"${'a'.repeat(10_000_000)}"}` })

    const error = errorOf(() => readSchemaFile(join(folder, 'a.json')))

    expect(error.place).toEqual({ file: join(folder, 'a.json'), line: 1 })
    expect(error.what).toMatch(/^has 10,000,012 bytes, a schema at most 1,000,000; split it/)
  })

  test('a file that is not there', async () => {
    const path = join(await folderOf({}), 'none.yaml')

    expect(errorOf(() => readSchemaFile(path)).place).toEqual({ file: path, line: 1 })
  })
})

test('strings with quotes, colons and braces are not taken for keys', () => {
  const schema = { description: 'say "a": {"a": 1}', 'a"b': '\\', pattern: '":' }

  expect(parseSchema('a.json', JSON.stringify(schema))).toEqual(schema)
})

test('the same key in two objects is no repetition', () => {
  expect(parseSchema('a.json', '{"a":{"x":1},"b":[{"x":1},{"x":2}]}')).toEqual({
    a: { x: 1 },
    b: [{ x: 1 }, { x: 2 }],
  })
})

test('thousands of keys in one object are read', () => {
  const text = Array.from({ length: 50_000 }, (_, index) => `k${index}: 1\n`).join('')

  expect(Object.keys(parseSchema('a.yaml', text))).toHaveLength(50_000)
})

describe('the line of a pointer', () => {
  const yaml = [
    '# The schema of clicks.',
    'title: shop/click',
    'properties:',
    '  action:',
    '    enum:',
    '      - open',
    '      - buy',
    '  a/b: { type: string,',
    '    maxLength: 2 }',
    '  a~b:',
    '    type: string',
    'examples: [{ $schema: x },',
    '  { $schema: y }]',
  ].join('\n')

  test.each([
    ['', 2],
    ['/title', 2],
    ['/properties', 3],
    ['/properties/action', 4],
    ['/properties/action/enum', 5],
    ['/properties/action/enum/1', 7],
    ['/properties/a~1b', 8],
    ['/properties/a~1b/maxLength', 9],
    ['/properties/a~0b/type', 11],
    ['/examples/1/$schema', 13],
    ['/properties/action/none/deeper', 4],
    ['/none', 2],
  ])('%s is %i', (pointer, line) => {
    expect(lineOf(yaml, pointer)).toBe(line)
  })

  test('is found in JSON too', () => {
    const json = JSON.stringify({ title: 'a', properties: { b: { type: 'string' } } }, null, 2)
    const line = linesIn(json)

    expect(['/title', '/properties/b', '/properties/b/type'].map(line)).toEqual([2, 4, 5])
  })
})

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
}

/** A few lines that stand for a million values. */
function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 7; level++)
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    )
  return lines.join('\n')
}
