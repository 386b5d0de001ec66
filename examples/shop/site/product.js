import { addToBasket, showBasketSize } from './basket.js'
import { events } from './events.js'
import { imageOf, priceText, productById } from './products.js'

showBasketSize()
const product = productById(new URLSearchParams(location.search).get('id'))
if (product) show(product)
else document.querySelector('[data-unknown]').hidden = false
events.submit('shop.page_view', { path: location.pathname })

function show({ id, name, price, description }) {
  const article = document.querySelector('[data-product]')
  document.title = `${name} · Millrace`
  article.querySelector('img').src = imageOf({ id })
  article.querySelector('h1').textContent = name
  article.querySelector('.price').textContent = priceText(price)
  article.querySelector('.description').textContent = description
  article.querySelector('button').addEventListener('click', () => {
    addToBasket(id)
    events.submit('shop.click', {
      action: 'add_to_basket',
      product_id: id,
    })
    article.querySelector('.said').textContent = 'It is in your basket.'
  })
  article.hidden = false
}
