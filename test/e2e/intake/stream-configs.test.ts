import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compareRevisions } from '../../../src/intake/revision.ts'
import { click, shopFolder, startShopIntake, until } from './temp-intake.ts'
import { write } from '../../support/folder.ts'

const CLICKS = { 'shop.click': { schema_title: 'shop/click' } }
const RARE_CLICKS = { 'shop.click': { schema_title: 'shop/click', sample: { unit: 'session', rate: 0.1 } } }

async function configOf(url: string, headers: { [name: string]: string } = {}) {
  const response = await fetch(`${url}/v1/stream-configs`, { headers })
  const text = await response.text()
  const config: { streams?: unknown; revision?: string; [setting: string]: unknown } = text
    ? JSON.parse(text)
    : {}
  return {
    status: response.status,
    headers: response.headers,
    etag: response.headers.get('etag')!,
    config,
    revision: config.revision!,
  }
}

test('a bare map of streams is served under "streams", with a revision', async () => {
  const { url } = await startShopIntake(await shopFolder(CLICKS))

  const { status, headers, config } = await configOf(url)

  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('application/json')
  expect(headers.get('cache-control')).toBe('no-cache')
  expect(config).toEqual({ streams: CLICKS, revision: `${new Date().toISOString().slice(0, 10)}.1` })
})

test('settings beside the streams are served as they are', async () => {
  const { url } = await startShopIntake(
    await shopFolder({ streams: CLICKS, services: { main: 'https://x.example/' }, refresh_seconds: 60 }),
  )

  expect((await configOf(url)).config).toMatchObject({
    services: { main: 'https://x.example/' },
    refresh_seconds: 60,
  })
})

test('a YAML file is served as JSON', async () => {
  const shop = await shopFolder()
  const streams = join(shop.folder, 'streams.yaml')
  await write(streams, 'streams:\n  shop.click: # clicks\n    schema_title: shop/click\n')
  const { url } = await startShopIntake({ ...shop, streams })

  expect((await configOf(url)).config).toMatchObject({ streams: CLICKS })
})

test('who has the newest version is answered with 304', async () => {
  const { url } = await startShopIntake()
  const { etag } = await configOf(url)

  const again = await configOf(url, { 'if-none-match': `"other", W/${etag}` })

  expect(again.status).toBe(304)
  expect(again.etag).toBe(etag)
  expect((await configOf(url, { 'if-none-match': '"other"' })).status).toBe(200)
})

test('each change of content gets a new, higher revision and another ETag, a return to old content included', async () => {
  const shop = await shopFolder(CLICKS)
  const { url } = await startShopIntake(shop)
  const seen = [await configOf(url)]

  for (const content of [RARE_CLICKS, CLICKS, RARE_CLICKS]) {
    await write(shop.streams, content)
    seen.push(await configOf(url))
  }

  for (const [index, { revision, etag, config }] of seen.slice(1).entries()) {
    expect(compareRevisions(revision, seen[index]!.revision)).toBe(1)
    expect(etag).not.toBe(seen[index]!.etag)
    expect(config.streams).toEqual(index % 2 ? CLICKS : RARE_CLICKS)
  }
})

test('another spelling of the same content keeps its revision, and so does a restart', async () => {
  const shop = await shopFolder(CLICKS)
  const first = await startShopIntake(shop)
  const { revision } = await configOf(first.url)

  await write(shop.streams, JSON.stringify(CLICKS, null, 4))
  expect((await configOf(first.url)).revision).toBe(revision)
  await first.close()

  const second = await startShopIntake(shop)
  expect((await configOf(second.url)).revision).toBe(revision)
})

test('a change while the intake is down gets a higher revision', async () => {
  const shop = await shopFolder(CLICKS)
  const first = await startShopIntake(shop)
  const { revision } = await configOf(first.url)
  await first.close()

  await write(shop.streams, RARE_CLICKS)
  const second = await startShopIntake(shop)

  expect(compareRevisions((await configOf(second.url)).revision, revision)).toBe(1)
})

test('a revision in the file wins where it is higher than the last one served', async () => {
  const shop = await shopFolder({ streams: CLICKS, revision: '2999-01-01.7' })
  const { url } = await startShopIntake(shop)
  expect((await configOf(url)).revision).toBe('2999-01-01.7')

  await write(shop.streams, { streams: RARE_CLICKS, revision: '2999-01-01.7' })
  expect((await configOf(url)).revision).toBe('2999-01-01.8')

  await write(shop.streams, { streams: CLICKS, revision: '2026-01-01.1' })
  expect((await configOf(url)).revision).toBe('2999-01-01.9')

  await write(shop.streams, { streams: CLICKS, revision: '2999-01-01.10' })
  expect((await configOf(url)).revision).toBe('2999-01-01.10')
})

test('a file that replaces the old one by a rename is followed', async () => {
  const shop = await shopFolder(CLICKS)
  const { url } = await startShopIntake(shop)
  await configOf(url)

  await writeFile(`${shop.streams}.new`, JSON.stringify(RARE_CLICKS))
  await rename(`${shop.streams}.new`, shop.streams)

  expect((await configOf(url)).config.streams).toEqual(RARE_CLICKS)
})

test.each([
  ['HTML', '<!doctype html>', /no JSON/],
  ['an empty file', '', /no JSON/],
  ['a list', '[]', /a stream config is an object/],
  ['streams that are no map', '{"streams": 5}', /"streams" is no object/],
])(
  '%s in place of the config leaves the last good one in force, and is said once',
  async (_, text, message) => {
    const shop = await shopFolder(CLICKS)
    const { url, lines, post } = await startShopIntake(shop)
    const before = await configOf(url)

    await write(shop.streams, text)
    const during = await configOf(url)
    await write(shop.streams, text)
    await configOf(url)
    const answer = await post(click('a'))
    await write(shop.streams, RARE_CLICKS)
    const after = await configOf(url)

    expect(during).toMatchObject({ status: 200, config: before.config, etag: before.etag })
    expect(answer.status).toBe(201)
    expect(after.config.streams).toEqual(RARE_CLICKS)
    expect(lines).toMatchObject([
      { level: 'error', message: expect.stringMatching(message), fields: { path: shop.streams } },
      { level: 'info', message: expect.stringContaining('good again') },
    ])
  },
)

test('a file that is taken away and put back is said to be missing, then good again', async () => {
  const shop = await shopFolder(CLICKS)
  const { url, lines } = await startShopIntake(shop)

  await rename(shop.streams, `${shop.streams}.away`)
  const during = await configOf(url)
  await rename(`${shop.streams}.away`, shop.streams)
  await configOf(url)

  expect(during.config.streams).toEqual(CLICKS)
  expect(lines.map(({ message }) => message)).toEqual([
    expect.stringMatching(/cannot be read \(ENOENT.*until then revision .* stays/),
    expect.stringContaining('good again'),
  ])
})

test('a change is noticed, and what is wrong with it said, without a request', async () => {
  const shop = await shopFolder(CLICKS)
  const { lines } = await startShopIntake(shop)

  await write(shop.streams, '{')

  await until(() => lines.length > 0)
  expect(lines[0]!.message).toMatch(
    /streams\.json: the stream config is no JSON.*correct the file; until then revision .* stays/,
  )
})

test('a stream is taken from the moment it is configured', async () => {
  const shop = await shopFolder({})
  const { post, stored } = await startShopIntake(shop)

  expect((await post(click('a'))).status).toBe(500)
  await write(shop.streams, CLICKS)
  expect((await post(click('a'))).status).toBe(201)

  expect(await stored('shop.click')).toHaveLength(1)
})
