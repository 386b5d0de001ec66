import { addToBasket, showBasketSize } from './basket.js'
import { events } from './events.js'
import { imageOf, priceText, products } from './products.js'

showBasketSize()
const template = document.querySelector('#product-card').content
document.querySelector('[data-products]').append(...products.map(card))
events.submit('shop.page_view', { path: location.pathname })

function card(product, index) {
  const item = template.firstElementChild.cloneNode(true)
  const link = item.querySelector('a')
  link.href = `/product.html?id=${product.id}`
  link.addEventListener('click', () => click('open_product', product))
  item.querySelector('img').src = imageOf(product)
  item.querySelector('h2').textContent = product.name
  item.querySelector('.note').textContent = product.note
  item.querySelector('.price').textContent = priceText(product.price)
  item.querySelector('button').addEventListener('click', () => {
    addToBasket(product.id)
    click('add_to_basket', product)
  })
  onceSeen(item, () => {
    events.submit('shop.impression', {
      product_id: product.id,
      position: index + 1,
    })
  })
  return item
}

function click(action, { id }) {
  events.submit('shop.click', { action, product_id: id })
}

/** Calls back once, when half of the element has come into view. */
function onceSeen(element, onSeen) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return
      observer.disconnect()
      onSeen()
    },
    { threshold: 0.5 },
  )
  observer.observe(element)
}
