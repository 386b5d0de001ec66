import { expect, onTestFinished } from 'vitest'
import { BROKER, clickBy, kafkaTest, newPrefix, startKafkaIntake } from './support/kafka-intake.ts'
import { createTopics } from './support/topic.ts'

kafkaTest(
  'a reader of /v2/stream that comes back to another intake misses nothing, and gets nothing twice',
  async () => {
    const prefix = newPrefix()
    await createTopics(BROKER, [`${prefix}shop.click`])
    const first = await startKafkaIntake({}, { prefix })
    const second = await startKafkaIntake({}, { prefix })
    const before = await follow(first.url)
    await first.post([1, 2, 3].map((number) => clickBy(`s${number}`, 'shop.click', `a${number}`)))
    const read = await before.next(2)
    before.leave()
    await first.post([1, 2, 3].map((number) => clickBy(`s${number}`, 'shop.click', `b${number}`)))

    const after = await follow(second.url, { 'last-event-id': read.at(-1)!.id })
    const rest = await after.next(4)

    const ids = [...read, ...rest].map(({ data }) => JSON.parse(data).meta.id)
    expect(ids.sort()).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3'])
  },
)

/** What a stream says, message by message. */
async function follow(url: string, headers: { [name: string]: string } = {}) {
  const gone = new AbortController()
  onTestFinished(() => gone.abort())
  const response = await fetch(`${url}/v2/stream/shop.click`, { headers, signal: gone.signal })
  expect(response.status).toBe(200)
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    leave: () => gone.abort(),
    async next(count: number) {
      const messages: { id: string; data: string }[] = []
      while (messages.length < count) {
        const [all, id, data] = /event: message\nid: (.*)\ndata: (.*)\n\n/.exec(text) ?? []
        if (all) {
          messages.push({ id: id!, data: data! })
          text = text.slice(text.indexOf(all) + all.length)
          continue
        }
        const { value, done } = await reader.read()
        if (done) throw new Error(`ended after ${messages.length} of ${count} messages`)
        text += value
      }
      return messages
    },
  }
}
