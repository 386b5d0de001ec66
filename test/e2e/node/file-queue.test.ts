import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, test, vi } from 'vitest'
import { answerLost, hang, slow, unavailable } from 'rivulet/testing'
import { createRandom } from '../../support/random.mjs'
import { numbersOf, startLab } from './queue-processes.ts'

/** In ms: when what was submitted is on the disk at the latest, on a machine that does much else. */
const WRITTEN_WITHIN = 500

test.for([
  'runs to its end',
  'calls process.exit',
  'throws what nobody catches',
  'rejects what nobody handles',
  'submits while it exits',
  'goes to another folder first',
  'submits, and exits while that is written',
])('of a process that %s, the next one sends all', async (plan) => {
  const { intake, start, queueDir } = await startLab()
  await intake.down()
  const first = await start({ plan, cwd: dirname(queueDir), options: { queueDir: './queue' } })
  await first.ended
  expect(first.submitted.size).toBeGreaterThan(0)
  expect(first.errors()).not.toMatch(/rivulet/)

  await intake.up()
  await start()

  await intake.until(() => intake.events().length === first.submitted.size)
  expect(new Set(intake.events().map(({ meta }) => meta.id))).toEqual(new Set(first.submitted.keys()))
})

test('a process killed at any time, again and again, loses nothing that was written, and numbers have no gaps', async () => {
  const { intake, start, logged } = await startLab()
  const random = createRandom(20261127)
  const faults = [undefined, undefined, answerLost(), hang(), slow(300), unavailable()]
  const submitted = new Map<string, number>()
  const written = new Set<string>()
  const late: string[] = []

  for (let round = 0; round < 15; round++) {
    const fault = faults[Math.floor(random() * faults.length)]
    if (fault) intake.fault(fault, { times: 1 })
    const process = await start()
    process.tell({ do: 'keepSubmitting' })
    await vi.waitFor(() => expect(process.submitted.size).toBeGreaterThan(0), { timeout: 10_000 })
    await new Promise((resolve) => setTimeout(resolve, random() * 2000))
    const at = Date.now()
    await process.kill()

    const text = await logged()
    for (const [id, when] of process.submitted) {
      submitted.set(id, when)
      if (text.includes(id) || intake.timesAccepted(id)) written.add(id)
      else if (when < at - WRITTEN_WITHIN) late.push(id)
    }
    intake.heal()
  }
  expect(late).toEqual([])
  expect(written.size).toBeGreaterThan(500)

  await start()
  await intake.until(() => [...written].every((id) => intake.timesAccepted(id)), { timeout: 40_000 })
  for (const numbers of numbersOf(intake)) expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  console.log(
    `15 kills: ${submitted.size} events submitted, ${submitted.size - written.size} lost that were not written yet`,
  )
}, 180_000)

test.for([2, 4])('%i processes on one folder send one at a time, and lose nothing', async (count) => {
  const { intake, start } = await startLab()
  let busyUntil = 0
  let overlaps = 0
  intake.fault((events) => {
    if (Date.now() < busyUntil) overlaps++
    busyUntil = Date.now() + 60
    return { accept: events, answer: { status: 201 }, after: 60 }
  })

  const processes = await Promise.all(Array.from({ length: count }, () => start()))
  for (let round = 0; round < 4; round++) {
    await Promise.all(processes.map((process) => process.ask({ do: 'submit', count: 20 })))
    await intake.until(() => intake.events().length >= 20 * count * (round + 1), { timeout: 20_000 })
  }

  const ids = processes.flatMap(({ submitted }) => [...submitted.keys()])
  expect(ids).toHaveLength(80 * count)
  expect(new Set(intake.events().map(({ meta }) => meta.id))).toEqual(new Set(ids))
  expect(overlaps).toBe(0)
  expect(ids.filter((id) => intake.timesAccepted(id) > 1)).toEqual([])
})

test('a sender that is killed is replaced within a second, with what it had written', async () => {
  const { intake, start, logged } = await startLab()
  intake.fault(hang())
  const sender = await start()
  const other = await start()
  await sender.ask({ do: 'submit', count: 3 })
  await vi.waitFor(() => expect(intake.posts.length).toBe(1), { timeout: 10_000 })
  await other.ask({ do: 'submit', count: 3 })
  await vi.waitFor(
    async () => {
      const text = await logged()
      for (const id of [...sender.submitted.keys(), ...other.submitted.keys()]) expect(text).toContain(id)
    },
    { timeout: 10_000 },
  )

  intake.heal()
  const at = Date.now()
  await sender.kill()
  await intake.until(() => intake.events().length === 6)

  // One second, and what a busy machine adds.
  expect(Date.now() - at).toBeLessThan(4000)
})

test('a sender that hangs is replaced after 15 s, and does no harm when it goes on', async () => {
  const { intake, start } = await startLab()
  intake.fault(hang())
  const sender = await start()
  await sender.ask({ do: 'submit', count: 3 })
  await vi.waitFor(() => expect(intake.posts.length).toBe(1), { timeout: 10_000 })
  sender.child.kill('SIGSTOP')
  intake.heal()

  const other = await start()
  await other.ask({ do: 'submit', count: 3 })
  const at = Date.now()
  await intake.until(() => intake.events().length === 6, { timeout: 40_000 })
  expect(Date.now() - at).toBeGreaterThan(10_000)

  sender.child.kill('SIGCONT')
  await sender.ask({ do: 'submit', count: 2 })
  await intake.until(() => intake.events().length === 8, { timeout: 20_000 })
  for (const numbers of numbersOf(intake)) expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})

test('consent denied in one process empties the folder; what another one has submitted, it writes again', async () => {
  const { intake, start, files, logged } = await startLab()
  await intake.down()
  const [one, other] = [await start(), await start()]
  await one.ask({ do: 'submit', count: 2 })
  await other.ask({ do: 'submit', count: 2 })
  const [its, others] = [[...one.submitted.keys()], [...other.submitted.keys()]]
  await vi.waitFor(async () => {
    const text = await logged()
    for (const id of [...its, ...others]) expect(text).toContain(id)
  })
  other.child.kill('SIGSTOP')

  await one.ask({ do: 'deny' })
  await vi.waitFor(async () => expect(await files()).toEqual([]), { timeout: 5000 })

  other.child.kill('SIGCONT')
  await intake.up()
  await intake.until(() => intake.events().length === 2, { timeout: 20_000 })
  expect(new Set(intake.events().map(({ meta }) => meta.id))).toEqual(new Set(others))
})

test('on a full disk events go on in memory, and that is said in one line', async () => {
  const { intake, start } = await startLab()
  await intake.down()
  const full = await start({ longestFile: 8 })

  await full.ask({ do: 'submit', count: 100, text: 'x'.repeat(1000) })
  await vi.waitFor(() => expect(full.errors()).toMatch(/storage failed.*EFBIG/s), { timeout: 10_000 })
  await intake.up()

  await intake.until(() => intake.events().length === 100, { timeout: 30_000 })
  expect(full.errors().match(/storage failed/g)).toHaveLength(1)
})

test('a folder that is removed while it is used costs nothing', async () => {
  const { intake, start, queueDir, logged } = await startLab()
  await intake.down()
  const process = await start()
  await process.ask({ do: 'submit', count: 5 })
  const ids = [...process.submitted.keys()]
  await vi.waitFor(async () => expect(await logged()).toContain(ids[4]), { timeout: 10_000 })

  await rm(queueDir, { recursive: true })
  await process.ask({ do: 'submit', count: 1 })
  await vi.waitFor(async () => expect(await logged()).toContain(ids[4]), { timeout: 20_000 })
  await process.kill()

  await intake.up()
  await start()
  await intake.until(() => intake.events().length === 6, { timeout: 30_000 })
})

test('after 50,000 events that were delivered, the folder is small, and nearly empty once all are closed', async () => {
  const { intake, start, bytes, files } = await startLab()
  const process = await start({ options: { maxQueueBytes: 20_000_000 } })

  for (let round = 1; round <= 10; round++) {
    await process.ask({ do: 'submit', count: 5000 })
    await intake.until(() => intake.events().length === 5000 * round, { timeout: 30_000 })
  }
  await vi.waitFor(async () => expect(await bytes()).toBeLessThan(1_300_000), { timeout: 10_000 })

  process.tell({ do: 'close' })
  expect(await process.ended).toEqual({ code: 0, signal: null })
  expect(await files(/log$/)).toEqual([])
  expect(await bytes()).toBeLessThan(1000)
}, 180_000)
