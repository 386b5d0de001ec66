import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureKafka } from './intake-kafka.mjs'
import { load, startIntake, startServer } from './intake-load.mjs'
import { machine } from './machine.mjs'
import { readOptions } from './options.mjs'
import { installPeers } from './peers.mjs'
import { median, rounded } from './statistics.mjs'
import { table } from './table.mjs'

/** @typedef {import('./intake-load.mjs').Figures} Figures */

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))

const GOALS = { perSecond: 50_000, p99: 100, perSecondWithKafka: 15_000 }
/**
 * Events a second of the baseline, of which the intake takes six tenths or more: where it is slower, so is the machine, or it has
 * much else to do, and the goals say nothing.
 */
const FAST_ENOUGH = 80_000
const EVENTGATE =
  'EventGate 1.8.4 took 17,300/s over 4 connections on such a machine, p99 33 ms, without fsync'
const PEERS = { express: '4.21.2', ajv: '6.12.6' }

const HELP = `npm run bench:intake -- [options]

Posts batches of 50 events of 400 bytes, each with an id of its own, as fast as they are answered, over 16 connections and
over 4: to the intake, which answers once they are on disk, and to a server of Express and Ajv 6, which validates them and
appends them without fsync. Load and server share the machine. With Kafka too, where there is a broker or one can be
started. Takes about two minutes; installs the other server into a folder for temporary files.

  --rounds N   how often each is measured (default: 3)
  --seconds N  how long (default: 5)
  --json       print the figures as JSON (npm run --silent bench:intake -- --json)
  --help       this text

Exits with 1 where the intake takes less than ${GOALS.perSecond} events/s over 16 connections, has a p99 of ${GOALS.p99} ms or more, or
takes less than ${GOALS.perSecondWithKafka} events/s with Kafka, and the machine is fast enough to tell: the other server takes
${FAST_ENOUGH} events/s or more. Compare ratios within a run: times depend on the machine.
`

const options = readOptions(process.argv.slice(2), {
  command: 'bench:intake',
  defaults: { rounds: 3, seconds: 5 },
})
if (options.help) console.log(HELP)
else process.exitCode = await run()

async function run() {
  const on = machine()
  const folder = await installPeers({ bench: 'intake', what: 'Express and Ajv 6', versions: PEERS })
  const [busy, calm] = [await compare(16, folder), await compare(4, folder)]
  const { seconds } = options
  console.error('bench: with Kafka …')
  const kafka = await measureKafka({ connections: 16, seconds, startIntake, load })
  return report({ busy, calm, kafka }, on)
}

/**
 * By turns, since what else the machine does changes.
 *
 * @param {number} connections
 * @param {string} folder
 */
async function compare(connections, folder) {
  const { rounds, seconds } = options
  /** @type {{ intake: Figures[], express: Figures[] }} */
  const { intake, express } = { intake: [], express: [] }
  for (let round = 1; round <= rounds; round++) {
    console.error(`bench: ${connections} connections, round ${round} of ${rounds} …`)
    for (const [start, runs] of /** @type {const} */ ([
      [() => startExpress(folder), express],
      [startIntake, intake],
    ])) {
      const { url, stop } = await start()
      try {
        runs.push(await load({ url, connections, seconds }))
      } finally {
        await stop()
      }
    }
  }
  return { intake: inTheMiddle(intake), express: inTheMiddle(express) }
}

/** @param {readonly Figures[]} runs */
function inTheMiddle(runs) {
  const each = (/** @type {'perSecond' | 'p50' | 'p99'} */ figure) =>
    rounded(median(runs.map((run) => run[figure])), 0)
  return {
    perSecond: each('perSecond'),
    p50: each('p50'),
    p99: each('p99'),
    refused: runs.flatMap(refusedIn),
  }
}

/** @param {Figures} figures */
function refusedIn({ answers, errors }) {
  const refused = Object.entries(answers).filter(([status]) => status !== '201')
  return [
    ...refused.map(([status, count]) => `${count} answers with ${status}`),
    ...(errors ? [`${errors} errors`] : []),
  ]
}

/**
 * @typedef {ReturnType<typeof inTheMiddle>} Middle
 * @typedef {{ intake: Middle, express: Middle }} Compared
 * @param {{ busy: Compared, calm: Compared, kafka: { skipped: string } | Figures }} figures
 * @param {ReturnType<typeof machine>} on
 */
function report({ busy, calm, kafka: withKafka }, on) {
  const kafka = 'skipped' in withKafka ? withKafka : inTheMiddle([withKafka])
  const shortfalls = shortfallsOf(busy, kafka)
  const isFastEnough = busy.express.perSecond >= FAST_ENOUGH

  if (options.json) {
    console.log(JSON.stringify({ machine: on, busy, calm, kafka, isFastEnough, shortfalls }, null, 2))
  } else {
    const row = (/** @type {string} */ what, /** @type {Middle} */ figures, /** @type {Middle} */ beside) => [
      what,
      `${figures.perSecond.toLocaleString('en')}/s`,
      `${(figures.perSecond / beside.perSecond).toFixed(2)} × Express`,
      `p50 ${figures.p50} ms`,
      `p99 ${figures.p99} ms`,
    ]
    console.log(
      table([
        row('Express + Ajv 6, without fsync, 16 connections', busy.express, busy.express),
        row('the intake, durable', busy.intake, busy.express),
        ...('skipped' in kafka ? [] : [row('the intake with Kafka', kafka, busy.express)]),
        row('Express + Ajv 6, without fsync, 4 connections', calm.express, calm.express),
        row('the intake, durable', calm.intake, calm.express),
      ]),
    )
    if ('skipped' in kafka) console.log(`With Kafka: skipped, since ${kafka.skipped}`)
    console.log(`\nBeside it: ${EVENTGATE}`)
    console.log(
      `batches of 50 events of 400 bytes, medians of ${options.rounds}; ${on.cores} cores (${on.processor}), Node ${on.node}, load ${on.loadAtStart.toFixed(1)} at the start`,
    )
  }
  for (const shortfall of shortfalls) console.error(`bench: ${shortfall}`)
  if (shortfalls.length > 0 && !isFastEnough)
    console.error(
      `bench: the machine is too slow or too busy to tell: Express takes less than ${FAST_ENOUGH}/s`,
    )
  return shortfalls.length > 0 && isFastEnough ? 1 : 0
}

/**
 * @param {Compared} busy
 * @param {{ skipped: string } | Middle} kafka
 */
function shortfallsOf({ intake }, kafka) {
  const lacks = [
    ...(intake.perSecond < GOALS.perSecond
      ? [`${intake.perSecond} events/s; ${GOALS.perSecond} are wanted`]
      : []),
    ...(intake.p99 >= GOALS.p99 ? [`a p99 of ${intake.p99} ms; less than ${GOALS.p99} is wanted`] : []),
    ...intake.refused,
  ]
  if ('skipped' in kafka) return lacks
  const isSlow = kafka.perSecond < GOALS.perSecondWithKafka
  const slow = `${kafka.perSecond} events/s with Kafka; ${GOALS.perSecondWithKafka} are wanted`
  return [...lacks, ...(isSlow ? [slow] : []), ...kafka.refused.map((what) => `${what} with Kafka`)]
}

/** @param {string} folder */
async function startExpress(folder) {
  const data = await mkdtemp(join(tmpdir(), 'rivulet-bench-'))
  const schema = here('../../examples/shop/schemas/shop/page_view/1.0.0.json')
  const given = JSON.stringify({ folder, schema, file: join(data, 'events.jsonl') })
  return startServer([here('intake/express.mjs'), given], data)
}
