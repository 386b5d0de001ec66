/** A name as SQL wants it, whatever is in it. */
export const quoted = (name: string): string => `"${name.replace(/"/g, '""')}"`

/** Where in the SQL an error of DuckDB points, as an offset; undefined where it points nowhere. */
export function positionOf(error: string, sql: string): number | undefined {
  const found = /^LINE (\d+): (.*)\n( *)\^/m.exec(error)
  if (!found) return undefined
  const [, number = '', excerpt = '', indent = ''] = found

  const lines = sql.split('\n')
  const line = lines[Number(number) - 1]
  if (line === undefined) return undefined
  const start = lines.slice(0, Number(number) - 1).reduce((sum, { length }) => sum + length + 1, 0)

  // Of a long line the error shows a part, between dots.
  const cut = excerpt.startsWith('...') ? 3 : 0
  const shown = excerpt.slice(cut, excerpt.endsWith('...') ? -3 : undefined)
  const column = indent.length - `LINE ${number}: `.length - cut
  const offset = Math.max(0, line.indexOf(shown)) + column
  return start + Math.min(Math.max(offset, 0), line.length)
}

/** Line and column of an offset, from 1. */
export function lineAndColumn(sql: string, offset: number): { line: number; column: number } {
  const before = sql.slice(0, offset).split('\n')
  return { line: before.length, column: before[before.length - 1]!.length + 1 }
}
