import { useState } from 'preact/hooks'
import type { Quality } from '../contract.ts'
import { Failure, Loading } from '../notices.tsx'
import { Distributions } from '../quality/distributions.tsx'
import { Losses } from '../quality/losses.tsx'
import { Rejected } from '../quality/rejected.tsx'
import { ofStream, streamsIn } from '../quality/rows.ts'
import { useResource } from '../resource.ts'

const EVERY = 30_000

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
        what="How far the intake’s clock is ahead of the device’s when a request arrives, its way included. Much above zero: the device’s is behind. Below: ahead."
        none="No skew yet. It shows once clients that say when they send, as Rivulet’s do, have sent events."
        rows={shown.skew}
      />
    </div>
  )
}
