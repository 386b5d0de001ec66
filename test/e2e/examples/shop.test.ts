import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { check } from '../../../examples/shop/check.mjs'
import { storedEvents } from '../../../examples/shop/stored.mjs'
import { EXAMPLES, serveExamples, startShopIntake, temporaryFolder } from './examples.ts'

const streamsFile = join(EXAMPLES, 'shop/streams.json')

test('what is stored carries the context and the sampling that the stream config asks for', async () => {
  const { url, data } = await startShopIntake()
  const shop = await serveExamples(url)

  const { wrong } = await check({ shop, data, streams: [] })

  expect(wrong).toEqual([])
  const events = await storedEvents(data)
  const stored = (stream: string) => events.filter(({ meta }) => meta.stream === stream)
  expect(stored('shop.page_view')).toContainEqual(
    expect.objectContaining({
      path: '/product.html',
      page: { title: 'Teapot · Millrace' },
      agent: { client_platform_family: 'mobile_browser' },
      performer: {
        session_id: expect.stringMatching(/^[0-9a-f]{20}$/),
        pageview_id: expect.stringMatching(/^[0-9a-f]{20}$/),
      },
    }),
  )
  expect(stored('shop.click')).toContainEqual(
    expect.objectContaining({ action: 'remove_from_basket', product_id: 'mug', basket: { size: 1 } }),
  )
  for (const { meta } of stored('shop.impression'))
    expect(meta.producer).toMatchObject({ unit: 'session', rate: 0.5 })
})

test('an event that the intake lacks is missed by the check', async () => {
  const { streams, ...config } = JSON.parse(await readFile(streamsFile, 'utf8'))
  const { 'shop.purchase': _forgotten, ...others } = streams
  const file = join(await temporaryFolder(), 'streams.json')
  await writeFile(file, JSON.stringify({ ...config, streams: others }))
  const { url, data } = await startShopIntake({ streams: file })
  const shop = await serveExamples(url)

  const { stored, wrong } = await check({ shop, data, streams: ['shop.purchase'], within: 1000 })

  expect(stored).toEqual(['shop.purchase 0 stored'])
  expect(wrong).toContainEqual(expect.stringMatching(/^shop\.purchase: (\d+) of \1 missing$/))
})

test('an event that the intake rejects fails the check, with the reason', async () => {
  const folder = await temporaryFolder()
  const schema = JSON.parse(await readFile(join(EXAMPLES, 'shop/schemas/shop/click/1.0.0.json'), 'utf8'))
  schema.properties.action.enum = schema.properties.action.enum.filter((action: string) => action !== 'buy')
  await mkdir(join(folder, 'shop/click'), { recursive: true })
  await writeFile(join(folder, 'shop/click/1.0.0.json'), JSON.stringify(schema))
  const { url, data } = await startShopIntake({ schemas: [folder] })
  const shop = await serveExamples(url)

  const { wrong } = await check({ shop, data, streams: [], within: 5000 })

  expect(wrong).toContainEqual(expect.stringMatching(/rejected.*shop\.click.*action.*buy/))
})

test('the pages live under a policy that allows the shop itself and the intake, and nothing else', async () => {
  const shop = await serveExamples('http://127.0.0.1:9')

  const { headers } = await fetch(`${shop}/checkout.html`)

  const policy = headers.get('content-security-policy')?.split('; ')
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).toContain('connect-src http://127.0.0.1:9')
  expect(policy).toContain("require-trusted-types-for 'script'")
})

test.each([
  '/../demo.mjs',
  '/%2e%2e/demo.mjs',
  '/..%2fdemo.mjs',
  '/..%5cdemo.mjs',
  '/images/../../demo.mjs',
  '/rivulet/../../package.json',
  '/rivulet/%2e%2e/%2e%2e/package.json',
  '/%00/index.html',
  '/%',
])('no path leads out of the folders that are served: %s', async (path) => {
  const shop = await serveExamples('http://127.0.0.1:9')

  expect(await statusOf(shop, path)).toBe(400)
})

test.each(['/images', '/none.html', '/rivulet', '/rivulet/none.js', '/constructor'])(
  'what is not there is not found: %s',
  async (path) => {
    const shop = await serveExamples('http://127.0.0.1:9')

    expect(await statusOf(shop, path)).toBe(404)
  },
)

/** As the path stands: `fetch` would tidy it first. */
function statusOf(server: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(server)
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.on('error', reject)
    asked.end()
  })
}
