// The shop's instrumentation: one client for all pages. A page imports `events` and submits where things happen.
import { createClient } from '/rivulet/browser.js'
import { createConfigPush } from '/rivulet/config-push.js'
import { curate } from '/rivulet/curation.js'
import { createDebugSwitch } from '/rivulet/debug.js'
import { collectWebVitals } from '/rivulet/collectors/web-vitals.js'
import { basketSize } from './basket.js'
import { intake } from './config.js'
// What `rivulet generate` has written of the schemas: an event that breaks its own ends here.
import { schemas } from './generated/streams.js'

export const events = createClient({
  intakeUrl: `${intake}/v1/events`,
  streamConfigUrl: `${intake}/v1/stream-configs`,
  // What an analyst changes in the console is in force here at once.
  configPush: createConfigPush(`${intake}/v1/stream-configs/live`),
  curate,
  // With ?rivulet_debug=* in the address, all streams go, marked so that they count nowhere, and an overlay shows what
  // becomes of them; with ?rivulet_debug= the overlay alone.
  debug: createDebugSwitch(),
  schemas,
  // A value of the shop's own: streams.json says which stream gets it.
  context: () => ({ basket_size: basketSize() }),
})

collectWebVitals(events, { stream: 'rivulet.web_vital' })
