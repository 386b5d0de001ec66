// What a queue in files costs a Node process, by when it is forced to the disk: how many events get through, and how
// long an event is in danger.
import { appendFile, mkdtemp, open, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { createClient } from 'rivulet'
import { DATA, STREAM } from './event.mjs'
import { median, percentile, rounded } from './statistics.mjs'

export const name = 'file-queue'

const POLICIES = /** @type {const} */ (['never', 'interval', 'always'])

/**
 * @param {import('./lab.mjs').Lab} _lab
 * @param {{ quick: boolean }} options
 */
export async function measure(_lab, { quick }) {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-bench-'))
  const intake = await startIntake()
  const count = quick ? 5000 : 10_000
  const rounds = quick ? 1 : 3
  try {
    await passThrough(intake.url, count) // what comes first is compiled first
    /** @type {Record<string, Passed[]>} */
    const passed = { memory: [] }
    // By turns, so that what else the machine does meets all alike.
    for (let round = 0; round < rounds; round++) {
      passed.memory?.push(await passThrough(intake.url, count))
      for (const fsync of POLICIES) {
        const options = { queueDir: join(folder, fsync), fsync }
        passed[fsync] = [...(passed[fsync] ?? []), await passThrough(intake.url, count, options)]
      }
    }
    const memory = inOne(passed.memory ?? [])
    const appended = await appendEach(folder, count)
    /** @type {Record<string, Passed & { p50Ms: number, p99Ms: number }>} */
    const policies = {}
    for (const fsync of POLICIES) {
      const times = await timesToDisk(intake.url, { queueDir: join(folder, fsync), fsync }, quick ? 50 : 150)
      policies[fsync] = { ...inOne(passed[fsync] ?? []), ...inShort(times) }
    }
    const plain = {
      written: inShort(await timesOfAppend(folder, { sync: false })),
      synced: inShort(await timesOfAppend(folder, { sync: true })),
    }
    return { events: count, memory, appended, policies, plain }
  } finally {
    await intake.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** @param {Awaited<ReturnType<typeof measure>>} figures */
export function rows({ events, memory, appended, policies, plain }) {
  return [
    [
      `${events} events through a client in Node, queue in memory`,
      inWords(memory),
      `fs.appendFile of each event: ${inWords(appended)}`,
    ],
    ...Object.entries(policies).map(([fsync, passed]) => [
      `  queue in files, fsync: ${fsync}`,
      inWords(passed),
      `${rounded(passed.cpuMicros / memory.cpuMicros)} × the CPU of in memory`,
    ]),
    ...Object.entries(policies).map(([fsync, { p50Ms, p99Ms }]) => [
      `from submit() to ${fsync === 'always' ? 'disk' : 'file'}, fsync: ${fsync}`,
      `p50 ${p50Ms} ms, p99 ${p99Ms} ms`,
      fsync === 'always'
        ? `fs.appendFile and fdatasync: p50 ${plain.synced.p50Ms} ms`
        : `fs.appendFile: p50 ${plain.written.p50Ms} ms`,
    ]),
  ]
}

/** @param {Awaited<ReturnType<typeof measure>>} _figures */
export function shortfalls(_figures) {
  return []
}

/** @param {readonly number[]} times */
function inShort(times) {
  return { p50Ms: rounded(percentile(times, 0.5), 1), p99Ms: rounded(percentile(times, 0.99), 1) }
}

/** @typedef {{ perSecond: number, cpuMicros: number }} Passed how fast, and how much CPU each took, that of the intake too */

/** @param {Passed} passed */
function inWords({ perSecond, cpuMicros }) {
  return `${perSecond} events/s, ${cpuMicros} µs of CPU each`
}

/** @param {readonly Passed[]} rounds */
function inOne(rounds) {
  return {
    perSecond: Math.round(median(rounds.map(({ perSecond }) => perSecond))),
    cpuMicros: Math.round(median(rounds.map(({ cpuMicros }) => cpuMicros))),
  }
}

/**
 * @param {number} count
 * @param {() => Promise<void>} work
 * @returns {Promise<Passed>}
 */
async function timed(count, work) {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: Math.round(count / seconds), cpuMicros: Math.round((user + system) / count) }
}

/**
 * From the first `submit` until the last outcome.
 *
 * @param {string} intakeUrl
 * @param {number} count
 * @param {object} [options]
 */
async function passThrough(intakeUrl, count, options) {
  let delivered = 0
  const events = client(intakeUrl, { ...options, onOutcome: () => delivered++ })
  const passed = await timed(count, async () => {
    for (let position = 0; position < count; position++) {
      events.submit(STREAM, { ...DATA, position })
      if (position % 500 === 499) await nextTurn()
    }
    for (let tries = 0; delivered < count; tries++) {
      await events.flush({ timeout: 1000 })
      if (tries > 60) throw new Error(`only ${delivered} of ${count} were delivered`)
    }
  })
  await events.close()
  return passed
}

/**
 * The same events as lines of a file, each appended by itself, as many at a time.
 *
 * @param {string} folder
 * @param {number} count
 */
function appendEach(folder, count) {
  return timed(count, async () => {
    for (let position = 0; position < count; position += 500)
      await Promise.all(
        Array.from({ length: 500 }, (_, index) => appendFile(join(folder, 'lines'), line(position + index))),
      )
  })
}

/**
 * Watches the files from outside, so that nothing needs to be known of a log but that the ids of its events are in it.
 *
 * @param {string} intakeUrl
 * @param {{ queueDir: string, fsync: 'never' | 'interval' | 'always' }} options
 * @param {number} count
 */
async function timesToDisk(intakeUrl, options, count) {
  const handle = await open(join(options.queueDir, '..', 'lines'))
  const prototype = Object.getPrototypeOf(handle)
  await handle.close()
  const { writeFile, datasync } = prototype
  /** @type {Map<string, number>} */
  const waiting = new Map()
  /** @type {number[]} */
  const times = []
  const settle = (/** @type {string} */ text) => {
    for (const [id, start] of waiting) {
      if (!text.includes(id)) continue
      times.push(performance.now() - start)
      waiting.delete(id)
    }
  }
  let written = ''
  prototype.writeFile = async function (/** @type {Buffer} */ bytes) {
    await writeFile.call(this, bytes)
    if (options.fsync === 'always') written += bytes
    else settle(bytes.toString())
  }
  prototype.datasync = async function () {
    const text = written
    written = ''
    await datasync.call(this)
    settle(text)
  }
  try {
    const events = client(intakeUrl, options)
    await wait(200)
    for (let position = 0; position < count; position++) {
      const start = performance.now()
      waiting.set(events.submit(STREAM, { ...DATA, position }), start)
      // As requests come to a server: sometimes into an open write window, sometimes not.
      await wait((position * 37) % 71)
    }
    for (let waited = 0; waiting.size && waited < 5000; waited += 50) await wait(50)
    if (waiting.size) throw new Error(`${waiting.size} events were never written`)
    await events.close()
  } finally {
    Object.assign(prototype, { writeFile, datasync })
  }
  return times
}

/**
 * @param {string} folder
 * @param {{ sync: boolean }} options
 */
async function timesOfAppend(folder, { sync }) {
  const times = []
  for (let position = 0; position < 100; position++) {
    const start = performance.now()
    const handle = await open(join(folder, 'lines'), 'a')
    await handle.writeFile(line(position))
    if (sync) await handle.datasync()
    await handle.close()
    times.push(performance.now() - start)
    await wait(5)
  }
  return times
}

/** @param {number} position */
function line(position) {
  return `${JSON.stringify({ ...DATA, position, meta: { stream: STREAM } })}\n`
}

/**
 * @param {string} intakeUrl
 * @param {object} [options]
 */
function client(intakeUrl, options) {
  return createClient({
    intakeUrl,
    streamConfigs: { streams: { [STREAM]: {} } },
    maxQueueBytes: 200_000_000,
    ...options,
  })
}

/** Takes all, and looks at nothing: what it costs is in each figure. */
async function startIntake() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(201).end())
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${port}/v1/events`,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  }
}
