import { basketLines, basketTotal, emptyBasket, showBasketSize } from './basket.js'
import { events } from './events.js'
import { priceText } from './products.js'

showBasketSize()
document.querySelector('[data-total]').textContent = priceText(basketTotal())
events.submit('shop.page_view', { $schema: '/shop/page_view/1.0.0', path: location.pathname })
// An empty basket has nothing to check out.
if (basketLines().length === 0) location.replace('/cart.html')

// The page goes at once after these two. The queue keeps them, and a beacon takes them along.
document.querySelector('[data-order]').addEventListener('submit', ({ target }) => {
  const order = newOrderId()
  target.elements.namedItem('order').value = order
  events.submit('shop.click', { $schema: '/shop/click/1.0.0', action: 'buy' })
  events.submit('shop.purchase', {
    $schema: '/shop/purchase/1.0.0',
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
