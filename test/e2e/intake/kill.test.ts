import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { Revision } from '../../../src/intake/console/contract.ts'
import { startChild } from '../../support/child.ts'
import { createRandom } from '../../support/random.mjs'
import { ask, fromPage } from './ask.ts'
import { rivulet } from './child.ts'
import { click, postEvents, shopFolder, storedEvents } from './temp-intake.ts'

/** Starts an intake that takes a snapshot all the time, and prints its URL. */
const SNAPPING = `
  import { startIntake } from ${JSON.stringify(new URL('../../../dist/intake.js', import.meta.url).href)}
  const options = JSON.parse(process.argv[1])
  const intake = await startIntake({ ...options, port: 0, snapshotBytes: 50_000 })
  process.on('SIGTERM', () => void intake.close())
  console.log(intake.url)
`

const startSnapping = ({ data, schemas, streams }: Awaited<ReturnType<typeof shopFolder>>) =>
  startChild(process.execPath, [
    '--input-type=module',
    '--eval',
    SNAPPING,
    JSON.stringify({ data, schemas, streams }),
  ])

test(
  'killed 50 times under load, an intake has lost no acknowledged event, stored none twice, and counts what it has stored',
  { timeout: 300_000 },
  // Two side by side, since a start is the work of one core.
  async () => void (await Promise.all([killedUnderLoad(1), killedUnderLoad(2)])),
)

async function killedUnderLoad(seed: number): Promise<void> {
  const random = createRandom(seed)
  const shop = await shopFolder(SEVERAL)
  const acknowledged = new Set<string>()
  let unanswered: Batch[] = []
  let made = 0
  let killedInSnapshot = 0

  for (let round = 1; round <= 25; round++) {
    const { child, ended, said, output } = startSnapping(shop)
    const url = await said(/http:\S+/)
    const again = unanswered
    unanswered = []
    let answers = 5 + Math.floor(40 * random())
    const delay = 20 * random()
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        while (child.signalCode === null) {
          // What got no answer before is sent again, as a client does.
          const batch = again.pop() ?? batchOf(++made)
          const answer = await postEvents(url, batch).catch(() => undefined)
          if (answer?.status === 201) for (const { meta } of batch) acknowledged.add(meta.id!)
          else unanswered.push(batch)
          answers -= 1
          if (answers === 0) setTimeout(() => child.kill('SIGKILL'), delay)
        }
      }),
    )
    await ended
    unanswered.push(...again)
    expect(output.stderr).not.toMatch(/is not used/)
    if (existsSync(join(shop.data, '.rivulet/snapshot.new'))) killedInSnapshot += 1
  }

  const { child, ended, said } = startSnapping(shop)
  const url = await said(/http:\S+/)
  for (const batch of unanswered) {
    expect((await postEvents(url, batch)).status).toBe(201)
    for (const { meta } of batch) acknowledged.add(meta.id!)
  }
  const { streams } = (await ask(`${url}/v1/counts`)).body
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0 })

  const stored = new Map<string, string[]>()
  for (const stream of Object.keys(SEVERAL))
    stored.set(
      stream,
      (await storedEvents(shop.data, stream)).map(({ meta }) => meta.id!),
    )
  const ids = [...stored.values()].flat()
  expect(ids.length).toBe(new Set(ids).size)
  expect(new Set(ids)).toEqual(acknowledged)
  for (const [stream, { length }] of stored) expect(streams[stream]).toEqual({ stored: length, rejected: 0 })
  expect(killedInSnapshot).toBeGreaterThan(0)
}

const SEVERAL = {
  'shop.click': { schema_title: 'shop/click' },
  'shop.tap': { schema_title: 'shop/click' },
  'shop.key': { schema_title: 'shop/click' },
}

type Batch = ReturnType<typeof batchOf>

function batchOf(number: number) {
  return Array.from({ length: 20 }, (_, index) => {
    const stream = Object.keys(SEVERAL)[(number + index) % 3]!
    // Half of them as clients have them, half as any text.
    const id = index % 2 ? randomUUID() : `id-${number}-${index}`
    return { ...click(id, { note: 'x'.repeat(500) }), meta: { stream, id } }
  })
}

test('a write that stops in the middle, as on a full disk, leaves no half line', async () => {
  const shop = await shopFolder()
  const cli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url))
  const flags = `intake --port 0 --data ${shop.data} --schemas ${shop.schemas[0]} --streams ${shop.streams}`
  // Files of this process end at 64 blocks of 1,024 bytes.
  const child = spawn('bash', ['-c', `ulimit -f 64; exec ${process.execPath} ${cli} ${flags}`])
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  const url = /http:\/\/[\w.]+:\d+/.exec(String(line))![0]

  const statuses: number[] = []
  for (let number = 0; number < 10; number++) {
    const { status } = await postEvents(url, click(`id-${number}`, { note: 'x'.repeat(10_000) }))
    statuses.push(status)
  }
  child.kill('SIGTERM')
  await once(child, 'close')

  const stored = await storedEvents(shop.data, 'shop.click')
  expect(statuses).toEqual([...Array(6).fill(201), ...Array(4).fill(503)])
  expect(stored.map(({ meta }) => meta.id)).toEqual(['id-0', 'id-1', 'id-2', 'id-3', 'id-4', 'id-5'])
  const [file] = await readdir(join(shop.data, 'shop.click'))
  expect(await readFile(join(shop.data, 'shop.click', file!), 'utf8')).toMatch(/\}\n$/)
})

test('after kill -9 among changes of the config, the file is whole, and each that was answered is in the history', async () => {
  const shop = await shopFolder()
  const flags = ['intake', '--port', '0', '--data', shop.data, '--streams', shop.streams, '--schemas']
  const answered: string[] = []
  const start = async () => {
    const { child, ended, listening } = rivulet([...flags, ...shop.schemas])
    const url = await listening()
    const streams = async () => (await ask(`${url}/api/streams`)).body
    const put = async (rate: number, etag: string) =>
      ask(`${url}/api/config`, {
        method: 'PUT',
        headers: fromPage(url, etag),
        body: {
          changes: [{ stream: 'shop.click', sample: { unit: 'session', rate } }],
          author: 'Ada',
          reason: 'x'.repeat(1_000),
        },
      })
    return { child, ended, url, streams, put }
  }

  for (let round = 1; round <= 4; round++) {
    const { child, ended, streams, put } = await start()
    let { etag } = await streams()
    for (let number = 0; ; number++) {
      // In the midst of one, at another place each time.
      if (number === 3) setTimeout(() => child.kill('SIGKILL'), 2 * round)
      const answer = await put((number % 100) / 100 + round / 1000, etag).catch(() => undefined)
      if (!answer) break
      expect(answer.status).toBe(200)
      answered.push(answer.body.revision)
      etag = answer.body.etag
    }
    await ended
  }

  const { child, ended, url } = await start()
  const { revision, ...served } = (await ask(`${url}/v1/stream-configs`)).body
  const history: Revision[] = (await ask(`${url}/api/history`)).body.revisions
  child.kill('SIGTERM')
  await ended
  expect(JSON.parse(await readFile(shop.streams, 'utf8'))).toEqual(served)
  expect(history[0]!.revision).toBe(revision)
  const byAda = history.filter(({ author }) => author === 'Ada').map((one) => one.revision)
  expect(answered.length).toBeGreaterThanOrEqual(12)
  expect(byAda).toEqual(expect.arrayContaining(answered))
})
