import type { QueryResult } from '../intake/console/contract.ts'

const WIDEST = 60

/** A result as a table in text: numbers stand to the right, wide values are cut. */
export function resultTable({ columns, rows }: Pick<QueryResult, 'columns' | 'rows'>): string {
  const cells = rows.map((row) => row.map(inWords))
  const heads = columns.map(({ name }) => inWords(name))
  const widths = heads.map((head, index) =>
    Math.max(...[head, ...cells.map((row) => row[index]!)].map(widthOf)),
  )
  const isRight = columns.map((_, index) => {
    const values = rows.map((row) => row[index]).filter((value) => value !== null)
    return values.length > 0 && values.every((value) => typeof value === 'number')
  })
  const line = (row: readonly string[]) =>
    row
      .map((text, index) => {
        const space = ' '.repeat(widths[index]! - widthOf(text))
        return isRight[index] ? `${space}${text}` : `${text}${space}`
      })
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [line(heads), rule, ...cells.map(line)].map((text) => `${text}\n`).join('')
}

/** In one line, without what would command the terminal. */
function inWords(value: unknown): string {
  const text = value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
  const visible = [
    ...text
      .slice(0, 4 * WIDEST)
      .replace(/\s/g, ' ')
      .replace(/[\p{C}]/gu, '\uFFFD'),
  ]
  return visible.length > WIDEST ? `${visible.slice(0, WIDEST - 1).join('')}…` : visible.join('')
}

/** Of the letters; those of East Asia take two columns. */
function widthOf(text: string): number {
  return [...text].reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : MARK.test(letter) ? 0 : 1), 0)
}

const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}]/u
const MARK = /\p{M}/u
