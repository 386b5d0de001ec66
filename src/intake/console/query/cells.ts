import type { QueryResult } from '../contract.ts'

/** What a column holds, as far as showing it goes. */
export type Kind = 'time' | 'number' | 'category' | 'nested'

const NUMBER = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|BIGNUM|DECIMAL)\b/
const TIME = /^(DATE|TIMESTAMP)/
const NESTED = /\]$|^(STRUCT|MAP|UNION|BLOB|BIT|INTERVAL|JSON|VARIANT)/

/** By the name of its type in DuckDB. */
export function kindOf(type: string): Kind {
  if (NESTED.test(type)) return 'nested'
  if (NUMBER.test(type)) return 'number'
  return TIME.test(type) ? 'time' : 'category'
}

/** A value as one text. A double is rounded to the digits that it keeps reliably: 30.000000000000004 reads 30. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(Number(value.toPrecision(15)))
  return JSON.stringify(value)
}

/** A value in full, for reading: JSON on several lines, also where it is kept as text. */
export function fullText(value: unknown): string {
  if (typeof value === 'object' && value !== null) return JSON.stringify(value, null, 2)
  const text = cellText(value)
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text // only looks like JSON
  }
}

const NARROWEST = 5
const WIDEST = 40
const MOST_SAMPLED = 200

/** The width of each column in characters, so that it does not change while its rows come and go. */
export function columnWidths({ columns, rows }: QueryResult): number[] {
  const step = Math.max(1, Math.floor(rows.length / MOST_SAMPLED))
  const sample = rows.filter((_, index) => index % step === 0)
  return columns.map(({ name, type }, column) => {
    const lengths = sample.map((row) => cellText(row[column]).length)
    const widest = lengths.reduce((most, length) => Math.max(most, length), 0)
    return Math.min(WIDEST, Math.max(NARROWEST, name.length, Math.min(type.length, 16), widest)) + 2
  })
}

/** The rows to draw, `from` inclusive, `to` exclusive, when this part of a long table is in sight. */
export function rowsInSight(
  { top, height }: { top: number; height: number },
  { count, rowHeight }: { count: number; rowHeight: number },
): { from: number; to: number } {
  const BEYOND = 15
  const first = Math.floor(top / rowHeight)
  const last = Math.ceil((top + height) / rowHeight)
  const from = Math.min(Math.max(0, first - BEYOND), count)
  return { from, to: Math.max(from, Math.min(count, last + BEYOND)) }
}
