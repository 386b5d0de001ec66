import { rename, writeFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { ask, fromPage } from './ask.ts'
import { shopFolder, startShopIntake, until } from './temp-intake.ts'
import { write } from '../../support/folder.ts'

const CLICKS = { streams: { 'shop.click': { schema_title: 'shop/click' } } }
const RARE_CLICKS = {
  streams: { 'shop.click': { schema_title: 'shop/click', sample: { unit: 'session', rate: 0.1 } } },
}

interface Pushed {
  readonly id: string
  readonly config: { readonly streams: object; readonly revision: string }
  readonly at: number
}

/** Listens to the config for as long as the test lives. */
async function listen(url: string) {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const response = await fetch(`${url}/v1/stream-configs/live`, { signal: controller.signal })
  const pushed: Pushed[] = []
  let text = ''
  void read().catch((error: Error) => expect(error.name).toBe('AbortError'))
  await until(() => pushed.length > 0)
  return { response, pushed, text: () => text, stop: () => controller.abort() }

  async function read() {
    let rest = ''
    for await (const chunk of response.body!.pipeThrough(
      new TextDecoderStream(),
    ) as never as AsyncIterable<string>) {
      text += chunk
      const parts = (rest + chunk).split('\n\n')
      rest = parts.pop()!
      for (const part of parts) {
        const [, id, data] = /^event: config\nid: (.*)\ndata: (.*)$/.exec(part) ?? []
        if (data) pushed.push({ id: id!, config: JSON.parse(data), at: performance.now() })
      }
    }
  }
}

test('who listens gets the config as it is served, each version with its revision', async () => {
  const { url } = await startShopIntake(await shopFolder(CLICKS))

  const { response, pushed, text } = await listen(url)

  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const served = (await ask(`${url}/v1/stream-configs`)).body
  expect(pushed).toMatchObject([{ id: served.revision, config: served }])
  expect(text()).toMatch(/retry: \d+\n/)
})

test('an edit of the file is pushed within a second, without a request, however the file was replaced', async () => {
  const shop = await shopFolder(CLICKS)
  const { url } = await startShopIntake(shop)
  const { pushed } = await listen(url)

  const times: number[] = []
  for (const config of [RARE_CLICKS, CLICKS, RARE_CLICKS, CLICKS]) {
    await writeFile(`${shop.streams}.new`, JSON.stringify(config))
    const count = pushed.length
    const saved = performance.now()
    await rename(`${shop.streams}.new`, shop.streams)
    await until(() => pushed.length > count)
    times.push(pushed[count]!.at - saved)
    expect(pushed[count]!.config.streams).toEqual(config.streams)
  }

  expect(Math.max(...times)).toBeLessThan(1_000)
})

test('a change from the console is with all who listen at once', async () => {
  const { url } = await startShopIntake()
  const readers = await Promise.all(Array.from({ length: 20 }, () => listen(url)))
  const { etag } = (await ask(`${url}/api/streams`)).body

  const saved = performance.now()
  const { body } = await ask(`${url}/api/config`, {
    method: 'PUT',
    headers: fromPage(url, etag),
    body: { changes: [{ stream: 'shop.click', state: 'off' }], author: 'Ada', reason: 'x' },
  })
  await until(() => readers.every(({ pushed }) => pushed.length === 2))

  for (const { pushed } of readers) {
    expect(pushed[1]!.id).toBe(body.revision)
    expect(pushed[1]!.at - saved).toBeLessThan(450)
  }
})

test('what is saved without a change of content, or cannot be read, is not pushed', async () => {
  const shop = await shopFolder(CLICKS)
  const { url, lines } = await startShopIntake(shop)
  const { pushed } = await listen(url)

  await write(shop.streams, JSON.stringify(CLICKS, null, 4))
  await write(shop.streams, '{')
  await until(() => lines.length === 1)
  await write(shop.streams, RARE_CLICKS)
  await until(() => pushed.length === 2)

  expect(pushed[1]!.config.streams).toEqual(RARE_CLICKS.streams)
})

test('HEAD answers the headers and ends; other methods are refused', async () => {
  const { url } = await startShopIntake()

  const head = await ask(`${url}/v1/stream-configs/live`, { method: 'HEAD' })
  const post = await ask(`${url}/v1/stream-configs/live`, { method: 'POST' })

  expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-type': 'text/event-stream' } })
  expect(post).toMatchObject({ status: 405, headers: { allow: 'GET' } })
})

test('the intake closes while somebody listens', async () => {
  const { url, close } = await startShopIntake()
  await listen(url)

  await close()

  await expect(fetch(url)).rejects.toThrow()
})
