import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../../support/chromium.mjs'
import { startChild } from '../../support/child.ts'
import { folderOf } from '../../support/folder.ts'
import { serveSite } from '../../support/site.ts'
import { snippetsOf } from '../../support/snippets.ts'
import { newContext, PATIENCE } from '../../support/visit.ts'
import { startWebIntake, type WebIntake } from '../../support/web-intake.ts'
import { rivulet } from '../intake/child.ts'

// A chain of events as docs/tracing.md builds it, by the programs that stand there.

const STREAMS = ['shop.page_view', 'shop.click', 'shop.order', 'shop.stock', 'shop.mail'] as const
const GENERATED = `export const schemas = ${JSON.stringify(
  Object.fromEntries(STREAMS.map((name) => [name, { $schema: '/web/click/1.0.0' }])),
)}`
// From here, `rivulet` is the package itself.
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('from any event of a page, a service and a consumer, all that belong together are found', async () => {
  const { 'page.js': page, 'service.js': service, 'consumer.js': consumer } = await snippetsOf('tracing.md')
  const intake = await startWebIntake()
  const settings = { schema_title: 'web/click' }
  await intake.configure({ streams: Object.fromEntries(STREAMS.map((name) => [name, settings])) })
  const generated = pathToFileURL(join(await folderOf({ 'streams.mjs': GENERATED }), 'streams.mjs')).href
  const here = (code: string) =>
    code
      .replaceAll('https://intake.example.org', intake.url)
      .replaceAll('./generated/streams.js', generated)
      .replace('listen(8080)', "listen(0, '127.0.0.1', () => console.log(server.address().port))")
  const start = (code: string) =>
    startChild(process.execPath, ['--input-type=module', '--eval', here(code)], { cwd: ROOT })

  const port = await start(service!).said(/\d+/)
  const site = await serveSite({
    '/order.js': here(page!)
      .replace("'rivulet'", "'/rivulet/browser.js'")
      .replace(generated, '/streams.js')
      .replace('https://api.example.org', `http://127.0.0.1:${port}`),
    '/streams.js': GENERATED,
    '/page.js': "import { order } from '/order.js'; await order(); document.title = 'ordered'",
  })
  const tab = await (await newContext(browser)).newPage()
  await tab.goto(site)
  await tab.waitForFunction(() => document.title === 'ordered', undefined, PATIENCE)
  const [order] = await storedOf(intake, 'shop.order')
  const reading = start(consumer!)
  reading.child.stdin.end(
    await readFile(join(intake.data, 'shop.order', `${order!.meta.dt.slice(0, 10)}.jsonl`)),
  )
  expect(await reading.ended).toMatchObject({ code: 0, stderr: '' })

  const ids = new Map<string, string>()
  for (const stream of STREAMS) ids.set((await storedOf(intake, stream))[0]!.meta.id, stream)
  for (const id of ids.keys()) {
    const { code, stdout, stderr } = await rivulet(['trace', id, '--data', intake.data, '--whole', '--json'])
      .ended
    const { nodes, edges } = JSON.parse(stdout)
    const named = edges.map(({ from, to, by }: Record<'from' | 'to' | 'by', string>) => [
      ids.get(from),
      ids.get(to),
      by,
    ])

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(nodes).toHaveLength(STREAMS.length)
    expect(named.sort()).toEqual([
      ['shop.click', 'shop.order', 'cause'],
      ['shop.click', 'shop.stock', 'request_id'],
      ['shop.order', 'shop.mail', 'cause'],
      ['shop.page_view', 'shop.click', 'cause'],
    ])
  }

  const request = String(order!.meta.request_id)
  const { stdout } = await rivulet(['trace', request, '--data', intake.data]).ended
  expect(stdout.match(/shop\.\w+/g)?.sort()).toEqual([...STREAMS].sort())
  expect(stdout.match(/^>.*shop\.\w+/gm)).toHaveLength(4)
})

/** Waits until one is stored. */
async function storedOf(intake: WebIntake, stream: string) {
  await expect.poll(async () => (await intake.stored(stream)).length, PATIENCE).toBe(1)
  return (await intake.stored(stream)) as unknown as {
    meta: { id: string; dt: string; request_id?: string }
  }[]
}
