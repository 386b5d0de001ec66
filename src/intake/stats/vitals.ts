import type { Vitals } from '../console/contract.ts'
import { isObject, type PostedEvent } from '../ingest.ts'
import { allParts, inParts, type Snapshotted, together } from '../snapshot.ts'
import { createDistribution, type Distribution, type FrozenDistribution } from './distribution.ts'

type Metric = Vitals['pages'][number]['metrics'][number]
type Rating = Metric['rating']

/** What web.dev calls good, and what it calls poor: https://web.dev/articles/vitals. In ms, CLS in shares. */
const THRESHOLDS: Readonly<Record<Metric['name'], { good: number; poor: number }>> = {
  LCP: { good: 2_500, poor: 4_000 },
  INP: { good: 200, poor: 500 },
  CLS: { good: 0.1, poor: 0.25 },
}
const NAMES = Object.keys(THRESHOLDS) as Metric['name'][]

/** So many measurements, and at most twice as many, are known by their metric's id, in case it is reported again. */
const MOST_OPEN = 25_000
/** Of one day; measurements of further pages are counted together. */
const MOST_PAGES = 100
const LONGEST_PAGE = 256
const OTHER_PAGES = 'other pages'

const DAY = 86_400_000
/** Looked back on at most. */
const MOST_DAYS = 28

/** Core Web Vitals, by page and day. Times are ms since 1970. */
export interface PageVitals extends Snapshotted {
  /** Takes an event of schema `rivulet/web_vital`. Of a metric that is reported again, the latest report counts. */
  add(event: PostedEvent, measured: { at: number; weight: number }): void
  /** Of the last days, today among them; the pages with the most measurements first. */
  of(days: number, now: number): Vitals
}

interface Cell {
  readonly values: Distribution
  readonly ratings: Record<Rating, number>
}

/** By page, then by metric. */
type Day = Map<string, Map<Metric['name'], Cell>>

interface Measurement {
  readonly cell: Cell
  readonly rating: Rating
  readonly value: number
  readonly weight: number
  /** The client's `dt`, as text: ISO 8601 of one client sorts by time. */
  readonly dt: string
}

/** A cell with its place. */
type FrozenCell = [day: number, page: string, name: Metric['name'], FrozenDistribution, Cell['ratings']]

/** A measurement by its metric's id, its cell by number, unless its day is over. */
type FrozenMeasurement = [id: string, cell: number | undefined, value: number, weight: number, dt: string]

export function createPageVitals(): PageVitals {
  /** By the number of the day. */
  const byDay = new Map<number, Day>()
  /** By the metric's id; the older ones are forgotten all at once. */
  let open = new Map<string, Measurement>()
  let olderOpen = new Map<string, Measurement>()

  return {
    add(event, { at, weight }) {
      const { name, value, metric_id } = event
      if (!isMetric(name) || typeof value !== 'number' || !Number.isFinite(value) || value < 0) return
      const day = Math.floor(at / DAY)
      const cell = cellOf(dayOf(day), pageIn(event), name)
      const measurement = { cell, rating: ratingOf(name, value), value, weight, dt: String(event.dt) }

      if (typeof metric_id === 'string' && metric_id !== '') {
        const before = open.get(metric_id) ?? olderOpen.get(metric_id)
        if (before && before.dt > measurement.dt) return
        if (before) count(before, -1)
        remember(metric_id, measurement)
      }
      count(measurement, 1)
    },
    of(days, now) {
      const last = Math.floor(now / DAY)
      const kept = Math.min(Math.max(1, Math.floor(days) || 1), MOST_DAYS)
      const pages: Day = new Map()
      for (const [day, cells] of byDay)
        if (day > last - kept && day <= last)
          for (const [page, metrics] of cells)
            for (const [name, cell] of metrics) addTo(cellIn(pages, page, name), cell)
      return { pages: mostMeasured(pages).map(([page, metrics]) => ({ page, metrics: figuresOf(metrics) })) }
    },
    freeze() {
      const cells: FrozenCell[] = []
      const numbers = new Map<Cell, number>()
      for (const [day, pages] of byDay)
        for (const [page, metrics] of pages)
          for (const [name, cell] of metrics) {
            numbers.set(cell, cells.length)
            cells.push([day, page, name, cell.values.freeze(), { ...cell.ratings }])
          }
      const frozen = ([id, { cell, value, weight, dt }]: [string, Measurement]): FrozenMeasurement => [
        id,
        numbers.get(cell),
        value,
        weight,
        dt,
      ]
      return together([
        inParts(cells, 50),
        inParts([...olderOpen], 1_000, frozen),
        inParts([...open], 1_000, frozen),
      ])
    },
    restore(next) {
      const cells = [...allParts<FrozenCell>(next)].map(([day, page, name, values, ratings]) => {
        const cell = { values: createDistribution(values), ratings, name }
        const pages: Day = byDay.get(day) ?? new Map()
        byDay.set(day, pages)
        const metrics = pages.get(page) ?? new Map<Metric['name'], Cell>()
        pages.set(page, metrics)
        metrics.set(name, cell)
        return cell
      })
      for (const measurements of [olderOpen, open])
        for (const [id, number, value, weight, dt] of allParts<FrozenMeasurement>(next)) {
          const cell = number === undefined ? undefined : cells[number]
          if (cell) measurements.set(id, { cell, rating: ratingOf(cell.name, value), value, weight, dt })
        }
    },
  }

  function dayOf(number: number): Day {
    const known = byDay.get(number)
    if (known) return known
    const day: Day = new Map()
    byDay.set(number, day)
    const newest = Math.max(...byDay.keys())
    for (const old of byDay.keys()) if (old <= newest - MOST_DAYS) byDay.delete(old)
    return day
  }

  function remember(id: string, measurement: Measurement): void {
    if (open.size >= MOST_OPEN) [olderOpen, open] = [open, new Map()]
    open.set(id, measurement)
  }
}

function cellOf(day: Day, page: string, name: Metric['name']): Cell {
  return cellIn(day, day.has(page) || day.size < MOST_PAGES ? page : OTHER_PAGES, name)
}

function cellIn(pages: Day, page: string, name: Metric['name']): Cell {
  const metrics = pages.get(page) ?? new Map<Metric['name'], Cell>()
  pages.set(page, metrics)
  const cell = metrics.get(name) ?? {
    values: createDistribution(),
    ratings: { good: 0, 'needs-improvement': 0, poor: 0 },
  }
  metrics.set(name, cell)
  return cell
}

function count({ cell, rating, value, weight }: Measurement, sign: 1 | -1): void {
  cell.values.add(value, sign * weight)
  cell.ratings[rating] += sign * weight
}

function addTo(sum: Cell, cell: Cell): void {
  sum.values.addAll(cell.values)
  for (const [rating, weight] of Object.entries(cell.ratings)) sum.ratings[rating as Rating] += weight
}

/** As many pages as one day has at most; the rest together, as the last. */
function mostMeasured(pages: Day): [string, Map<Metric['name'], Cell>][] {
  const own = [...pages].filter(([page]) => page !== OTHER_PAGES)
  own.sort(([a, some], [b, more]) => weightOf(more) - weightOf(some) || (a < b ? -1 : 1))
  const rest: Day = new Map()
  const others = [...own.splice(MOST_PAGES), ...[...pages].filter(([page]) => page === OTHER_PAGES)]
  for (const [, metrics] of others)
    for (const [name, cell] of metrics) addTo(cellIn(rest, OTHER_PAGES, name), cell)
  return [...own, ...rest].filter(([, metrics]) => weightOf(metrics) > 0)
}

function weightOf(metrics: Map<Metric['name'], Cell>): number {
  return [...metrics.values()].reduce((sum, { values }) => sum + values.total(), 0)
}

function figuresOf(metrics: Map<Metric['name'], Cell>): Metric[] {
  return NAMES.flatMap((name) => {
    const cell = metrics.get(name)
    const count = cell?.values.total() ?? 0
    if (!cell || count < 1e-6) return []
    const [p75 = 0] = cell.values.quantiles([0.75])
    const { good, 'needs-improvement': needsImprovement, poor } = cell.ratings
    const share = (weight: number) => Math.max(0, weight) / (good + needsImprovement + poor)
    return [
      {
        name,
        p75,
        count,
        rating: ratingOf(name, p75),
        good: share(good),
        needsImprovement: share(needsImprovement),
        poor: share(poor),
      },
    ]
  })
}

function ratingOf(name: Metric['name'], value: number): Rating {
  const { good, poor } = THRESHOLDS[name]
  if (value <= good) return 'good'
  return value <= poor ? 'needs-improvement' : 'poor'
}

function isMetric(name: unknown): name is Metric['name'] {
  return NAMES.some((metric) => metric === name)
}

/** The path, as the collector has it, or as the client's context has it; else the title. */
function pageIn({ page }: PostedEvent): string {
  const { path, title } = isObject(page) ? page : { path: page, title: undefined }
  const [name = '(no page)'] = [path, title].filter((text) => typeof text === 'string' && text !== '')
  return String(name).slice(0, LONGEST_PAGE)
}
