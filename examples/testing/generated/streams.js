// Written by "rivulet generate" from streams.json, revision 2026-11-01.1. Do not edit.

import { schema as schemaOfShopClick } from './schemas/shop/click/1.0.0.js'
import { schema as schemaOfShopPurchase } from './schemas/shop/purchase/1.0.0.js'

export const schemas = {
  'shop.click': schemaOfShopClick,
  'shop.purchase': schemaOfShopPurchase,
}
