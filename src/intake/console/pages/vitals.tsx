import { useState } from 'preact/hooks'
import type { Vitals } from '../contract.ts'
import { countText } from '../format.ts'
import { Empty, Failure, Loading } from '../notices.tsx'
import { useResource } from '../resource.ts'
import { Few, Scroller } from '../sections.tsx'
import { ShareBar } from '../vitals/share-bar.tsx'
import { METRICS, RATINGS, type SortBy, shownPages, vitalText } from '../vitals/rows.ts'

const EVERY = 60_000

/** More are not looked back on. */
const DAYS = [1, 7, 28]

const COLLECT = `import { collectWebVitals } from 'rivulet/collectors/web-vitals'

collectWebVitals(events)`

const STREAM_CONFIG = `"rivulet.web_vital": { "schema_title": "rivulet/web_vital" }`

/** How fast the pages were for those who visited them: the Core Web Vitals at the 75th percentile. */
export function VitalsPage() {
  const [days, setDays] = useState(7)
  const [filter, setFilter] = useState('')
  const [sortBy, setSortBy] = useState<SortBy>('count')
  const { data, failure, reload } = useResource<Vitals>(`/api/vitals?days=${days}`, { every: EVERY })

  return (
    <div class="analysis">
      <div class="choices">
        <label class="labelled">
          Time
          <select value={days} onChange={({ currentTarget }) => setDays(Number(currentTarget.value))}>
            {DAYS.map((count) => (
              <option key={count} value={count}>
                {count === 1 ? 'Today' : `Last ${count} days`}
              </option>
            ))}
          </select>
        </label>
        <label class="labelled">
          Page contains
          <input
            type="search"
            value={filter}
            spellcheck={false}
            onInput={({ currentTarget }) => setFilter(currentTarget.value)}
          />
        </label>
        <label class="labelled">
          Order
          <select value={sortBy} onChange={({ currentTarget }) => setSortBy(currentTarget.value as SortBy)}>
            <option value="count">Most measured first</option>
            {METRICS.map(({ name }) => (
              <option key={name} value={name}>
                Worst {name} first
              </option>
            ))}
          </select>
        </label>
      </div>
      {failure && <Failure refusal={failure} onRetry={reload} />}
      {data ? (
        <Pages vitals={data} filter={filter} sortBy={sortBy} days={days} />
      ) : (
        !failure && <Loading what="vitals" />
      )}
    </div>
  )
}

function Pages(props: { vitals: Vitals; filter: string; sortBy: SortBy; days: number }) {
  const { vitals, filter, sortBy, days } = props
  if (vitals.pages.length === 0) return <NothingCollected days={days} />

  const pages = shownPages(vitals.pages, { filter, sortBy })
  return (
    <>
      <Thresholds />
      <p class="quiet" role="status">
        {pages.length === 0
          ? `None of the ${countText(vitals.pages.length)} pages contains “${filter}”.`
          : `${countText(pages.length)} of ${countText(vitals.pages.length)} pages`}
      </p>
      {pages.length > 0 && (
        <Few rows={pages} what="pages">
          {(some) => (
            <Scroller label="Vitals by page">
              <table class="data vitals">
                <caption class="for-screen-readers">Core Web Vitals by page at the 75th percentile</caption>
                <thead>
                  <tr>
                    <th scope="col">Page</th>
                    {METRICS.map(({ name, title }) => (
                      <th key={name} scope="col">
                        <abbr title={title}>{name}</abbr> <span class="type">p75</span>
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {some.map(({ page, metrics }) => (
                    <tr key={page}>
                      <th scope="row" class="page-name">
                        {page}
                      </th>
                      {METRICS.map(({ name }) => (
                        <td key={name}>
                          <Metric metric={metrics.find((metric) => metric.name === name)} />
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroller>
          )}
        </Few>
      )}
    </>
  )
}

function Metric({ metric }: { metric: Vitals['pages'][number]['metrics'][number] | undefined }) {
  if (!metric) return <span class="quiet">not measured</span>
  return (
    <div class="vital">
      <p>
        <strong>{vitalText(metric.name, metric.p75)}</strong>{' '}
        <span class="rating" data-rating={metric.rating}>
          {RATINGS[metric.rating]}
        </span>
      </p>
      <ShareBar
        parts={[
          { name: 'good', share: metric.good },
          { name: 'needs-improvement', share: metric.needsImprovement },
          { name: 'poor', share: metric.poor },
        ]}
      />
      <p class="quiet">{countText(metric.count)} measured</p>
    </div>
  )
}

function Thresholds() {
  return (
    <dl class="thresholds quiet">
      {METRICS.map(({ name, title, good, poor }) => (
        <div key={name}>
          <dt>{title}</dt>
          <dd>
            good up to {vitalText(name, good)}, poor above {vitalText(name, poor)}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function NothingCollected({ days }: { days: number }) {
  return (
    <Empty>
      <div class="steps">
        <p>
          No vitals {days === 1 ? 'today' : `in the last ${days} days`}. To collect them, start the collector
          where the page makes its client:
        </p>
        <pre class="snippet">{COLLECT}</pre>
        <p>and configure its stream:</p>
        <pre class="snippet">{STREAM_CONFIG}</pre>
        <p>A page’s vitals are sent when its visitor leaves it.</p>
      </div>
    </Empty>
  )
}
