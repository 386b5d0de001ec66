// `npm run bench`: what the built client costs and does in a real Chromium, against the real local intake.
import { parseArgs } from 'node:util'
import * as burst from './burst.mjs'
import * as clickThrough from './click-through.mjs'
import * as durability from './durability.mjs'
import * as fetchLater from './fetch-later.mjs'
import * as fileQueue from './file-queue.mjs'
import { openLab } from './lab.mjs'
import { machine } from './machine.mjs'
import * as mainThread from './main-thread.mjs'
import * as steering from './steering.mjs'
import * as submitCost from './submit-cost.mjs'
import { table } from './table.mjs'
import * as traffic from './traffic.mjs'

/**
 * @typedef {object} Measurement
 * @property {string} name
 * @property {(lab: import('./lab.mjs').Lab, options: { quick: boolean }) => Promise<any>} measure resolves to its figures
 * @property {(figures: any) => readonly (readonly (string | undefined)[])[]} rows what, how much, beside what
 * @property {(figures: any) => readonly string[]} shortfalls required numbers that are not met
 */

/** @type {readonly Measurement[]} */
const MEASUREMENTS = [
  submitCost,
  mainThread,
  burst,
  durability,
  traffic,
  clickThrough,
  fetchLater,
  steering,
  fileQueue,
]
const NAMES = MEASUREMENTS.map(({ name }) => name)

const HELP = `npm run bench -- [options]

Measures what Rivulet costs a page and how fast it is, and prints a table. Takes about eight minutes.

  --only NAME  one measurement (may be given more than once): ${NAMES.join(', ')}
  --quick      fewer runs: in a minute, and less to rely on
  --json       print the figures as JSON (npm run --silent bench -- --json)
  --help       this text

Exits with 1 where a required number is not met. Compare ratios within a run: times depend on the machine.
`

const options = readOptions(process.argv.slice(2))
if (options.help) console.log(HELP)
else process.exitCode = await run(options)

/** @param {readonly string[]} args */
function readOptions(args) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: NAMES },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const unknown = values.only.find((name) => !NAMES.includes(name))
    if (unknown !== undefined) throw new Error(`--only takes one of ${NAMES.join(', ')}, not "${unknown}"`)
    return values
  } catch (error) {
    const [what] = /** @type {Error} */ (error).message.split(/\.?(\n|$)/)
    console.error(`bench: ${what}. See npm run bench -- --help`)
    process.exit(2)
  }
}

/**
 * Measures, prints, and resolves to the exit code.
 *
 * @param {ReturnType<typeof readOptions>} options
 */
async function run({ only, quick, json }) {
  const lab = await openLab()
  try {
    const on = machine(lab.browser)
    const results = []
    for (const measurement of MEASUREMENTS.filter(({ name }) => only.includes(name))) {
      console.error(`bench: ${measurement.name} …`)
      const figures = await measurement.measure(lab, { quick })
      const shortfalls = measurement.shortfalls(figures).map((text) => `${measurement.name}: ${text}`)
      results.push({ name: measurement.name, figures, rows: measurement.rows(figures), shortfalls })
    }
    const shortfalls = results.flatMap((result) => result.shortfalls)

    if (json) {
      const figures = Object.fromEntries(results.map(({ name, figures }) => [name, figures]))
      console.log(JSON.stringify({ machine: on, quick, figures, shortfalls }, null, 2))
    } else {
      console.log(table(results.flatMap(({ rows }) => rows)))
      console.log(`\n${describe(on)}`)
    }
    for (const shortfall of shortfalls) console.error(`bench: ${shortfall}`)
    return shortfalls.length ? 1 : 0
  } finally {
    await lab.close()
  }
}

/** @param {ReturnType<typeof machine>} machine */
function describe({ cores, processor, memoryGb, system, node, chromium, loadAtStart }) {
  return `${cores} cores (${processor}), ${memoryGb} GB, ${system}, Node ${node}, Chromium ${chromium}, load ${loadAtStart.toFixed(1)} at the start`
}
