/** Rows as lines of a table: names to the left, so many, and numbers to the right. */
export function aligned(rows: readonly (readonly string[])[], names = 2): string[] {
  const widths = rows[0]!.map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]!.length), 0),
  )
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column < names ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    )
    return cells.join('  ').trimEnd()
  })
}
