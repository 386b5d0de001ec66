import { createClient } from 'rivulet'
import { createApp } from 'vue'
import { schemas } from '../shop/site/generated/streams.js'
import App from './App.vue'
import { rivulet } from './rivulet.ts'

// One client for the page, made once and not in a component.
const events = createClient({
  intakeUrl: '/v1/events',
  streamConfigUrl: '/v1/stream-configs',
  schemas,
})

createApp(App).use(rivulet, events).mount('#app')
