import { on, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { rivulet } from './child.ts'
import { click, postEvents, shopFolder, storedEvents } from './temp-intake.ts'

// Bodies that are still coming in when it is told to stop have five seconds.
const STOPS_WITHIN = 15_000

test('after SIGTERM under load all that was acknowledged is stored, nothing was refused, and the exit code is 0', async () => {
  const { child, ended, url, stored } = await startIntake()
  const acknowledged: string[] = []
  const answers = new Map<string, number>()
  const senders = Array.from({ length: 16 }, async (_, sender) => {
    for (let number = 0; child.exitCode === null; number++) {
      const id = `${sender}-${number}`
      const batch = [click(`${id}-a`), click(`${id}-b`, { note: 'x'.repeat(10_000) })]
      const answer = await postEvents(url, batch).catch(() => undefined) // which came too late
      if (!answer) continue
      answers.set(`${answer.status}`, 1 + (answers.get(`${answer.status}`) ?? 0))
      if (answer.status === 201) acknowledged.push(`${id}-a`, `${id}-b`)
      if (acknowledged.length === 400) child.kill('SIGTERM')
    }
  })

  const { code, signal, stderr } = await ended
  await Promise.all(senders)

  expect({ code, signal }).toEqual({ code: 0, signal: null })
  expect(stderr).toMatch(/^rivulet intake: version .*\nrivulet intake: stopped after .*\n$/)
  expect([...answers.keys()]).toEqual(['201'])
  const ids = new Set((await stored()).map(({ meta }) => meta.id))
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([])
})

test('what lies in the kernel when the signal comes is answered too, over connections that are kept and new ones', async () => {
  const { child, ended, url, stored } = await startIntake()
  const kept = await Promise.all(Array.from({ length: 20 }, () => open(url)))
  await Promise.all(kept.map((socket, number) => answerTo(socket, `before-${number}`)))

  child.kill('SIGSTOP') // so that it sees the signal no later than the requests
  const fresh = await Promise.all(Array.from({ length: 20 }, () => open(url)))
  const answers = [...kept, ...fresh].map((socket, number) => answerTo(socket, `during-${number}`))
  await Promise.all([...kept, ...fresh].map(flushed))
  child.kill('SIGTERM')
  child.kill('SIGCONT')

  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatch(/^HTTP\/1\.1 201 /)
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
  }
  expect(await ended).toMatchObject({ code: 0 })
  expect(await stored()).toHaveLength(60)
})

test('a client that never finishes its body is told to come again, and does not hold up the stop', async () => {
  const { child, ended, url } = await startIntake()
  const socket = await open(url)
  const answer = answerTo(socket, 'slow', { withoutEnd: true })
  await flushed(socket)
  await postEvents(url, click('after it')) // by now the first has arrived
  const began = performance.now()

  child.kill('SIGTERM')

  expect(await answer).toMatch(/^HTTP\/1\.1 503 .*retry-after: 5/s)
  expect(await ended).toMatchObject({ code: 0 })
  expect(performance.now() - began).toBeLessThan(STOPS_WITHIN)
})

async function startIntake() {
  const { data, schemas, streams } = await shopFolder()
  const flags = ['intake', '--port', '0', '--data', data, '--streams', streams, '--schemas', ...schemas]
  const { child, ended, listening } = rivulet(flags)
  return { child, ended, url: await listening(), stored: () => storedEvents(data, 'shop.click') }
}

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Posts an event, and resolves to the head of the answer; to less where the connection ends before. */
async function answerTo(socket: Socket, id: string, { withoutEnd = false } = {}): Promise<string> {
  const body = JSON.stringify(click(id))
  const head = `POST /v1/events HTTP/1.1\r\nhost: intake\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n`
  socket.write(head + (withoutEnd ? body.slice(0, -1) : body))
  let text = ''
  for await (const [bytes] of on(socket, 'data', { close: ['close'] })) {
    text += bytes
    if (text.includes('\r\n\r\n')) break
  }
  return text
}

/** Resolves once the kernel has all that was written. */
function flushed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.write('', () => resolve()))
}
