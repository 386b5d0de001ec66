import { appendFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { IntakeError, startIntake } from '../../../src/intake/intake.ts'
import { OWN_SCHEMAS } from '../../../src/intake/package-files.ts'
import { createSchemaRegistry } from '../../../src/intake/registry.ts'
import { openSchemaRepository } from '../../../src/schema/repository.ts'
import { smallDisk } from '../../support/small-disk.ts'
import { click, postEvents, shopFolder, startShopIntake, storedEvents } from './temp-intake.ts'

const ownSchema = (uri: string) => createSchemaRegistry(openSchemaRepository([OWN_SCHEMAS])).get(uri)
const today = () => new Date().toISOString().slice(0, 10)

test('events are JSON lines, in a folder a stream and a file a day', async () => {
  const { post, folder } = await startShopIntake()

  await post([click('a'), click('b', { action: 'remove' })])

  const text = await readFile(join(folder, 'data/shop.click', `${today()}.jsonl`), 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).action),
  ).toEqual(['buy', 'remove'])
})

test('an event that is sent again is stored once, and answered as accepted', async () => {
  const { post, stored, counts } = await startShopIntake()

  await post(click('a'))
  const again = await post([click('a'), click('b')])

  expect(again.status).toBe(201)
  expect((await stored('shop.click')).map(({ meta }) => meta.id)).toEqual(['a', 'b'])
  expect(counts().streams['shop.click']).toEqual({ stored: 2, rejected: 0 })
})

test('of two with one id in one batch, and of fifty that come at once, one is stored', async () => {
  const { post, stored } = await startShopIntake()

  const answers = await Promise.all(Array.from({ length: 50 }, () => post([click('a'), click('a')])))

  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(201))
  expect(await stored('shop.click')).toHaveLength(1)
})

test('how many came again is stored with the batch, by stream, SDK and instance, and neither counted nor shown', async () => {
  const shop = await shopFolder()
  const { post, stored, counts, close } = await startShopIntake(shop)
  const of = (instance: string, id: string, stream = 'shop.click') =>
    click(id, { meta: { id, stream, producer: { sdk: 'rivulet/0.1.0', id: instance, seq: 1 } } })
  await post([of('p', 'a'), of('p', 'b'), of('q', 'c'), click('d')])
  const before = counts()

  const all = [of('p', 'a'), of('p', 'b'), of('q', 'c'), click('d'), click('bad', { action: 'steal' })]
  expect((await post(all)).status).toBe(207)
  expect((await post([of('p', 'a'), click('new'), click('new')])).status).toBe(201)

  const notes = await stored('rivulet.duplicates')
  expect(notes.map(({ duplicates }) => duplicates)).toEqual([
    [
      { stream: 'shop.click', sdk: 'rivulet/0.1.0', instance: 'p', count: 2 },
      { stream: 'shop.click', sdk: 'rivulet/0.1.0', instance: 'q', count: 1 },
      { stream: 'shop.click', count: 1 },
    ],
    [
      { stream: 'shop.click', sdk: 'rivulet/0.1.0', instance: 'p', count: 1 },
      { stream: 'shop.click', count: 1 },
    ],
  ])
  const { errorsOf } = ownSchema('/rivulet/duplicates/1.0.0')
  for (const note of notes) expect(errorsOf(note)).toEqual([])
  const after = { streams: { 'shop.click': { stored: 5, rejected: 1 } } }
  expect(before).toEqual({ streams: { 'shop.click': { stored: 4, rejected: 0 } } })
  expect(counts()).toEqual(after)
  await close()
  expect((await startShopIntake(shop)).counts()).toEqual(after)
})

test('a batch that cannot be stored counts no duplicates', async () => {
  const shop = await shopFolder()
  const { post, stored } = await startShopIntake(shop)
  await post(click('a'))
  await mkdir(join(shop.data, 'rivulet.duplicates'))
  const full = join(shop.data, 'rivulet.duplicates', `${today()}.jsonl`)
  await symlink('/dev/full', full)

  const refused = await post([click('a'), click('b')])
  const meanwhile = await stored('shop.click')
  await rm(full)
  await post([click('a'), click('b')])

  expect(refused.status).toBe(503)
  expect(meanwhile.map(({ meta }) => meta.id)).toEqual(['a'])
  expect((await stored('shop.click')).map(({ meta }) => meta.id)).toEqual(['a', 'b'])
  expect((await stored('rivulet.duplicates')).map(({ duplicates }) => duplicates)).toEqual([
    [{ stream: 'shop.click', count: 1 }],
  ])
})

test('stored ids and counts outlive a restart', async () => {
  const shop = await shopFolder()
  const first = await startShopIntake(shop)
  await first.post([click('a'), click('bad', { action: 'steal' })])
  await first.close()

  const second = await startShopIntake(shop)
  const again = await second.post([click('a'), click('b')])

  expect(again.status).toBe(201)
  expect((await second.stored('shop.click')).map(({ meta }) => meta.id)).toEqual(['a', 'b'])
  expect(second.counts().streams).toEqual({ 'shop.click': { stored: 2, rejected: 1 } })
})

test('a rejected event that is sent again corrected is stored: only stored ids are remembered', async () => {
  const { post, stored } = await startShopIntake()

  expect((await post(click('a', { action: 'steal' }))).status).toBe(400)
  expect((await post(click('a'))).status).toBe(201)

  expect((await stored('shop.click')).map(({ action }) => action)).toEqual(['buy'])
})

test('rejected events are kept with the reasons in words, whether invalid or without a schema', async () => {
  const { post, stored } = await startShopIntake()
  const steal = click('a', { action: 'steal', colorName: 1 })

  await post([steal, click('b', { $schema: '/no/such/1.0.0' }), null])

  const [invalid, unknown, nothing] = await stored('rivulet.rejected')
  expect(invalid).toMatchObject({
    $schema: '/rivulet/rejected/1.0.0',
    kind: 'invalid',
    errored_stream_name: 'shop.click',
    errored_schema_uri: '/shop/click/1.0.0',
    problems: [
      '/colorName is not a field of its schema (did you mean color_name?)',
      '/action must be one of buy, remove (was "steal")',
    ],
  })
  expect(JSON.parse(String(invalid!.raw_event))).toMatchObject({ action: 'steal', meta: { id: 'a' } })
  expect(unknown).toMatchObject({ kind: 'error', message: 'Failed loading schema at /no/such/1.0.0' })
  expect(nothing).toMatchObject({ kind: 'error', raw_event: 'null' })
  const { errorsOf } = ownSchema('/rivulet/rejected/1.0.0')
  for (const rejection of [invalid, unknown, nothing]) expect(errorsOf(rejection)).toEqual([])
})

test('a half-written last line is cut at the start, and said; whole lines that are no JSON are passed over, and said', async () => {
  const shop = await shopFolder()
  const first = await startShopIntake(shop)
  await first.post(click('a'))
  await first.close()
  const file = join(shop.data, 'shop.click', `${today()}.jsonl`)
  await appendFile(file, 'no json\n{"$schema":"/shop/click/1.0.0","meta":{"id":"b"')

  const second = await startShopIntake(shop)
  await second.post(click('b'))

  const [line1, line2, line3, ...others] = (await readFile(file, 'utf8')).split('\n')
  expect([line1, line3].map((line) => JSON.parse(line!).meta.id)).toEqual(['a', 'b'])
  expect([line2, ...others]).toEqual(['no json', ''])
  const said = second.lines.map(({ message }) => message)
  expect(said).toEqual([
    expect.stringMatching(/shop\.click.*cut an unfinished end of 47 bytes/),
    expect.stringMatching(/shop\.click.*no JSON object/),
  ])
})

test('where nothing can be written the answer is 503 with retry-after, and the event is stored when it is sent again', async () => {
  const shop = await shopFolder()
  const { post, stored, folder, lines } = await startShopIntake(shop)
  await writeFile(join(folder, 'data/shop.click'), 'a file where the folder should be')

  const refused = await post(click('a'))
  await rm(join(folder, 'data/shop.click'))
  const accepted = await post(click('a'))

  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(lines[0]!.message).toMatch(/could not be stored: E.*; make room or correct the data folder$/)
  expect(accepted.status).toBe(201)
  expect((await stored('shop.click')).map(({ meta }) => meta.id)).toEqual(['a'])
})

test('on a full disk a batch is stored as a whole or not at all', async () => {
  const shop = await shopFolder({
    'shop.click': { schema_title: 'shop/click' },
    'shop.full': { schema_title: 'shop/click' },
  })
  const { post, stored } = await startShopIntake(shop)
  await post(click('before'))
  const full = join(shop.data, 'shop.full', `${today()}.jsonl`)
  await mkdir(join(shop.data, 'shop.full'))
  await symlink('/dev/full', full)
  const batch = [click('a'), click('b', { meta: { stream: 'shop.full', id: 'b' } })]

  const refused = await post(batch)
  const meanwhile = await stored('shop.click')
  await rm(full)
  const accepted = await post(batch)

  expect(refused.status).toBe(503)
  expect(meanwhile.map(({ meta }) => meta.id)).toEqual(['before'])
  expect(accepted.status).toBe(201)
  expect((await stored('shop.click')).map(({ meta }) => meta.id)).toEqual(['before', 'a'])
  expect((await stored('shop.full')).map(({ meta }) => meta.id)).toEqual(['b'])
})

test('a disk that runs full is answered 503, and once there is room, the same events are stored, each once', async () => {
  const disk = await smallDisk()
  if (!disk) return
  const shop = await shopFolder()
  const data = join(disk, 'data')
  const { post } = await startShopIntake({ ...shop, data }, { snapshotBytes: 100_000 })
  const ballast = join(disk, 'ballast')
  await writeFile(ballast, Buffer.alloc(1 << 20))
  const batches = Array.from({ length: 50 }, (_, number) =>
    Array.from({ length: 20 }, (_, index) => click(`${number}-${index}`, { note: 'x'.repeat(1_500) })),
  )
  const postAll = async () => {
    const answers = await Promise.all(batches.map((batch) => post(batch)))
    return new Set(answers.map(({ status }) => status))
  }

  const statuses = await postAll()
  await rm(ballast)
  const statusesAgain = await postAll()

  expect(statuses).toEqual(new Set([201, 503]))
  expect(statusesAgain).toEqual(new Set([201]))
  const stored = (await storedEvents(data, 'shop.click')).map(({ meta }) => meta.id)
  expect(stored.sort()).toEqual(
    batches
      .flat()
      .map(({ meta }) => meta.id)
      .sort(),
  )
})

test('a stream that cannot be written does not keep others that arrive with it from being stored', async () => {
  const shop = await shopFolder({
    'shop.click': { schema_title: 'shop/click' },
    'shop.full': { schema_title: 'shop/click' },
  })
  const { post } = await startShopIntake(shop)
  await writeFile(join(shop.data, 'shop.full'), '')

  const posts = Array.from({ length: 20 }, (_, number) =>
    post(
      number % 2 ? click(`id-${number}`) : click('x', { meta: { stream: 'shop.full', id: `id-${number}` } }),
    ),
  )

  const statuses = (await Promise.all(posts)).map(({ status }) => status)
  expect(statuses).toEqual(Array.from({ length: 20 }, (_, number) => (number % 2 ? 201 : 503)))
})

test("a stream's name leads nowhere but into the data folder", async () => {
  const names = ['../outside', '..', '.hidden', 'a/b', '/etc', 'ümlaut x', 'x'.repeat(300)]
  const shop = await shopFolder(
    Object.fromEntries(names.map((name) => [name, { schema_title: 'shop/click' }])),
  )
  const { post, folder } = await startShopIntake(shop)

  const answer = await post(
    names.map((stream, number) => click('', { meta: { stream, id: String(number) } })),
  )

  expect(answer.status).toBe(201)
  expect((await readdir(folder)).sort()).toEqual(['data', 'schemas', 'streams.json'])
  const folders = (await readdir(join(folder, 'data'))).filter((name) => name !== '.rivulet')
  expect(folders.sort()).toEqual([
    '%2E.',
    '%2E.%2Foutside',
    '%2Ehidden',
    '%2Fetc',
    '%C3%BCmlaut%20x',
    'a%2Fb',
    expect.stringMatching(/^x{183}-[0-9a-f]{16}$/),
  ])
})

test('a second intake on the same data folder does not start', async () => {
  const shop = await shopFolder()
  const { url } = await startShopIntake(shop)

  const second = startIntake({ ...shop, port: 0 })

  await expect(second).rejects.toThrow(/another intake stores its events there/)
  await expect(second).rejects.toBeInstanceOf(IntakeError)
  expect((await postEvents(url, click('a'))).status).toBe(201)
})

test('a data folder of a later layout is refused, not spoilt', async () => {
  const shop = await shopFolder()
  await mkdir(join(shop.data, '.rivulet'), { recursive: true })
  await writeFile(join(shop.data, '.rivulet/state.json'), '{"layout":2}')

  await expect(startIntake({ ...shop, port: 0 })).rejects.toThrow(/has layout 2, this version reads up to 1/)
})
