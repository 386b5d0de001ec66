/** Where in a query something is, as DuckDB's errors show it: its line, and a caret below. Positions count code points. */
export function placeIn(sql: string, position: number): string {
  const before = [...sql].slice(0, position).join('').split('\n')
  const intro = `LINE ${before.length}: `
  const line = sql.split('\n')[before.length - 1]
  return `${intro}${line}\n${' '.repeat(intro.length + before[before.length - 1]!.length)}^`
}
