import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createProducers } from '../../../src/intake/producers.ts'

const TOKEN = 'correct-horse-battery-staple'

const posted = (headers: { readonly [name: string]: string } = {}, method = 'POST') =>
  ({ method, headers, socket: { remoteAddress: '192.0.2.1' } }) as unknown as IncomingMessage

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('a page posts from an origin that is listed', () => {
  test.each([
    ['https://shop.example', 'https://shop.example', true],
    ['https://shop.example', 'https://shop.example:443', false], // no browser writes it so
    ['https://Shop.Example:443', 'https://shop.example', true],
    ['https://shop.example/', 'https://shop.example', 'no origin'],
    ['https://shop.example', 'http://shop.example', false],
    ['https://shop.example', 'https://shop.example:8443', false],
    ['https://shop.example', 'https://shop.example.evil.example', false],
    ['https://shop.example', 'https://evilshop.example', false],
    ['http://localhost:3000', 'http://localhost:3000', true],
    ['http://[::1]:3000', 'http://[::1]:3000', true],
    ['https://bücher.example', 'https://xn--bcher-kva.example', true],
    ['https://*.shop.example', 'https://de.shop.example', true],
    ['https://*.shop.example', 'https://a.de.shop.example', true],
    ['https://*.shop.example', 'https://shop.example', false],
    ['https://*.shop.example', 'https://evilshop.example', false],
    ['https://*.shop.example', 'http://de.shop.example', false],
    ['https://*.shop.example', 'https://de.shop.example:8443', false],
    ['https://*.shop.example', 'https://de.shop.example.evil.example', false],
    ['https://*.shop.example:8443', 'https://de.shop.example:8443', true],
    ['http://*.localhost:3000', 'http://shop.localhost:3000', true],
    ['capacitor://localhost', 'capacitor://localhost', true],
    ['chrome-extension://abcdefghijklmnop', 'chrome-extension://abcdefghijklmnop', true],
    ['null', 'null', true],
    ['https://shop.example', 'null', false],
    ['file://', 'file://', true],
    ['*', 'https://anyone.example', true],
    ['*', 'null', true],
    ['shop.example', '', 'no origin'],
    ['https://shop.example/basket', '', 'no origin'],
    ['https://user@shop.example', '', 'no origin'],
    ['https://', '', 'no origin'],
    ['https://*', '', 'no origin'],
    ['https://*.example', '', 'no origin'],
    ['https://*.*.shop.example', '', 'no origin'],
    ['https://shop*.example', '', 'no origin'],
    ['https://shop example', '', 'no origin'],
    ['https://shop.example:port', '', 'no origin'],
    ['', '', 'no origin'],
  ])('%j lets %j: %s', (entry, origin, expected) => {
    const start = () => createProducers({ allowOrigins: ['https://other.example', entry] })

    if (expected === 'no origin') return expect(start).toThrow(`--allow-origin ${entry}: that is no origin`)
    const { refusalOf, corsFor } = start()
    expect(refusalOf(posted({ origin }))?.status).toBe(expected ? undefined : 403)
    expect(corsFor(posted({ origin }))).toMatchObject({
      'access-control-allow-origin': expected ? origin : '*',
      vary: 'Origin',
    })
  })

  test('and what is read is there for all', () => {
    const { corsFor } = createProducers({ allowOrigins: ['https://shop.example'] })

    for (const origin of ['https://shop.example', 'https://other.example'])
      expect(corsFor(posted({ origin }, 'GET'))).toMatchObject({ 'access-control-allow-origin': '*' })
  })

  test('who names no origin is no page of another site, and posts', () => {
    expect(createProducers({ allowOrigins: ['https://shop.example'] }).refusalOf(posted())).toBeUndefined()
  })
})

describe('once there are tokens', () => {
  const both = () =>
    createProducers({ allowOrigins: ['https://shop.example'], tokens: [TOKEN, `${TOKEN}-2`] })

  test('who names no origin needs one of them', () => {
    const { refusalOf } = both()

    expect(refusalOf(posted())).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect(refusalOf(posted(bearer(TOKEN)))).toBeUndefined()
    expect(refusalOf(posted(bearer(`${TOKEN}-2`)))).toBeUndefined()
    expect(refusalOf(posted(bearer(`${TOKEN}x`)))?.status).toBe(401)
    expect(refusalOf(posted({ authorization: `Basic ${TOKEN}` }))?.status).toBe(401)
  })

  test('a page that is listed needs none, another does', () => {
    const { refusalOf } = both()

    expect(refusalOf(posted({ origin: 'https://shop.example' }))).toBeUndefined()
    expect(refusalOf(posted({ origin: 'https://other.example' }))?.status).toBe(403)
    expect(refusalOf(posted({ origin: 'https://other.example', ...bearer(TOKEN) }))).toBeUndefined()
  })

  test('and no origins, no page may post without one', () => {
    const { refusalOf } = createProducers({ tokens: [TOKEN] })

    expect(refusalOf(posted({ origin: 'https://shop.example' }))?.status).toBe(403)
    expect(refusalOf(posted())?.status).toBe(401)
    expect(refusalOf(posted(bearer(TOKEN)))).toBeUndefined()
  })

  test('wrong ones of one address are slowed down, and those of another go on', () => {
    const { refusalOf } = both()
    const elsewhere = { ...posted(bearer(TOKEN)), socket: { remoteAddress: '192.0.2.2' } } as IncomingMessage

    for (let number = 0; number < 10; number++)
      expect(refusalOf(posted(bearer(`wrong-${number}`)))?.status).toBe(401)

    expect(refusalOf(posted(bearer('wrong-10')))).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.any(String) },
    })
    expect(refusalOf(posted({ origin: 'https://shop.example' }))).toBeUndefined()
    expect(refusalOf(elsewhere)).toBeUndefined()
  })

  test.each([['hunter2'], ['a token of several words'], ['ein-Schlüssel-mit-Umlaut']])(
    'the token %j is refused at the start, unprinted',
    (token) => {
      const start = () => createProducers({ tokens: [TOKEN, token] })

      expect(start).toThrow(/producer token .*openssl rand -hex 16/)
      expect(start).not.toThrow(token)
    },
  )
})

test('without origins and tokens all may post', () => {
  const { refusalOf, corsFor } = createProducers({})

  for (const headers of [{}, { origin: 'null' }, bearer('any')])
    expect(refusalOf(posted(headers))).toBeUndefined()
  expect(corsFor(posted({ origin: 'null' }))['access-control-allow-origin']).toBe('*')
})
