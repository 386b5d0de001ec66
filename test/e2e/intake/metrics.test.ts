import { readFile, writeFile } from 'node:fs/promises'
import { register } from 'prom-client'
import { expect, test } from 'vitest'
import { ask } from './ask.ts'
import { click, shopFolder, startShopIntake, until } from './temp-intake.ts'

const TOKEN = 'a-token-of-a-test'

test('events count by stream and verdict, requests by path and status, and what is stored by group', async () => {
  const { url, post } = await startShopIntake()
  await post([click('a'), click('b')])
  await post([click('a'), click('c', { action: 'steal' }), { ...click('d'), $schema: '/no/such/1.0.0' }])
  await post('no JSON')
  await post([click('e')], { query: '?hasty=true' })
  await ask(`${url}/v1/stream-configs`)
  await ask(`${url}/somewhere/else`)
  await ask(`${url}/readyz?why`)
  await until(async () => (await metricsOf(url)).stored_bytes_total! > 0)

  const metrics = await metricsOf(url)

  expect(metrics).toMatchObject({
    'events_total{stream="shop.click",verdict="accepted"}': 4,
    'events_total{stream="shop.click",verdict="invalid"}': 1,
    'events_total{stream="shop.click",verdict="error"}': 1,
    'duplicates_total{stream="shop.click"}': 1,
    'requests_total{path="/v1/events",status="2xx"}': 3,
    'requests_total{path="/v1/events",status="4xx"}': 1,
    'requests_total{path="/v1/stream-configs",status="2xx"}': 1,
    'requests_total{path="/readyz",status="2xx"}': 1,
    'requests_total{path="other",status="4xx"}': 1,
    'request_duration_seconds_count{status="2xx"}': 3,
    'request_duration_seconds_bucket{le="10",status="2xx"}': 3,
    body_bytes_count: 4,
    'batch_events_bucket{le="1"}': 1,
    'batch_events_bucket{le="2"}': 2,
    batch_events_sum: 6,
    sink_trouble: 0,
    waiting_bytes: 0,
    'readers{feed="live"}': 0,
  })
  expect(metrics.connections).toBeGreaterThan(0)
  // Two rejections and a note of the duplicate are stored beside.
  expect(metrics.commit_events_sum).toBe(6)
  expect(metrics.commit_duration_seconds_count).toBe(metrics.commit_events_count)
})

test('streams that the config does not name count as one, however many are made up', async () => {
  const { url, post } = await startShopIntake(
    await shopFolder({
      'shop.click': { schema_title: 'shop/click' },
      '/^any\\./': { schema_title: 'shop/click' },
    }),
  )
  const of = (stream: unknown) => ({ ...click(undefined), meta: { stream } })

  await post([of('any.one'), of('any.two'), of('no.such'), of(7), 'no event', click('a')])

  expect(await metricsOf(url)).toMatchObject({
    'events_total{stream="other",verdict="accepted"}': 2,
    'events_total{stream="other",verdict="invalid"}': 1,
    'events_total{stream="other",verdict="error"}': 2,
    'events_total{stream="shop.click",verdict="accepted"}': 1,
  })
  expect(await textOf(url)).not.toMatch(/any\.|no\.such/)
})

test('the revision in force is told, and a stream that came with it', async () => {
  const shop = await shopFolder()
  const { url, post } = await startShopIntake(shop)
  const before = await textOf(url)
  const later = { revision: '2099-01-01.1', streams: { 'shop.later': { schema_title: 'shop/click' } } }
  await writeFile(shop.streams, JSON.stringify(later))
  await until(async () => (await textOf(url)).includes('stream_config_info{revision="2099-01-01.1"} 1\n'))

  await post([{ ...click('a'), meta: { stream: 'shop.later', id: 'a' } }])

  const after = await textOf(url)
  expect(before).toMatch(/stream_config_info\{revision="20\d\d-[^"]+"\} 1\n/)
  expect(after.match(/stream_config_info\{/g)).toHaveLength(1)
  expect(after).toContain('events_total{stream="shop.later",verdict="accepted"} 1\n')
})

test('who listens is counted, and a request that goes away unanswered', async () => {
  const { url } = await startShopIntake()
  const leaving = new AbortController()
  const feed = await fetch(`${url}/live`, { signal: leaving.signal })
  expect(await metricsOf(url)).toMatchObject({
    'readers{feed="live"}': 1,
    'readers{feed="stream_configs"}': 0,
    'readers{feed="streams"}': 0,
  })

  leaving.abort()

  await until(async () => (await metricsOf(url))['requests_total{path="/live",status="unanswered"}'] === 1)
  expect(feed.status).toBe(200)
  expect(await metricsOf(url)).toMatchObject({ 'readers{feed="live"}': 0 })
})

test('it is in the text format of Prometheus, by its conventions, each documented, and with those of Node', async () => {
  const { url } = await startShopIntake()

  const { headers, text } = await ask(`${url}/metrics`)

  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name, type]) => [name!, type!]))
  const helps = [...text.matchAll(/^# HELP (\S+) \S.*$/gm)].map(([, name]) => name)
  expect(helps).toEqual([...types.keys()])
  expect(new Set(helps).size).toBe(helps.length)
  for (const [name, type] of types)
    if (name.startsWith('rivulet_')) expect(name.endsWith('_total')).toBe(type === 'counter')
  const docs = await readFile(new URL('../../../docs/operating.md', import.meta.url), 'utf8')
  const documented = [...docs.matchAll(/^\| `(rivulet_intake_\w+)` /gm)].map(([, name]) => name)
  expect([...types.keys()].filter((name) => name.startsWith('rivulet_')).sort()).toEqual(documented.sort())
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_eventloop_lag_p99_seconds',
  ])
    expect(types.has(name), name).toBe(true)
  expect(text).toMatch(/^rivulet_intake_info\{version="[\d.]+",sink="file"\} 1$/m)
})

test('two intakes of one process count apart, and leave the global registry alone', async () => {
  const one = await startShopIntake()
  const other = await startShopIntake()

  await one.post([click('a')])

  expect(await textOf(one.url)).toContain('events_total{stream="shop.click"')
  expect(await textOf(other.url)).not.toContain('events_total{stream="shop.click"')
  expect(register.getMetricsAsArray()).toEqual([])
})

test('it is for those who may read the console: this machine, or who has the token', async () => {
  const own = await startShopIntake()
  const closed = await startShopIntake(undefined, { host: '0.0.0.0' })
  const guarded = await startShopIntake(undefined, { host: '0.0.0.0', token: TOKEN })
  const authorization = `Bearer ${TOKEN}`
  const statusOf = async (url: string, headers = {}) => (await ask(`${url}/metrics`, { headers })).status

  expect(await statusOf(own.url)).toBe(200)
  expect(await statusOf(own.url, { host: 'attacker.example' })).toBe(403)
  expect(await statusOf(own.url, { 'sec-fetch-site': 'cross-site' })).toBe(403)
  expect((await ask(`${own.url}/metrics`)).headers).not.toHaveProperty('access-control-allow-origin')
  expect(await statusOf(closed.url)).toBe(403)
  expect(await statusOf(guarded.url)).toBe(401)
  expect(await statusOf(guarded.url, { authorization: 'Bearer another-token-of-a-test' })).toBe(401)
  expect(await statusOf(guarded.url, { authorization })).toBe(200)
  expect((await ask(`${own.url}/metrics`, { method: 'POST' })).status).toBe(405)
})

async function textOf(url: string): Promise<string> {
  return (await ask(`${url}/metrics`)).text
}

/** The intake's own, by name and labels. */
async function metricsOf(url: string): Promise<{ [name: string]: number }> {
  const lines = (await textOf(url)).matchAll(/^rivulet_intake_(\w+(?:\{.*\})?) (\S+)$/gm)
  return Object.fromEntries([...lines].map(([, name, value]) => [name, Number(value)]))
}
