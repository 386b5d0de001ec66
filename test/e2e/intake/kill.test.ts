import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { Revision } from '../../../src/intake/console/contract.ts'
import { ask, fromPage } from './ask.ts'
import { rivulet } from './child.ts'
import { click, postEvents, shopFolder, storedEvents } from './temp-intake.ts'

test('after kill -9 under load, each acknowledged event is stored once, and no line is half', async () => {
  const shop = await shopFolder()
  const flags = [
    'intake',
    '--port',
    '0',
    '--data',
    shop.data,
    '--schemas',
    ...shop.schemas,
    '--streams',
    shop.streams,
  ]
  const acknowledged: string[] = []
  const unanswered: string[] = []

  for (const round of [1, 2, 3]) {
    const { child, ended, listening } = rivulet(flags)
    const url = await listening()
    // What got no answer before is sent again, as a client does.
    const again = unanswered.splice(0)
    const senders = Array.from({ length: 8 }, async (_, sender) => {
      for (let number = 0; child.exitCode === null && child.signalCode === null; number++) {
        const ids = [
          ...again.splice(0, 5),
          ...Array.from({ length: 5 }, (_, index) => `${round}-${sender}-${number}-${index}`),
        ]
        const answer = await postEvents(
          url,
          ids.map((id) => click(id, { note: 'x'.repeat(1_000) })),
        ).catch(() => undefined)
        if (answer?.status === 201) acknowledged.push(...ids)
        else unanswered.push(...ids)
        if (acknowledged.length > round * 400) child.kill('SIGKILL')
      }
    })
    await Promise.all(senders)
    expect((await ended).signal).toBe('SIGKILL')
    unanswered.push(...again)
  }
  const last = rivulet(flags)
  const url = await last.listening()
  for (const id of unanswered) expect((await postEvents(url, click(id))).status).toBe(201)
  last.child.kill('SIGTERM')
  expect(await last.ended).toMatchObject({ code: 0 })

  const ids = (await storedEvents(shop.data, 'shop.click')).map(({ meta }) => meta.id!)
  expect(acknowledged.length).toBeGreaterThan(1_200)
  expect(ids.length).toBe(new Set(ids).size)
  expect(new Set(ids)).toEqual(new Set([...acknowledged, ...unanswered]))
})

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
