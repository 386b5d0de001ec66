import { knownFormat, knownKeyword, valid } from './draft-07.ts'
import { examplesNameSchema, examplesValid, hasExamples } from './examples.ts'
import { dialect, idIsTitleAndVersion, titleIsPath, uniqueId } from './identity.ts'
import { numericBounds } from './numeric-bounds.ts'
import { requiredExist, snakeCase } from './properties.ts'
import { commonFragment, refsResolve } from './references.ts'
import type { Rule } from './rule.ts'
import { safePattern, secure } from './security.ts'
import { deterministicTypes, noNull, typedMaps } from './types.ts'
import { currentIsNewest, hasCurrent, latestIsNewest, versionsAgree } from './versions.ts'

/** Every rule of a schema repository but one: that its files can be read, which comes before all others. */
export const RULES: readonly Rule[] = [
  titleIsPath,
  idIsTitleAndVersion,
  uniqueId,
  dialect,
  hasCurrent,
  currentIsNewest,
  versionsAgree,
  latestIsNewest,
  refsResolve,
  commonFragment,
  valid,
  knownKeyword,
  knownFormat,
  secure,
  safePattern,
  snakeCase,
  deterministicTypes,
  noNull,
  typedMaps,
  requiredExist,
  numericBounds,
  hasExamples,
  examplesNameSchema,
  examplesValid,
]
