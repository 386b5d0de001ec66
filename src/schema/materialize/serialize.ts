import { stringify } from 'yaml'
import type { SchemaObject } from '../schema-file.ts'

/** Keys with a place of their own; all others follow by name. */
const FIRST = [
  'title',
  'description',
  '$id',
  '$schema',
  'type',
  'additionalProperties',
  'required',
  'properties',
  'allOf',
  'examples',
]

/** The text of a schema file. Schemas that are equal have one text, whatever the order of their keys. */
export function serialize(schema: SchemaObject, ending: 'json' | 'yaml'): string {
  const sorted = inOrder(schema)
  if (ending === 'json') return `${JSON.stringify(sorted, null, 2)}\n`
  return stringify(sorted, {
    // Readers of YAML 1.1 would take a text such as 2026-11-22 or `on` for something else, if it had no quotes.
    compat: 'yaml-1.1',
    lineWidth: 0,
  })
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, child]) => [key, inOrder(child)]))
}

function rankOf(key: string): number {
  const rank = FIRST.indexOf(key)
  return rank < 0 ? FIRST.length : rank
}
