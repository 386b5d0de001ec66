import type { Amount, SimulatedStream, Simulation } from '../contract.ts'
import { bytesText, countText, dateText, shareText } from '../format.ts'

/** What a change would have made of the recorded events, stream by stream. */
export function Effect({ simulation }: { simulation: Simulation }) {
  const { events, from, to, streams } = simulation
  if (streams.length === 0)
    return <p class="quiet">No stream is affected by this, as far as recorded events tell.</p>
  return (
    <>
      {streams.map((stream) => (
        <EffectOnStream key={stream.stream} effect={stream} />
      ))}
      <p class="quiet small">
        {events === 0
          ? 'There are no recorded events to replay, so nothing is known of the effect.'
          : `From ${countText(events)} recorded events${from && to ? `, ${dateText(from)} to ${dateText(to)}` : ''}.`}
      </p>
    </>
  )
}

function EffectOnStream({ effect }: { effect: SimulatedStream }) {
  const { stream, now, then, shareNow, shareThen, curated, invalid, bytesNow, bytesThen, notes } = effect
  return (
    <section class="effect">
      <table>
        <caption>{stream}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">Now</th>
            <th scope="col">Then</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Events a day</th>
            <td>{amountText(now)}</td>
            <td>
              <strong>{amountText(then)}</strong>
            </td>
          </tr>
          <tr>
            <th scope="row">In the sample</th>
            <td>{shareText(shareNow)}</td>
            <td>{shareText(shareThen)}</td>
          </tr>
          <tr>
            <th scope="row">Size a day</th>
            <td>{bytesText(bytesNow)}</td>
            <td>{bytesText(bytesThen)}</td>
          </tr>
          {curated > 0 && (
            <tr>
              <th scope="row">Dropped by curation, a day</th>
              <td />
              <td>{countText(curated)}</td>
            </tr>
          )}
          {invalid > 0 && (
            <tr>
              <th scope="row">Invalid, a day</th>
              <td />
              <td>{countText(invalid)}</td>
            </tr>
          )}
        </tbody>
      </table>
      {notes.length > 0 && (
        <ul class="notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** The estimate, and the interval where there is one. */
function amountText({ perDay, low, high }: Amount): string {
  const [text, from, to] = [perDay, low, high].map(countText)
  return from === to ? text! : `${text} (${from} to ${to})`
}
