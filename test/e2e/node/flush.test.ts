import { expect, onTestFinished, test, vi } from 'vitest'
import { createClient, type NodeClientOptions } from 'rivulet'
import { hang, slow } from 'rivulet/testing'
import { openIntake, STREAM_CONFIGS } from './process.ts'

/** A client that leaves this process as it was. */
function open(intakeUrl: string, options: Partial<NodeClientOptions> = {}) {
  const events = createClient({ intakeUrl, streamConfigs: STREAM_CONFIGS, exitTimeout: 0, ...options })
  onTestFinished(() => events.close())
  return events
}

test('flush sends what is queued, and resolves to how many events are left: none', async () => {
  const intake = await openIntake()
  const events = open(intake.intakeUrl)
  for (let n = 0; n < 500; n++) events.submit('job.done', { n })

  expect(await events.flush()).toBe(0)

  expect(intake.events()).toHaveLength(500)
})

test('an intake that never answers holds flush up to its timeout, and what is queued is counted', async () => {
  const intake = await openIntake()
  intake.fault(hang(), { times: 1 })
  const events = open(intake.intakeUrl)
  for (let n = 0; n < 3; n++) events.submit('job.done', { n })
  const begin = performance.now()

  const queued = await events.flush({ timeout: 300 })

  const ms = performance.now() - begin
  expect(queued).toBe(3)
  expect(ms).toBeGreaterThanOrEqual(299)
  expect(ms).toBeLessThan(300 + 1500)
})

test('what is submitted while flush waits is sent as well before it resolves', async () => {
  const intake = await openIntake()
  intake.fault(slow(300), { times: 1 })
  const events = open(intake.intakeUrl)
  events.submit('job.done', { n: 1 })
  const flushed = events.flush({ timeout: 10_000 })
  await intake.until(() => intake.posts.length === 1)

  events.submit('job.done', { n: 2 })

  expect(await flushed).toBe(0)
  expect(intake.events().map(({ n }) => n)).toEqual([1, 2])
})

test('waitUntil is given one promise for what is submitted together, which resolves when it is delivered', async () => {
  const intake = await openIntake()
  const promises: Promise<unknown>[] = []
  const events = open(intake.intakeUrl, { waitUntil: (promise) => promises.push(promise) })

  for (let n = 0; n < 3; n++) events.submit('job.done', { n })
  expect(promises).toHaveLength(1)
  await promises[0]

  expect(intake.events().map(({ n }) => n)).toEqual([0, 1, 2])
  expect(intake.posts).toHaveLength(1)

  events.submit('job.done', { n: 3 })
  expect(promises).toHaveLength(2)
  await promises[1]
  expect(intake.events()).toHaveLength(4)
})

test('what is submitted while the first is being sent is given a promise of its own', async () => {
  const intake = await openIntake()
  intake.fault(slow(300), { times: 1 })
  const promises: Promise<unknown>[] = []
  const events = open(intake.intakeUrl, { waitUntil: (promise) => promises.push(promise) })
  events.submit('job.done', { n: 1 })
  await intake.until(() => intake.posts.length === 1)

  events.submit('job.done', { n: 2 })

  expect(promises).toHaveLength(2)
  await promises[1]
  expect(intake.events().map(({ n }) => n)).toEqual([1, 2])
})

test('for an event that does not go, nothing is held', async () => {
  const intake = await openIntake()
  const waitUntil = vi.fn()
  const events = open(intake.intakeUrl, { waitUntil })

  events.submit('job.unknown')

  expect(waitUntil).not.toHaveBeenCalled()
})

test('a silent intake holds a function for 5 s at most, and its events stay queued', async () => {
  const intake = await openIntake()
  intake.fault(hang())
  const promises: Promise<unknown>[] = []
  const events = open(intake.intakeUrl, { waitUntil: (promise) => promises.push(promise) })
  const begin = performance.now()

  events.submit('job.done')
  await promises[0]

  const ms = performance.now() - begin
  expect(ms).toBeGreaterThan(4900)
  expect(ms).toBeLessThan(5000 + 2500)
  expect(events.ledger()['job.done']).toEqual({ submitted: 1 })
})

test('a waitUntil that throws is said once, and the events go all the same', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  onTestFinished(() => warn.mockRestore())
  const intake = await openIntake()
  const waitUntil = () => {
    throw new Error('not within a request')
  }
  const events = open(intake.intakeUrl, { waitUntil })

  events.submit('job.done')
  await intake.until(() => intake.events().length === 1)
  events.submit('job.done')
  await intake.until(() => intake.events().length === 2)

  expect(warn).toHaveBeenCalledExactlyOnceWith('rivulet: waitUntil threw', expect.any(Error))
})

test('what `await using` calls closes the client', async () => {
  const intake = await openIntake()
  const events = open(intake.intakeUrl)
  events.submit('job.done', { n: 1 })

  await events[Symbol.asyncDispose]()
  events.submit('job.done', { n: 2 })

  expect(intake.events().map(({ n }) => n)).toEqual([1])
  expect(events.ledger()['job.done']).toEqual({ submitted: 2, delivered: 1, closed: 1 })
})

test.for([
  [{ waitUntil: true }, 'waitUntil is true (boolean); wanted: function'],
  [{ exitTimeout: '2s' }, 'exitTimeout is 2s (string); wanted: number'],
] as const)('%o throws at once', ([options, message]) => {
  const wrong = { intakeUrl: 'http://127.0.0.1:9/', ...options } as unknown as NodeClientOptions

  expect(() => createClient(wrong)).toThrow(new TypeError(`createClient: ${message}`))
})
