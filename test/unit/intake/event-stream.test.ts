import type { ServerResponse } from 'node:http'
import { EventEmitter } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { createEventStream } from '../../../src/intake/event-stream.ts'

/** A reader from an address, which takes what it is given only when `read` is called. */
function readerFrom(remoteAddress: string) {
  const response = Object.assign(new EventEmitter(), {
    req: { socket: { remoteAddress } },
    writableLength: 0,
    got: '',
    write(text: string) {
      response.got += text
      response.writableLength += text.length
    },
    read: () => (response.writableLength = 0),
    destroy: () => response.emit('close'),
    end: () => response.emit('close'),
  })
  return response
}

type Reader = ReturnType<typeof readerFrom>
const asResponse = (reader: Reader) => reader as unknown as ServerResponse

function openStream(limits: { mostEach?: number; mostReaders?: number } = {}) {
  const stream = createEventStream(limits)
  onTestFinished(stream.close)
  return {
    ...stream,
    connect: (reader: Reader, first: string[] = []) => stream.connect(asResponse(reader), first),
  }
}

test('one address may have so many readers, and one more when one has gone; this machine as many as it likes', () => {
  const { connect } = openStream({ mostEach: 2 })
  const readers = ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1'].map(readerFrom)

  expect(readers.map((reader) => connect(reader))).toEqual([true, true, false])
  expect(connect(readerFrom('192.0.2.2'))).toBe(true)
  readers[0]!.emit('close')
  expect(connect(readers[2]!)).toBe(true)
  for (let number = 0; number < 10; number++) expect(connect(readerFrom('127.0.0.1'))).toBe(true)
})

test('hosts of one IPv6 network count together', () => {
  const { connect } = openStream({ mostEach: 1 })

  expect(connect(readerFrom('2001:db8:0:1::1'))).toBe(true)
  expect(connect(readerFrom('2001:db8:0:1:ffff::2'))).toBe(false)
  expect(connect(readerFrom('2001:db8:0:2::1'))).toBe(true)
})

test('all together are bounded too', () => {
  const { connect } = openStream({ mostReaders: 1 })

  expect(connect(readerFrom('127.0.0.1'))).toBe(true)
  expect(connect(readerFrom('127.0.0.1'))).toBe(false)
})

test('who is too far behind is cut off, but has the time to read what came first, however much', () => {
  const { connect, send } = openStream()
  const [slow, begun] = [readerFrom('127.0.0.1'), readerFrom('127.0.0.1')]
  const megabyte = 'x'.repeat(1_000_000)
  connect(slow)
  connect(begun, [megabyte, megabyte, megabyte])

  send('a')
  expect(begun.got.endsWith('a')).toBe(true)

  for (const message of [megabyte, megabyte, megabyte, 'b']) send(message)
  expect(slow.got).not.toContain('b')
})
