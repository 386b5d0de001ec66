import { access } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { EXAMPLES, runNode } from './examples.ts'

const DEMO = join(EXAMPLES, 'shop/demo.mjs')

test('the check visits the shop, finds all of it stored, and says so a line a stream', async () => {
  const demo = runNode(DEMO, '--check', '--port', '0')

  const exitCode = await demo.exitCode

  expect(demo.errors()).toBe('')
  expect(exitCode).toBe(0)
  for (const stream of [
    'shop.page_view',
    'shop.click',
    'shop.impression',
    'shop.purchase',
    'rivulet.web_vital',
  ])
    expect(demo.output()).toMatch(new RegExp(`^${stream} [1-9]\\d* stored$`, 'm'))
})

test('the demo takes another port where its own is taken, and cleans up when it is interrupted', async () => {
  const taken = await takePort()
  const demo = runNode(DEMO, '--port', String(taken))
  await expect.poll(demo.output, { timeout: 20_000 }).toContain('Ctrl-C')
  const [, shop = ''] = /^Shop +(\S+)/m.exec(demo.output()) ?? []
  const [, live = ''] = /^Console +(\S+)/m.exec(demo.output()) ?? []
  const [, data = ''] = /^Events +(\S+)/m.exec(demo.output()) ?? []

  const pages = await Promise.all([shop, live].map(async (url) => (await fetch(url)).status))
  demo.interrupt()

  expect(await demo.exitCode).toBe(0)
  expect(demo.output()).toContain(`Port ${taken} is taken`)
  expect(pages).toEqual([200, 200])
  await expect(access(data)).rejects.toThrow('ENOENT')
})

test.each([['--chekc'], ['--port', 'http'], ['--port', '65536'], ['shop']])(
  'what the demo does not know is told in one line, with exit code 2: %s %s',
  async (...args) => {
    const demo = runNode(DEMO, ...args)

    expect(await demo.exitCode).toBe(2)
    expect(demo.output()).toBe('')
    expect(demo.errors()).toMatch(/^demo: .+\n$/)
  },
)

async function takePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}
