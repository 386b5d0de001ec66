// `npm run bench:node`: how many events a second Node SDKs bring to an intake on this machine, Rivulet's beside those of
// others.
import { execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { machine } from './machine.mjs'
import { PEERS, SDKS } from './node-peers/sdks.mjs'
import { readOptions } from './options.mjs'
import { installPeers } from './peers.mjs'
import { median, rounded } from './statistics.mjs'
import { table } from './table.mjs'

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))

/** Rivulet's events a second, beside those of the best of the others. */
const GOAL = 2

const HELP = `npm run bench:node -- [options]

Submits events of 400 bytes as fast as each SDK takes them, until the last one is acknowledged, to one local intake that
accepts all. Each SDK has its best of a few settings, which a run of each tells first; then they run by turns, each in a
process of its own. Takes about four minutes; installs the others into a folder for temporary files.

  --events N  how many events a run has (default: 50,000)
  --rounds N  how many runs each SDK has (default: 5)
  --json      print the figures as JSON (npm run --silent bench:node -- --json)
  --help      this text

Exits with 1 where Rivulet brings less than ${GOAL} times as many a second as the best of the others, or where it loses an
event. Compare ratios within a run: times depend on the machine.
`

const options = readOptions(process.argv.slice(2), {
  command: 'bench:node',
  defaults: { events: 50_000, rounds: 5 },
})
if (options.help) console.log(HELP)
else process.exitCode = await run()

async function run() {
  const on = machine()
  const folder = await installPeers({ bench: 'node', what: 'the other SDKs', versions: PEERS })
  const intake = await startIntake()
  try {
    /** @type {Map<string, { settings: object, runs: Figures[] }>} */
    const results = new Map()
    for (const sdk of SDKS) {
      console.error(`bench: settings of ${sdk.name} …`)
      const tried = []
      for (const settings of sdk.settings) {
        tried.push({ settings, figures: await measure(sdk.name, settings, intake.url, folder) })
      }
      const [best] = tried.sort((a, b) => b.figures.perSecond - a.figures.perSecond)
      results.set(sdk.name, { settings: best?.settings ?? {}, runs: [] })
    }
    for (let round = 1; round <= options.rounds; round++) {
      console.error(`bench: round ${round} of ${options.rounds} …`)
      for (const [name, { settings, runs }] of results) {
        runs.push(await measure(name, settings, intake.url, folder))
      }
    }
    return report(results, on)
  } finally {
    intake.stop()
  }
}

/**
 * @typedef {object} Figures
 * @property {number} perSecond from the first submit to the last acknowledgement
 * @property {number} submitMs for handing all of them over
 * @property {number} cpuMs of its process
 * @property {number} peakBytes of its process
 * @property {number} lost
 * @property {number} doubled
 * @property {number} requests
 * @property {number} bytes
 */

/**
 * @param {string} name
 * @param {object} settings
 * @param {string} url
 * @param {string} folder
 * @returns {Promise<Figures>}
 */
async function measure(name, settings, url, folder) {
  await fetch(`${url}/reset`)
  const { events } = options
  const given = JSON.stringify({ name, settings, url, folder, events })
  const { stdout } = await promisify(execFile)(process.execPath, [here('node-peers/run.mjs'), given], {
    timeout: 300_000,
    maxBuffer: 100_000_000,
  })
  const { ms, ...more } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  /** @type {{ distinct: number, received: number, requests: number, bytes: number }} */
  const counts = await (await fetch(`${url}/counts`)).json()
  const { distinct, received, requests, bytes } = counts
  const perSecond = (distinct / ms) * 1000
  return { perSecond, ...more, lost: events - distinct, doubled: received - distinct, requests, bytes }
}

/**
 * @param {Map<string, { settings: object, runs: Figures[] }>} results
 * @param {ReturnType<typeof machine>} on
 */
function report(results, on) {
  const sdks = [...results].map(([name, { settings, runs }]) => {
    const each = (/** @type {keyof Figures} */ figure) => median(runs.map((run) => run[figure]))
    const worst = (/** @type {keyof Figures} */ figure) => Math.max(...runs.map((run) => run[figure]))
    return {
      name,
      version: PEERS[name] ?? '',
      settings,
      perSecond: rounded(each('perSecond'), 0),
      submitMs: rounded(each('submitMs'), 0),
      cpuMs: rounded(each('cpuMs'), 0),
      peakMb: rounded(each('peakBytes') / 1e6, 0),
      requests: each('requests'),
      bytesPerEvent: rounded(each('bytes') / options.events, 0),
      lost: worst('lost'),
      doubled: worst('doubled'),
    }
  })
  const [rivulet, ...peers] = sdks
  // One that loses events is no measure for bringing them.
  const best = peers.filter(({ lost }) => lost === 0).sort((a, b) => b.perSecond - a.perSecond)[0]
  const ratio = rounded((rivulet?.perSecond ?? 0) / (best?.perSecond ?? Number.NaN))
  const lost = rivulet?.lost ?? options.events
  const shortfalls = [
    ...(ratio >= GOAL ? [] : [`${ratio} times as many events a second as ${best?.name}; ${GOAL} are wanted`]),
    ...(lost ? [`rivulet lost ${lost} events in a run`] : []),
  ]

  if (options.json) console.log(JSON.stringify({ machine: on, sdks, ratio, shortfalls }, null, 2))
  else {
    const head = ['', 'events/s', 'submit', 'CPU', 'peak', 'requests', 'bytes/event', 'lost', 'settings']
    const rows = sdks.map((sdk) => [
      `${sdk.name} ${sdk.version}`,
      sdk.perSecond.toLocaleString('en'),
      `${sdk.submitMs} ms`,
      `${sdk.cpuMs} ms`,
      `${sdk.peakMb} MB`,
      `${sdk.requests}`,
      `${sdk.bytesPerEvent}`,
      `${sdk.lost}`,
      JSON.stringify(sdk.settings),
    ])
    console.log(table([head, ...rows]))
    console.log(
      `\nrivulet brings ${ratio} times as many events a second as ${best?.name}, the best of the others.`,
    )
    console.log(
      `${options.events} events a run, medians of ${options.rounds}; ${on.cores} cores (${on.processor}), Node ${on.node}, load ${on.loadAtStart.toFixed(1)} at the start`,
    )
  }
  for (const shortfall of shortfalls) console.error(`bench: ${shortfall}`)
  return shortfalls.length ? 1 : 0
}

/** @returns {Promise<{ url: string, stop: () => void }>} */
function startIntake() {
  const child = spawn(process.execPath, [here('node-peers/intake.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the intake of the bench ended with ${code}`)))
    child.stdout.once('data', (line) => resolve({ url: `${line}`.trim(), stop: () => child.kill() }))
  })
}
