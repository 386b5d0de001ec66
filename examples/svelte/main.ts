import { createClient } from 'rivulet'
import { mount } from 'svelte'
import { schemas } from '../shop/site/generated/streams.js'
import App from './App.svelte'

// One client for the page, made once and not in a component.
const events = createClient({
  intakeUrl: '/v1/events',
  streamConfigUrl: '/v1/stream-configs',
  schemas,
})

mount(App, { target: document.querySelector('#app')!, props: { events } })
