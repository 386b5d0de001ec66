import { describe, expect, test } from 'vitest'
import { click, postEvents, startShopIntake } from './temp-intake.ts'

const INVALID = click('i', { action: 'steal' })
const UNKNOWN_SCHEMA = click('u', { $schema: '/nowhere/at_all/1.0.0' })

describe('statuses', () => {
  test.each([
    ['$schema that leads out of the folder', click('a', { $schema: '/../../schemas/shop/click/1.0.0' }), 500],
    ['JSON that is nested too deeply to be written', `${'['.repeat(40_000)}${']'.repeat(40_000)}`, 400],
  ])('%s', async (_, body, status) => {
    const { post } = await startShopIntake()

    expect((await post(body)).status).toBe(status)
  })

  test('an empty body and a type that is not read are told in the status text, as by EventGate', async () => {
    const { post } = await startShopIntake()

    const { statusText, text } = await post('')

    expect(statusText).toContain('Request body was empty')
    expect(text).toBe('')
  })

  test('the status text of a success counts, and its body is empty', async () => {
    const { post } = await startShopIntake()

    const { statusText, text } = await post([click('a'), click('b'), click('c')])

    expect(statusText).toBe('All 3 out of 3 events were accepted.')
    expect(text).toBe('')
  })

  test('POST /v1/events/ is the same as without the slash', async () => {
    const { url, stored } = await startShopIntake()

    const response = await fetch(`${url}/v1/events/`, { method: 'POST', body: JSON.stringify(click('a')) })

    expect(response.status).toBe(201)
    expect(await stored('shop.click')).toHaveLength(1)
  })
})

describe('entries', () => {
  test('an invalid event comes back with what was filled in, and with its errors in the words of Ajv 6', async () => {
    const { post } = await startShopIntake()

    const { invalid, ...rest } = (await post(click('i', { note: 5 }))).json()

    expect(rest).toEqual({})
    expect(invalid).toEqual([
      {
        status: 'invalid',
        event: {
          ...click('i', { note: 5, count: 1 }),
          meta: { stream: 'shop.click', id: 'i', dt: expect.stringMatching(/^\d{4}-.*Z$/) },
        },
        context: {
          errors: [
            {
              keyword: 'type',
              dataPath: '.note',
              instancePath: '/note',
              schemaPath: '#/properties/note/type',
              params: { type: 'string' },
              message: 'should be string',
            },
          ],
          errorsText: "'.note' should be string",
        },
      },
    ])
  })

  test('an event without a schema comes back as it was, with a message', async () => {
    const { post } = await startShopIntake()

    const answer = (await post([UNKNOWN_SCHEMA, click('a')])).json()

    const context = { message: 'Failed loading schema at /nowhere/at_all/1.0.0' }
    expect(answer).toEqual({ invalid: [], error: [{ status: 'error', event: UNKNOWN_SCHEMA, context }] })
  })

  test.each([
    ['a stream that is not in the config', 'shop.other', 'Stream "shop.other" is not configured here'],
    [
      'a stream by the name of a member of every object',
      '__proto__',
      'Stream "__proto__" is not configured here',
    ],
    ['a stream whose settings are no object', 'shop.broken', 'Stream "shop.broken" is not configured here'],
    ['a stream without a schema_title', 'shop.untitled', 'no schema is allowed in it'],
    [
      'a stream of another schema',
      'shop.view',
      'Schema /shop/click/1.0.0 is not allowed in stream "shop.view"',
    ],
  ])('%s is an error whose message names the cause', async (_, stream, message) => {
    const { post, stored } = await startShopIntake()

    const answer = await post(click('a', { meta: { stream } }))

    expect(answer.status).toBe(500)
    expect(answer.json().error?.[0]?.context.message).toContain(message)
    expect(await stored(stream)).toEqual([])
  })

  test('of an event with thousands of unknown fields, the first fifty errors are told', async () => {
    const { post } = await startShopIntake()
    const fields = Object.fromEntries(Array.from({ length: 3_000 }, (_, number) => [`field_${number}`, 1]))

    const { context } = (await post(click('a', fields))).json().invalid![0]!

    expect(context.errors).toHaveLength(50)
    expect(context.errorsText).toMatch(/, and 2950 more$/)
  })
})

describe('hasty', () => {
  test('what was taken hastily is stored by the time the intake has closed', async () => {
    const { post, close, stored } = await startShopIntake()

    const { statusText } = await post([click('a'), INVALID], { query: '?hasty=1' })
    await close()

    expect(statusText).toBe('2 events hastily received.')
    expect(await stored('shop.click')).toHaveLength(1)
    expect(await stored('rivulet.rejected')).toHaveLength(1)
  })
})

describe('size', () => {
  const bodyOf = (bytes: number) => {
    const empty = JSON.stringify(click('a', { note: '' }))
    return JSON.stringify(click('a', { note: 'x'.repeat(bytes - empty.length) }))
  }

  test('a body that is far larger than what is read to its end is answered, too', async () => {
    const { post } = await startShopIntake()

    expect((await post(bodyOf(12_000_000))).status).toBe(413)
  })

  test('maxBodyBytes is another limit', async () => {
    const { post } = await startShopIntake(undefined, { maxBodyBytes: 1_000 })

    const answer = await post(bodyOf(1_001))

    expect(answer.status).toBe(413)
    expect(answer.json()).toMatchObject({ status: 413, title: 'PayloadTooLargeError' })
  })
})

describe('for browsers', () => {
  test("what is served beside events carries EventGate's CORS headers, too", async () => {
    const { url } = await startShopIntake()

    const { headers } = await fetch(`${url}/v1/stream-configs`)

    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toBe('etag, retry-after')
  })

  test('other methods are answered with 405, other paths with 404, in JSON', async () => {
    const { url } = await startShopIntake()

    const wrongMethod = await fetch(`${url}/v1/events`)
    const wrongPath = await fetch(`${url}/v1/other`, { method: 'POST' })

    expect(wrongMethod.status).toBe(405)
    expect(wrongMethod.headers.get('allow')).toBe('POST')
    expect(await wrongMethod.json()).toMatchObject({ status: 405 })
    expect(wrongPath.status).toBe(404)
    expect(await wrongPath.json()).toMatchObject({ status: 404 })
  })

  test('what shows stored events is not for pages of other origins', async () => {
    const { url } = await startShopIntake()

    const { headers } = await fetch(`${url}/v1/counts`)

    expect(headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('what the intake fills in', () => {
  test('meta.dt is the time of receipt, unless it is there', async () => {
    const { post, stored } = await startShopIntake()
    const before = Date.now()

    await post([
      click('a'),
      click('b', { meta: { stream: 'shop.click', id: 'b', dt: '2020-01-01T00:00:00Z' } }),
    ])

    const [filled, kept] = await stored('shop.click')
    expect(Date.parse(filled!.meta.dt!)).toBeGreaterThanOrEqual(before)
    expect(Date.parse(filled!.meta.dt!)).toBeLessThanOrEqual(Date.now())
    expect(kept!.meta.dt).toBe('2020-01-01T00:00:00Z')
  })

  test('an event without meta.id gets one, and defaults of the schema are written', async () => {
    const { post, stored } = await startShopIntake()

    await post([click(undefined), click(undefined)])

    const events = await stored('shop.click')
    expect(new Set(events.map(({ meta }) => meta.id)).size).toBe(2)
    expect(events.map(({ count }) => count)).toEqual([1, 1])
  })

  test("?sent tells how far the sender's clock is behind, and changes no time", async () => {
    const { post, stored } = await startShopIntake()
    const sent = Date.now() - 60_000
    const producer = { sdk: 'test' }

    await post([click('a', { meta: { stream: 'shop.click', id: 'a', producer } }), click('b')], {
      query: `?sent=${sent}`,
    })

    const [withProducer, without] = await stored('shop.click')
    expect(withProducer!.meta).toMatchObject({
      producer: { sdk: 'test', skew_ms: Date.parse(withProducer!.meta.dt!) - sent },
    })
    expect(withProducer!.dt).toBe('2026-11-22T10:00:00.000Z')
    expect(without!.meta).not.toHaveProperty('producer')
  })

  test('a ?sent that is no time is passed over', async () => {
    const { post, stored } = await startShopIntake()

    await post(click('a', { meta: { stream: 'shop.click', producer: {} } }), { query: '?sent=yesterday' })

    expect((await stored('shop.click'))[0]!.meta).toMatchObject({ producer: {} })
    expect(JSON.stringify(await stored('shop.click'))).not.toContain('skew_ms')
  })
})

test('an intake that closes answers what it has taken, with connections kept alive and a page that watches', async () => {
  const { url, close, stored } = await startShopIntake()
  const watching = await fetch(`${url}/live`)
  await postEvents(url, click('before'))

  const posts = Array.from({ length: 20 }, (_, number) =>
    postEvents(url, click(`id-${number}`)).catch(() => undefined),
  )
  await posts[0]
  const closing = Date.now()
  await close()
  const took = Date.now() - closing

  const answered = (await Promise.all(posts)).filter((answer) => answer?.status === 201).length
  expect(await stored('shop.click')).toHaveLength(answered + 1)
  expect(await watching.text()).toContain('id-0')
  // An idle connection is kept alive for five seconds.
  expect(took).toBeLessThan(2_000)
})
