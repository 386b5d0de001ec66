import { expect, test } from 'vitest'
import { parseSchema } from '../../../src/schema/schema-file.ts'

test('a schema that is nested without end is refused, however it comes to it', () => {
  const deep = `${'{"items":'.repeat(200)}{}${'}'.repeat(200)}`
  const cyclic = 'properties: &all\n  a:\n    properties: *all\n'

  for (const [path, text] of [
    ['a/1.0.0.json', deep],
    ['a/1.0.0.yaml', cyclic],
  ] as const)
    expect(() => parseSchema(path, text)).toThrow(`${path}:1: has more than 100 objects within one another`)
})
