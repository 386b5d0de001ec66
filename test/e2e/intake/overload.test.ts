import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { rivulet } from './child.ts'
import { click, postEvents, shopFolder, startShopIntake, storedEvents, until } from './temp-intake.ts'

const STALLED_DISK = pathToFileURL(join(import.meta.dirname, 'stalled-disk.mjs')).href

test('while the disk hangs, 503 is answered before memory runs out; then events are taken again, and none is lost', async () => {
  const shop = await shopFolder()
  const stalled = join(shop.folder, 'stalled')
  const folders = ['--data', shop.data, '--streams', shop.streams, '--schemas', ...shop.schemas]
  const { child, listening, ended } = rivulet(
    ['intake', '--port', '0', '--memory-limit', '4000000', ...folders],
    { env: { NODE_OPTIONS: `--max-old-space-size=64 --import ${STALLED_DISK}`, STALLED_WHILE: stalled } },
  )
  const url = await listening()
  const note = 'x'.repeat(90_000)
  const post = (id: string) => postEvents(url, click(id, { note }))

  await writeFile(stalled, '')
  const taken = Array.from({ length: 60 }, (_, number) => post(`during-${number}`))
  await Promise.race(taken) // which is one that no longer fits
  const refusals: Answer[] = []
  for (let round = 0; round < 50; round++)
    refusals.push(...(await Promise.all(Array.from({ length: 20 }, () => post('refused')))))
  await rm(stalled)
  const answers = await Promise.all(taken)
  const again = await post('after')
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0 })

  const statuses = (some: readonly Answer[]) => [...new Set(some.map(({ status }) => status))].sort()
  expect(statuses(refusals)).toEqual([503])
  expect(refusals[0]!.headers.get('retry-after')).toBe('5')
  expect(refusals[0]!.json()).toMatchObject({ status: 503, title: 'OverloadError' })
  expect(statuses(answers)).toEqual([201, 503])
  expect(again.status).toBe(201)
  const accepted = answers.filter(({ status }) => status === 201).length
  expect(await storedEvents(shop.data, 'shop.click')).toHaveLength(accepted + 1)
})

test('bodies that are still coming in take up room, which is free again when their senders go', async () => {
  const { url, post } = await startShopIntake(undefined, { maxWaitingBytes: 300_000 })
  const { hostname, port } = new URL(url)
  const body = JSON.stringify(click('slow', { note: 'x'.repeat(90_000) }))
  const head = `POST /v1/events HTTP/1.1\r\nhost: intake\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n`
  const slow = await Promise.all(
    [1, 2, 3].map(async () => {
      const socket = connect(Number(port), hostname)
      onTestFinished(() => void socket.destroy())
      await once(socket, 'connect')
      socket.write(head + body.slice(0, -1))
      return socket
    }),
  )

  await until(async () => (await post(click('small', { note: 'x'.repeat(50_000) }))).status === 503)
  for (const socket of slow) socket.destroy()

  await until(async () => (await post(click('small', { note: 'x'.repeat(50_000) }))).status === 201)
})

test('a body that is only announced takes up no room', async () => {
  const { url, post } = await startShopIntake(undefined, { maxWaitingBytes: 110_000 })
  const { hostname, port } = new URL(url)
  const idle = connect(Number(port), hostname)
  onTestFinished(() => void idle.destroy())
  await once(idle, 'connect')

  idle.write('POST /v1/events HTTP/1.1\r\nhost: intake\r\ncontent-length: 100000\r\n\r\n')

  for (const id of ['a', 'b', 'c'])
    expect((await post(click(id, { note: 'x'.repeat(90_000) }))).status).toBe(201)
})

test('a body of too many events is answered as one that is too large, and the next on its connection is taken', async () => {
  const { post, stored } = await startShopIntake(undefined, { maxBatchEvents: 2 })

  const tooMany = await post([click('a'), click('b'), click('c')])
  const fits = await post([click('a'), click('b')])

  expect(tooMany.status).toBe(413)
  expect(tooMany.json()).toMatchObject({
    title: 'PayloadTooLargeError',
    detail: 'the body is over 2 events; send fewer events at once',
  })
  expect(fits.status).toBe(201)
  expect(await stored('shop.click')).toHaveLength(2)
})

test('hundreds of schemas that are not there are answered with 503, and events of others are taken meanwhile', async () => {
  const { post } = await startShopIntake()
  const unknown = Array.from({ length: 500 }, (_, number) =>
    click(`id-${number}`, { $schema: `/shop/click/9.9.${number}` }),
  )

  const refused = await post(unknown)
  const taken = await post(click('a'))

  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('5')
  expect(taken.status).toBe(201)
})

type Answer = Awaited<ReturnType<typeof postEvents>>
