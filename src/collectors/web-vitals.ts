import { type Metric, type MetricWithAttribution, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals'
import type { Client } from '../core/client.ts'

/** What `collectWebVitals` can be told. */
export interface WebVitalsOptions {
  /** The stream to submit to. Default: `rivulet.web_vital`. */
  readonly stream?: string
  /** Which page the vitals are of. Default: the path of the URL, without query and fragment. */
  readonly page?: () => string
  /** Say what made each value what it is. Loads another 5 kB, on demand. Default: false. */
  readonly attribution?: boolean
}

/** Where the package's `schemas/` has it. */
const SCHEMA = '/rivulet/web_vital/1.0.0'

/** The schema's bound on each value of an attribution. */
const LONGEST_ATTRIBUTION = 1024

/**
 * Submits the page's Core Web Vitals, CLS, INP and LCP, and beside them FCP and TTFB, one event each, when the
 * browser has settled them: the first three mostly as the page is hidden. Schema: `/rivulet/web_vital/1.0.0`.
 */
export async function collectWebVitals(
  events: Pick<Client, 'submit'>,
  {
    stream = 'rivulet.web_vital',
    page = () => location.pathname,
    attribution = false,
  }: WebVitalsOptions = {},
): Promise<void> {
  const report = (metric: Metric | MetricWithAttribution) => {
    events.submit(stream, {
      $schema: SCHEMA,
      name: metric.name,
      value: metric.value,
      delta: metric.delta,
      rating: metric.rating,
      navigation_type: metric.navigationType,
      metric_id: metric.id,
      page: page(),
      ...('attribution' in metric && { attribution: texts(metric.attribution) }),
    })
  }
  const observers = attribution
    ? await import('web-vitals/attribution')
    : { onCLS, onFCP, onINP, onLCP, onTTFB }
  observers.onCLS(report)
  observers.onFCP(report)
  observers.onINP(report)
  observers.onLCP(report)
  observers.onTTFB(report)
}

/** The plain facts of an attribution, as texts; performance entries and nested objects stay behind. */
function texts(attribution: object): Record<string, string> {
  const facts = Object.entries(attribution).filter(
    ([, fact]) => typeof fact === 'string' || typeof fact === 'number',
  )
  return Object.fromEntries(facts.map(([name, fact]) => [name, String(fact).slice(0, LONGEST_ATTRIBUTION)]))
}
