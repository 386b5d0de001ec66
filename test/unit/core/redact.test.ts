import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LINGER } from '../../../src/core/deliver.ts'
import type { ClientOptions, StreamSchemas } from '../../../src/core/options.ts'
import { createRedact } from '../../../src/entries/redact.ts'
import { startClient, type TestClient, wordOf } from '../../support/client.ts'

const STREAMS = {
  click: { producers: { rivulet: { provide_values: ['page_title', 'page_url', 'shop_user'] } } },
  view: {},
}
const SECRET = '7f3a9c51e0'
const redact = createRedact({
  paths: ['customer.email', 'page.title', 'shop.user.name', 'items.*.note', 'meta.note'],
  urlParameters: ['token'],
})
const DATA = {
  customer: { email: SECRET, plan: 'free' },
  items: [{ note: SECRET, sku: 'a' }],
  meta: { note: SECRET },
  link: `https://ada:${SECRET}@shop.example/?page=2&token=${SECRET}`,
}
const CONTEXT = {
  page_title: `Orders of ${SECRET}`,
  page_url: `/orders?TOKEN=${SECRET}`,
  shop_user: { name: SECRET, plan: 'free' },
}

/** All that a page has on the device. */
const stored = ({ origin }: TestClient) => JSON.stringify([[...origin.records.stored], [...origin.memo]])

const start = (options: Partial<ClientOptions> = {}, config: unknown = { streams: STREAMS }) =>
  startClient({
    options: { redact, context: CONTEXT, ...options },
    environment: { config, answers: () => ({ status: 503 }) },
  })

test('an event is stored and sent without what is redacted', async () => {
  const page = await start()

  page.client.submit('click', DATA)
  await page.pass(LINGER)

  expect(page.origin.records.events()).toHaveLength(1)
  expect(stored(page)).not.toContain(SECRET)
  expect(page.sent()).toMatchObject([
    {
      customer: { plan: 'free' },
      items: [{ sku: 'a' }],
      link: 'https://@shop.example/?page=2&token=',
      page: { url: '/orders?TOKEN=' },
      shop: { user: { plan: 'free' } },
      meta: { producer: { seq: 1 } },
    },
  ])
  expect(JSON.stringify(page.posts)).not.toContain(SECRET)
})

test('an event that waits undecided is stored without it, its context included, and decided on the next page', async () => {
  const page = await start({}, null)
  page.client.submit('click', DATA)
  await page.pass(LINGER)
  await page.turn('gone')
  expect(page.origin.records.events()).toHaveLength(1)
  expect(stored(page)).toContain('"plan\\":\\"free')
  expect(stored(page)).not.toContain(SECRET)
  page.crash()

  const next = await startClient({ environment: { origin: page.origin, config: { streams: STREAMS } } })
  await next.pass(LINGER)

  expect(next.sent()).toMatchObject([{ customer: { plan: 'free' }, page: { url: '/orders?TOKEN=' } }])
  expect(JSON.stringify(next.posts)).not.toContain(SECRET)
})

test('what beforeQueue adds is redacted, and it sees an event that is', async () => {
  const seen: string[] = []
  const page = await start({
    beforeQueue: (event) => {
      seen.push(JSON.stringify(event))
      return { ...event, customer: { email: SECRET } }
    },
  })

  page.client.submit('click', DATA)
  await page.pass(LINGER)

  expect(seen.join()).not.toContain(SECRET)
  expect(stored(page)).not.toContain(SECRET)
  expect(page.sent()).toMatchObject([{ customer: {} }])
})

test('curation, validators and the net are given what is redacted', async () => {
  const seen: string[] = []
  const see = (found: unknown) => void seen.push(JSON.stringify(found))
  const curated = { click: { producers: { rivulet: { curation: { action: { equals: 'x' } } } } } }
  const page = await start(
    {
      curate: (event) => !see(event),
      schemas: {
        click: {
          validate: (event) => {
            see(event)
            return []
          },
        },
      },
      net: (_, body) => see(body),
    },
    { streams: curated },
  )

  page.client.submit('click', DATA)
  await page.pass(LINGER)

  expect(seen.length).toBeGreaterThanOrEqual(3)
  expect(seen.join()).not.toContain(SECRET)
})

test('what a schema requires and is redacted makes the event invalid, without saying what it was', async () => {
  const validate = ({ customer }: { [field: string]: unknown }) =>
    (customer as object | undefined) && 'email' in (customer as object)
      ? []
      : [{ path: '/customer', keyword: 'required' }]
  const page = await start({ schemas: { click: { validate } } })

  page.client.submit('click', DATA)
  await page.pass(LINGER)

  expect(page.outcomes).toMatchObject([{ reason: 'invalid' }])
  expect(JSON.stringify(page.outcomes)).not.toContain(SECRET)
})

test.for([
  ['throws', () => fail()],
  ['returns nothing', () => undefined],
  ['takes out what an event is known by', (fields: object) => ({ ...fields, meta: undefined })],
] as const)('where `redact` %s, nothing is kept or sent, now or undecided', async ([, broken]) => {
  const page = await start({ redact: broken as never })
  const early = await start({ redact: broken as never }, null)

  for (const { client } of [page, early]) expect(() => client.submit('click', DATA)).not.toThrow()
  for (const { pass } of [page, early]) await pass(LINGER)
  early.serve({ streams: STREAMS })
  await early.pass(10 * 60_000)

  for (const { outcomes, posts } of [page, early]) {
    expect(outcomes).toHaveLength(1)
    expect(['unserializable', 'before-queue', 'invalid']).toContain(wordOf(outcomes[0]))
    expect(posts).toEqual([])
  }
  expect(stored(page)).not.toContain(SECRET)
})

test('what cannot be read as JSON is dropped as that', async () => {
  const page = await start()
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic

  page.client.submit('click', cyclic)
  page.client.submit('click', { price: 7n })
  await page.pass(0)

  expect(page.outcomes.map(wordOf)).toEqual(['unserializable', 'unserializable'])
})

test('the caller’s object, the context and what is read of them later stay as they are', async () => {
  const page = await start({}, null)
  const before = JSON.stringify([DATA, CONTEXT])

  page.client.submit('click', DATA)
  page.serve({ streams: STREAMS })
  await page.pass(10 * 60_000)

  expect(JSON.stringify([DATA, CONTEXT])).toBe(before)
})

describe('with `beforeQueue`, what it has not seen is not stored', () => {
  const beforeQueue: ClientOptions['beforeQueue'] = ({ meta, dt }) => ({
    meta: { ...meta, note: 'seen' },
    dt,
    seen: true,
  })

  test('while no config decides', async () => {
    const page = await start({ redact: (fields) => fields, beforeQueue }, null)
    page.client.submit('click', DATA)
    await page.pass(LINGER)
    await page.turn('hidden')
    await page.turn('visible')
    expect(stored(page)).not.toContain(SECRET)

    page.serve({ streams: STREAMS })
    await page.pass(10 * 60_000)

    expect(page.sent()[0]).toMatchObject({ seen: true })
    expect(page.origin.records.events()).toMatchObject([{ json: expect.stringContaining('"seen":true') }])
    expect(stored(page)).not.toContain(SECRET)
  })

  test('while its schema is loaded', async () => {
    let load = (_: { schemas: StreamSchemas }) => {}
    const schemas = () => new Promise<{ schemas: StreamSchemas }>((resolve) => (load = resolve))
    const page = await start({ redact: (fields) => fields, beforeQueue, schemas })
    page.client.submit('click', DATA)
    await page.pass(LINGER)
    expect(page.origin.records.events()).toEqual([])

    load({ schemas: {} })
    await page.pass(LINGER)

    expect(page.origin.records.events()).toMatchObject([{ json: expect.stringContaining('"seen":true') }])
  })

  test('while consent is pending, and when it is given', async () => {
    const page = await start({ redact: (fields) => fields, beforeQueue, consent: 'pending' })
    page.client.submit('click', DATA)
    await page.pass(LINGER)

    page.client.setConsent('granted')
    for (let ms = 0; ms < LINGER; ms += 10) {
      await page.pass(10)
      expect(stored(page)).not.toContain(SECRET)
    }

    await page.pass(LINGER)
    expect(page.sent()[0]).toMatchObject({ seen: true })
  })
})

test('whatever is submitted and whenever it is decided, nothing that is redacted is ever stored or sent', async () => {
  const value = fc.constantFrom<unknown>(...Object.values(DATA), ...Object.values(CONTEXT), 1, 'open', null)
  const placed = fc.dictionary(fc.constantFrom('customer', 'items', 'page', 'shop'), value)
  const step = fc.constantFrom('submit', 'serve', 'pass', 'hide', 'leave', 'grant', 'load')
  // What stands elsewhere than at a path is not meant by it.
  const inUrls = createRedact({
    paths: ['customer', 'items', 'page', 'shop', 'meta.note'],
    urlParameters: ['token'],
  })

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ step, data: placed }), { minLength: 3, maxLength: 12 }),
      fc.constantFrom<ClientOptions['consent']>('granted', 'pending'),
      fc.boolean(),
      async (story, consent, isLazy) => {
        let load = () => {}
        const schemas = () =>
          new Promise<{ schemas: StreamSchemas }>((resolve) => {
            load = () => resolve({ schemas: {} })
          })
        const page = await start(
          {
            redact: inUrls,
            context: CONTEXT,
            ...(consent ? { consent } : {}),
            ...(isLazy ? { schemas } : {}),
          },
          null,
        )
        for (const { step, data } of story) {
          if (step === 'submit')
            page.client.submit('click', { ...data, link: DATA.link, customer: DATA.customer })
          if (step === 'serve') page.serve({ streams: STREAMS })
          if (step === 'hide') await page.turn('hidden')
          if (step === 'leave') await page.turn('gone')
          if (step === 'grant') page.client.setConsent('granted')
          if (step === 'load') load()
          await page.pass(step === 'pass' ? 5 * 60_000 : 20)
          expect(stored(page)).not.toContain(SECRET)
        }
        expect(JSON.stringify(page.posts)).not.toContain(SECRET)
      },
    ),
    { numRuns: 200 },
  )
})

function fail(): never {
  throw new Error('a mistake of the host')
}
