import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { QueuedEvent, StoredRecord } from '../../../src/core/queue.ts'
import { createFileStore, type Fsync } from '../../../src/environments/file-store.ts'
import { ownMark } from '../../../src/environments/process-mark.ts'
import { EVENT, NONE, storeContract } from '../../support/store-contract.ts'

const PLACE = ownMark().split('-')[0]!
/** Of a process of this machine that is no more. */
const DEAD = `${PLACE}-${2 ** 22 + 1}-1`
/** Of a process of another machine. */
const ELSEWHERE = 'ffffffffffff-1-1'

let base: string
let folder: string
let warnings: string[]
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'rivulet-file-store-'))
  folder = join(base, 'queue/rivulet-1')
  warnings = []
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  rmSync(base, { recursive: true, force: true })
})

function open(fsync: Fsync = 'never', at = folder) {
  return createFileStore({ folder: at, fsync, warn: (message) => warnings.push(message) })
}

function logs(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.log'))
}

/** As if the process had ended that has written it. */
function bury(name: string, mark = DEAD): string {
  const buried = `${mark}-${name.slice(-12)}`
  renameSync(join(folder, name), join(folder, buried))
  return buried
}

function bytesIn(): number {
  return logs().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

function put(key: string, json = '{}'): [string, QueuedEvent[]] {
  return [key, [{ ...EVENT, id: key, json, bytes: json.length }]]
}

const gone = (key: string): StoredRecord => [key, []]

async function keysOf(store = open()): Promise<string[]> {
  return [...(await store.read(NONE)).keys()].sort()
}

storeContract(open)

test('the folder and its files are for their owner alone', async () => {
  await open().write([put('1')])

  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder, logs()[0]!)).mode & 0o777).toBe(0o600)
})

test('a log that is cut at any byte of its last record has all records before it, and what comes later', async () => {
  await open().write([put('1'), put('2')])
  const name = logs()[0]!
  const before = statSync(join(folder, name)).size
  // In the same log, as the next write of its process.
  appendFileSync(join(folder, name), await bytesOf([put('3', '{"text":"é€\\n"}')]))
  const whole = readFileSync(join(folder, name))

  for (let cut = before; cut < whole.length; cut++) {
    for (const other of logs()) rmSync(join(folder, other))
    const buried = `${DEAD}-${name.slice(-12)}`
    writeFileSync(join(folder, buried), whole.subarray(0, cut))
    const store = open()

    expect(await keysOf(store)).toEqual(['1', '2'])
    await store.write([put('4'), gone('1')])
    expect(await keysOf()).toEqual(['2', '4'])
  }
})

test.for([
  ['of a process of another machine', ELSEWHERE],
  ['of a process that has ended', DEAD],
])(
  'a record that is broken in the log %s costs itself, and whoever reads is told of it once',
  async ([, mark]) => {
    await open().write([put('1')])
    const name = bury(logs()[0]!, mark)
    appendFileSync(join(folder, name), await bytesOf([put('2', '{"text":"two"}')]))
    appendFileSync(join(folder, name), await bytesOf([put('3')]))
    const bytes = readFileSync(join(folder, name))
    bytes[bytes.indexOf('two')]! ^= 1
    writeFileSync(join(folder, name), bytes)

    const store = open()
    const found = await store.read(NONE)

    const broken = [...found.keys()].filter((key) => !['1', '3'].includes(key))
    expect(found.size).toBe(3)
    // What is no list of events counts as unreadable, and is taken out.
    expect(found.get(broken[0]!)).toBe(null)
    await store.write(broken.map(gone))
    expect(await keysOf(store)).toEqual(['1', '3'])
    expect(await keysOf()).toEqual(['1', '3'])
  },
)

test('what is still being written is read when it is whole', async () => {
  await open().write([put('1')])
  const name = bury(logs()[0]!, ELSEWHERE)
  const next = await bytesOf([put('2')])
  const store = open()

  for (const byte of next.subarray(0, -1)) {
    appendFileSync(join(folder, name), Buffer.of(byte))
    if (byte % 8 === 0) expect(await keysOf(store)).toEqual(['1'])
  }
  appendFileSync(join(folder, name), next.subarray(-1))

  expect(await keysOf(store)).toEqual(['1', '2'])
})

describe('the log of a process that has ended', () => {
  test('is taken up, whatever its process had put and removed', async () => {
    const lasting = open()
    await lasting.write([put('1'), put('2')])
    const other = logs()[0]!
    const killed = open()
    await killed.read(NONE)
    await killed.write([put('3'), put('4'), gone('1'), gone('3')])
    const name = bury(logs().find((name) => name !== other)!)

    const third = open()

    expect(await keysOf(third)).toEqual(['2', '4'])
    expect(logs()).not.toContain(name)
    expect(await keysOf()).toEqual(['2', '4'])
    expect(await keysOf(lasting)).toEqual(['2', '4'])
  })

  test('is there until what it has is in another one: whoever takes it up may be killed at any byte of that', async () => {
    await open().write([put('1'), put('2')])
    const other = logs()[0]!
    const killed = open()
    await killed.read(NONE)
    await killed.write([put('3'), put('4'), gone('1'), gone('3')])
    const name = bury(logs().find((name) => name !== other)!)
    const saved = join(base, name)
    copyFileSync(join(folder, name), saved)
    await keysOf()
    const merged = logs().find((found) => found !== other)!
    const bytes = readFileSync(join(folder, merged))

    for (let cut = 0; cut <= bytes.length; cut++) {
      for (const found of logs()) if (found !== other) rmSync(join(folder, found))
      copyFileSync(saved, join(folder, name))
      writeFileSync(join(folder, `${DEAD}-${merged.slice(-12)}`), bytes.subarray(0, cut))

      expect(await keysOf()).toEqual(['2', '4'])
    }
    expect(bytes.length).toBeGreaterThan(100)
  })

  test('may be taken up by two at the same time', async () => {
    await open().write([put('1'), put('2'), gone('0')])
    const name = bury(logs()[0]!)

    const found = await Promise.all([keysOf(), keysOf()])

    expect(found).toEqual([
      ['1', '2'],
      ['1', '2'],
    ])
    expect(logs()).not.toContain(name)
    expect(await keysOf()).toEqual(['1', '2'])
  })

  test('of another machine is taken up once nobody has touched it for an hour', async () => {
    await open().write([put('1')])
    const name = bury(logs()[0]!, ELSEWHERE)
    await keysOf()
    expect(logs()).toEqual([name])

    const then = new Date(Date.now() - 3_700_000)
    utimesSync(join(folder, name), then, then)

    expect(await keysOf()).toEqual(['1'])
    expect(logs()).not.toContain(name)
  })
})

test('a log grows with what is queued, not with what has gone through it', async () => {
  const store = open()
  const json = 'x'.repeat(10_000)
  let most = 0
  await store.write([put('stays', json)])

  for (let number = 0; number < 1000; number++) {
    await store.write([put(`${number}`, json), ...(number ? [gone(`${number - 1}`)] : [])])
    most = Math.max(most, bytesIn())
  }
  expect(most).toBeGreaterThan(1_000_000)
  expect(most).toBeLessThan(1_500_000)
  expect(await keysOf(store)).toEqual(['999', 'stays'])

  await store.write([gone('999'), gone('stays')])
  expect(logs()).toEqual([])
})

test('what one has put and another removed leaves the disk with both', async () => {
  const [one, other] = [open(), open()]
  await one.write([put('1')])
  await other.read(NONE)
  await other.write([put('2'), gone('1')])
  await one.read(NONE)
  await other.read(NONE)
  await other.write([gone('2')])

  await one.read(NONE)
  await other.read(NONE)

  expect(logs()).toEqual([])
})

test('a folder that is deleted while it is in use is made again, with what was put in it, and that is said once', async () => {
  const [one, other] = [open(), open()]
  await one.write([put('1'), put('2')])
  await other.write([put('3')])
  await one.read(NONE)

  rmSync(join(base, 'queue'), { recursive: true })
  await one.write([put('4'), gone('1')])

  expect(await keysOf(one)).toEqual(['2', '4'])
  expect(await keysOf(other)).toEqual(['2', '3', '4'])
  expect(await keysOf()).toEqual(['2', '3', '4'])
  expect(warnings).toEqual([
    expect.stringMatching(/1 records are written again/),
    expect.stringMatching(/1 records are written again/),
  ])
})

test('clearing takes all that is in the folder, and what is on its way to it, at once', async () => {
  const store = open()
  await open().write([put('1')])
  await store.write([put('2')])
  const writing = store.write([put('3')])

  store.clear()
  expect(readdirSync(folder)).toEqual([])
  await writing

  expect(await keysOf(store)).toEqual([])
  expect(readdirSync(folder)).toEqual([])
  await store.write([put('4')])
  expect(await keysOf()).toEqual(['4'])
  expect(warnings).toEqual([])
})

test('what is cleared in the midst of a write is not there behind it either', async () => {
  const store = open()
  await store.write([put('1')])
  const prototype = await handlePrototype()
  const { writeFile } = prototype
  vi.spyOn(prototype, 'writeFile').mockImplementationOnce(async function (this: typeof prototype, bytes) {
    store.clear()
    await writeFile.call(this, bytes)
  })

  await store.write([put('2')])

  expect(await keysOf(store)).toEqual([])
  expect(readdirSync(folder)).toEqual([])
})

test('what another layout has in the folder above stays as it is', async () => {
  const store = open('never', join(base, 'rivulet-1'))
  writeFileSync(join(base, 'rivulet-2'), 'packed')

  await store.write([put('1')])
  store.clear()

  expect(readFileSync(join(base, 'rivulet-2'), 'utf8')).toBe('packed')
})

test('where the folder cannot be made, each call rejects', async () => {
  writeFileSync(join(base, 'queue'), 'a file')

  await expect(open().read(NONE)).rejects.toThrow(/ENOTDIR|EEXIST/)
  await expect(open().write([put('1')])).rejects.toThrow(/ENOTDIR|EEXIST/)
})

test('a write that fails is not there, and the next one is whole', async () => {
  const store = open()
  await store.write([put('1')])
  const prototype = await handlePrototype()
  vi.spyOn(prototype, 'writeFile').mockImplementationOnce(async function (this: typeof prototype, bytes) {
    await this.write((bytes as Buffer).subarray(0, 70))
    throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
  })

  await expect(store.write([put('2')])).rejects.toThrow('no space left')
  await store.write([put('3')])

  expect(await keysOf(store)).toEqual(['1', '3'])
  expect(await keysOf()).toEqual(['1', '3'])
})

describe('forced to the disk', () => {
  test.for([
    ['always', 1],
    ['interval', 0],
    ['never', 0],
  ] as const)('with %s, a write ends after %i syncs of its log', async ([fsync, count]) => {
    const store = open(fsync)
    const datasync = vi.spyOn(await handlePrototype(), 'datasync')

    await store.write([put('1')])

    expect(datasync).toHaveBeenCalledTimes(count)
  })

  test('with interval, the writes of a second are synced together behind it', async () => {
    const store = open('interval')
    const prototype = await handlePrototype()
    const datasync = vi.spyOn(prototype, 'datasync')
    for (const key of ['1', '2', '3']) await store.write([put(key)])
    expect(datasync).not.toHaveBeenCalled()

    await vi.waitFor(() => expect(datasync).toHaveBeenCalledTimes(1), { timeout: 5000 })
  })

  test('where it fails, the write after it does, so that the queue hears of it', async () => {
    const store = open('interval')
    const prototype = await handlePrototype()
    const datasync = vi.spyOn(prototype, 'datasync').mockRejectedValueOnce(new Error('EIO'))
    await store.write([put('1')])
    await vi.waitFor(() => expect(datasync).toHaveBeenCalled(), { timeout: 5000 })

    await expect(store.write([put('2')])).rejects.toThrow('EIO')
    await store.write([put('2')])

    expect(await keysOf()).toEqual(['1', '2'])
  })
})

// Stories of several stores on one folder, told with real files: whoever reads finds what the model says.
const STEP = fc.oneof(
  fc.record({
    do: fc.constant('write' as const),
    store: fc.nat(2),
    puts: fc.nat(3),
    removes: fc.nat(3),
    size: fc.constantFrom(10, 1000, 300_000),
  }),
  fc.record({ do: fc.constant('read' as const), store: fc.nat(2) }),
  fc.record({ do: fc.constant('kill' as const), store: fc.nat(2), torn: fc.nat(100) }),
)

test('whatever stores write, remove and leave behind, each finds what is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 5, maxLength: 30 }), async (steps) => {
      rmSync(folder, { recursive: true, force: true })
      const model = new Map<string, QueuedEvent[]>()
      const known = [NONE, NONE, NONE]
      const stores = known.map(() => open())
      /** Names of the logs of each. */
      const owned = known.map(() => new Set<string>())
      let number = 0
      const claim = (of: number) => {
        for (const name of existsSync(folder) ? logs() : [])
          if (!owned.some((names) => names.has(name))) owned[of]!.add(name)
      }

      for (const step of steps) {
        const store = stores[step.store]!
        if (step.do === 'write') {
          const puts = Array.from({ length: step.puts }, () =>
            put(String(number++).padStart(5, '0'), 'x'.repeat(step.size)),
          )
          const removes = [...(await store.read(NONE)).keys()].slice(0, step.removes)
          claim(step.store)
          if (!puts.length && !removes.length) continue
          await store.write([...puts, ...removes.map(gone)])
          for (const [key, events] of puts) model.set(key, events)
          for (const key of removes) model.delete(key)
        } else if (step.do === 'read') expect(await store.read(NONE)).toEqual(model)
        else {
          for (const name of owned[step.store]!) {
            if (!logs().includes(name)) continue
            const buried = bury(name)
            // In the middle of a write.
            appendFileSync(join(folder, buried), (await bytesOf([put('torn')])).subarray(0, step.torn))
          }
          owned[step.store]!.clear()
          stores[step.store] = open()
        }
        claim(step.store)
      }

      for (const store of [...stores, open()]) expect(await store.read(NONE)).toEqual(model)
    }),
    { numRuns: Number(process.env.STORIES ?? 60) },
  )
})

/** What a log gets for these records. */
async function bytesOf(puts: [string, QueuedEvent[]][]): Promise<Buffer> {
  const elsewhere = mkdtempSync(join(base, 'bytes-'))
  await open('never', elsewhere).write(puts)
  return readFileSync(join(elsewhere, readdirSync(elsewhere)[0]!))
}

async function handlePrototype() {
  const handle = await openFile(base)
  await handle.close()
  return Object.getPrototypeOf(handle) as typeof handle
}
