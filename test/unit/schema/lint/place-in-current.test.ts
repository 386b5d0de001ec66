import { expect, test } from 'vitest'
import { placeInCurrent } from '../../../../src/schema/lint/place-in-current.ts'

const made = {
  required: ['$schema', 'acton', 'meta'],
  properties: { meta: { type: 'object', required: ['stream'] }, action: { type: 'string', maxLength: 9 } },
  examples: [{ action: 1 }],
}
const current = {
  allOf: [
    { $ref: '/fragment/common/1.0.0#' },
    { required: ['acton'], properties: { action: { $ref: '#/definitions/action' } } },
  ],
  properties: {},
  examples: [{ action: { $ref: '#/x' } }],
}

test.each([
  ['the same place', '/examples/0/action', '/examples/0/action'],
  ['a part of allOf', '/properties/action', '/allOf/1/properties/action'],
  ['a text that merging has moved', '/required/1', '/allOf/1/required/0'],
  ['what a $ref stands for: the $ref', '/properties/action/maxLength', '/allOf/1/properties/action'],
  ['what comes from elsewhere: what is around it', '/properties/meta/required/0', '/properties'],
  ['what is nowhere: all of it', '/title', ''],
  ['all of it', '', ''],
])('%s', (_, pointer, place) => {
  expect(placeInCurrent(current, made, pointer)).toBe(place)
})
