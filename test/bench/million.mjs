// What the intake and the tools take for a million stored events, each beside reading the same bytes line by line in this
// process, since times depend on the machine and ratios less; and how fast events are stored beside them, against an
// intake with a thousand.
//
//   npm run build && node test/bench/million.mjs [--events 1000000] [--data DIR] [--json]
//
// Exits with 1 where a required number is not met, and the machine is fast enough to tell.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { launchChromium } from '../support/chromium.mjs'
import { post } from './posting.mjs'
import { median, rounded } from './statistics.mjs'
import { writeStoredEvents } from './stored-events.mjs'
import { table } from './table.mjs'

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))
const CLI = here('../../dist/cli.js')
const SHOP = here('../../examples/shop')

/** In ms. */
const GOALS = { start: 3_000, query: 2_000, simulate: 20_000, console: 1_000 }
/** In MB. */
const MOST_MEMORY = 300
const FEW = 1_000
/** In s, of posting to one intake; three times to each. */
const POSTING = 5
const COUNT_BY_STREAM =
  'SELECT stream, count(*) AS events, sum(weight) AS weighted FROM events GROUP BY stream'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    data: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
process.exitCode = await run()

async function run() {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-bench-'))
  try {
    const data = options.data ?? join(folder, 'data')
    if (!existsSync(data)) {
      console.error('bench: writing events …')
      writeStoredEvents({ data, events: Number(options.events), days: 7 })
    }
    const figures = await measure(data, folder)
    print(figures)
    return shortfallsOf(figures).length > 0 ? 1 : 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * In ms.
 *
 * @param {string} data
 * @param {string} folder for what is needed beside
 */
async function measure(data, folder) {
  console.error('bench: reading all lines …')
  const baseline = await timed(() => readAll(data))
  const streams = join(folder, 'streams.json')
  await writeFile(streams, await readFile(join(SHOP, 'streams.json')))

  console.error('bench: starting an intake …')
  const firstStart = await timed(() => startIntake(data, streams))
  await firstStart.result.stop()
  const intake = await timed(() => startIntake(data, streams))
  const { url, stop, memory } = intake.result
  const memoryAtStart = memory()
  try {
    console.error('bench: asking …')
    const asked = []
    for (const sql of [COUNT_BY_STREAM, COUNT_BY_STREAM, COUNT_BY_STREAM])
      asked.push(await timed(() => ask(url, sql)))
    const oneStream = await timed(() =>
      ask(url, 'SELECT action, sum(weight) FROM shop_click GROUP BY action'),
    )
    console.error('bench: opening the console …')
    const console_ = await firstView(url)
    console.error('bench: simulating …')
    const simulated = await timed(() => simulate(data, streams, folder))
    console.error('bench: posting …')
    const posting = await postToBoth(url, { streams, folder })
    const [first, ...warm] = asked.map(({ ms }) => ms)
    return {
      events: baseline.result.events,
      bytes: baseline.result.bytes,
      load: loadavg()[0] ?? 0,
      baseline: baseline.ms,
      firstStart: firstStart.ms,
      intakeStart: intake.ms,
      memoryAtStart,
      memoryAfterPosting: memory(),
      ...posting,
      queryFirst: first ?? NaN,
      queryWarm: Math.min(...warm),
      queryOneStream: oneStream.ms,
      consoleFirst: console_.first,
      consoleAgain: console_.again,
      simulate: simulated.ms,
    }
  } finally {
    await stop()
  }
}

/** @typedef {Awaited<ReturnType<typeof measure>>} Figures */

/** @param {Figures} figures */
function print(figures) {
  if (options.json) return console.log(JSON.stringify({ ...figures, shortfalls: shortfallsOf(figures) }))
  const row = (/** @type {string} */ what, /** @type {number} */ ms, goal = '') => [
    what,
    `${rounded(ms, 0)} ms`,
    `${(ms / figures.baseline).toFixed(2)} × reading all lines`,
    goal && `goal: ${goal}`,
  ]
  const { events, bytes, load } = figures
  console.log(
    table([
      row('reading all lines, with JSON.parse', figures.baseline),
      row('first start of the intake, which reads all lines', figures.firstStart),
      row('start of the intake, until it listens', figures.intakeStart, '3 s'),
      row('count by stream on the query page, first', figures.queryFirst, '2 s'),
      row('  again', figures.queryWarm, '2 s'),
      row('count by action of one stream', figures.queryOneStream),
      row('console, until the page Streams has its rows', figures.consoleFirst, '1 s'),
      row('  again, in another tab', figures.consoleAgain, '1 s'),
      row('rivulet streams simulate', figures.simulate, '20 s'),
    ]),
  )
  const { memoryAtStart, memoryAfterPosting, beside, besideFew } = figures
  const speed = (/** @type {{ perSecond: number, p99: number }} */ { perSecond, p99 }) =>
    `${Math.round(perSecond).toLocaleString('en')} events/s, p99 ${rounded(p99, 0)} ms`
  console.log(
    table([
      ['resident memory after the start', `${rounded(memoryAtStart, 0)} MB`, `goal: ${MOST_MEMORY} MB`],
      ['  after posting, with query and console', `${rounded(memoryAfterPosting, 0)} MB`, ''],
      [
        'posting in batches of 50, beside these events',
        speed(beside),
        `${(beside.perSecond / besideFew.perSecond).toFixed(2)} × beside ${FEW.toLocaleString('en')}`,
      ],
      [`  beside ${FEW.toLocaleString('en')}`, speed(besideFew), ''],
    ]),
  )
  console.log(
    `\n${events.toLocaleString('en')} events, ${rounded(bytes / 1e6, 0)} MB; load ${load.toFixed(1)} at the end`,
  )
  for (const shortfall of shortfallsOf(figures)) console.error(`bench: ${shortfall}`)
}

/** @param {Figures} figures */
function shortfallsOf({ intakeStart, memoryAtStart, beside, besideFew, ...figures }) {
  const { queryFirst, queryWarm, simulate, consoleFirst, consoleAgain } = figures
  return [
    ...(intakeStart > GOALS.start ? ['the start took more than 3 s'] : []),
    ...(memoryAtStart > MOST_MEMORY ? [`the start took more than ${MOST_MEMORY} MB`] : []),
    ...(beside.perSecond < 0.9 * besideFew.perSecond ? ['posting was slower by more than a tenth'] : []),
    ...(queryFirst > GOALS.query ? ['the first count by stream took more than 2 s'] : []),
    ...(queryWarm > GOALS.query ? ['count by stream took more than 2 s'] : []),
    ...(Math.min(consoleFirst, consoleAgain) > GOALS.console ? ['the console took more than 1 s'] : []),
    ...(simulate > GOALS.simulate ? ['simulate took more than 20 s'] : []),
  ]
}

/** @param {string} data */
async function readAll(data) {
  let events = 0
  let bytes = 0
  for (const folder of await readdir(data)) {
    if (folder.startsWith('.')) continue
    for (const name of await readdir(join(data, folder))) {
      const file = await open(join(data, folder, name))
      for await (const line of file.readLines()) {
        JSON.parse(line)
        events += 1
      }
      bytes += (await stat(join(data, folder, name))).size
    }
  }
  return { events, bytes }
}

/**
 * In turn, so that neither has the quieter time.
 *
 * @param {string} url
 * @param {{ streams: string, folder: string }} where
 */
async function postToBoth(url, { streams, folder }) {
  const data = join(folder, 'few')
  writeStoredEvents({ data, events: FEW, days: 7 })
  const few = await startIntake(data, streams)
  try {
    /** @type {{ perSecond: number, p99: number }[][]} */
    const [beside = [], besideFew = []] = [[], []]
    for (let round = 0; round < 3; round++) {
      besideFew.push(await post(few.url, POSTING))
      beside.push(await post(url, POSTING))
    }
    return { beside: medianOf(beside), besideFew: medianOf(besideFew) }
  } finally {
    await few.stop()
  }
}

/** @param {{ perSecond: number, p99: number }[]} rounds */
function medianOf(rounds) {
  return {
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    p99: median(rounds.map(({ p99 }) => p99)),
  }
}

/**
 * @param {string} data
 * @param {string} streams
 * @returns {Promise<{ url: string, memory: () => number, stop: () => Promise<void> }>} memory is resident, in MB
 */
function startIntake(data, streams) {
  const child = spawn(
    process.execPath,
    [CLI, 'intake', '--port', '0', '--data', data, '--streams', streams, '--schemas', join(SHOP, 'schemas')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return new Promise((resolve, reject) => {
    let output = ''
    child.once('exit', (code) => reject(new Error(`the intake ended with ${code}`)))
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0]
      if (url)
        resolve({
          url,
          memory: () =>
            Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' })) / 1_024,
          stop: async () => {
            child.kill('SIGTERM')
            await ended
          },
        })
    })
  })
}

/**
 * As the query page does.
 *
 * @param {string} url
 * @param {string} sql
 */
async function ask(url, sql) {
  const answer = await fetch(`${url}/api/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ sql }),
  })
  if (!answer.ok) throw new Error(`the intake answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

/** @param {string} url */
async function firstView(url) {
  const browser = await launchChromium()
  try {
    const context = await browser.newContext()
    const times = []
    for (let view = 0; view < 2; view += 1) {
      const page = await context.newPage()
      const { ms } = await timed(async () => {
        await page.goto(`${url}/#/streams`, { waitUntil: 'commit' })
        await page.locator('.streams-table tbody tr').first().waitFor()
      })
      times.push(ms)
    }
    const [first = NaN, again = NaN] = times
    return { first, again }
  } finally {
    await browser.close()
  }
}

/**
 * Half of the clicks' sessions, instead of all.
 *
 * @param {string} data
 * @param {string} streams
 * @param {string} folder
 */
async function simulate(data, streams, folder) {
  const config = JSON.parse(await readFile(streams, 'utf8'))
  config.streams['shop.click'].sample = { unit: 'session', rate: 0.5 }
  const to = join(folder, 'to.json')
  await writeFile(to, JSON.stringify(config))
  const args = ['streams', 'simulate', '--from', streams, '--to', to, '--data', data]
  await promisify(execFile)(process.execPath, [CLI, ...args, '--json'], { maxBuffer: 1e8 })
}

/**
 * @template Result
 * @param {() => Promise<Result>} work
 */
async function timed(work) {
  const began = performance.now()
  const result = await work()
  return { ms: performance.now() - began, result }
}
