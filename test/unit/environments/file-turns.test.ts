import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFileTurns } from '../../../src/environments/file-turns.ts'
import { ownMark } from '../../../src/environments/process-mark.ts'
import { createPromise } from '../../support/environment.ts'

/** What others do between the moment in which a turn is seen to be free and that in which it is taken. */
let beforeTaking = () => {}
vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof import('node:fs/promises')>()
  const open: typeof real.open = (path, flags, mode) => {
    if (flags === 'wx') beforeTaking()
    return real.open(path, flags, mode)
  }
  return { ...real, open }
})

const MARK = ownMark()
const [PLACE, PID] = MARK.split('-')
const URL = 'https://intake.example/v1/events'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rivulet-turns-'))
})
afterEach(() => {
  beforeTaking = () => {}
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

/** As a process leaves it that has its turn: of this name, whatever is taken first. */
async function heldBy(mark: string): Promise<string> {
  await createFileTurns(folder)(URL, async () => {})
  const [name] = readdirSync(folder)
  const path = join(folder, name!)
  writeFileSync(path, mark)
  return path
}

/** By how much this process's own clock is ahead, and until who waits for a turn has looked at that. */
function clockAhead() {
  const now = performance.now.bind(performance)
  const ahead = {
    ms: 0,
    seen: async () => {
      const { calls } = clock.mock
      const before = calls.length
      await vi.waitFor(() => expect(calls.length).toBeGreaterThan(before + 1), { timeout: 5000 })
    },
  }
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead.ms)
  return ahead
}

test('one works at a time, whoever asks, and each gets its turn', async () => {
  let working = 0
  let most = 0
  let done = 0
  const work = async () => {
    most = Math.max(most, ++working)
    await new Promise((resolve) => setTimeout(resolve, 2))
    working--
    done++
  }

  const clients = Array.from({ length: 4 }, () => createFileTurns(folder))
  await Promise.all(clients.flatMap((alone) => [alone(URL, work), alone(URL, work)]))

  expect({ most, done }).toEqual({ most: 1, done: 8 })
  expect(readdirSync(folder)).toHaveLength(1)
})

test('a name does not wait for another', async () => {
  const alone = createFileTurns(folder)
  const { promise, resolve } = createPromise<void>()
  const first = alone(URL, () => promise)

  await createFileTurns(folder)('', async () => {})
  await alone('https://other.example/', async () => {})

  resolve()
  await first
})

test('a turn ends with its work, also where that fails', async () => {
  const alone = createFileTurns(folder)

  await expect(alone(URL, () => Promise.reject(new Error('no')))).rejects.toThrow('no')

  await createFileTurns(folder)(URL, async () => {})
  await alone(URL, async () => {})
})

test.for<[string, string]>([
  ['has ended', `${PLACE}-${2 ** 22 + 1}-1`],
  ['has ended, and whose pid is another process now', `${PLACE}-${PID}-1`],
])('the turn of a process that %s is taken over at once', async ([, mark]) => {
  await heldBy(mark)
  const start = performance.now()

  await createFileTurns(folder)(URL, async () => {})

  expect(performance.now() - start).toBeLessThan(1000)
})

test('eight that see the same dead holder go one at a time', async () => {
  for (let round = 0; round < 2; round++) {
    await heldBy(`${PLACE}-${2 ** 22 + 1}-1`)
    let working = 0
    let most = 0
    const first = createPromise<void>()

    const turns = Array.from({ length: 8 }, () =>
      createFileTurns(folder)(URL, async () => {
        most = Math.max(most, ++working)
        first.resolve()
        await new Promise((resolve) => setTimeout(resolve, 1))
        working--
      }),
    )
    await first.promise
    await Promise.all(turns)
    expect(most).toBe(1)
  }
})

test('who has seen a turn that others have taken twice since does not have it as well', async () => {
  const path = await heldBy(`${PLACE}-${2 ** 22 + 1}-1`)
  const two = path.replace(/1$/, '3')
  beforeTaking = () => {
    beforeTaking = () => {}
    writeFileSync(two, MARK)
    rmSync(path)
  }
  let taken = false

  const turn = createFileTurns(folder)(URL, async () => {
    taken = true
  })
  await vi.waitFor(() => expect(readdirSync(folder)).toEqual([basename(two)]), { timeout: 5000 })
  expect(taken).toBe(false)

  writeFileSync(two, 'free')
  await turn
})

test.for<[string, string]>([
  ['hangs', MARK],
  ['runs on another machine', 'ffffffffffff-1-1'],
  ['was killed before it could say who it is', ''],
])('the turn of a process that %s is taken over when it has not shown itself for 15 s', async ([, mark]) => {
  const path = await heldBy(mark)
  const ahead = clockAhead()
  let taken = false
  const turn = createFileTurns(folder)(URL, async () => {
    taken = true
  })

  // It is seen, and then shows itself.
  await ahead.seen()
  ahead.ms = 14_000
  await ahead.seen()
  utimesSync(path, new Date(), new Date())
  await ahead.seen()
  ahead.ms = 20_000
  await ahead.seen()
  expect(taken).toBe(false)

  ahead.ms = 36_000
  await turn
  expect(taken).toBe(true)
})

test('who has not shown itself for as long knows that its turn is over, and takes nothing from the next one', async () => {
  const ahead = clockAhead()
  const asked = createPromise<() => boolean>()
  const over = createPromise<void>()
  const hung = createFileTurns(folder)(URL, async (isMine) => {
    asked.resolve(isMine)
    await over.promise
  })
  const isMine = await asked.promise
  expect(isMine()).toBe(true)

  // Its process is stopped: nothing of it runs, no beat either.
  ahead.ms = 16_000
  expect(isMine()).toBe(false)
  const [held] = readdirSync(folder)
  writeFileSync(join(folder, held!), 'ffffffffffff-1-1')
  const next = createPromise<void>()
  const holding = createPromise<void>()
  const turn = createFileTurns(folder)(URL, async () => {
    holding.resolve()
    await next.promise
  })
  await vi.waitFor(() => {
    ahead.ms += 8000
    expect(readdirSync(folder)).not.toContain(held)
  })
  await holding.promise

  over.resolve()
  await hung
  const [now] = readdirSync(folder)
  expect(readFileSync(join(folder, now!), 'utf8')).toBe(MARK)
  next.resolve()
  await turn
})

test('where the folder is gone, nothing is shared, and each goes at once', async () => {
  rmSync(folder, { recursive: true })
  const alone = createFileTurns(folder)

  expect(await new Promise((resolve) => alone(URL, async (isMine) => resolve(isMine())))).toBe(true)
})
