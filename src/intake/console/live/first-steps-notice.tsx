import { useEffect, useState } from 'preact/hooks'
import { clientExample, curlExample } from './first-steps.ts'

/** How to send the first event, where there has been none. */
export function FirstSteps() {
  const [command, setCommand] = useState('')
  useEffect(() => void curlExample(location.origin).then(setCommand), [])
  return (
    <section class="first-steps">
      <h2>No events yet</h2>
      <p>They show up here the moment they arrive. Send one from a terminal:</p>
      <pre id="example-curl">{command}</pre>
      <p>One that does not fit its schema is listed as rejected, with the reasons.</p>
      <p>Or point a client here:</p>
      <pre>{clientExample(location.origin)}</pre>
    </section>
  )
}
