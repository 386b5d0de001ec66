// Each function pushed runs at once if Rivulet has loaded, else as soon as it has, in this order.
const intake = new URLSearchParams(location.search).get('intake') ?? 'http://127.0.0.1:8192'
let events

window.rivulet.push(({ createClient }) => {
  events = createClient({
    intakeUrl: `${intake}/v1/events`,
    streamConfigUrl: `${intake}/v1/stream-configs`,
  })
})

submit('shop.page_view', { $schema: '/shop/page_view/1.0.0', path: location.pathname })

document.querySelector('button').addEventListener('click', () => {
  submit('shop.click', { $schema: '/shop/click/1.0.0', action: 'add_to_basket', product_id: 'mug' })
  document.querySelector('.said').textContent = 'There is one with your name on it.'
})

/** Submits as soon as Rivulet is there; the event's time is that of this call. */
function submit(stream, data) {
  const dt = new Date().toISOString()
  window.rivulet.push(() => events.submit(stream, { dt, ...data }))
}
