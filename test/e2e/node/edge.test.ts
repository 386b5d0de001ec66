import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { expect, onTestFinished, test } from 'vitest'
import { hang } from 'rivulet/testing'
import { openIntake, STREAM_CONFIGS } from './process.ts'

// Cloudflare's own runtime, with a worker as its user bundles it. It has no part of Node.

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A worker whose answer is what its handler returns. */
async function openWorker(handler: string, intakeUrl: string, more = '') {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { createClient } from 'rivulet'
        const intakeUrl = ${JSON.stringify(intakeUrl)}
        const streamConfigs = ${JSON.stringify(STREAM_CONFIGS)}
        ${more}
        export default { async fetch(request, env, ctx) { ${handler} } }
      `,
      resolveDir: ROOT,
    },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd'],
  })
  const script = outputFiles[0]?.text ?? ''
  const worker = new Miniflare({ modules: true, script, compatibilityDate: '2024-11-01' })
  onTestFinished(() => worker.dispose())
  const ask = async () => (await worker.dispatchFetch('http://worker.example/')).text()
  return { ask, script }
}

test('a worker answers at once, and its event is sent by waitUntil', async () => {
  const intake = await openIntake()
  const { ask } = await openWorker(
    `
    const events = createClient({ intakeUrl, streamConfigs, waitUntil: (promise) => ctx.waitUntil(promise) })
    events.submit('job.done', { n: 1 })
    events.submit('job.done', { n: 2 })
    return new Response('answered with ' + JSON.stringify(events.ledger()))
    `,
    intake.intakeUrl,
  )

  expect(await ask()).toBe('answered with {"job.done":{"submitted":2}}')

  await intake.until(() => intake.events().length === 2)
  expect(intake.posts).toHaveLength(1)
  expect(intake.posts[0]?.headers['content-type']).toMatch(/^text\/plain/)
})

test('a worker may close its client instead, and tell what its ledger counts', async () => {
  const intake = await openIntake()
  const { ask } = await openWorker(
    `
    const events = createClient({ intakeUrl, streamConfigs: { streams: { 'job.done': {}, 'rivulet.ledger': {} } } })
    events.submit('job.done')
    ctx.waitUntil(events.close())
    return new Response('answered')
    `,
    intake.intakeUrl,
  )

  await ask()

  await intake.until(() => intake.events().length === 2)
  expect(intake.events().map(({ meta }) => meta.stream)).toEqual(['job.done', 'rivulet.ledger'])
})

test('stream config is asked for once by an isolate, whose next clients have it at once', async () => {
  const intake = await openIntake()
  const { ask } = await openWorker(
    `
    const events = createClient({ intakeUrl, streamConfigUrl, waitUntil: (promise) => ctx.waitUntil(promise) })
    const isKnown = events.isInSample('job.done')
    events.submit('job.done')
    await events.flush()
    return new Response(isKnown)
    `,
    intake.intakeUrl,
    `const streamConfigUrl = ${JSON.stringify(intake.streamConfigUrl)}`,
  )

  const known = [await ask(), await ask(), await ask()]

  expect(known).toEqual(['false', 'true', 'true'])
  await intake.until(() => intake.events().length === 3)
  const sessions = new Set(intake.events().map(({ meta }) => meta.producer.id))
  expect(sessions.size).toBe(3)
})

test('each request has a session of its own, unless the host gives one', async () => {
  const intake = await openIntake()
  const provide = { producers: { rivulet: { provide_values: ['performer_session_id'] } } }
  const { ask } = await openWorker(
    `
    const given = { intakeUrl, streamConfigs: ${JSON.stringify({ streams: { 'job.done': provide } })} }
    for (const ids of [{}, { session: 'the-visitor' }]) {
      await using events = createClient({ ...given, ids })
      events.submit('job.done')
    }
    return new Response('answered')
    `,
    intake.intakeUrl,
  )

  await ask()
  await ask()

  await intake.until(() => intake.events().length === 4)
  const sessions = intake.events().map(({ performer }) => (performer as { session_id: string }).session_id)
  expect(sessions.filter((id) => id === 'the-visitor')).toHaveLength(2)
  expect(new Set(sessions).size).toBe(3)
})

test('a silent intake holds no answer up', async () => {
  const intake = await openIntake()
  intake.fault(hang())
  const { ask } = await openWorker(
    `
    const events = createClient({ intakeUrl, streamConfigs, waitUntil: (promise) => ctx.waitUntil(promise) })
    events.submit('job.done')
    return new Response(await events.flush({ timeout: 100 }))
    `,
    intake.intakeUrl,
  )

  expect(await ask()).toBe('1')
})

test("outside of a handler a client cannot be made, and the runtime's own words say why", async () => {
  const intake = await openIntake()

  const { ask } = await openWorker(
    'return new Response(failure)',
    intake.intakeUrl,
    `
    let failure = ''
    try { createClient({ intakeUrl, streamConfigs }) } catch (cause) { failure = String(cause) }
    `,
  )

  expect(await ask()).toMatch(/Disallowed operation called within global scope/)
})

test('the file for the edge takes nothing of Node, and only itself', async () => {
  const code = await readFile(`${ROOT}/dist/edge.js`, 'utf8')

  expect(code).not.toMatch(/\bnode:|\bprocess\.|\brequire\(|\bBuffer\b/)
  expect(code).not.toMatch(/^\s*(import|export)\b.*\bfrom\b/m)
})

test('importing the file for the edge does nothing, and in Node it works as well', async () => {
  const intake = await openIntake()
  const before = Reflect.ownKeys(globalThis)
  const { createClient } = await import(`${ROOT}/dist/edge.js`)
  expect(Reflect.ownKeys(globalThis)).toEqual(before)
  const promises: Promise<unknown>[] = []

  const events = createClient({
    intakeUrl: intake.intakeUrl,
    streamConfigs: STREAM_CONFIGS,
    waitUntil: (promise: Promise<unknown>) => promises.push(promise),
  })
  events.submit('job.done')
  await promises[0]

  expect(intake.events()).toHaveLength(1)
  await events.close()
})

test('a worker may have a token of the intake', async () => {
  const intake = await openIntake()
  const { ask } = await openWorker(
    `
    const events = createClient({ intakeUrl, streamConfigs, intakeToken: 'correct-horse' })
    events.submit('job.done')
    return new Response(String(await events.flush({ timeout: 5_000 })))
    `,
    intake.intakeUrl,
  )

  expect(await ask()).toBe('0')
  expect(intake.posts[0]?.headers.authorization).toBe('Bearer correct-horse')
})
