/** The stream of all measurements, as streams.json and schemas/ have it. */
export const STREAM = 'bench.action'

/** What a feature team would submit: 400 bytes of JSON before Rivulet adds its part. */
export const DATA = {
  action: 'add_to_basket',
  position: 0,
  element: {
    id: 'product-list-item-17-add',
    label: 'Add to basket',
    href: '/products/kitchen/teapots/teapot-stoneware-blue?from=list&sort=price',
  },
  product: {
    id: 'teapot-stoneware-blue-1200',
    name: 'Teapot, stoneware, blue glaze, 1.2 l, with strainer',
    price: 38.5,
    currency: 'EUR',
  },
  tags: ['kitchen', 'stoneware', 'blue', 'list-view', 'experiment-471-b', 'autumn'],
}
