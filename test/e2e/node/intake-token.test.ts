import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient, type NodeClientOptions } from 'rivulet'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startShopIntake } from '../intake/temp-intake.ts'
import { openIntake } from './process.ts'

const TOKEN = 'correct-horse-battery-staple'

/** A client that leaves this process as it was. */
function open(options: NodeClientOptions) {
  const events = createClient({ exitTimeout: 0, ...options })
  onTestFinished(() => events.close())
  return events
}

/** Answers by path, and notes which path had which `Authorization`. */
async function openServer(answers: { [path: string]: { status?: number; headers?: object; body?: object } }) {
  const seen: [path: string, authorization: IncomingHttpHeaders['authorization']][] = []
  const server = createServer((request, response) => {
    const path = request.url!.split('?')[0]!
    const { status = 201, headers = {}, body } = answers[path] ?? {}
    seen.push([path, request.headers.authorization])
    request.resume().on('end', () => {
      response.writeHead(status, { ...headers }).end(body && JSON.stringify(body))
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close().closeAllConnections())
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

test('an intake that asks for a token takes the events of the client that has it; those of another wait', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const { url, stored } = await startShopIntake(undefined, { producerTokens: [TOKEN] })
  const options = {
    intakeUrl: `${url}/v1/events`,
    streamConfigs: { 'shop.click': { schema_title: 'shop/click' } },
  }
  const click = { $schema: '/shop/click/1.0.0', action: 'buy' }
  const [ours, other] = [open({ ...options, intakeToken: TOKEN }), open(options)]

  const id = ours.submit('shop.click', click)
  other.submit('shop.click', click)
  expect(await other.flush({ timeout: 500 })).toBe(1)
  expect(await ours.flush({ timeout: 5_000 })).toBe(0)

  expect((await stored('shop.click')).map(({ meta }) => meta.id)).toEqual([id])
})

test('it goes with what is posted to the intake, and with nothing else', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const other = await openIntake()
  const streams = {
    'job.done': {},
    'job.other': { destination_event_service: 'other' },
    'job.moved': { destination_event_service: 'moved' },
  }
  const services: { [name: string]: string } = { other: other.intakeUrl }
  const { url, seen } = await openServer({
    '/streams.json': { status: 200, body: { streams, services } },
    '/moved': { status: 307, headers: { location: other.intakeUrl } },
  })
  services.moved = `${url}/moved`
  const events = open({
    intakeUrl: `${url}/v1/events`,
    streamConfigUrl: `${url}/streams.json`,
    intakeToken: TOKEN,
  })

  events.submit('job.done')
  events.submit('job.moved')
  const elsewhere = events.submit('job.other')
  await events.flush({ timeout: 1_000 })

  expect(events.ledger()).toMatchObject({ 'job.done': { delivered: 1 }, 'job.other': { delivered: 1 } })
  expect(other.events().map(({ meta }) => meta.id)).toEqual([elsewhere])
  expect(other.posts.map(({ headers }) => headers.authorization)).toEqual([undefined])
  expect(new Map(seen)).toEqual(
    new Map([
      ['/streams.json', undefined],
      ['/v1/events', `Bearer ${TOKEN}`],
      ['/moved', `Bearer ${TOKEN}`],
    ]),
  )
})

test.each(['', 'two words', 'a\nb', 'Schlüssel'])(
  'the token %j is a wrong option, and is not shown',
  (intakeToken) => {
    const create = () => open({ intakeUrl: 'http://127.0.0.1:1/', streamConfigs: {}, intakeToken })

    expect(create).toThrow(/^createClient: intakeToken is empty, or has characters that no header takes$/)
  },
)

test.each(['browser.js', 'webview.js', 'script.js'])(
  'dist/%s knows no token: a page can keep none',
  async (file) => {
    expect(await readFile(new URL(`../../../dist/${file}`, import.meta.url), 'utf8')).not.toContain(
      'intakeToken',
    )
  },
)
