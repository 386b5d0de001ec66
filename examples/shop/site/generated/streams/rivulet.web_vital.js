// Written by "rivulet generate" from streams.json, revision 2026-10-01.1. Do not edit.

import { schema } from '../schemas/rivulet/web_vital/1.0.0.js'

export const schemas = { 'rivulet.web_vital': schema }
