// The basket, kept in localStorage so that every page has it: quantities by product id.
import { productById } from './products.js'

const KEY = 'millrace.basket'

/** What lies in the basket, one line a product. */
export function basketLines() {
  return Object.entries(quantities()).flatMap(([id, quantity]) => {
    const product = productById(id)
    return product ? [{ product, quantity }] : []
  })
}

/** How many things lie in the basket. */
export function basketSize() {
  return basketLines().reduce((size, { quantity }) => size + quantity, 0)
}

/** What they cost together, in cents. */
export function basketTotal() {
  return basketLines().reduce((total, { product, quantity }) => total + quantity * product.price, 0)
}

export function addToBasket(id) {
  const before = quantities()
  keep({ ...before, [id]: (before[id] ?? 0) + 1 })
}

export function removeFromBasket(id) {
  const { [id]: _removed, ...others } = quantities()
  keep(others)
}

export function emptyBasket() {
  keep({})
}

/** Shows the number of things in the page's header. */
export function showBasketSize() {
  document.querySelector('[data-basket-size]').textContent = basketSize()
}

function quantities() {
  return JSON.parse(localStorage.getItem(KEY) ?? '{}')
}

function keep(quantities) {
  localStorage.setItem(KEY, JSON.stringify(quantities))
  showBasketSize()
}
