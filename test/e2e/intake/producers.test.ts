import { expect, test } from 'vitest'
import { ask } from './ask.ts'
import { rivulet } from './child.ts'
import { click, shopFolder, startShopIntake } from './temp-intake.ts'

const TOKEN = 'correct-horse-battery-staple'
const SHOP = 'https://shop.example'
const text = { 'content-type': 'text/plain' }

test('pages post from the origins that are listed; others are told why not, and can read it', async () => {
  const { url, stored } = await startShopIntake(undefined, { allowOrigins: [SHOP, 'https://*.shop.example'] })
  const post = (id: string, origin: string) =>
    ask(`${url}/v1/events`, { method: 'POST', headers: { ...text, origin }, body: click(id) })

  const ours = await post('a', SHOP)
  const below = await post('b', 'https://de.shop.example')
  const other = await post('c', 'https://other.example')
  const sandboxed = await post('d', 'null')

  expect([ours, below, other, sandboxed].map(({ status }) => status)).toEqual([201, 201, 403, 403])
  expect(ours.headers).toMatchObject({ 'access-control-allow-origin': SHOP, vary: 'Origin' })
  expect(below.headers).toMatchObject({ 'access-control-allow-origin': 'https://de.shop.example' })
  expect(other.headers).toMatchObject({
    'access-control-allow-origin': '*',
    vary: 'Origin',
    'content-type': 'application/problem+json',
  })
  expect(other.body).toMatchObject({ status: 403, detail: expect.stringContaining('--allow-origin') })
  expect((await stored('shop.click')).map(({ meta }) => meta.id)).toEqual(['a', 'b'])
})

test('once there are tokens, who posts from no page needs one; what is read stays there for all', async () => {
  const { url, stored } = await startShopIntake(undefined, { allowOrigins: [SHOP], producerTokens: [TOKEN] })
  const post = (id: string, headers: { [name: string]: string }) =>
    ask(`${url}/v1/events`, { method: 'POST', headers: { ...text, ...headers }, body: click(id) })

  const without = await post('a', {})
  const wrong = await post('b', { authorization: `Bearer ${TOKEN}x` })
  const right = await post('c', { authorization: `Bearer ${TOKEN}` })
  const page = await post('d', { origin: SHOP })

  expect([without, wrong, right, page].map(({ status }) => status)).toEqual([401, 401, 201, 201])
  expect(without.headers['www-authenticate']).toBe('Bearer')
  expect(without.text + wrong.text).not.toContain(TOKEN)
  expect((await stored('shop.click')).map(({ meta }) => meta.id)).toEqual(['c', 'd'])
  for (const path of ['/v1/stream-configs', '/schemas/shop/click/1.0.0'])
    for (const headers of [{}, { origin: 'https://other.example' }])
      expect(await ask(url + path, { headers })).toMatchObject({
        status: 200,
        headers: { 'access-control-allow-origin': '*' },
      })
})

test.each([
  [
    'an origin that is none',
    ['--allow-origin', 'shop.example'],
    /--allow-origin shop\.example: that is no origin.*https:\/\/example\.org/,
  ],
  [
    'a token that can be guessed',
    ['--producer-token', 'hunter2'],
    /producer token is shorter than 16 characters.*openssl rand/,
  ],
])('%s is refused at the start, in one line', async (_, flags, line) => {
  const { folder } = await shopFolder()

  const { code, stderr, stdout } = await rivulet(['intake', '--port', '0', ...flags], { cwd: folder }).ended

  expect(code).toBe(2)
  expect(stderr).toMatch(line)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stdout + stderr).not.toContain('hunter2')
})
