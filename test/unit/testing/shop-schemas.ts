import type { StreamSchema } from '../../../src/core/options.ts'
import { createValidator } from '../../../src/validator/validator.development.ts'

// As `rivulet generate` would write them.

export interface ShopClick {
  readonly action: 'buy' | 'open' | 'remove'
  readonly product?: { readonly id: string; readonly tags?: readonly string[] }
  readonly at?: Date
}

export type Schemas = {
  readonly 'shop.click': StreamSchema<ShopClick>
  readonly 'shop.purchase': StreamSchema<{ readonly total: number }>
}

const click = {
  type: 'object',
  properties: { action: { type: 'string', enum: ['buy', 'open', 'remove'] } },
  required: ['action'],
}
const purchase = { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] }

export const schemas: Schemas = {
  'shop.click': { $schema: '/shop/click/1.0.0', validate: createValidator(click, '/shop/click/1.0.0') },
  'shop.purchase': {
    $schema: '/shop/purchase/1.0.0',
    validate: createValidator(purchase, '/shop/purchase/1.0.0'),
  },
}

/** What is submitted by code without types. */
export const asClick = (data: object) => data as ShopClick
