// Written by "rivulet generate" from streams.json, revision 2026-11-01.1. Do not edit.

import { createValidator } from 'rivulet/validator'
import { dateTime } from '../../../formats.js'

const rules = {
  type: 'object',
  additionalProperties: false,
  required: [
    '$schema',
    'channel',
    'currency',
    'dt',
    'lines',
    'meta',
    'order_id',
    'total_cents',
  ],
  properties: {
    $schema: { type: 'string', maxLength: 256 },
    channel: { type: 'string', enum: ['web', 'phone'] },
    currency: { type: 'string', enum: ['EUR'] },
    dt: { type: 'string', format: dateTime, maxLength: 128 },
    lines: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['product_id', 'quantity', 'price_cents'],
        properties: {
          price_cents: { type: 'integer', maximum: 100000000, minimum: 0 },
          product_id: { type: 'string', maxLength: 64, minLength: 1 },
          quantity: { type: 'integer', maximum: 1000, minimum: 1 },
        },
      },
      maxItems: 100,
      minItems: 1,
    },
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
    order_id: { type: 'string', maxLength: 64, minLength: 1 },
    total_cents: { type: 'integer', maximum: 100000000, minimum: 0 },
  },
}

export const schema = {
  $schema: '/shop/purchase/1.0.0',
  dt: true,
  client_dt: false,
  sample: false,
  validate: /* @__PURE__ */ createValidator(rules, '/shop/purchase/1.0.0'),
}
