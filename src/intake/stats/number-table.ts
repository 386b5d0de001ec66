/** A long table of numbers, all 0 at first, in which a moment can be held on to while it changes. */
export interface NumberTable {
  at(row: number, column: number): number
  put(row: number, column: number, value: number): void
  /** Its pages as they stand: nobody writes to them any more. */
  freeze(): readonly Float64Array[]
}

const ROWS = 4_096

/** A table of so many columns; or one that goes on from the pages of another. */
export function createNumberTable(columns: number, pages: Float64Array[] = []): NumberTable {
  /** By page, whether somebody holds on to it, so that it is copied before it is written to. */
  let isFrozen: boolean[] = []

  return {
    at: (row, column) => pages[Math.floor(row / ROWS)]?.[(row % ROWS) * columns + column] ?? 0,
    put(row, column, value) {
      const number = Math.floor(row / ROWS)
      while (pages.length <= number) pages.push(new Float64Array(ROWS * columns))
      if (isFrozen[number]) {
        pages[number] = pages[number]!.slice()
        isFrozen[number] = false
      }
      pages[number]![(row % ROWS) * columns + column] = value
    },
    freeze() {
      isFrozen = pages.map(() => true)
      return [...pages]
    },
  }
}
