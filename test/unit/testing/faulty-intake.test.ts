import { describe, expect, onTestFinished, test } from 'vitest'
import {
  accepting,
  answerLost,
  captivePortal,
  cut,
  type Event,
  type FaultyIntake,
  hang,
  internalError,
  malformed,
  notFound,
  rejecting,
  slow,
  startFaultyIntake,
  tooLarge,
  tooManyRequests,
  unavailable,
} from '../../../src/testing/testing.ts'

describe('requests for stream config', () => {
  const streamConfigs = { streams: { 'shop.click': {} } }

  test('meet a script of their own', async () => {
    const intake = await start({ streamConfigs })
    intake.configRequests.script([notFound(), internalError(), malformed(), unavailable({ retryAfter: 3 })])

    const answers = []
    for (let i = 0; i < 5; i++) answers.push(await fetch(intake.streamConfigUrl))

    expect(answers.map(({ status }) => status)).toEqual([404, 500, 200, 503, 200])
    expect(answers[3]?.headers.get('retry-after')).toBe('3')
    await expect(answers[2]?.json()).rejects.toThrow(SyntaxError)
    expect(await answers[4]?.json()).toEqual(streamConfigs)
    expect(intake.configRequests.count()).toBe(5)
    expect((await post(intake, [click('a')])).status).toBe(201)
  })

  test('are served late by a slow server, and cut by one that fails', async () => {
    const intake = await start({ streamConfigs })

    intake.configRequests.fault(slow(100))
    const asked = performance.now()
    expect(await (await fetch(intake.streamConfigUrl)).json()).toEqual(streamConfigs)
    expect(performance.now() - asked).toBeGreaterThanOrEqual(95)

    intake.configRequests.fault(cut())
    await expect(fetch(intake.streamConfigUrl)).rejects.toThrow()
    intake.configRequests.heal()
    expect((await fetch(intake.streamConfigUrl)).status).toBe(200)
  })

  test('are heard of by until', async () => {
    const intake = await start()

    const asked = intake.until(() => intake.configRequests.count() === 1)
    await fetch(intake.streamConfigUrl)

    await expect(asked).resolves.toBeUndefined()
  })
})

describe('a faulty intake', () => {
  test('accepts events as EventGate does, and keeps each id once', async () => {
    const intake = await start()

    const first = await post(intake, [click('a'), click('b')])
    await post(intake, [click('b'), click('c')])

    expect(first.status).toBe(201)
    expect(ids(intake)).toEqual(['a', 'b', 'c'])
    expect(['a', 'b', 'x'].map(intake.timesAccepted)).toEqual([1, 2, 0])
    expect(intake.posts.map(({ answer, events }) => [answer, events.length])).toEqual([
      [201, 2],
      [201, 2],
    ])
  })

  test('refuses what is no list of events with ids', async () => {
    const intake = await start()

    expect((await post(intake, [{ no: 'meta' }])).status).toBe(400)
    expect(intake.posts).toMatchObject([{ answer: 400, events: [] }])
  })

  test('lets pages of every origin read its answers, Retry-After included', async () => {
    const intake = await start()
    intake.fault(tooManyRequests({ retryAfter: 7 }))

    const { headers } = await post(intake, [click('a')])

    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toContain('retry-after')
    expect(headers.get('retry-after')).toBe('7')
  })

  test('serves a stream config that can be changed', async () => {
    const intake = await start({ streamConfigs: { streams: { 'shop.click': {} } } })
    const read = async (headers = {}) => fetch(intake.streamConfigUrl, { headers })

    const first = await read()
    const etag = first.headers.get('etag') ?? ''
    const known = await read({ 'if-none-match': etag })
    intake.configure({ streams: {} })
    const second = await read({ 'if-none-match': etag })

    expect(await first.json()).toEqual({ streams: { 'shop.click': {} } })
    expect(known.status).toBe(304)
    expect(await second.json()).toEqual({ streams: {} })
  })

  test('answers with a fault as many times as it is told', async () => {
    const intake = await start()
    intake.fault(unavailable(), { times: 2 })

    const answers = [await post(intake, [click('a')]), await post(intake, [click('a')])]
    const healed = await post(intake, [click('a')])

    expect([...answers, healed].map(({ status }) => status)).toEqual([503, 503, 201])
    expect(intake.timesAccepted('a')).toBe(1)
  })

  test('answers with a fault for a time, from the first request on', async () => {
    const intake = await start()
    intake.fault(unavailable(), { ms: 100 })

    const first = await post(intake, [click('a')])
    await expect.poll(async () => (await post(intake, [click('a')])).status).toBe(201)

    expect(first.status).toBe(503)
    expect(intake.posts.at(-1)!.at - intake.posts[0]!.at).toBeGreaterThanOrEqual(100)
  })

  test('answers with a script of faults, one for each request, and then accepts', async () => {
    const intake = await start()
    intake.script([unavailable(), accepting(), internalError(), notFound()])

    const answers = []
    for (const id of ['a', 'a', 'b', 'b', 'b']) answers.push(await post(intake, [click(id)]))

    expect(answers.map(({ status }) => status)).toEqual([503, 201, 500, 404, 201])
    expect(ids(intake)).toEqual(['a', 'b'])
  })

  test('forgets a script when it is healed, or given another fault', async () => {
    const intake = await start()

    intake.script([unavailable(), unavailable()])
    intake.heal()
    const healed = await post(intake, [click('a')])
    intake.script([unavailable(), unavailable()])
    intake.fault(internalError(), { times: 1 })
    const others = [await post(intake, [click('b')]), await post(intake, [click('b')])]

    expect([healed, ...others].map(({ status }) => status)).toEqual([201, 500, 201])
  })

  test('refuses what is invalid by the schemas it is given, whatever else is wrong', async () => {
    const validate = ({ action }: Event) =>
      action === 'buy' ? [] : [{ path: '/action', keyword: 'const', message: '/action must be buy' }]
    const intake = await start({ schemas: { 'shop.click': { validate } } })
    const valid = { ...click('good'), action: 'buy' }
    const invalid = { ...click('bad'), action: 'steal' }

    const mixed = await post(intake, [valid, invalid])
    intake.fault(answerLost())
    await expect(post(intake, [{ ...invalid, meta: { ...invalid.meta, id: 'worse' } }])).rejects.toThrow()

    expect(mixed.status).toBe(207)
    expect(await mixed.json()).toMatchObject({ invalid: [{ event: invalid }], error: [] })
    expect(ids(intake)).toEqual(['good'])
    expect(intake.rejected()).toMatchObject([
      { event: invalid, problems: [{ message: '/action must be buy' }] },
      { event: { meta: { id: 'worse' } } },
    ])
  })

  test('accepts and then loses the answer, or is cut before it accepts', async () => {
    const intake = await start()

    intake.fault(answerLost(), { times: 1 })
    await expect(post(intake, [click('lost')])).rejects.toThrow()
    intake.fault(cut(), { times: 1 })
    await expect(post(intake, [click('cut')])).rejects.toThrow()

    expect(ids(intake)).toEqual(['lost'])
    expect(intake.posts.map(({ answer }) => answer)).toEqual(['cut', 'cut'])
  })

  test('hangs until its sender loses patience', async () => {
    const intake = await start()
    intake.fault(hang())

    await expect(post(intake, [click('a')], AbortSignal.timeout(50))).rejects.toThrow()

    expect(intake.posts).toMatchObject([{ answer: 'hang' }])
    expect(ids(intake)).toEqual([])
  })

  test('accepts at once and answers late', async () => {
    const intake = await start()
    intake.fault(slow(100))

    const answer = post(intake, [click('a')])
    await intake.until(() => intake.timesAccepted('a') === 1)
    const accepted = Date.now()

    expect((await answer).status).toBe(201)
    expect(Date.now() - accepted).toBeGreaterThanOrEqual(90)
  })

  test('lists what it rejects of a batch, as EventGate does', async () => {
    const intake = await start()
    intake.fault(
      rejecting({ invalid: ({ meta }) => meta.id === 'bad', error: ({ meta }) => meta.id === 'late' }),
    )

    const mixed = await post(intake, [click('bad'), click('good'), click('late')])
    const allBad = await post(intake, [click('bad')])
    const failed = await post(intake, [click('bad'), click('late')])

    expect(mixed.status).toBe(207)
    expect(await mixed.json()).toMatchObject({
      invalid: [{ status: 'invalid', event: click('bad') }],
      error: [{ status: 'error', event: click('late') }],
    })
    expect([allBad.status, failed.status]).toEqual([400, 500])
    expect(ids(intake)).toEqual(['good'])
  })

  test('has enough of bodies over a limit', async () => {
    const intake = await start()
    intake.fault(tooLarge(200))

    expect((await post(intake, [click('a'), click('x'.repeat(200))])).status).toBe(413)
    expect((await post(intake, [click('a')])).status).toBe(201)
  })

  test('may be hidden by a captive portal', async () => {
    const intake = await start()
    intake.fault(captivePortal())

    const answer = await post(intake, [click('a')])

    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html'])
    expect(ids(intake)).toEqual([])
  })

  test('sends Retry-After as a date, too', async () => {
    const intake = await start()
    intake.fault(unavailable({ retryAfter: new Date('2026-11-23T08:00:00.500Z') }))

    const { headers } = await post(intake, [click('a')])

    expect(headers.get('retry-after')).toBe('Mon, 23 Nov 2026 08:00:00 GMT')
  })

  test('is down, and up again on the same port', async () => {
    const intake = await start()

    await intake.down()
    await expect(post(intake, [click('a')])).rejects.toThrow()
    await intake.up()

    expect((await post(intake, [click('a')])).status).toBe(201)
  })

  test('says what it has where what was waited for does not come', async () => {
    const intake = await start()
    await post(intake, [click('a')])

    const waiting = intake.until(() => intake.events().length === 2, { timeout: 20 })

    await expect(waiting).rejects.toThrow(/events\(\).*1 events accepted in 1 requests/)
  })
})

async function start(options = {}): Promise<FaultyIntake> {
  const intake = await startFaultyIntake(options)
  onTestFinished(() => intake.close())
  return intake
}

function post(
  { intakeUrl }: FaultyIntake,
  events: readonly object[],
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(intakeUrl, { method: 'POST', body: JSON.stringify(events), signal: signal ?? null })
}

const ids = (intake: FaultyIntake) => intake.events().map(({ meta }: Event) => meta.id)

const click = (id: string) => ({ meta: { id, stream: 'shop.click' } })
