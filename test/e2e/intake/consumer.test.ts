import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, closeSync, readFileSync, truncateSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { folderOf } from '../../support/folder.ts'
import { rivulet } from './child.ts'
import { click, postEvents, shopFolder, until } from './temp-intake.ts'

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url))
const CLOCK = new URL('../../support/clock.mjs', import.meta.url).href
const A_DAY = 24 * 3_600_000
const LONG = 40_000

/** An intake that is started again and again on one port, by a clock of its own. */
async function restartingIntake() {
  const shop = await shopFolder()
  const flags = ['--data', shop.data, '--streams', shop.streams, '--schemas', ...shop.schemas]
  let port = '0'
  let ahead = 0
  let running = start()
  const url = await running.listening()
  port = new URL(url).port
  return {
    url,
    data: shop.data,
    async restart(signal: NodeJS.Signals) {
      running.child.kill(signal)
      await running.ended
      running = start()
      await running.listening()
    },
    nextDay() {
      ahead += A_DAY
      running.child.kill('SIGUSR2')
    },
  }

  function start() {
    const env = { NODE_OPTIONS: `--import ${CLOCK}`, CLOCK_AHEAD: String(ahead) }
    return rivulet(['intake', '--port', port, ...flags], { env })
  }
}

/** A consumer that keeps events with their ids, and goes on from the last one that it has, however it ended. */
function keepingConsumer(url: string, file: string) {
  let child: ReturnType<typeof spawn> | undefined
  onTestFinished(() => void child?.kill('SIGKILL'))
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])
  return {
    ids: () => lines().map((line) => JSON.parse(line).event.meta.id as string),
    start() {
      // A line that a kill has cut is no event that it has.
      const whole = lines()
      if (existsSync(file)) truncateSync(file, Buffer.byteLength(whole.map((line) => `${line}\n`).join('')))
      const last = whole.at(-1)
      const from = last ? ['--from-id', JSON.parse(last).id] : ['--since', '2d']
      const out = openSync(file, 'a')
      child = spawn(process.execPath, [CLI, 'tail', 'shop.click,shop.view', '--ids', '--url', url, ...from], {
        stdio: ['ignore', out, 'ignore'],
      })
      closeSync(out)
    },
    async kill() {
      child!.kill('SIGKILL')
      await once(child!, 'close')
    },
  }
}

/** Sends events until it is told to stop, each until it is acknowledged. */
function sender(url: string) {
  const sent: string[] = []
  let isStopped = false
  const done = (async () => {
    for (let number = 0; !isStopped; number++) {
      const events = ['shop.click', 'shop.view'].flatMap((stream) =>
        [1, 2].map((each) => {
          const id = `${stream}/${number}/${each}`
          return { ...click(id), $schema: `/${stream.replace('.', '/')}/1.0.0`, meta: { stream, id } }
        }),
      )
      while ((await postEvents(url, events).catch(() => undefined))?.status !== 201)
        await new Promise((resolve) => setTimeout(resolve, 20))
      sent.push(...events.map(({ meta }) => meta.id))
    }
  })()
  return {
    sent,
    stop() {
      isStopped = true
      return done
    },
  }
}

test('a consumer that is killed and comes back with its last id misses nothing and repeats nothing, whatever happens meanwhile', async () => {
  const intake = await restartingIntake()
  const consumer = keepingConsumer(intake.url, join(await folderOf(), 'events.jsonl'))
  const { sent, stop } = sender(intake.url)
  const erased: string[] = []
  const happens = [
    () => intake.restart('SIGKILL'),
    async () => intake.nextDay(),
    async () => void erased.push(await eraseOne(intake.data)),
    () => intake.restart('SIGTERM'),
  ]
  consumer.start()

  for (const happen of happens) {
    const had = consumer.ids().length
    await until(() => consumer.ids().length > had, LONG)
    await consumer.kill()
    await happen()
    const was = sent.length
    await until(() => sent.length > was + 50, LONG)
    consumer.start()
    // While it catches up, too.
    await happen()
  }
  await stop()
  await until(() => {
    const ids = new Set([...consumer.ids(), ...erased])
    return sent.every((id) => ids.has(id))
  }, LONG)
  await consumer.kill()

  const ids = consumer.ids()
  expect(ids.length).toBe(new Set(ids).size)
  expect(ids.length).toBeGreaterThanOrEqual(sent.length - erased.length)
  expect((await readdir(join(intake.data, 'shop.click'))).length).toBe(3)
})

/** Overwrites the last stored click with spaces, as `rivulet forget` does. */
async function eraseOne(data: string): Promise<string> {
  const folder = join(data, 'shop.click')
  const path = join(folder, (await readdir(folder)).sort().at(-1)!)
  const text = readFileSync(path, 'utf8')
  const line = text.slice(0, text.lastIndexOf('\n')).trimEnd().split('\n').at(-1)!
  const file = await open(path, 'r+')
  await file.write(' '.repeat(line.length), text.lastIndexOf(line))
  await file.close()
  return JSON.parse(line).meta.id
}
