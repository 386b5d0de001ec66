import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { History, StreamChange, Streams } from '../../../src/intake/console/contract.ts'
import { compareRevisions } from '../../../src/intake/revision.ts'
import { ask, fromPage } from './ask.ts'
import { click, shopFolder, startShopIntake } from './temp-intake.ts'
import { write } from '../../support/folder.ts'

const OFF: StreamChange = { stream: 'shop.click', state: 'off' }
const HALF: StreamChange = { stream: 'shop.click', sample: { unit: 'session', rate: 0.5 } }
const BY_ADA = { author: 'Ada', reason: 'too many' }

async function startShop(shop?: Awaited<ReturnType<typeof shopFolder>>) {
  const folder = shop ?? (await shopFolder())
  const intake = await startShopIntake(folder)
  const { url } = intake
  const streams = async () => (await ask(`${url}/api/streams`)).body as Streams
  const history = async () => ((await ask(`${url}/api/history`)).body as History).revisions
  return {
    ...intake,
    path: folder.streams,
    streams,
    history,
    row: async (stream: string) => (await streams()).streams.find((row) => row.stream === stream)!,
    served: async () => (await ask(`${url}/v1/stream-configs`)).body,
    text: () => readFile(folder.streams, 'utf8'),
    put: async (changes: readonly StreamChange[], { etag, ...by }: { etag?: string; author?: string } = {}) =>
      ask(`${url}/api/config`, {
        method: 'PUT',
        headers: fromPage(url, etag ?? (await streams()).etag),
        body: { changes, ...BY_ADA, ...by },
      }),
    revert: async (revision: string) =>
      ask(`${url}/api/revert`, {
        method: 'POST',
        headers: fromPage(url, (await streams()).etag),
        body: { revision, author: 'Ben', reason: 'as before' },
      }),
  }
}

test('a change is in the file and served at once, as a higher revision with author, time and reason', async () => {
  const { put, row, served, text, history } = await startShop()
  const before = await served()

  const { status, body } = await put([OFF, HALF])

  expect(status).toBe(200)
  expect(compareRevisions(body.revision, before.revision)).toBe(1)
  const streams = {
    ...before.streams,
    'shop.click': {
      schema_title: 'shop/click',
      producers: { rivulet: { state: 'off' } },
      sample: { unit: 'session', rate: 0.5 },
    },
  }
  expect(await served()).toEqual({ streams, revision: body.revision })
  expect(JSON.parse(await text())).toEqual({ streams })
  const lastChange = { revision: body.revision, at: expect.stringMatching(/^20.*Z$/), ...BY_ADA }
  expect(await row('shop.click')).toMatchObject({ state: 'off', unit: 'session', rate: 0.5, lastChange })
  expect(await history()).toEqual([
    {
      ...lastChange,
      changes: [
        { path: '/streams/shop.click/producers', before: null, after: '{"rivulet":{"state":"off"}}' },
        { path: '/streams/shop.click/sample', before: null, after: '{"unit":"session","rate":0.5}' },
      ],
    },
    expect.objectContaining({ revision: before.revision, author: null, reason: null, changes: [] }),
  ])
})

test('of two who write at the same time one wins, and the other is told who was faster and why', async () => {
  const { put, streams, history, served } = await startShop()
  const { etag } = await streams()

  for (let round = 0; round < 20; round++) {
    const { etag } = await streams()
    const changes = (rate: number): StreamChange[] => [
      { stream: 'shop.click', sample: { unit: 'session', rate } },
    ]
    const answers = await Promise.all([
      put(changes(0.1 + round / 100), { etag, author: 'Ada' }),
      put(changes(0.5 + round / 100), { etag, author: 'Ben' }),
    ])

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
    const isAdas = answers[0].status === 200
    expect(answers[isAdas ? 1 : 0].body.detail).toMatch(
      new RegExp(`revision .* is by ${isAdas ? 'Ada' : 'Ben'}, at 20.*Z \\("too many"\\); nothing of yours`),
    )
    expect((await served()).streams['shop.click'].sample.rate).toBeCloseTo((isAdas ? 0.1 : 0.5) + round / 100)
  }
  expect(await history()).toHaveLength(21)
  expect((await put([OFF], { etag })).status).toBe(412)
})

test('a change that follows an edit by hand is refused, and the edit stays', async () => {
  const { put, streams, path, text, history } = await startShop()
  const { etag } = await streams()
  const edited = { streams: { 'shop.click': { schema_title: 'shop/click', owner: 'web' } } }
  await write(path, edited)

  const { status, body } = await put([OFF], { etag })

  expect(status).toBe(412)
  expect(body.detail).toMatch(/is by somebody who edited the file, at 20/)
  expect(JSON.parse(await text())).toEqual(edited)
  expect(await history()).toMatchObject([{ author: null, reason: null }, {}])
  expect((await put([OFF])).status).toBe(200)
})

test('a change without an ETag is refused with what to send', async () => {
  const { url, text } = await startShop()
  const before = await text()
  const { 'if-match': _, ...headers } = fromPage(url, 'x')

  const answer = await ask(`${url}/api/config`, {
    method: 'PUT',
    headers,
    body: { changes: [OFF], ...BY_ADA },
  })

  expect(answer.status).toBe(428)
  expect(answer.body.detail).toContain('If-Match')
  expect(await text()).toBe(before)
})

test('one comes back to any revision, as a new and higher one', async () => {
  const { put, revert, served, text, history } = await startShop()
  const before = await text()
  const first = await served()
  await put([OFF])
  await put([HALF, { stream: 'shop.view', state: 'hold' }])

  const { status, body } = await revert(first.revision)

  expect(status).toBe(200)
  expect(await served()).toEqual({ ...first, revision: body.revision })
  expect(await text()).toBe(before)
  const [newest, last] = await history()
  expect(compareRevisions(newest!.revision, last!.revision)).toBe(1)
  expect(newest).toMatchObject({ revision: body.revision, author: 'Ben', reason: 'as before' })
  expect(newest!.changes).toHaveLength(3)
  expect((await revert('1999-01-01.1')).status).toBe(422)
})

test('the history is the same after a restart, and tells of an edit made meanwhile', async () => {
  const shop = await shopFolder()
  const first = await startShop(shop)
  await first.put([OFF])
  const before = await first.history()
  await first.close()
  await write(shop.streams, { streams: { 'shop.click': {} } })

  const second = await startShop(shop)

  const [edit, ...rest] = await second.history()
  expect(rest).toEqual(before)
  expect(edit).toMatchObject({ author: null, reason: null })
  expect(compareRevisions(edit!.revision, before[0]!.revision)).toBe(1)
})

test('in a YAML file comments stay, and its own revision is written along', async () => {
  const shop = await shopFolder()
  const streams = join(shop.folder, 'streams.yaml')
  const yaml = `revision: 2020-01-01.1 # ours
streams:
  # clicks
  shop.click:
    schema_title: shop/click # of the shop
    sample: {unit: session, rate: 1}
`
  await write(streams, yaml)
  const { put, served, text } = await startShop({ ...shop, streams })

  const { body } = await put([HALF])

  expect(await text()).toBe(yaml.replace('2020-01-01.1', body.revision).replace('rate: 1', 'rate: 0.5'))
  expect((await served()).revision).toBe(body.revision)
})

test('a bare map stays bare', async () => {
  const { put, text, served } = await startShop(
    await shopFolder({ 'shop.click': { schema_title: 'shop/click' } }),
  )

  await put([HALF])

  expect(JSON.parse(await text())).toEqual({
    'shop.click': { schema_title: 'shop/click', sample: { unit: 'session', rate: 0.5 } },
  })
  expect((await served()).streams['shop.click'].sample.rate).toBe(0.5)
})

test('a pattern is changed under its own name, and decides on what it matches', async () => {
  const { put, row, post, served } = await startShop(
    await shopFolder({ '/^shop\\.c/': { schema_title: 'shop/click' } }),
  )
  expect((await post(click('a'))).status).toBe(201)

  const ofMatch = await put([OFF])
  const ofPattern = await put([{ ...OFF, stream: '/^shop\\.c/' }])

  expect(ofMatch.status).toBe(422)
  expect(ofPattern.status).toBe(200)
  expect((await served()).streams).toEqual({
    '/^shop\\.c/': { schema_title: 'shop/click', producers: { rivulet: { state: 'off' } } },
  })
  expect(await row('shop.click')).toMatchObject({ pattern: '/^shop\\.c/', state: 'off', accepted: 1 })
})

test('what the file says for another client is neither touched nor overridden but by what is changed', async () => {
  const producers = { metrics_platform_client: { provide_values: ['page_title'], state: 'hold' } }
  const { put, served, row } = await startShop(
    await shopFolder({
      'shop.click': {
        schema_title: 'shop/click',
        producers,
        sample: { unit: 'device', rate: 0, identifier: 'x' },
      },
    }),
  )
  expect((await row('shop.click')).state).toBe('hold')

  await put([{ stream: 'shop.click', state: 'on', sample: { unit: 'session', rate: 1 } }])

  expect((await served()).streams['shop.click']).toEqual({
    schema_title: 'shop/click',
    producers: { ...producers, rivulet: { state: 'on' } },
    sample: { unit: 'session', rate: 1, identifier: 'x' },
  })
  expect((await row('shop.click')).state).toBe('on')
})

test('without a sample every unit is kept, also where another client has one of its own', async () => {
  const producers = { metrics_platform_client: { sampling: { unit: 'session', rate: 0.1 } } }
  const { put, row, served } = await startShop(
    await shopFolder({
      'shop.click': { schema_title: 'shop/click', sample: { unit: 'session', rate: 0.1 } },
      'shop.view': { schema_title: 'shop/view', producers },
    }),
  )

  await put([
    { stream: 'shop.click', sample: null },
    { stream: 'shop.view', sample: null },
  ])

  for (const stream of ['shop.click', 'shop.view'])
    expect(await row(stream)).toMatchObject({ unit: null, rate: 1 })
  expect((await served()).streams['shop.click']).toEqual({ schema_title: 'shop/click' })
})

test.each([
  ['no changes', [], 400, /"changes" is to be a list/],
  ['no list', {}, 400, /"changes" is to be a list/],
  ['no stream', [{ state: 'off' }], 400, /name its "stream"/],
  ['a state that is none', [{ stream: 'shop.click', state: 'out' }], 400, /on, hold or off/],
  ['a rate over 1', [{ stream: 'shop.click', sample: { unit: 'session', rate: 2 } }], 400, /from 0 to 1/],
  [
    'a rate that is no number',
    [{ stream: 'shop.click', sample: { unit: 'session', rate: '1' } }],
    400,
    /from 0 to 1/,
  ],
  [
    'another unit',
    [{ stream: 'shop.click', sample: { unit: 'user', rate: 1 } }],
    400,
    /pageview, session or device/,
  ],
  ['another setting', [{ stream: 'shop.click', consent: 'exempt' }], 400, /has no "consent"/],
  ['a stream that is not there', [{ stream: '__proto__', state: 'off' }], 422, /is not in the config/],
  [
    'settings that are none',
    [{ stream: 'shop.broken', state: 'off' }],
    422,
    /are no object; correct the file/,
  ],
])('%s: refused in words, and nothing is written', async (_, changes, status, detail) => {
  const { put, text, history } = await startShop()
  const before = await text()

  const answer = await put(changes as StreamChange[])

  expect(answer.status).toBe(status)
  expect(answer.body.detail).toMatch(detail)
  expect(await text()).toBe(before)
  expect(await history()).toHaveLength(1)
})

test.each([
  ['author', { author: ' ', reason: 'x' }],
  ['reason', { author: 'Ada' }],
])('a change without %s is refused', async (field, by) => {
  const { url, streams } = await startShop()
  const headers = fromPage(url, (await streams()).etag)

  const answer = await ask(`${url}/api/config`, { method: 'PUT', headers, body: { changes: [OFF], ...by } })

  expect(answer.status).toBe(400)
  expect(answer.body.detail).toContain(`"${field}"`)
})

test('the file keeps its mode, a link stays a link, and nothing is left beside it', async () => {
  const shop = await shopFolder()
  await mkdir(join(shop.folder, 'real'))
  const target = join(shop.folder, 'real', 'streams.json')
  await rename(shop.streams, target)
  await chmod(target, 0o640)
  await symlink(target, shop.streams)
  const { put } = await startShop(shop)

  expect((await put([OFF])).status).toBe(200)

  expect((await stat(target)).mode & 0o777).toBe(0o640)
  expect(await readdir(join(shop.folder, 'real'))).toEqual(['streams.json'])
  expect(JSON.parse(await readFile(target, 'utf8')).streams['shop.click'].producers.rivulet.state).toBe('off')
})

test('a file that is read-only is said to be so, and is not written', async () => {
  const shop = await shopFolder()
  await chmod(shop.streams, 0o444)
  const { put, streams, text } = await startShop(shop)
  const before = await text()

  const { status, body } = await put([OFF])

  expect((await streams()).readOnly).toMatch(/streams\.json/)
  expect(status).toBe(409)
  expect(body.detail).toMatch(/streams\.json/)
  expect(await text()).toBe(before)
})

test('while the file is broken it is not written, and the console says what is wrong with it', async () => {
  const { put, streams, path, text } = await startShop()
  await writeFile(path, '{')

  expect((await streams()).readOnly).toMatch(/is no JSON .*; correct the file/)
  expect((await put([OFF])).status).toBe(409)
  expect(await text()).toBe('{')
})

test('what shares an anchor of YAML with a stream that is changed stays as it was', async () => {
  const shop = await shopFolder()
  const streams = join(shop.folder, 'streams.yaml')
  await write(
    streams,
    'streams:\n  shop.click: &all\n    schema_title: shop/click # both\n  shop.view: *all\n',
  )
  const { put, text, served } = await startShop({ ...shop, streams })

  await put([OFF])

  expect((await served()).streams).toEqual({
    'shop.click': { schema_title: 'shop/click', producers: { rivulet: { state: 'off' } } },
    'shop.view': { schema_title: 'shop/click' },
  })
  expect(await text()).toContain('# both')
})

test('a change is simulated over what is stored before it is made', async () => {
  const { post, url } = await startShop()
  await post([
    click('a'),
    click('b'),
    { ...click('c'), $schema: '/shop/view/1.0.0', meta: { stream: 'shop.view' } },
  ])

  const { status, body } = await ask(`${url}/api/simulate`, {
    method: 'POST',
    headers: fromPage(url),
    body: { changes: [OFF] },
  })

  expect(status).toBe(200)
  expect(body.streams).toEqual([expect.objectContaining({ stream: 'shop.click', shareNow: 1, shareThen: 0 })])
  expect(body.streams[0].now.perDay).toBeGreaterThan(0)
  expect(body.streams[0].then.perDay).toBe(0)
})
