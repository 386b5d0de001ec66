import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Event } from 'rivulet'
import { onTestFinished } from 'vitest'

/** An app around a browser's pages: it hears them as a web view's app does, and has a queue of its own. */
export interface NativeApp {
  /** What it gives to its pages, before their first script: the message handler of a WKWebView. */
  readonly script: string
  /** On its disk, by `meta.id`. */
  readonly taken: ReadonlyMap<string, Event>
  timesHanded(id: string): number
  /** From now on it does so with what it hears. */
  behave(behaviour: Partial<Behaviour>): void
  /** Ends its process: it hears nothing, and what it has on its disk stays there. */
  kill(): void
}

export interface Behaviour {
  /** What it answers to a hello; undefined: nothing. */
  readonly hello: object | undefined
  readonly writes: boolean
  readonly acks: boolean
}

const HELLO = {
  rivulet: 1,
  type: 'hello',
  capabilities: ['ack', 'consent'],
  ids: { session: '3f0c51a2b7d94e60aa12', device: '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d' },
  consent: 'granted',
}

/** Starts an app, which ends with the test. What it takes, it brings to the intake by and by. */
export async function startNativeApp(): Promise<NativeApp> {
  const taken = new Map<string, Event>()
  const handed: string[] = []
  let behaviour: Behaviour = { hello: HELLO, writes: true, acks: true }
  const server = createServer(async (request, response) => {
    const message = JSON.parse(await textOf(request))
    const answers = message.type === 'hello' ? [behaviour.hello] : [hear(message.url, message.events)]
    response.writeHead(200, { 'access-control-allow-origin': '*' })
    response.end(JSON.stringify(answers.filter(Boolean)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const kill = () => {
    server.close()
    server.closeAllConnections()
  }
  onTestFinished(kill)

  function hear(url: string, events: readonly Event[]): object | undefined {
    const { writes, acks } = behaviour
    for (const event of events) {
      const { id } = event.meta
      handed.push(id)
      if (!writes || taken.has(id)) continue
      taken.set(id, event)
      void send(url, event)
    }
    const ids = Object.fromEntries(events.map(({ meta }) => [meta.id, true]))
    return acks ? { rivulet: 1, type: 'ack', acks: ids } : undefined
  }

  /** The intakes of these tests are there all the time. */
  async function send(url: string, event: Event): Promise<void> {
    await fetch(url, { method: 'POST', body: JSON.stringify([event]) })
  }

  const { port } = server.address() as AddressInfo
  return {
    script: `(${giveHandler})('http://127.0.0.1:${port}/')`,
    taken,
    timesHanded: (id) => handed.filter((one) => one === id).length,
    behave: (next) => {
      behaviour = { ...behaviour, ...next }
    },
    kill,
  }
}

/** In the page. What it posts gets through also where the page goes, as between processes of one app. */
function giveHandler(url: string): void {
  const postMessage = (text: string) => {
    void fetch(url, { method: 'POST', body: text, keepalive: true })
      .then((response) => response.json())
      .then((messages: object[]) => {
        for (const detail of messages) dispatchEvent(new CustomEvent('rivulet', { detail }))
      })
      .catch(() => 'nobody hears it')
  }
  Object.assign(window, { webkit: { messageHandlers: { rivulet: { postMessage } } } })
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
