import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { referencedSchemas, referencesIn } from '../../../src/schema/refs.ts'
import { openSchemaRepository } from '../../../src/schema/repository.ts'
import { SchemaError } from '../../../src/schema/schema-error.ts'
import { folderOf } from '../../support/folder.ts'

const found = async (files: { [path: string]: string }, uri: string) =>
  openSchemaRepository([await folderOf(files)]).find(uri)?.content

test('a version is read from YAML or JSON', async () => {
  const files = { 'a/1.0.0.yaml': 'title: a\n', 'a/1.1.0.json': '{"title":"b"}', 'a/1.2.0.yml': 'title: c' }

  expect(await found(files, '/a/1.0.0')).toEqual({ title: 'a' })
  expect(await found(files, '/a/1.1.0')).toEqual({ title: 'b' })
  expect(await found(files, '/a/1.2.0')).toEqual({ title: 'c' })
  expect(await found(files, '/a/1.3.0')).toBeUndefined()
})

test('a file without an ending is a link to one of both', async () => {
  const folder = await folderOf({ 'a/1.0.0.yaml': 'title: a' })
  await symlink('1.0.0.yaml', join(folder, 'a/latest'))

  expect(openSchemaRepository([folder]).find('/a/latest')?.content).toEqual({ title: 'a' })
})

test('the first folder that has a schema wins', async () => {
  const first = await folderOf({ 'a/1.0.0.yaml': 'title: first' })
  const second = await folderOf({ 'a/1.0.0.yaml': 'title: second', 'b/1.0.0.yaml': 'title: b' })

  const repository = openSchemaRepository([first, second])

  expect(repository.find('/a/1.0.0')?.content.title).toBe('first')
  expect(repository.find('/b/1.0.0')).toEqual({
    path: join(second, 'b/1.0.0.yaml'),
    text: 'title: b',
    content: { title: 'b' },
  })
})

test('latest is the file of that name, else the highest version, else current', async () => {
  const versions = { 'a/1.9.0.yaml': 'title: old', 'a/1.10.0.yaml': 'title: new' }
  const current = { 'a/current.yaml': '$id: /a/2.0.0\ntitle: draft' }

  expect(await found({ ...versions, 'a/latest.json': '{"title":"file"}' }, '/a/latest')).toEqual({
    title: 'file',
  })
  expect(await found(versions, '/a/latest')).toEqual({ title: 'new' })
  expect(await found(current, '/a/latest')).toMatchObject({ title: 'draft' })
})

test('current stands for the version in its $id, where that is not materialized', async () => {
  const current = { 'a/current.yaml': '$id: /a/1.0.0\ntitle: draft' }

  expect(await found(current, '/a/1.0.0')).toMatchObject({ title: 'draft' })
  expect(await found(current, '/a/1.0.1')).toBeUndefined()
  expect(await found({ ...current, 'a/1.0.0.json': '{"title":"done"}' }, '/a/1.0.0')).toEqual({
    title: 'done',
  })
})

test('the versions of a title come from all folders, oldest first', async () => {
  const first = await folderOf({ 'a/1.10.0.json': '{}', 'a/1.2.0.yaml': 'title: a', 'a/latest.json': '{}' })
  const second = await folderOf({ 'a/1.2.0.yaml': 'title: a', 'a/current.yaml': '$id: /a/2.0.0' })

  const repository = openSchemaRepository([first, second])

  expect(repository.versionsOf('a')).toEqual(['/a/1.2.0', '/a/1.10.0', '/a/2.0.0'])
  expect(repository.versionsOf('b')).toEqual([])
})

test.each([
  ['YAML that is none', 'a/1.0.0.yaml', 'a: b: c', /a\/1\.0\.0\.yaml:1: is no YAML \(.*\); correct the file/],
  ['JSON that is none', 'a/1.0.0.json', '{', /a\/1\.0\.0\.json:1: is no JSON/],
  ['a list', 'a/1.0.0.json', '[]', /a\/1\.0\.0\.json:1: a schema is an object/],
  ['nothing', 'a/1.0.0.yaml', '', /a\/1\.0\.0\.yaml:1: a schema is an object/],
])('%s is an error of one line that names the file', async (_, path, text, message) => {
  const repository = openSchemaRepository([await folderOf({ [path]: text })])

  expect(() => repository.find('/a/1.0.0')).toThrow(message)
  expect(() => repository.find('/a/1.0.0')).toThrow(SchemaError)
  expect(() => repository.find('/a/1.0.0')).not.toThrow(/\n/)
})

test('a folder in place of a schema is an error that keeps its cause', async () => {
  const repository = openSchemaRepository([await folderOf({ 'a/1.0.0.yaml/x': '' })])

  const error = thrownBy(() => repository.find('/a/1.0.0'))

  expect(error.message).toMatch(/cannot be read/)
  expect(error.cause).toMatchObject({ code: 'EISDIR' })
})

test('a folder that is not there is an error when the repository is opened', async () => {
  const folder = await folderOf({ file: '' })

  expect(() => openSchemaRepository([join(folder, 'none')])).toThrow(/none: no such schema folder/)
  expect(() => openSchemaRepository([join(folder, 'file')])).toThrow(/file: no such schema folder/)
})

test('references are followed through others, across folders, and in a loop', async () => {
  const first = await folderOf({
    'a/1.0.0.yaml':
      'allOf: [{$ref: "/b/1.0.0#"}, {$ref: "#/definitions/x"}, {$ref: "http://json-schema.org/draft-07/schema#"}]',
  })
  const second = await folderOf({
    'b/1.0.0.yaml': 'properties: {c: {$ref: "/c/1.0.0#/properties/c"}}',
    'c/1.0.0.yaml': 'properties: {c: {$ref: "/a/1.0.0#"}}',
  })
  const repository = openSchemaRepository([first, second])

  const referenced = referencedSchemas(repository.find('/a/1.0.0')!, repository)

  expect([...referenced.keys()]).toEqual(['/b/1.0.0', '/c/1.0.0', '/a/1.0.0'])
})

test('a reference to nowhere is an error that names file, reference and folders', async () => {
  const folder = await folderOf({
    'a/1.0.0.yaml': '$ref: /b/1.0.0#',
    'b/1.0.0.yaml': 'items: {$ref: "/none/1.0.0#"}',
  })
  const repository = openSchemaRepository([folder])

  const { message } = thrownBy(() => referencedSchemas(repository.find('/a/1.0.0')!, repository))

  expect(message).toContain(
    `${folder}/b/1.0.0.yaml: "$ref" points to /none/1.0.0#, which is no schema in ${folder};`,
  )
})

test('a "$ref" in data is no reference, and a property called "examples" is no data', async () => {
  const folder = await folderOf({
    'a/1.0.0.yaml':
      'examples: [{$ref: /none/1.0.0}]\ndefault: {$ref: /none/1.0.0}\nproperties: {examples: {$ref: "/b/1.0.0#"}}',
    'b/1.0.0.yaml': 'type: string',
  })
  const repository = openSchemaRepository([folder])

  expect([...referencedSchemas(repository.find('/a/1.0.0')!, repository).keys()]).toEqual(['/b/1.0.0'])
})

test.each(['definitions', 'dependencies', 'patternProperties', 'properties'])(
  'what is called "default" or "properties" below "%s" is a schema, and its references are followed',
  async (map) => {
    const folder = await folderOf({
      'a/1.0.0.yaml': `${map}: {default: {$ref: "/b/1.0.0#"}, properties: {default: {$ref: "/none/1.0.0#"}}}`,
      'b/1.0.0.yaml': 'type: string',
    })
    const repository = openSchemaRepository([folder])

    expect([...referencedSchemas(repository.find('/a/1.0.0')!, repository).keys()]).toEqual(['/b/1.0.0'])
  },
)

test('references below a pointer are told from data by all that it leads through', () => {
  const schema = { definitions: { default: { properties: { enum: { $ref: '#' } }, enum: [{ $ref: '#' }] } } }

  expect(referencesIn(schema, '/definitions/default')).toEqual([
    { ref: '#', pointer: '/definitions/default/properties/enum' },
  ])
  expect(referencesIn(schema, '/definitions/default/enum/0')).toEqual([])
})

function thrownBy(action: () => unknown): SchemaError {
  try {
    action()
  } catch (error) {
    return error as SchemaError
  }
  throw new Error('nothing was thrown')
}
