import type { Vitals } from '../contract.ts'

type Page = Vitals['pages'][number]
type Metric = Page['metrics'][number]

export type MetricName = Metric['name']

/** The Core Web Vitals with the thresholds of web.dev: ms, and none for CLS. */
export const METRICS: readonly { name: MetricName; title: string; good: number; poor: number }[] = [
  { name: 'LCP', title: 'Largest Contentful Paint', good: 2500, poor: 4000 },
  { name: 'INP', title: 'Interaction to Next Paint', good: 200, poor: 500 },
  { name: 'CLS', title: 'Cumulative Layout Shift', good: 0.1, poor: 0.25 },
]

export const RATINGS: Record<Metric['rating'], string> = {
  good: 'Good',
  'needs-improvement': 'Needs improvement',
  poor: 'Poor',
}

/** What comes first: the most measured pages, or the worst by a metric. */
export type SortBy = 'count' | MetricName

/** A value as web.dev writes it: seconds for LCP, milliseconds for INP, three decimals for CLS. */
export function vitalText(name: MetricName, value: number): string {
  if (name === 'CLS') return String(Number(value.toFixed(3)))
  if (name === 'INP') return `${Math.round(value)} ms`
  return `${Number((value / 1000).toFixed(value < 10_000 ? 2 : 1))} s`
}

/** The pages whose name contains the text, in whichever case, in order. */
export function shownPages(
  pages: readonly Page[],
  { filter, sortBy }: { filter: string; sortBy: SortBy },
): Page[] {
  const wanted = filter.trim().toLowerCase()
  return pages
    .filter(({ page }) => page.toLowerCase().includes(wanted))
    .sort((a, b) => weight(b, sortBy) - weight(a, sortBy) || a.page.localeCompare(b.page))
}

function weight({ metrics }: Page, sortBy: SortBy): number {
  if (sortBy === 'count') return metrics.reduce((most, { count }) => Math.max(most, count), 0)
  return metrics.find(({ name }) => name === sortBy)?.p75 ?? -1
}
