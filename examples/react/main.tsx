import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createClient } from 'rivulet'
import { schemas } from '../shop/site/generated/streams.js'
import { App } from './app.tsx'
import { RivuletProvider } from './rivulet.tsx'

// One client for the page, made once and not in a component.
const events = createClient({
  intakeUrl: '/v1/events',
  streamConfigUrl: '/v1/stream-configs',
  schemas,
})

createRoot(document.querySelector('#app')!).render(
  <StrictMode>
    <RivuletProvider value={events}>
      <App />
    </RivuletProvider>
  </StrictMode>,
)
