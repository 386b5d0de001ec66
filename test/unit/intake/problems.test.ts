import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { problemsInWords } from '../../../src/intake/problems.ts'

function problemsOf(schema: object, value: unknown): string[] {
  const ajv = new Ajv({ allErrors: true, strict: false, verbose: true })
  ajvFormats.default(ajv)
  const validate = ajv.compile(schema)
  validate(value)
  return problemsInWords(validate.errors ?? [])
}

const ofField = (schema: object) => ({ properties: { field: schema } })

test.each([
  [{ enum: ['buy', 'remove'] }, 'steal', '/field must be one of buy, remove (was "steal")'],
  [{ enum: [1, null] }, 2, '/field must be one of 1, null (was 2)'],
  [{ const: 'on' }, 'off', '/field must be on (was "off")'],
  [{ type: 'string' }, 5, '/field must be a string (was 5)'],
  [{ type: 'integer' }, 1.5, '/field must be an integer (was 1.5)'],
  [{ type: ['object', 'null'] }, true, '/field must be an object or a null (was true)'],
  [{ type: 'string' }, null, '/field must be a string (was null)'],
  [{ minimum: 1 }, 0, '/field must be at least 1 (was 0)'],
  [{ maximum: 1 }, 2, '/field must be at most 1 (was 2)'],
  [{ minLength: 1 }, '', '/field must be at least 1 character long (was "")'],
  [{ maxLength: 3 }, 'üüüü', '/field must be at most 3 characters long (has 4)'],
  [{ pattern: '^a$' }, 'b', '/field must match ^a$ (was "b")'],
  [{ format: 'date-time' }, 'yesterday', '/field must be a date-time (was "yesterday")'],
  [{ required: ['part'] }, {}, '/field/part is missing'],
  [{ additionalProperties: false }, { part: 1 }, '/field/part is not a field of its schema'],
  [
    { additionalProperties: false },
    { partOf: 1 },
    '/field/partOf is not a field of its schema (did you mean part_of?)',
  ],
  [{ multipleOf: 2 }, 3, '/field must be multiple of 2 (was 3)'],
  [{ minProperties: 1 }, {}, '/field must have at least 1 field (has 0)'],
  [{ maxItems: 1 }, [1, 2], '/field must have at most 1 item (has 2)'],
  [{ uniqueItems: true }, [1, 1], '/field must not have an item twice'],
  [{ dependencies: { a: ['b'] } }, { a: 1 }, '/field must have property b when property a is present'],
])('%j against %j', (schema, value, words) => {
  expect(problemsOf(ofField(schema), { field: value })).toEqual([words])
})

test('what is wrong with the event itself says so', () => {
  expect(problemsOf({ minProperties: 1 }, {})).toEqual(['the event must have at least 1 field (has 0)'])
  expect(problemsOf({ required: ['dt'] }, {})).toEqual(['/dt is missing'])
  expect(problemsOf({ additionalProperties: false }, { dt: 1 })).toEqual(['/dt is not a field of its schema'])
})

test('a long value is cut', () => {
  const [words] = problemsOf(ofField({ type: 'number' }), { field: 'x'.repeat(10_000) })

  expect(words!.length).toBeLessThan(130)
  expect(words).toContain('x…')
})

test('all problems are told', () => {
  expect(problemsOf({ required: ['a', 'b'], ...ofField({ type: 'string' }) }, { field: 1 })).toHaveLength(3)
})
