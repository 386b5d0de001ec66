import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished } from 'vitest'
import { createClient } from 'rivulet'
import { folderOf } from '../support/folder.ts'
import { kafkaTest, newPrefix, startKafkaIntake } from './support/kafka-intake.ts'

kafkaTest(
  "two intakes behind a load balancer share nothing, and a client's events are all there, each session in order",
  async () => {
    const prefix = newPrefix()
    const intakes = [await startKafkaIntake({}, { prefix }), await startKafkaIntake({}, { prefix })]
    const balancer = await startBalancer(intakes.map(({ url }) => url))
    const streamConfigs = { streams: { 'shop.click': { schema_title: 'shop/click_by' } } }
    const sessions = ['ada', 'bob', 'cyd']

    const clients = await Promise.all(
      sessions.map(async (session) => {
        const intakeUrl = `${balancer.url}/v1/events`
        const client = createClient({ intakeUrl, streamConfigs, queueDir: await folderOf(), exitTimeout: 0 })
        onTestFinished(() => client.close())
        for (let number = 0; number < 400; number++)
          client.submit('shop.click', {
            $schema: '/shop/click_by/1.0.0',
            action: 'buy',
            performer: { session_id: session },
            note: `${number} ${'x'.repeat(500)}`,
          })
        return client
      }),
    )
    const left = await Promise.all(clients.map((client) => client.flush({ timeout: 20_000 })))

    expect(left).toEqual([0, 0, 0])
    for (const posts of balancer.posts) expect(posts.length).toBeGreaterThan(4)
    const stored = await intakes[0]!.inTopic(`${prefix}shop.click`)
    for (const session of sessions) {
      const numbers = stored
        .filter(({ key }) => key === session)
        .map(({ event }) => Number.parseInt(String(event.note), 10))
      expect(numbers).toEqual(Array.from({ length: 400 }, (_, number) => number))
    }
  },
)

/** Hands one request to each, in turn. */
async function startBalancer(urls: readonly string[]) {
  const posts = urls.map((): string[] => [])
  let turn = 0
  const server = createServer(async (request, response) => {
    const chosen = turn++ % urls.length
    const body = await text(request)
    posts[chosen]!.push(body)
    const answer = await fetch(`${urls[chosen]}${request.url}`, { method: 'POST', body })
    response.writeHead(answer.status).end(await answer.text())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, posts }
}
