import { basketLines, basketTotal, emptyBasket, showBasketSize } from './basket.js'
import { events } from './events.js'
import { priceText } from './products.js'

showBasketSize()
document.querySelector('[data-total]').textContent = priceText(basketTotal())
events.submit('shop.page_view', { path: location.pathname })
// An empty basket has nothing to check out.
if (basketLines().length === 0) location.replace('/cart.html')

// The page goes at once after these two. The queue keeps them, and a beacon takes them along.
document.querySelector('[data-order]').addEventListener('submit', ({ target }) => {
  const order = newOrderId()
  target.elements.namedItem('order').value = order
  events.submit('shop.click', { action: 'buy' })
  events.submit('shop.purchase', {
    order_id: order,
    channel: 'web',
    currency: 'EUR',
    total_cents: basketTotal(),
    lines: basketLines().map(({ product, quantity }) => ({
      product_id: product.id,
      quantity,
      price_cents: product.price,
    })),
  })
  emptyBasket()
})

function newOrderId() {
  const [number] = crypto.getRandomValues(new Uint32Array(1))
  return `M-${number}`
}
