// The shop's instrumentation: one client for all pages. A page imports `events` and submits where things happen.
import { createClient } from '/rivulet/browser.js'
import { collectWebVitals } from '/rivulet/collectors/web-vitals.js'
import { basketSize } from './basket.js'
import { intake } from './config.js'
// What `rivulet generate` has written of the schemas: an event that breaks its own ends here.
import { schemas } from './generated/streams.js'

export const events = createClient({
  intakeUrl: `${intake}/v1/events`,
  streamConfigUrl: `${intake}/v1/stream-configs`,
  schemas,
  // A value of the shop's own: streams.json says which stream gets it.
  context: () => ({ basket_size: basketSize() }),
})

collectWebVitals(events, { stream: 'rivulet.web_vital' })
