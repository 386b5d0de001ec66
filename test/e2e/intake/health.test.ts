import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { write } from '../../support/folder.ts'
import { ask } from './ask.ts'
import { rivulet } from './child.ts'
import { click, postEvents, shopFolder, startShopIntake, until } from './temp-intake.ts'

test.each(['/healthz', '/readyz'])('%s is there for all who ask, and tells nothing else', async (path) => {
  const { url } = await startShopIntake(undefined, { host: '0.0.0.0' })

  const answer = await ask(`${url}${path}`, {
    headers: { host: 'balancer.example', 'sec-fetch-site': 'cross-site' },
  })
  const head = await ask(`${url}${path}`, { method: 'HEAD' })
  const post = await ask(`${url}${path}`, { method: 'POST' })

  expect(answer).toMatchObject({ status: 200, body: { status: 'ok' } })
  expect(Object.keys(answer.body)).toEqual(['status'])
  expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' })
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
  expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': '15' } })
  expect(post).toMatchObject({ status: 405, headers: { allow: 'GET' } })
})

test('it is not ready, but lives, from a write that fails to the next that does not', async () => {
  const shop = await shopFolder()
  const { url, post } = await startShopIntake(shop)
  const obstacle = join(shop.data, 'shop.click')
  await write(obstacle, 'a file where the folder is to be')

  expect((await post([click('a')])).status).toBe(503)
  expect(await ask(`${url}/readyz`)).toMatchObject({
    status: 503,
    body: { status: 'not ready', reasons: [expect.stringMatching(/^events cannot be stored: E/)] },
  })
  expect((await ask(`${url}/healthz`)).status).toBe(200)

  await rm(obstacle)
  expect((await post([click('a')])).status).toBe(201)
  expect((await ask(`${url}/readyz`)).status).toBe(200)
})

test('it is ready again by itself after a write failed, since a balancer that waits for it sends none that could tell', async () => {
  const shop = await shopFolder()
  const { url, post } = await startShopIntake(shop)
  await write(join(shop.data, 'shop.click'), 'a file where the folder is to be')
  await post([click('a')])
  expect((await ask(`${url}/readyz`)).status).toBe(503)

  await until(async () => (await ask(`${url}/readyz`)).status === 200)
})

test('with --drain it takes requests after SIGTERM, and says that others should get them', async () => {
  const { folder } = await shopFolder()
  const { child, listening } = rivulet(['intake', '--port', '0', '--drain', '600'], { cwd: folder })
  const url = await listening()
  expect((await ask(`${url}/readyz`)).status).toBe(200)

  child.kill('SIGTERM')
  await until(async () => (await ask(`${url}/readyz`)).status === 503)

  expect((await ask(`${url}/readyz`)).body).toEqual({
    status: 'not ready',
    reasons: ['the intake is being stopped'],
  })
  expect((await ask(`${url}/healthz`)).status).toBe(200)
  expect((await postEvents(url, [click('a')])).status).toBe(201)
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([null, 'SIGTERM'])
})

test('it ends by itself when the time is over, and says what it took, but not what was in it', async () => {
  const { folder } = await shopFolder()
  const token = 'a-token-of-a-test'
  const args = ['intake', '--port', '0', '--drain', '1', '--json']
  const { child, listening, ended } = rivulet(args, { cwd: folder, env: { RIVULET_TOKEN: token } })
  const url = await listening()
  await postEvents(url, [click('a'), click('b', { note: 'a private note' })])
  await postEvents(url, [click('a'), click('c', { action: 'a private act' })])
  await ask(`${url}/metrics?token=${token}`, { headers: { authorization: `Bearer ${token}` } })

  child.kill('SIGTERM')

  const { code, stderr } = await ended
  expect(code).toBe(0)
  expect(JSON.parse(stderr.trimEnd().split('\n').at(-1)!)).toEqual({
    time: expect.any(String),
    level: 'info',
    message: expect.stringMatching(
      /^stopped after \d+ s; took 3 events, 1 of them stored before, and refused 1$/,
    ),
    seconds: expect.any(Number),
    accepted: 3,
    duplicates: 1,
    invalid: 1,
    error: 0,
  })
  expect(stderr).not.toMatch(/private|a-token/)
})
