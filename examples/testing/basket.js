// What is tested here: a part of a shop that submits what its visitors do.

/**
 * @param {import('rivulet').Client<import('./generated/streams.js').Schemas>} events
 */
export function createBasket(events) {
  /** @type {string[]} */
  const products = []

  return {
    size: () => products.length,
    /** @param {string} product */
    add: (product) => {
      products.push(product)
      events.submit('shop.click', { action: 'add_to_basket', product_id: product })
    },
    /** @param {string} order */
    buy: (order) => {
      if (!products.length) return
      events.submit('shop.purchase', {
        order_id: order,
        channel: 'web',
        currency: 'EUR',
        total_cents: products.length * 1200,
        lines: products.map((product) => ({ product_id: product, quantity: 1, price_cents: 1200 })),
      })
      products.length = 0
    },
  }
}
