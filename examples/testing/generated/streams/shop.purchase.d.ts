// Written by "rivulet generate" from streams.json, revision 2026-11-01.1. Do not edit.

import type { Schemas } from '../streams.js'

export declare const schemas: Pick<Schemas, 'shop.purchase'>
