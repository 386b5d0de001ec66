import { cellText, kindOf } from './cells.ts'
import type { QueryResult } from '../contract.ts'

/** Which columns of a result a chart is of. */
export interface ChartChoice {
  readonly x: number
  /** The column of numbers that are drawn. */
  readonly y: readonly number[]
  /** The column whose values become a series each; null where the columns of `y` are the series. */
  readonly split: number | null
  readonly shape: Shape
}

export type Shape = 'line' | 'bars'

/** What is drawn: for each place on the x axis, in order, a value of each series. */
export interface ChartData {
  readonly xKind: XKind
  /** Seconds since 1970, numbers, or, for categories, 0, 1, 2, … */
  readonly xs: readonly number[]
  /** Names of the categories. */
  readonly labels: readonly string[]
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
  /** What is not shown, or was added up. */
  readonly notes: readonly string[]
}

export type XKind = 'time' | 'number' | 'category'

/** More series than these are not told apart, and more bars not read. */
const MOST_SERIES = 8
const MOST_CATEGORIES = 60

/** What can stand on the x axis, what can be drawn over it, and what can tell series apart: numbers of columns. */
export function chartColumns(result: QueryResult): { x: number[]; y: number[]; split: number[] } {
  const kinds = kindsOf(result)
  const where = (...wanted: readonly string[]) =>
    kinds.flatMap((kind, column) => (wanted.includes(kind) ? [column] : []))
  return { x: where('time', 'category', 'number'), y: where('number'), split: where('category') }
}

/** Whoever asks for more columns than these, or for nested ones, wants to see events, and no sums of them. */
const MOST_COLUMNS = 8

/**
 * A chart that makes sense of the result: numbers over time, else by category, else over a first column of growing
 * numbers. Undefined where there is none.
 */
export function suggestChart(result: QueryResult): ChartChoice | undefined {
  const kinds = kindsOf(result)
  if (result.rows.length < 2 || kinds.length > MOST_COLUMNS || kinds.includes('nested')) return undefined
  const numbers = chartColumns(result).y
  const time = kinds.indexOf('time')
  const category = kinds.indexOf('category')

  if (numbers.length > 0 && time >= 0) {
    const split = kinds.findIndex((kind, column) => kind === 'category' && isRepeated(result, time, column))
    const y = split < 0 ? numbers.slice(0, 3) : numbers.slice(0, 1)
    return { x: time, y, split: split < 0 ? null : split, shape: 'line' }
  }
  if (numbers.length > 0 && category >= 0 && isUnique(result, category))
    return { x: category, y: numbers.slice(0, 1), split: null, shape: 'bars' }
  const [first, ...others] = numbers
  if (first !== undefined && others.length > 0 && isGrowing(result, first))
    return { x: first, y: others.slice(0, 3), split: null, shape: 'line' }
  return undefined
}

/** The chart to start from where none suggests itself; undefined where nothing can be drawn. */
export function anyChart(result: QueryResult): ChartChoice | undefined {
  const { x, y } = chartColumns(result)
  const across = x.find((column) => y.some((other) => other !== column))
  if (across === undefined || result.rows.length === 0) return undefined
  return { x: across, y: [y.find((column) => column !== across)!], split: null, shape: 'bars' }
}

export function chartData(result: QueryResult, { x, y, split }: ChartChoice): ChartData {
  const kind = kindsOf(result)[x]
  const xKind: XKind = kind === 'time' || kind === 'number' ? kind : 'category'
  const places = new Map<number | string, Map<string, number>>()
  const totals = new Map<string, number>()
  let isAddedUp = false

  for (const row of result.rows) {
    const place = placeOf(row[x], xKind)
    if (place === null) continue
    const values = places.get(place) ?? new Map<string, number>()
    places.set(place, values)
    for (const column of y) {
      const value = numberOf(row[column])
      const name = seriesName(result, row, column, { split, isAlone: y.length === 1 })
      if (value === null) continue
      isAddedUp ||= values.has(name)
      values.set(name, (values.get(name) ?? 0) + value)
      totals.set(name, (totals.get(name) ?? 0) + Math.abs(value))
    }
  }

  const names = split === null ? [...totals.keys()] : largest(totals)
  const shownNames = names.slice(0, MOST_SERIES)
  const inOrder = [...places.keys()]
  if (xKind !== 'category') inOrder.sort((a, b) => Number(a) - Number(b))
  const shownPlaces = xKind === 'category' ? inOrder.slice(0, MOST_CATEGORIES) : inOrder

  return {
    xKind,
    xs: xKind === 'category' ? shownPlaces.map((_, index) => index) : shownPlaces.map(Number),
    labels: xKind === 'category' ? shownPlaces.map(String) : [],
    series: shownNames.map((name) => ({
      name,
      values: shownPlaces.map((place) => places.get(place)?.get(name) ?? null),
    })),
    notes: [
      ...(shownNames.length < names.length
        ? [`The ${shownNames.length} largest of ${names.length} series are shown.`]
        : []),
      ...(shownPlaces.length < inOrder.length
        ? [`The first ${shownPlaces.length} of ${inOrder.length} are shown.`]
        : []),
      ...(isAddedUp ? ['Rows with the same place on the axis are added up.'] : []),
    ],
  }
}

function kindsOf({ columns, rows }: QueryResult): string[] {
  return columns.map(({ type }, column) => {
    const kind = kindOf(type)
    return kind === 'category' && readsAsTimes(rows, column) ? 'time' : kind
  })
}

/** Text that holds nothing but times, as JSON keeps them. */
function readsAsTimes(rows: QueryResult['rows'], column: number): boolean {
  const values = rows.slice(0, 50).flatMap((row) => (row[column] === null ? [] : [row[column]]))
  return values.length > 0 && values.every((value) => secondsOf(value) !== null)
}

const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?)(Z|[+-]\d{2}(?::?\d{2})?)?)?$/

/** A time as DuckDB or JSON write it; without a zone it is UTC, as the stored ones are. */
function secondsOf(value: unknown): number | null {
  const [, day, time = '00:00', zone = 'Z'] = TIME.exec(String(value)) ?? []
  if (!day) return null
  const offset = /^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone
  const ms = Date.parse(`${day}T${time}${offset}`)
  return Number.isNaN(ms) ? null : ms / 1000
}

function placeOf(value: unknown, xKind: XKind): number | string | null {
  if (xKind === 'category') return cellText(value)
  return xKind === 'time' ? secondsOf(value) : numberOf(value)
}

/** Numbers that JSON cannot hold come as text. */
function numberOf(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

function seriesName(
  { columns }: QueryResult,
  row: readonly unknown[],
  column: number,
  { split, isAlone }: { split: number | null; isAlone: boolean },
): string {
  const name = columns[column]!.name
  if (split === null) return name
  const group = cellText(row[split])
  return isAlone ? group : `${group}, ${name}`
}

const largest = (totals: ReadonlyMap<string, number>): string[] =>
  [...totals].sort(([, a], [, b]) => b - a).map(([name]) => name)

/** Whether a time stands more than once, in rows that this column tells apart. */
function isRepeated(result: QueryResult, time: number, column: number): boolean {
  if (isUnique(result, time)) return false
  return new Set(result.rows.map((row) => row[column])).size > 1
}

const isUnique = ({ rows }: QueryResult, column: number): boolean =>
  new Set(rows.map((row) => row[column])).size === rows.length

function isGrowing({ rows }: QueryResult, column: number): boolean {
  if (rows.length < 2) return false
  return rows.every((row, index) => index === 0 || Number(row[column]) > Number(rows[index - 1]![column]))
}
