// Written by "rivulet generate" from streams.json, revision 2026-10-01.1. Do not edit.

import { schema as schemaOfShopPageView } from './schemas/shop/page_view/1.0.0.js'
import { schema as schemaOfShopClick } from './schemas/shop/click/1.0.0.js'
import { schema as schemaOfShopImpression } from './schemas/shop/impression/1.0.0.js'
import { schema as schemaOfShopPurchase } from './schemas/shop/purchase/1.0.0.js'
import { schema as schemaOfRivuletWebVital } from './schemas/rivulet/web_vital/1.0.0.js'

export const schemas = {
  'shop.page_view': schemaOfShopPageView,
  'shop.click': schemaOfShopClick,
  'shop.impression': schemaOfShopImpression,
  'shop.purchase': schemaOfShopPurchase,
  'rivulet.web_vital': schemaOfRivuletWebVital,
}
