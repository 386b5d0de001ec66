import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createValidator as createForProduction } from '../../../src/validator/validator.ts'
import { createValidator, type Rules } from '../../../src/validator/validator.development.ts'
import { asEvent } from '../../support/generated.ts'

const dateTime = Object.assign(/^\d{4}-\d\d-\d\dT/, { title: 'date-time' })

const RULES: Rules = {
  type: 'object',
  required: ['action'],
  additionalProperties: false,
  properties: {
    action: { type: 'string', enum: ['buy', 'remove'] },
    when: { type: 'string', format: dateTime },
    'a/b': { type: 'string', pattern: /^[a-z]+$/ },
    lines: { type: 'array', maxItems: 2, items: { type: 'object', required: ['id'] } },
    map: {
      type: 'object',
      additionalProperties: { type: 'integer', maximum: 3 },
      propertyNames: { maxLength: 2 },
    },
  },
}

const messagesFor = (event: object) =>
  createValidator(RULES, '/shop/click/1.0.0')(asEvent(event)).map(({ message }) => message)

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

test.each([
  [
    { action: 'steal' },
    '/action must be one of buy, remove (was "steal"); see /shop/click/1.0.0#/properties/action/enum',
  ],
  [{}, '/action is missing; see /shop/click/1.0.0#/required'],
  [
    { action: 'buy', colorName: 1 },
    '/colorName is not a field of its schema (did you mean color_name?); see /shop/click/1.0.0#/additionalProperties',
  ],
  [
    { action: 'buy', when: 'now' },
    '/when must be a date-time (was "now"); see /shop/click/1.0.0#/properties/when/format',
  ],
  [
    { action: 'buy', 'a/b': 'A' },
    '/a~1b must match ^[a-z]+$ (was "A"); see /shop/click/1.0.0#/properties/a~1b/pattern',
  ],
  [
    { action: 'buy', lines: [{}] },
    '/lines/0/id is missing; see /shop/click/1.0.0#/properties/lines/items/required',
  ],
  [
    { action: 'buy', map: { a: 4 } },
    '/map/a must be at most 3 (was 4); see /shop/click/1.0.0#/properties/map/additionalProperties/maximum',
  ],
  [
    { action: 'buy', map: { abc: 1 } },
    '/map/abc must be at most 2 characters long (has 3); see /shop/click/1.0.0#/properties/map/propertyNames/maxLength',
  ],
])(
  '%j: the message says which field, what was there, what is wanted, and where in the schema',
  (event, message) => {
    expect(messagesFor(event)).toEqual([message])
  },
)

test('what JSON cannot hold is told by its kind', () => {
  expect(messagesFor({ action: 5n })[0]).toMatch(/^\/action must be a string \(was bigint\); see/)
})

test('the console has it too, in one call for an event', () => {
  messagesFor({ meta: { stream: 'shop.click' }, action: 1 })

  expect(console.warn).toHaveBeenCalledTimes(1)
  expect(vi.mocked(console.warn).mock.calls[0]!.join('')).toMatch(
    /an event of shop\.click is invalid and not sent:.*\n {2}\/meta is not a field.*\n {2}\/action must be a string/s,
  )
})

test('in production a problem has the path and the keyword, and nothing is said', () => {
  const problems = createForProduction(RULES, '/shop/click/1.0.0')(asEvent({ map: { abc: 5 } }))

  expect(problems).toEqual([
    { path: '/map/abc', keyword: 'maxLength' },
    { path: '/map/abc', keyword: 'maximum' },
    { path: '/action', keyword: 'required' },
  ])
  expect(console.warn).not.toHaveBeenCalled()
})
