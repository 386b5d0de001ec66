/** What the shop has, with prices in cents. */
export const products = [
  {
    id: 'teapot',
    name: 'Teapot',
    price: 6400,
    note: 'Pours without a drip',
    description:
      'Holds four cups. The lid stays on when you pour, and the spout does not drip: we tried every one.',
  },
  {
    id: 'mug',
    name: 'Mug',
    price: 1800,
    note: 'A handful of warmth',
    description: 'Thick walls, a wide handle, and a rim that is kind to the lip. Goes into the dishwasher.',
  },
  {
    id: 'bowl',
    name: 'Bowl',
    price: 2400,
    note: 'Soup, fruit or keys',
    description: 'The shape we make most. White outside, sage inside, with a line of blue where they meet.',
  },
  {
    id: 'jug',
    name: 'Jug',
    price: 3900,
    note: 'For milk or cut flowers',
    description: 'Just over a litre. The glaze runs from lavender to slate, and never the same way twice.',
  },
  {
    id: 'plate',
    name: 'Plate',
    price: 2200,
    note: 'With a leaf from the weir',
    description: 'A dinner plate with a low rim. The leaf is pressed in by hand before the first firing.',
  },
  {
    id: 'vase',
    name: 'Vase',
    price: 4600,
    note: 'Three stems are enough',
    description: 'A narrow neck keeps a few stems upright. Glazed inside, so that it holds water for good.',
  },
]

/** The product of this id; undefined where the shop has none. */
export function productById(id) {
  return products.find((product) => product.id === id)
}

export function imageOf({ id }) {
  return `/images/${id}.svg`
}

/** Cents as people read them: `€ 18.00`. */
export function priceText(cents) {
  return `€ ${(cents / 100).toFixed(2)}`
}
