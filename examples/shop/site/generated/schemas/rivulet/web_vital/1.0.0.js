// Written by "rivulet generate" from streams.json, revision 2026-10-01.1. Do not edit.

import { createValidator } from '/rivulet/validator.js'
import { dateTime } from '../../../formats.js'

const rules = {
  type: 'object',
  additionalProperties: false,
  required: ['$schema', 'dt', 'meta', 'name', 'value'],
  properties: {
    $schema: { type: 'string', maxLength: 256 },
    attribution: { type: 'object', additionalProperties: { type: 'string', maxLength: 2048 } },
    delta: { type: 'number', maximum: 9007199254740991, minimum: -9007199254740991 },
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
    metric_id: { type: 'string', maxLength: 128 },
    name: { type: 'string', enum: ['CLS', 'FCP', 'INP', 'LCP', 'TTFB'] },
    navigation_type: {
      type: 'string',
      enum: [
        'navigate',
        'reload',
        'back-forward',
        'back-forward-cache',
        'prerender',
        'restore',
        'soft-navigation',
      ],
    },
    page: { type: 'string', maxLength: 2048 },
    rating: { type: 'string', enum: ['good', 'needs-improvement', 'poor'] },
    value: { type: 'number', maximum: 9007199254740991, minimum: 0 },
  },
}

export const schema = {
  $schema: '/rivulet/web_vital/1.0.0',
  dt: true,
  client_dt: false,
  sample: false,
  validate: /* @__PURE__ */ createValidator(rules, '/rivulet/web_vital/1.0.0'),
}
