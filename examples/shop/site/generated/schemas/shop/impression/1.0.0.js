// Written by "rivulet generate" from streams.json, revision 2026-10-01.1. Do not edit.

import { createValidator } from '/rivulet/validator.js'
import { dateTime } from '../../../formats.js'

const rules = {
  type: 'object',
  additionalProperties: false,
  required: ['$schema', 'dt', 'meta', 'position', 'product_id'],
  properties: {
    $schema: { type: 'string', maxLength: 256 },
    dt: { type: 'string', format: dateTime, maxLength: 128 },
    meta: {
      type: 'object',
      required: ['stream'],
      properties: {
        domain: { type: 'string', maxLength: 256, minLength: 1 },
        dt: { type: 'string', format: dateTime, maxLength: 128 },
        id: { type: 'string', maxLength: 128 },
        stream: { type: 'string', maxLength: 256, minLength: 1 },
      },
    },
    position: { type: 'integer', maximum: 1000, minimum: 1 },
    product_id: { type: 'string', maxLength: 64, minLength: 1 },
  },
}

export const schema = {
  $schema: '/shop/impression/1.0.0',
  dt: true,
  client_dt: false,
  sample: false,
  validate: /* @__PURE__ */ createValidator(rules, '/shop/impression/1.0.0'),
}
