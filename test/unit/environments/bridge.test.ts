import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type AppMessage, connectTo, type Transport } from '../../../src/environments/bridge.ts'

const ACK: AppMessage = { type: 'ack', acks: { one: true } }
const said = (message: object) => ({ rivulet: 1, ...message })

/** A window, as far as a bridge sees it. */
let page: EventTarget
beforeEach(() => {
  page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
})
afterEach(() => vi.unstubAllGlobals())

/** A transport that only listens. */
function createTransport() {
  const messages: unknown[] = []
  return { messages, postMessage: (text: string) => void messages.push(JSON.parse(text)) }
}

function connect(transport?: Transport) {
  const heard: AppMessage[] = []
  const ways: unknown[] = []
  const say = connectTo(transport)(
    (message) => heard.push(message),
    () => ways.push(say({ type: 'hello' })),
  )
  return { heard, say, ways }
}

const dispatch = (detail: unknown) =>
  page.dispatchEvent(Object.assign(new Event('rivulet'), { detail }) as CustomEvent)
const post = (message: { data: unknown; origin: string; ports?: readonly unknown[] }) =>
  page.dispatchEvent(Object.assign(new Event('message'), { ports: [], ...message }))

describe('the way to the app', () => {
  test.each([
    [
      'a message handler of WKWebView',
      (found: Transport) => ({ webkit: { messageHandlers: { rivulet: found } } }),
    ],
    ['an object of an Android app', (found: Transport) => ({ rivuletApp: found })],
    ['React Native', (found: Transport) => ({ ReactNativeWebView: found })],
  ])('is found: %s', (_, globals) => {
    const found = createTransport()
    for (const [name, value] of Object.entries(globals(found))) vi.stubGlobal(name, value)

    const { say } = connect()

    expect(say({ type: 'hello' })).toBe(true)
    expect(found.messages).toEqual([{ rivulet: 1, type: 'hello' }])
  })

  test('that is given comes first', () => {
    const found = createTransport()
    const given = createTransport()
    vi.stubGlobal('rivuletApp', found)

    connect(given).say({ type: 'hello' })

    expect([found.messages.length, given.messages.length]).toEqual([0, 1])
  })

  test('is not there in a browser', () => {
    vi.stubGlobal('webkit', {})

    expect(connect().say({ type: 'hello' })).toBe(false)
  })

  test('is not there either when it throws', () => {
    const throwing = () => {
      throw new Error('Java bridge method invocation error')
    }

    expect(connect({ postMessage: throwing }).say({ type: 'hello' })).toBe(false)
  })

  test('is a port that the app sends, and answers by it', async () => {
    const { port1, port2 } = new MessageChannel()
    const { heard, ways } = connect()
    const next = new Promise<string>((resolve) => {
      port1.onmessage = ({ data }) => resolve(data)
    })

    post({ data: 'rivulet', origin: '', ports: [port2] })

    // An app that waits for a hello hears one by it.
    expect(ways).toEqual([true])
    expect(JSON.parse(await next)).toEqual({ rivulet: 1, type: 'hello' })
    port1.postMessage(JSON.stringify(said(ACK)))
    await vi.waitFor(() => expect(heard).toMatchObject([ACK]))
    port1.close()
  })
})

test('on a server that renders the page there is no way to an app, and nothing throws', () => {
  vi.stubGlobal('addEventListener', undefined)

  expect(connect().say({ type: 'hello' })).toBe(false)
})

describe('what is heard', () => {
  test('is what the app has left before the first script of the page', () => {
    vi.stubGlobal('rivuletHello', said({ type: 'hello' }))

    expect(connect().heard).toMatchObject([{ type: 'hello' }])
  })

  test('is what an app dispatches on the window, as an object or as JSON', () => {
    const { heard } = connect()

    dispatch(said(ACK))
    dispatch(JSON.stringify(said(ACK)))

    expect(heard).toMatchObject([ACK, ACK])
  })

  test('is what an object of the app answers by its own events', () => {
    const target = new EventTarget()
    vi.stubGlobal('rivuletApp', Object.assign(target, { postMessage: () => {} }))
    const { heard } = connect()

    target.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(said(ACK)) }))

    expect(heard).toMatchObject([ACK])
  })

  test('is no message that a frame has posted, nor a port of its', () => {
    const transport = createTransport()
    const port = createTransport()
    const { heard, say, ways } = connect(transport)

    post({ data: JSON.stringify(said(ACK)), origin: 'https://ads.example' })
    post({ data: said(ACK), origin: '' })
    post({ data: 'rivulet', origin: 'https://ads.example', ports: [port] })
    post({ data: 'rivulet', origin: 'null', ports: [port] })
    say({ type: 'hello' })

    expect([...heard, ...ways]).toEqual([])
    expect([transport.messages.length, port.messages.length]).toEqual([1, 0])
  })

  test('is nothing of another version, and nothing that is no message', () => {
    const { heard } = connect()

    for (const odd of [{ rivulet: 2, ...ACK }, ACK, 'rivulet', '{', '', null, undefined, 7, [said(ACK)]])
      dispatch(odd)

    expect(heard).toEqual([])
  })
})
