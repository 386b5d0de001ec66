import { basketLines, basketTotal, removeFromBasket, showBasketSize } from './basket.js'
import { events } from './events.js'
import { imageOf, priceText } from './products.js'

const template = document.querySelector('#basket-line').content

document.querySelector('[data-check-out]').addEventListener('click', () => {
  events.submit('shop.click', { action: 'check_out' })
})
show()
events.submit('shop.page_view', { path: location.pathname })

function show() {
  const lines = basketLines()
  showBasketSize()
  document.querySelector('[data-empty]').hidden = lines.length > 0
  document.querySelector('[data-filled]').hidden = lines.length === 0
  document.querySelector('[data-lines]').replaceChildren(...lines.map(line))
  document.querySelector('[data-total]').textContent = priceText(basketTotal())
}

function line({ product, quantity }) {
  const item = template.firstElementChild.cloneNode(true)
  item.querySelector('img').src = imageOf(product)
  item.querySelector('.line-name').textContent = quantity > 1 ? `${product.name} × ${quantity}` : product.name
  item.querySelector('.line-price').textContent = priceText(product.price * quantity)
  const remove = item.querySelector('button')
  remove.setAttribute('aria-label', `Remove ${product.name}`)
  remove.addEventListener('click', () => {
    removeFromBasket(product.id)
    events.submit('shop.click', {
      action: 'remove_from_basket',
      product_id: product.id,
    })
    show()
  })
  return item
}
