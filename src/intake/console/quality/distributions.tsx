import type { Distribution } from '../contract.ts'
import { countText, durationText } from '../format.ts'
import { Empty } from '../notices.tsx'
import { Scroller } from '../sections.tsx'
import { RangeBar } from './range-bar.tsx'
import { scaleOf } from './rows.ts'

/** Percentiles of a duration by stream, as numbers and as ranges on one scale. */
export function Distributions(props: {
  title: string
  what: string
  none: string
  rows: readonly Distribution[]
}) {
  const { title, what, none, rows } = props
  const id = `${title.toLowerCase().replace(' ', '-')}-title`
  const scale = scaleOf(rows)
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {rows.length === 0 ? (
        <Empty>{none}</Empty>
      ) : (
        <>
          <p class="explained quiet">{what}</p>
          <Scroller label={`${title} by stream`}>
            <table class="data">
              <caption class="for-screen-readers">{title} by stream, in percentiles</caption>
              <thead>
                <tr>
                  <th scope="col">Stream</th>
                  <th scope="col" data-kind="number">
                    Events
                  </th>
                  <th scope="col">p5 to p95</th>
                  {['p5', 'p50', 'p95', 'p99'].map((name) => (
                    <th key={name} scope="col" data-kind="number">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.stream}>
                    <th scope="row">{row.stream}</th>
                    <td data-kind="number">{countText(row.count)}</td>
                    <td>
                      <RangeBar
                        from={scale(row.p5)}
                        middle={scale(row.p50)}
                        to={scale(row.p95)}
                        zero={scale(0)}
                      />
                    </td>
                    {[row.p5, row.p50, row.p95, row.p99].map((ms, column) => (
                      <td key={column} data-kind="number">
                        {durationText(ms)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroller>
        </>
      )}
    </section>
  )
}
