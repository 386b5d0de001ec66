import { Fragment } from 'preact'
import { useState } from 'preact/hooks'
import type { Distribution, Quality, Streams } from '../contract.ts'
import { duration, inFull, localTime } from '../figures.ts'
import { Empty, Failure, Loading } from '../notices.tsx'
import { RangeBar } from '../range-bar.tsx'
import { useResource } from '../resource.ts'
import { Few, Scroller } from '../sections.tsx'
import { hurtsMost, lossShare, ofStream, scaleOf, streamsIn } from '../quality-rows.ts'

const EVERY = 30_000

const LEDGER = 'rivulet.ledger'

const LEDGER_CONFIG = `"rivulet.ledger": { "schema_title": "rivulet/ledger" }`

/** What is wrong with the events: which are refused, which are missing, and how late and how true their times are. */
export function QualityPage() {
  const { data, failure, reload } = useResource<Quality>('/api/quality', { every: EVERY })
  const [stream, setStream] = useState('')
  if (!data) {
    return failure ? <Failure refusal={failure} onRetry={reload} /> : <Loading what="quality" rows={8} />
  }

  const streams = streamsIn(data)
  const shown = streams.includes(stream) ? ofStream(data, stream) : data
  return (
    <div class="analysis">
      {failure && <Failure refusal={failure} onRetry={reload} />}
      <div class="choices">
        <label class="labelled">
          Stream
          <select value={stream} onChange={({ currentTarget }) => setStream(currentTarget.value)}>
            <option value="">All streams</option>
            {streams.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <p class="refreshing quiet">Read again each half minute, while this page shows.</p>
      </div>
      <Rejected rejected={shown.rejected} />
      <Losses loss={shown.loss} />
      <Distributions
        title="Delay"
        what="From the event to its receipt: dt to meta.dt. Events that wait for a connection come late."
        none="No delays yet. They show once events with a dt have arrived."
        rows={shown.delay}
      />
      <Distributions
        title="Clock skew"
        what="How far the clocks of devices are off from the intake’s. Above zero: the device is behind."
        none="No skew yet. It shows once clients that say when they send, as Rivulet’s do, have sent events."
        rows={shown.skew}
      />
    </div>
  )
}

function Rejected({ rejected }: { rejected: Quality['rejected'] }) {
  const [opened, setOpened] = useState<readonly string[]>([])
  const toggle = (key: string) =>
    setOpened((last) => (last.includes(key) ? last.filter((other) => other !== key) : [...last, key]))
  const total = rejected.reduce((sum, { count }) => sum + count, 0)
  const rows = [...rejected].sort((a, b) => b.count - a.count)

  return (
    <section aria-labelledby="rejected-title">
      <h2 id="rejected-title">
        Rejected events {total > 0 && <span class="total quiet">{inFull(total)}</span>}
      </h2>
      {rejected.length === 0 ? (
        <Empty>
          Nothing was rejected. An event that does not fit its schema shows here, with the reason.
        </Empty>
      ) : (
        <Few rows={rows} what="reasons">
          {(some) => (
            <Scroller label="Rejected events by reason">
              <table class="data rejections">
                <caption class="for-screen-readers">Rejected events by reason, stream and schema</caption>
                <thead>
                  <tr>
                    <th scope="col" data-kind="number">
                      Events
                    </th>
                    <th scope="col">Reason</th>
                    <th scope="col">Stream</th>
                    <th scope="col">Schema</th>
                    <th scope="col">Last</th>
                  </tr>
                </thead>
                <tbody>
                  {some.map(({ stream, schema, reason, count, last, example }, index) => {
                    const key = JSON.stringify([stream, schema, reason])
                    const isOpen = opened.includes(key)
                    return (
                      <Fragment key={key}>
                        <tr>
                          <td data-kind="number">{inFull(count)}</td>
                          <th scope="row" class="reason-text">
                            <button
                              type="button"
                              class="expander"
                              aria-expanded={isOpen}
                              aria-controls={isOpen ? `example-${index}` : undefined}
                              title="Show an example"
                              onClick={() => toggle(key)}
                            >
                              {reason}
                            </button>
                          </th>
                          <td>{stream ?? <span class="quiet">none named</span>}</td>
                          <td>{schema ?? <span class="quiet">none named</span>}</td>
                          <td>
                            <time dateTime={last} title={last}>
                              {localTime(last)}
                            </time>
                          </td>
                        </tr>
                        {isOpen && (
                          <tr id={`example-${index}`}>
                            <td colSpan={5} class="example">
                              <pre>{JSON.stringify(example, null, 2)}</pre>
                            </td>
                          </tr>
                        )}
                      </Fragment>
                    )
                  })}
                </tbody>
              </table>
            </Scroller>
          )}
        </Few>
      )}
    </section>
  )
}

function Losses({ loss }: { loss: Quality['loss'] }) {
  return (
    <section aria-labelledby="loss-title">
      <h2 id="loss-title">Loss</h2>
      <NoLedger />
      {loss.length === 0 ? (
        <Empty>
          No events to count yet. What browsers submitted and what arrived shows here, side by side.
        </Empty>
      ) : (
        <>
          <p class="explained quiet">
            Missing: numbered, and neither stored nor dropped for a reason that an account tells. Unknown: may
            still be in a browser’s queue. What is missing most comes first.
          </p>
          <Few rows={[...loss].sort(hurtsMost)} what="rows">
            {(some) => (
              <Scroller label="Loss by stream, browser and SDK">
                <table class="data">
                  <caption class="for-screen-readers">Loss by stream, browser and SDK</caption>
                  <thead>
                    <tr>
                      <th scope="col">Stream</th>
                      <th scope="col">Browser</th>
                      <th scope="col">SDK</th>
                      {['Missing', 'Share', 'Submitted', 'Delivered', 'Unknown', 'Duplicates removed'].map(
                        (name) => (
                          <th key={name} scope="col" data-kind="number">
                            {name}
                          </th>
                        ),
                      )}
                    </tr>
                  </thead>
                  <tbody>
                    {some.map((row) => (
                      <tr key={JSON.stringify([row.stream, row.browser, row.sdk])}>
                        <th scope="row">{row.stream}</th>
                        <td>{row.browser ?? <span class="quiet">not said</span>}</td>
                        <td>{row.sdk ?? <span class="quiet">not said</span>}</td>
                        <td data-kind="number" class={row.missing > 0 ? 'hurts' : ''}>
                          {inFull(row.missing)}
                        </td>
                        <td data-kind="number" class={row.missing > 0 ? 'hurts' : ''}>
                          {lossShare(row)}
                        </td>
                        {[row.submitted, row.delivered, row.unknown, row.duplicates].map((count, column) => (
                          <td key={column} data-kind="number">
                            {inFull(count)}
                          </td>
                        ))}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Scroller>
            )}
          </Few>
        </>
      )}
    </section>
  )
}

/** Without the clients' accounts, only gaps between stored events show. */
function NoLedger() {
  const { data } = useResource<Streams>('/api/streams')
  if (!data || data.streams.some(({ stream }) => stream === LEDGER)) return null
  return (
    <div class="notice advice">
      <p>
        Clients tell what they have submitted and lost in events of the stream {LEDGER}, which is not
        configured: losses at the end of a visit do not show. Add it to the streams in {data.file}:
      </p>
      <pre class="snippet">{LEDGER_CONFIG}</pre>
    </div>
  )
}

function Distributions(props: { title: string; what: string; none: string; rows: readonly Distribution[] }) {
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
                  <th scope="col">From 5 to 95 in 100</th>
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
                    <td data-kind="number">{inFull(row.count)}</td>
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
                        {duration(ms)}
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
