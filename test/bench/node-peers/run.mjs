// One run of one SDK, in a process of its own. Given as JSON: which, with which settings, where to and how many. Prints
// its figures as JSON.
import { SDKS } from './sdks.mjs'

const { name, ...given } = JSON.parse(process.argv[2] ?? '{}')
const { start } = /** @type {import('./sdks.mjs').Sdk} */ (SDKS.find((sdk) => sdk.name === name))

/** 400 bytes of JSON. */
const data = (/** @type {number} */ position) => ({
  action: 'view',
  position: 100_000 + position,
  product_id: 'teapot-cast-iron-black-0.8l',
  category: 'kitchen/tea/teapots',
  title: 'Teapot of cast iron, black, 0.8 l and strainer',
  price_cents: 6400,
  currency: 'EUR',
  in_stock: true,
  referrer: 'https://shop.example.org/kitchen/tea?sort=price&page=2',
  page_url: 'https://shop.example.org/tea/teapot-black-0.8l',
  experiment: 'larger-pictures-b',
  language: 'en-GB',
})

const { submit, finish } = await start(given)
const begin = performance.now()
for (let position = 0; position < given.events; position++) submit(data(position))
const taken = performance.now()
await finish()
const end = performance.now()
const { user, system } = process.cpuUsage()
console.log(
  JSON.stringify({
    ms: end - begin,
    submitMs: taken - begin,
    cpuMs: (user + system) / 1000,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  }),
)
process.exit()
