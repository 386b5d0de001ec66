import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BATCH_BYTES, byteLength } from '../../../src/core/batch.ts'
import { createDelivery, LINGER } from '../../../src/core/deliver.ts'
import type { Answer } from '../../../src/core/environment.ts'
import { createQueue, type QueuedEvent } from '../../../src/core/queue.ts'
import {
  createMemoryRecords,
  createPromise,
  createTestEnvironment,
  PLAIN_QUEUE,
  type Post,
  type Reply,
  type TestEnvironmentOptions,
} from '../../support/environment.ts'
import { createRandom } from '../../support/random.mjs'

const INTAKE = 'https://intake.example/v1/events'
const OTHER_INTAKE = 'https://errors.example/v1/events'
const MINUTE = 60_000

function startDelivery(options: TestEnvironmentOptions = {}) {
  const test = createTestEnvironment(options)
  const { environment } = test
  const queue = createQueue({
    ...environment,
    ...PLAIN_QUEUE,
    nextKey: () => environment.eventId(environment.now()),
  })
  const delivered: string[] = []
  const refused: string[] = []
  const troubles: string[] = []
  const delivery = createDelivery({
    queue,
    environment,
    client: 'c',
    allowed: () => true,
    mayGo: () => true,
    decide: () => false,
    evict: async () => {},
    left: () => queue.held().length,
    onSettled: ({ id }, reason) => (reason ? refused : delivered).push(id),
    onTrouble: (kind) => troubles.push(kind),
  })
  let submitted = 0

  function submit({ bytes = 10, url = INTAKE, name = '', client = 'c' } = {}): string {
    const id = `${name || 'event'}-${submitted++}`
    const json = JSON.stringify({ meta: { id }, fill: 'x'.repeat(bytes) })
    queue.add({ id, stream: 's', client, url, json, bytes: byteLength(json) } satisfies QueuedEvent)
    delivery.wake()
    return id
  }
  const submitAll = (count: number, event = {}) => Array.from({ length: count }, () => submit(event))
  return { ...test, queue, delivery, delivered, refused, troubles, submit, submitAll }
}

const idsOf = ({ events }: Post) => events.map(({ meta }) => meta.id)
const answer = (status: number, body?: object): Reply => ({ status, text: body ? JSON.stringify(body) : '' })
const failed = (id: string, message: string) => ({
  status: 'error',
  event: { meta: { id } },
  context: { message },
})

test('events wait for one another and go in one request', async () => {
  const { submit, pass, posts, delivered } = startDelivery()

  const first = submit()
  await pass(LINGER - 1)
  const second = submit()
  expect(posts).toEqual([])
  await pass(1)

  expect(posts.map(idsOf)).toEqual([[first, second]])
  expect(delivered).toEqual([first, second])
})

test('the request says when it was sent', async () => {
  const { submit, pass, posts, origin } = startDelivery()

  submit()
  submit({ url: 'https://intake.example/v1/events?key=7' })
  await pass(LINGER)

  expect(posts.map(({ url }) => url)).toEqual([
    `${INTAKE}?sent=${origin.clock.now()}`,
    `https://intake.example/v1/events?key=7&sent=${origin.clock.now()}`,
  ])
})

test('what is queued goes batch after batch until there is no more, each under 60 kB', async () => {
  const { submitAll, pass, posts, delivered, queue } = startDelivery()

  const ids = submitAll(500, { bytes: 1000 })
  await pass(LINGER)

  expect(delivered).toEqual(ids)
  expect(posts.flatMap(idsOf)).toEqual(ids)
  for (const { bytes } of posts) expect(bytes).toBeLessThanOrEqual(BATCH_BYTES)
  expect(posts.length).toBe(Math.ceil((500 * 1040) / BATCH_BYTES))
  expect(queue.held()).toEqual([])
})

test('an event stays queued until the intake answers for it, and leaves the store with the answer', async () => {
  const pending = createPromise<Reply>()
  const { submit, pass, queue, origin } = startDelivery({ answers: () => pending.promise })

  submit()
  await pass(LINGER)
  expect(queue.held()).toHaveLength(1)
  expect(origin.records.events()).toHaveLength(1)
  pending.resolve(answer(201))
  await pass(0)

  expect(queue.held()).toEqual([])
  expect(origin.records.events()).toEqual([])
})

test('what is under way is not sent a second time', async () => {
  const pending = createPromise<Reply>()
  const { submit, pass, posts, turn, delivery } = startDelivery({ answers: () => pending.promise })

  const id = submit()
  await pass(LINGER)
  void delivery.drain()
  await turn('hidden')
  await turn('visible')
  void delivery.flush(100)
  await pass(MINUTE)
  expect(posts.map(idsOf)).toEqual([[id]])

  const next = submit()
  await turn('hidden')
  expect(posts.map(idsOf)).toEqual([[id], [next]])
})

test('a batch that is too much is halved until it passes, at once, and nothing accepted is sent again', async () => {
  const accepted: string[] = []
  const { submitAll, pass, delivered, refused } = startDelivery({
    answers: (post) => {
      if (post.events.length > 3) return answer(413)
      accepted.push(...idsOf(post))
      return answer(201)
    },
  })

  const ids = submitAll(20)
  await pass(LINGER)

  expect(accepted).toEqual(ids)
  expect(delivered).toEqual(ids)
  expect(refused).toEqual([])
})

test('of a batch that is refused as a whole, only the event that is refused alone is lost', async () => {
  const { submit, submitAll, pass, delivered, refused } = startDelivery({
    answers: (post) => answer(idsOf(post).some((id) => id.startsWith('bad')) ? 422 : 201),
  })

  submitAll(7)
  const bad = submit({ name: 'bad' })
  submitAll(7)
  // After a refusal it takes its time: an intake that refuses all is not asked as fast as it answers.
  await pass(10 * LINGER)

  expect(refused).toEqual([bad])
  expect(delivered).toHaveLength(14)
})

test('with 207, what is listed under error goes again and the rest does not', async () => {
  const { submit, pass, posts, delivered, refused, answer: say } = startDelivery()
  const [a, b, c, d] = [submit(), submit(), submit(), submit()]
  say([
    answer(207, {
      invalid: [{ event: { meta: { id: b } } }],
      error: [failed(c, 'broker not available'), failed(d, 'Failed loading schema at /no/1.0.0')],
    }),
  ])

  await pass(LINGER)
  expect([delivered, refused]).toEqual([[a], [b, d]])
  await pass(MINUTE)

  expect(posts.map(idsOf)).toEqual([[a, b, c, d], [c]])
  expect(delivered).toEqual([a, c])
})

test('after each failure the wait is a second and anywhere below a bound that doubles', async () => {
  const { submit, pass, posts } = startDelivery({ answers: () => answer(503), seed: 7 })

  submit()
  await pass(60 * MINUTE)

  const waits = posts.slice(1).map(({ at }, i) => at - posts[i]!.at)
  expect(waits.length).toBeGreaterThan(10)
  waits.forEach((wait, i) => {
    // A wait is never shorter than the linger: no storm, whatever the dice say.
    expect(wait).toBeGreaterThanOrEqual(LINGER)
    expect(wait).toBeLessThanOrEqual(LINGER + Math.min(5 * MINUTE, 1000 * 2 ** (i + 1)))
  })
  expect(Math.max(...waits)).toBeGreaterThan(MINUTE)
})

test('after a success the waits begin anew', async () => {
  let status = 503
  const { submit, pass, posts } = startDelivery({ answers: () => answer(status), seed: 7 })
  submit()
  await pass(30 * MINUTE)
  status = 201
  await pass(10 * MINUTE)
  const before = posts.length

  status = 503
  submit()
  await pass(LINGER + 2000)

  expect(posts.length).toBeGreaterThanOrEqual(before + 2)
})

test('while there is nothing to do but wait, nothing is done', async () => {
  const records = createMemoryRecords()
  let reads = 0
  const counting = {
    ...records,
    read: (known: Parameters<typeof records.read>[0]) => {
      reads++
      return records.read(known)
    },
  }
  const { submit, pass } = startDelivery({
    records: counting,
    answers: () => ({ status: 503, retryAfter: '3600' }),
  })

  submit()
  await pass(MINUTE)
  const before = reads
  await pass(58 * MINUTE)

  expect(reads).toBe(before)
})

test('Retry-After is kept to, also by what is submitted meanwhile, by flush and when the page goes', async () => {
  const { submit, pass, posts, turn, delivery } = startDelivery({
    answers: [{ status: 503, retryAfter: '120' }],
  })

  submit()
  await pass(LINGER)
  submit()
  await turn('hidden')
  await turn('gone')
  await turn('visible')
  void delivery.flush(1000)
  await pass(119_999)
  expect(posts).toHaveLength(1)
  await pass(LINGER)

  expect(posts).toHaveLength(2)
})

test('when the page is hidden what is queued goes at once, without waiting for the linger', async () => {
  const { submit, posts, turn, delivered } = startDelivery()

  const id = submit()
  await turn('hidden')

  expect(posts.map((post) => [post.phase, ...idsOf(post)])).toEqual([['hidden', id]])
  expect(delivered).toEqual([id])
})

test('what is submitted while the page is hidden goes at once, what one task submits in one request', async () => {
  const { submitAll, posts, turn, pass } = startDelivery()
  await turn('hidden')

  const ids = submitAll(3)
  await pass(0)

  expect(posts.map(idsOf)).toEqual([ids])
})

test('a page that hides hands over its own events; those of others go in turn, or when it goes', async () => {
  const { submit, posts, turn, pass } = startDelivery()
  const own = submit()
  const foreign = submit({ client: 'another' })

  await turn('hidden')
  expect(posts.map(idsOf)).toEqual([[own]])
  await pass(LINGER)
  expect(posts.map(idsOf)).toEqual([[own], [foreign]])

  const late = submit({ client: 'another' })
  await turn('gone')
  expect(posts.map(idsOf)).toEqual([[own], [foreign], [late]])
})

test('when the page goes, the queue is written and handed over in the same moment', async () => {
  const { submit, posts, turn, origin } = startDelivery()

  const id = submit()
  await turn('gone')

  expect(posts.map((post) => [post.phase, ...idsOf(post)])).toEqual([['gone', id]])
  expect(origin.records.events().map(({ id }) => id)).toEqual([id])
})

test.for(['hidden', 'gone'] as const)(
  'what is in flight while the page is %s never exceeds 60 kB together',
  async (phase) => {
    const { submitAll, posts, turn, pass, delivered } = startDelivery({
      answers: () => new Promise(() => {}),
    })

    submitAll(100, { bytes: 900 })
    await turn(phase)
    submitAll(100, { bytes: 900 })
    await pass(0)

    const inFlight = posts.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(inFlight).toBeGreaterThan(BATCH_BYTES - 1000)
    expect(inFlight).toBeLessThanOrEqual(BATCH_BYTES + 2 * posts.length)
    expect(delivered).toEqual([])
  },
)

test('while hidden, each answer makes room for more', async () => {
  const { submitAll, posts, turn, delivered } = startDelivery()

  const ids = submitAll(150, { bytes: 900 })
  await turn('hidden')

  expect(posts.length).toBeGreaterThan(1)
  expect(delivered).toEqual(ids)
})

test('what flies since the page was hidden takes no room from a page that is seen again', async () => {
  const { submit, submitAll, pass, posts, turn } = startDelivery({ answers: () => new Promise(() => {}) })
  submitAll(60, { bytes: 900 })
  await turn('hidden')
  await turn('visible')

  const id = submit({ bytes: 20_000 })
  await pass(LINGER)

  expect(posts.flatMap(idsOf)).toContain(id)
})

test('what an unanswered fetch carries goes by beacon when the page goes, and by nothing when it hides', async () => {
  const { submit, posts, turn, pass } = startDelivery({ answers: () => new Promise(() => {}) })
  const id = submit()
  await pass(LINGER)

  await turn('hidden')
  expect(posts).toHaveLength(1)
  await turn('gone')

  expect(posts.map((post) => [post.phase, ...idsOf(post)])).toEqual([
    ['visible', id],
    ['gone', id],
  ])
})

test('what a keepalive fetch carries outlives the page, and goes by no beacon', async () => {
  const { submit, posts, turn } = startDelivery({ answers: () => new Promise(() => {}) })
  submit()

  await turn('hidden')
  await turn('gone')

  expect(posts.map(({ phase }) => phase)).toEqual(['hidden'])
})

test('what a beacon carried stays queued, and goes again when the page is seen again', async () => {
  const { submit, posts, turn, pass, delivered, queue } = startDelivery()
  const id = submit()

  await turn('gone')
  expect(queue.held()).toHaveLength(1)
  await turn('hidden')
  await pass(MINUTE)
  expect(posts).toHaveLength(1)
  await turn('visible')
  await pass(LINGER)

  expect(posts.map((post) => [post.phase, ...idsOf(post)])).toEqual([
    ['gone', id],
    ['visible', id],
  ])
  expect(delivered).toEqual([id])
})

test('what a beacon carried goes again on the next page, under the same id', async () => {
  const first = startDelivery()
  const id = first.submit()
  await first.turn('gone')
  first.crash()

  const second = startDelivery({ origin: first.origin })
  second.delivery.wake()
  await second.pass(LINGER)

  expect(second.posts.map(idsOf)).toEqual([[id]])
  expect(second.delivered).toEqual([id])
})

test('an event that two requests have brought is delivered once', async () => {
  const pending = createPromise<Reply>()
  const {
    submit,
    turn,
    pass,
    posts,
    delivered,
    answer: say,
  } = startDelivery({ answers: () => pending.promise })
  const id = submit()
  await pass(LINGER)
  say([])

  await turn('gone')
  await turn('visible')
  await pass(LINGER)
  expect(posts).toHaveLength(3)
  pending.resolve(answer(201))
  await pass(LINGER)

  expect(delivered).toEqual([id])
})

test('a destination that is slow or down does not hold up another', async () => {
  for (const reply of [new Promise<Reply>(() => {}), answer(503), answer(0)]) {
    const { submit, pass, delivered } = startDelivery({
      answers: ({ url }) => (url.startsWith(INTAKE) ? reply : answer(201)),
    })

    submit()
    const other = submit({ url: OTHER_INTAKE })
    await pass(LINGER)

    expect(delivered).toEqual([other])
  }
})

test('a destination whose requests run into their time limit delays another by no more than that', async () => {
  const LIMIT = 30_000
  const { submit, pass, delivered, environment } = startDelivery({
    answers: ({ url }) =>
      url.startsWith(INTAKE)
        ? new Promise((resolve) => environment.after(LIMIT, () => resolve(answer(0))))
        : answer(201),
  })
  submit()
  await pass(LINGER)

  const later = submit({ url: OTHER_INTAKE })
  await pass(LIMIT + LINGER)

  expect(delivered).toEqual([later])
})

test('flush sends at once and resolves when nothing is queued', async () => {
  const { submit, pass, delivery, delivered } = startDelivery()
  const id = submit()
  let flushed = false

  void delivery.flush(2000).then(() => {
    flushed = true
  })
  await pass(0)

  expect(delivered).toEqual([id])
  expect(flushed).toBe(true)
})

test('flush resolves after its timeout where the intake does not answer', async () => {
  const { submit, pass, delivery } = startDelivery({ answers: () => new Promise(() => {}) })
  submit()
  let flushed = false

  void delivery.flush(2000).then(() => {
    flushed = true
  })
  await pass(1999)
  expect(flushed).toBe(false)
  await pass(1)

  expect(flushed).toBe(true)
})

test('after close nothing is sent, whatever is answered to what was under way', async () => {
  const pending = createPromise<Reply>()
  const { submitAll, pass, posts, turn, delivery } = startDelivery({ answers: () => pending.promise })
  submitAll(2)
  await pass(LINGER)

  delivery.close()
  pending.resolve(answer(503))
  await pass(60 * MINUTE)
  await turn('hidden')
  await turn('visible')
  await pass(60 * MINUTE)

  expect(posts).toHaveLength(1)
})

test('tabs of one origin send one at a time, and each event once', async () => {
  let [flights, most] = [0, 0]
  const answers = async (): Promise<Reply> => {
    most = Math.max(most, ++flights)
    await new Promise((resolve) => setImmediate(resolve))
    flights--
    return answer(201)
  }
  const first = startDelivery({ answers })
  const tabs = [
    first,
    startDelivery({ answers, origin: first.origin }),
    startDelivery({ answers, origin: first.origin }),
  ]

  for (let round = 0; round < 5; round++) {
    for (const { submitAll, environment } of tabs) submitAll(3, { name: environment.eventId(round) })
    await first.pass(700)
  }
  await first.pass(10 * LINGER)

  const sent = tabs.flatMap(({ posts }) => posts.flatMap(idsOf))
  expect(sent).toHaveLength(45)
  expect(new Set(sent).size).toBe(45)
  expect(most).toBe(1)
})

test('an intake that is simply down, however long, and comes back costs no event', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 20_000 }),
      fc.integer({ min: 0, max: 45 * MINUTE }),
      fc.constantFrom(0, 500, 502, 503, 504, 404, 429, 202),
      fc.integer({ min: 1, max: 25 }),
      fc.integer(),
      async (from, length, status, count, seed) => {
        const { submit, submitAll, pass, delivered, refused, origin } = startDelivery({
          seed,
          answers: ({ at }) => answer(at >= start + from && at < start + from + length ? status : 201),
        })
        const start = origin.clock.now()
        const ids = submitAll(count)
        for (let i = 0; i < 12; i++) {
          await pass(4 * MINUTE)
          ids.push(submit())
        }
        await pass(60 * MINUTE)

        expect(refused).toEqual([])
        expect([...delivered].sort()).toEqual([...ids].sort())
      },
    ),
    { numRuns: 60 },
  )
})

test('events that make every batch fail are found, alone refused, and the others arrive', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(500, 502, 0),
      fc.integer(),
      async (poisonous, status, seed) => {
        const { submit, pass, delivered, refused } = startDelivery({
          seed,
          answers: (post) => answer(idsOf(post).some((id) => id.startsWith('poison')) ? status : 201),
        })
        const ids = Array.from({ length: 20 }, (_, i) =>
          submit({ name: poisonous.includes(i) ? 'poison' : 'event' }),
        )
        for (let i = 0; i < 60; i++) {
          await pass(MINUTE)
          ids.push(submit())
        }
        await pass(10 * MINUTE)

        const [poison, others] = [true, false].map((bad) =>
          ids.filter((id) => id.startsWith('poison') === bad),
        )
        expect([...refused].sort()).toEqual([...poison!].sort())
        expect([...delivered].sort()).toEqual([...others!].sort())
      },
    ),
    { numRuns: 30 },
  )
})

test('a poisonous event is never refused while nothing else passes', async () => {
  const { submit, pass, refused, queue } = startDelivery({ answers: () => answer(500) })

  submit({ name: 'poison' })
  await pass(24 * 60 * MINUTE)

  expect(refused).toEqual([])
  expect(queue.held()).toHaveLength(1)
})

test('an answer that is nobody’s own (a captive portal) delivers nothing', async () => {
  const portal: Partial<Answer> = { status: 200, foreign: true, text: '<html>Please log in</html>' }
  const { submit, pass, delivered } = startDelivery({ answers: [portal] })

  const id = submit()
  await pass(LINGER)
  expect(delivered).toEqual([])
  await pass(MINUTE)

  expect(delivered).toEqual([id])
})

test('without storage events go out from memory', async () => {
  const { submit, pass, delivered, warnings } = startDelivery({ records: null })

  const id = submit()
  await pass(LINGER)

  expect(delivered).toEqual([id])
  expect(warnings).toEqual([])
})

test('flush sends at once also what was submitted while a request is under way', async () => {
  const pending = createPromise<Reply>()
  const { submit, pass, delivery, delivered, answer: say } = startDelivery({ answers: () => pending.promise })
  const first = submit()
  await pass(LINGER)
  say([])
  const second = submit()

  void delivery.flush(2000)
  pending.resolve(answer(201))
  await pass(0)

  expect(delivered).toEqual([first, second])
})

test('a network that loses requests at random costs no event', async () => {
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0.1, max: 0.9, noNaN: true }), fc.integer(), async (lost, seed) => {
      const random = createRandom(seed)
      const { submit, pass, delivered, refused } = startDelivery({
        seed,
        answers: () => answer(random() < lost ? 0 : 201),
      })
      const ids: string[] = []
      for (let i = 0; i < 60; i++) {
        ids.push(submit())
        await pass(0.5 * MINUTE)
      }
      await pass(24 * 60 * MINUTE)

      expect(refused).toEqual([])
      expect([...delivered].sort()).toEqual([...ids].sort())
    }),
    { numRuns: 40 },
  )
})
