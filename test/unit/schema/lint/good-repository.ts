import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lint } from '../../../../src/schema/lint/lint.ts'
import { type Files, folderOf } from '../../../support/folder.ts'

export const DRAFT_07 = 'https://json-schema.org/draft-07/schema#'

export const text = { type: 'string', maxLength: 64 }
const time = { type: 'string', format: 'date-time', maxLength: 128 }
export const count = { type: 'integer', minimum: 0, maximum: 100 }

export const ENVELOPE = {
  $schema: text,
  meta: { type: 'object', required: ['stream'], properties: { stream: text } },
  dt: time,
}

export const FRAGMENT = {
  title: 'fragment/common',
  $id: '/fragment/common/1.0.0',
  $schema: DRAFT_07,
  type: 'object',
  required: ['$schema', 'dt', 'meta'],
  properties: ENVELOPE,
}

export const EXAMPLE = {
  $schema: '/shop/click/1.0.0',
  meta: { stream: 'shop.click' },
  dt: '2026-11-22T10:00:00Z',
  action: 'buy',
}

/** As it is written. */
export const CURRENT = {
  title: 'shop/click',
  $id: '/shop/click/1.0.0',
  $schema: DRAFT_07,
  type: 'object',
  additionalProperties: false,
  allOf: [{ $ref: '/fragment/common/1.0.0#' }],
  required: ['action'],
  properties: { action: text, count },
  examples: [{ ...EXAMPLE, $schema: { $ref: '#/$id' } }],
}

/** What is made of it. */
export const VERSION = {
  title: 'shop/click',
  $id: '/shop/click/1.0.0',
  $schema: DRAFT_07,
  type: 'object',
  additionalProperties: false,
  required: ['$schema', 'action', 'dt', 'meta'],
  properties: { ...ENVELOPE, action: text, count },
  examples: [EXAMPLE],
}

/** Most rules look at files as they are, whatever current makes. */
export const FILES_ALONE = 'off: { materialized: [.], published: [.] }'

/** A repository that keeps every rule. */
export const GOOD: Files = {
  'fragment/common/current.yaml': FRAGMENT,
  'fragment/common/1.0.0.json': FRAGMENT,
  'fragment/common/latest.json': FRAGMENT,
  'shop/click/current.yaml': CURRENT,
  'shop/click/1.0.0.json': VERSION,
  'shop/click/latest.json': VERSION,
}

export const withVersion = (changes: object): Files => {
  const version = { ...VERSION, ...changes }
  return { ...GOOD, 'shop/click/1.0.0.json': version, 'shop/click/latest.json': version }
}

export const withCurrent = (changes: object): Files => ({
  ...GOOD,
  'shop/click/current.yaml': { ...CURRENT, ...changes },
})

export const withProperty = (a: object) => withProperties({ a })
export const withProperties = (properties: object) =>
  withVersion({ properties: { ...VERSION.properties, ...properties } })

export const without = (path: string): Files =>
  Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== path))

export const OPTIONS = { own: [join(import.meta.dirname, '../../../../schemas')] }

/** What is found in a folder of files: rule, path below the folder, the text of the line, and the pointer. */
export async function foundIn(files: Files) {
  const folder = await folderOf({ 'rivulet-schemas.yaml': FILES_ALONE, ...files })
  return (await lint([folder], OPTIONS)).findings.map(({ rule, file, line, pointer, message }) => ({
    rule,
    file: file.slice(folder.length + 1),
    text: readFileSync(file, 'utf8').split('\n')[line! - 1]!.trim(),
    pointer,
    message,
  }))
}
