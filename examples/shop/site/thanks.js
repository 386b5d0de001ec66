import { showBasketSize } from './basket.js'
import { events } from './events.js'

showBasketSize()
const order = new URLSearchParams(location.search).get('order')
document.querySelector('[data-order-id]').textContent = order ?? ''
events.submit('shop.page_view', { path: location.pathname })
