// Written by "rivulet generate" from streams.json, revision 2026-10-01.1. Do not edit.

import { schema as shopPageViewSchema } from './schemas/shop/page_view/1.0.0.js'
import { schema as shopClickSchema } from './schemas/shop/click/1.0.0.js'
import { schema as shopImpressionSchema } from './schemas/shop/impression/1.0.0.js'
import { schema as shopPurchaseSchema } from './schemas/shop/purchase/1.0.0.js'
import { schema as rivuletWebVitalSchema } from './schemas/rivulet/web_vital/1.0.0.js'

export const schemas = {
  'shop.page_view': shopPageViewSchema,
  'shop.click': shopClickSchema,
  'shop.impression': shopImpressionSchema,
  'shop.purchase': shopPurchaseSchema,
  'rivulet.web_vital': rivuletWebVitalSchema,
}
