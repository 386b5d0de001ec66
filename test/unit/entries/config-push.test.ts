import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createConfigPush } from '../../../src/entries/config-push.ts'
import { createOrigin, createTestEnvironment } from '../../support/environment.ts'

const [ONE, OTHER] = ['https://one.example/live', 'https://other.example/live']
let open: string[] = []

class FakeEventSource {
  static readonly CLOSED = 2
  readonly url: string
  constructor(url: string) {
    this.url = url
    open.push(url)
  }
  addEventListener() {}
  close() {
    open = open.filter((url) => url !== this.url)
  }
}

beforeEach(() => {
  open = []
  vi.stubGlobal('EventSource', FakeEventSource)
})
afterEach(() => void vi.unstubAllGlobals())

test('clients that listen to one URL share a connection, those of another have their own', async () => {
  const origin = createOrigin()
  for (const url of [ONE, OTHER, ONE]) {
    const { environment, pass } = createTestEnvironment({ origin })
    createConfigPush(url)(environment, () => {})
    await pass(0)
  }

  expect(open).toEqual([ONE, OTHER])
})
