import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CLICK_SCHEMA, click, shopFolder, startShopIntake } from './temp-intake.ts'
import { write } from '../../support/folder.ts'

test.each([
  '/schemas/shop/click/1.0.0',
  '/schemas/shop/click/1.0.0.json',
  '/schemas/shop/click/1.0.0.yaml',
  '/schemas/shop/click/latest',
])('GET %s is the schema as JSON', async (path) => {
  const { url } = await startShopIntake()

  const response = await fetch(url + path)

  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual(CLICK_SCHEMA)
})

test("the schemas of Rivulet's own events are always there", async () => {
  const { url } = await startShopIntake()

  const response = await fetch(`${url}/schemas/rivulet/web_vital/1.0.0`)

  expect(await response.json()).toMatchObject({ title: 'rivulet/web_vital' })
})

test.each([
  '/schemas/shop/click/2.0.0',
  '/schemas/shop',
  '/schemas/',
  '/schemas/..%2fstreams.json',
  '/schemas/%2e%2e/%2e%2e/etc/passwd/1.0.0',
])('GET %s is answered with 404, in JSON', async (path) => {
  const { url } = await startShopIntake()

  const response = await fetch(url + path)

  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ status: 404 })
})

test('a schema that is added while the intake runs is found by the next event', async () => {
  const shop = await shopFolder()
  const { post } = await startShopIntake(shop)
  const event = click('a', { $schema: '/shop/click/1.1.0' })

  const before = await post(event)
  await write(join(shop.schemas[0]!, 'shop/click/1.1.0.yaml'), { ...CLICK_SCHEMA, $id: '/shop/click/1.1.0' })
  const after = await post(event)

  expect([before.status, after.status]).toEqual([500, 201])
})

test.each([
  ['/no/such/1.0.0#', /^Failed loading schema at \/shop\/click\/1\.2\.0: .*"\$ref" points to \/no\/such/],
  ['#/definitions/none', /^Failed loading schema at \/shop\/click\/1\.2\.0: .*definitions\/none/],
])('a schema with a $ref to %s is an error of its events, until it is corrected', async ($ref, message) => {
  const shop = await shopFolder()
  const { post } = await startShopIntake(shop)
  const file = join(shop.schemas[0]!, 'shop/click/1.2.0.json')
  const event = click('a', { $schema: '/shop/click/1.2.0' })

  await write(file, { ...CLICK_SCHEMA, properties: { action: { $ref } } })
  const broken = await post(event)
  await write(file, CLICK_SCHEMA)
  const corrected = await post(event)

  expect(broken.status).toBe(500)
  expect(broken.json().error![0]!.context.message).toMatch(message)
  expect(corrected.status).toBe(201)
})

test('a $ref is followed into other folders, and its rules hold', async () => {
  const shop = await shopFolder()
  const common = join(shop.folder, 'common')
  await write(
    join(common, 'fragment/amount/1.0.0.yaml'),
    'properties:\n  amount: {type: integer, minimum: 1}\n',
  )
  await write(join(shop.schemas[0]!, 'shop/click/1.3.0.json'), {
    $schema: 'https://json-schema.org/draft-07/schema#',
    title: 'shop/click',
    allOf: [{ $ref: '/fragment/amount/1.0.0#' }],
    properties: { total: { $ref: '/fragment/amount/1.0.0#/properties/amount' } },
  })
  const { post } = await startShopIntake({ ...shop, schemas: [...shop.schemas, common] })
  const event = (fields: object) => click(undefined, { $schema: '/shop/click/1.3.0', ...fields })

  const valid = await post(event({ amount: 1, total: 2 }))
  const invalid = await post([event({ amount: 0 }), event({ total: 0 })])

  expect(valid.status).toBe(201)
  expect(invalid.json().invalid!.map(({ context }) => context.errorsText)).toEqual([
    "'.amount' should be >= 1",
    "'.total' should be >= 1",
  ])
})

test('a schema that is only a current.yaml stands for the version in its $id', async () => {
  const shop = await shopFolder()
  await rm(join(shop.schemas[0]!, 'shop/click'), { recursive: true })
  await write(join(shop.schemas[0]!, 'shop/click/current.yaml'), CLICK_SCHEMA)
  const { post } = await startShopIntake(shop)

  const answer = await post([
    click('a'),
    click('b', { $schema: '/shop/click/latest' }),
    click('c', { $schema: '/shop/click/1.0.1' }),
  ])

  expect(answer.status).toBe(207)
  expect(answer.json().error!.map(({ event }) => event.meta.id)).toEqual(['c'])
})

test('a current.yaml that takes its fields from others is an error of its events, until it is materialized', async () => {
  const shop = await shopFolder()
  const folder = join(shop.schemas[0]!, 'shop/click')
  await rm(folder, { recursive: true })
  await write(join(folder, '1.0.0.json'), CLICK_SCHEMA)
  const { post } = await startShopIntake(shop)
  await write(join(folder, 'current.yaml'), {
    ...CLICK_SCHEMA,
    $id: '/shop/click/1.1.0',
    allOf: [{ $ref: '/rivulet/fragment/common/1.0.0#' }],
  })
  const event = click('a', { $schema: '/shop/click/1.1.0' })

  const early = await post([event])
  await write(join(folder, '1.1.0.json'), { ...CLICK_SCHEMA, $id: '/shop/click/1.1.0' })
  const late = await post([event])

  expect(early.json().error![0]!.context.message).toMatch(/current\.yaml: .*run rivulet schemas materialize/)
  expect(late.status).toBe(201)
})

test('the console and its files come under a strict policy, and nothing else comes from there', async () => {
  const { url } = await startShopIntake()

  const page = await fetch(url)
  const style = await fetch(`${url}/console/live.css`)
  const elsewhere = await Promise.all(
    ['/console/', '/console/..%2fintake.ts', '/console/%2e%2e/intake.ts', '/console/api.ts'].map((path) =>
      fetch(url + path),
    ),
  )

  expect(await page.text()).toBe(
    await readFile(new URL('../../../src/intake/console/index.html', import.meta.url), 'utf8'),
  )
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  )
  expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8')
  expect(elsewhere.map(({ status }) => status)).toEqual([404, 404, 404, 404])
})
