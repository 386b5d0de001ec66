import type { Quality, Streams } from '../contract.ts'
import { countText, shareText } from '../format.ts'
import { Empty } from '../notices.tsx'
import { useResource } from '../resource.ts'
import { Few, Scroller } from '../sections.tsx'
import { hurtsMost, isOfEvents, lossShare } from './rows.ts'

const LEDGER = 'rivulet.ledger'

const LEDGER_CONFIG = `"rivulet.ledger": { "schema_title": "rivulet/ledger" }`

/** What clients submitted and what arrived, what is missing most first. */
export function Losses({ loss }: { loss: Quality['loss'] }) {
  const rows = loss.filter(isOfEvents).sort(hurtsMost)
  return (
    <section aria-labelledby="loss-title">
      <h2 id="loss-title">Loss</h2>
      <NoLedger />
      {rows.length === 0 ? (
        <Empty>
          No events to count yet. What browsers submitted and what arrived shows here, side by side.
        </Empty>
      ) : (
        <>
          <p class="explained quiet">
            Missing: numbered, and neither stored nor dropped for a reason that an account tells. Unknown: may
            still be in a browser’s queue. What is missing most comes first.
          </p>
          <Few rows={rows} what="rows">
            {(some) => (
              <Scroller label="Loss by stream, browser and SDK">
                <table class="data">
                  <caption class="for-screen-readers">Loss by stream, browser and SDK</caption>
                  <thead>
                    <tr>
                      <th scope="col">Stream</th>
                      <Heads names={['Missing', 'Share']} />
                      <th scope="col">Browser</th>
                      <th scope="col">SDK</th>
                      <Heads names={['Submitted', 'Delivered', 'Unknown', 'Duplicates removed']} />
                    </tr>
                  </thead>
                  <tbody>
                    {some.map((row) => (
                      <tr key={JSON.stringify([row.stream, row.browser, row.sdk])}>
                        <th scope="row">{row.stream}</th>
                        <td data-kind="number" class={row.missing > 0 ? 'hurts' : ''}>
                          {countText(row.missing)}
                        </td>
                        <td data-kind="number" class={row.missing > 0 ? 'hurts' : ''}>
                          {shareText(lossShare(row))}
                        </td>
                        <td>{row.browser ?? <span class="quiet">not said</span>}</td>
                        <td>{row.sdk ?? <span class="quiet">not said</span>}</td>
                        {[row.submitted, row.delivered, row.unknown, row.duplicates].map((count, column) => (
                          <td key={column} data-kind="number">
                            {countText(count)}
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

function Heads({ names }: { names: readonly string[] }) {
  return (
    <>
      {names.map((name) => (
        <th key={name} scope="col" data-kind="number">
          {name}
        </th>
      ))}
    </>
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
