import { Fragment } from 'preact'
import { useState } from 'preact/hooks'
import type { Quality } from '../contract.ts'
import { clockText, countText } from '../format.ts'
import { Empty } from '../notices.tsx'
import { Few, Scroller } from '../sections.tsx'

/** What was rejected, by reason; each opens to an example. */
export function Rejected({ rejected }: { rejected: Quality['rejected'] }) {
  const [opened, setOpened] = useState<readonly string[]>([])
  const toggle = (key: string) =>
    setOpened((last) => (last.includes(key) ? last.filter((other) => other !== key) : [...last, key]))
  const rows = [...rejected].sort((a, b) => b.count - a.count)

  return (
    <section aria-labelledby="rejected-title">
      <h2 id="rejected-title">Rejected events</h2>
      {rejected.length === 0 ? (
        <Empty>
          Nothing was rejected. An event that does not fit its schema shows here, with the reason.
        </Empty>
      ) : (
        <>
          <p class="explained quiet">
            By reason: one that is wrong in several ways counts under each. A reason opens to an event that
            was rejected for it.
          </p>
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
                            <td data-kind="number">{countText(count)}</td>
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
                                {clockText(last)}
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
        </>
      )}
    </section>
  )
}
