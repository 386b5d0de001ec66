import { expect, test } from 'vitest'
import { type ServerSentEvent, serverSentEvents } from '../../../src/cli/server-sent-events.ts'

/** What comes of a text that arrives in pieces of so many bytes. */
async function eventsIn(text: string, size: number): Promise<ServerSentEvent[]> {
  const bytes = new TextEncoder().encode(text)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
  const body = (async function* () {
    yield* pieces
  })()
  const events: ServerSentEvent[] = []
  for await (const some of serverSentEvents(body)) events.push(...some)
  return events
}

test.each([1, 7, 1_000])('events are whole in pieces of %i bytes, whatever stands in them', async (size) => {
  const data = JSON.stringify({ note: 'läden 🛒: a\u2028b\u2029c\u0085d' })

  const events = await eventsIn(`:ok\n\nid: 1\n\n:\n\nevent: error\nid: 2\ndata: ${data}\n\ndata: half`, size)

  expect(events.filter(({ id }) => id)).toEqual([
    { event: 'message', id: '1' },
    { event: 'error', id: '2', data },
  ])
})
