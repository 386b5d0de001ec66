// Written by "rivulet generate" from streams.json, revision 2026-11-01.1. Do not edit.

import { createValidator } from 'rivulet/validator'
import { dateTime } from '../../../formats.js'

const rules = {
  type: 'object',
  additionalProperties: false,
  required: ['$schema', 'action', 'dt', 'meta'],
  properties: {
    $schema: { type: 'string', maxLength: 256 },
    action: {
      type: 'string',
      enum: ['open_product', 'add_to_basket', 'remove_from_basket', 'check_out', 'buy'],
    },
    agent: {
      type: 'object',
      additionalProperties: false,
      properties: {
        client_platform_family: { type: 'string', enum: ['app', 'desktop_browser', 'mobile_browser'] },
      },
    },
    basket: {
      type: 'object',
      additionalProperties: false,
      properties: { size: { type: 'integer', maximum: 1000, minimum: 0 } },
    },
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
    page: {
      type: 'object',
      additionalProperties: false,
      properties: {
        title: { type: 'string', maxLength: 2048 },
        content_language: { type: 'string', maxLength: 256 },
        path: { type: 'string', maxLength: 2048 },
      },
    },
    performer: {
      type: 'object',
      additionalProperties: false,
      properties: {
        pageview_id: { type: 'string', maxLength: 20, pattern: /^[0-9a-z]{20}$/ },
        session_id: { type: 'string', maxLength: 20, pattern: /^[0-9a-z]{20}$/ },
      },
    },
    product_id: { type: 'string', maxLength: 64, minLength: 1 },
  },
}

export const schema = {
  $schema: '/shop/click/1.0.0',
  dt: true,
  client_dt: false,
  sample: false,
  validate: /* @__PURE__ */ createValidator(rules, '/shop/click/1.0.0'),
}
