import { join } from 'node:path'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { expect, onTestFinished, test, vi } from 'vitest'
import { storedEvents } from '../../../examples/shop/stored.mjs'
import { EXAMPLES, runNode, startShopIntake } from './examples.ts'

test('the Node example has its order stored before it ends', async () => {
  const { url, data } = await startShopIntake()

  const example = runNode(join(EXAMPLES, 'node/submit.mjs'), url)

  expect(await example.exitCode).toBe(0)
  expect(example.errors()).toBe('')
  expect(example.output()).toMatch(/^delivered shop\.purchase /)
  const events = await storedEvents(data)
  expect(events.filter(({ meta }) => meta.stream !== 'rivulet.ledger')).toEqual([
    expect.objectContaining({
      $schema: '/shop/purchase/1.0.0',
      order_id: 'P-1001',
      channel: 'phone',
      total_cents: 8200,
    }),
  ])
})

test('the serverless example answers, and its order is stored before the function may end', async () => {
  const { url, data } = await startShopIntake()

  const example = runNode(join(EXAMPLES, 'node/serverless.mjs'), url)

  expect(await example.exitCode).toBe(0)
  expect(example.errors()).toBe('')
  expect(example.output()).toMatch(/^answered {"ok":true}\nheld until sent {.*delivered: 1 }\n/)
  const events = await storedEvents(data)
  expect(events.map(({ order_id }) => order_id)).toContain('S-1001')
})

test("the worker example answers in Cloudflare's runtime, and its page view is stored", async () => {
  const { url, data } = await startShopIntake()
  const { outputFiles } = await build({
    entryPoints: [join(EXAMPLES, 'node/worker.mjs')],
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['workerd'],
  })
  const script = outputFiles[0]?.text ?? ''
  const bindings = { INTAKE: url }
  const worker = new Miniflare({ modules: true, script, bindings, compatibilityDate: '2024-11-01' })
  onTestFinished(() => worker.dispose())

  const answer = await worker.dispatchFetch('http://worker.example/from/the/edge')

  expect(await answer.text()).toBe('hello\n')
  const stored = async () => (await storedEvents(data)).map(({ path }) => path)
  await vi.waitFor(async () => expect(await stored()).toContain('/from/the/edge'), { timeout: 10_000 })
})
