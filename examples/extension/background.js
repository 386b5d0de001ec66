// A copy of node_modules/rivulet/dist/browser.js, or leave it to your bundler: an extension may load no code from elsewhere.
import { createClient } from './rivulet.js'

const intake = 'http://127.0.0.1:8192'

// Listeners have to be there at once, so what is told to them waits for the client, not they.
const starting = start()

chrome.action.onClicked.addListener(() => {
  submit('shop.click', { $schema: '/shop/click/1.0.0', action: 'add_to_basket', product_id: 'mug' })
})

// A page's own script could speak in a content script's place: so it says what it saw, not what is submitted.
chrome.runtime.onMessage.addListener(({ path }) => {
  submit('shop.page_view', { $schema: '/shop/page_view/1.0.0', path: String(path) })
})

async function start() {
  return createClient({
    intakeUrl: `${intake}/v1/events`,
    streamConfigUrl: `${intake}/v1/stream-configs`,
    // The browser stops this script when it has nothing to do, and it has no localStorage: ids that are to last are yours.
    ids: {
      session: await kept(chrome.storage.session, 'session', () => hex().slice(0, 20)),
      device: await kept(chrome.storage.local, 'device', () => crypto.randomUUID()),
    },
  })
}

async function submit(stream, data) {
  const dt = new Date().toISOString()
  const events = await starting
  events.submit(stream, { dt, ...data })
}

async function kept(area, name, make) {
  const { [name]: id = make() } = await area.get(name)
  await area.set({ [name]: id })
  return id
}

function hex() {
  return crypto.randomUUID().replaceAll('-', '')
}
