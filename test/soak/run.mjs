// `npm run soak`: half an hour of one tab that submits without a pause, while much goes wrong.
import { parseArgs } from 'node:util'
import { table } from '../bench/table.mjs'
import { ENDS, FAULTS } from './plan.mjs'
import { soak } from './soak.mjs'
import { judge } from './verdict.mjs'

const HELP = `npm run soak -- [options]

Opens one tab in a real Chromium, which submits an event each 100 ms, and lets things go wrong in full length: the
intake is down, answers 503 or 429, takes seconds, connections break, answers are lost; the tab is hidden, loaded
again, killed, closed and opened. In the end nothing may be lost, and nothing left behind.

  --minutes N  how long; 30
  --seed N     of what goes wrong and when; by default a new one, which is printed
  --help       this text

Exits with 1 where something is not as promised.
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
        minutes: { type: 'string', default: '30' },
        seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
        help: { type: 'boolean', default: false },
      },
    })
    const minutes = Number(values.minutes)
    const seed = Number(values.seed)
    if (!(minutes > 0)) throw new Error(`--minutes takes a number above 0, not "${values.minutes}"`)
    if (!Number.isInteger(seed)) throw new Error(`--seed takes a whole number, not "${values.seed}"`)
    return { minutes, seed, help: values.help }
  } catch (error) {
    const [what] = /** @type {Error} */ (error).message.split(/\.?(\n|$)/)
    console.error(`soak: ${what}. See npm run soak -- --help`)
    process.exit(2)
  }
}

/**
 * Runs one soak, prints what it has shown, and resolves to the exit code.
 *
 * @param {{ minutes: number, seed: number }} options
 */
async function run({ minutes, seed }) {
  console.log(`soak: ${minutes} minutes, --seed ${seed}`)
  const { record, episodes, tookMs, chromium, warnings } = await soak({ minutes, seed, say: console.log })
  const findings = judge(record)

  const { submitted, posts, heap } = record
  const sent = posts.flatMap(({ ids }) => ids)
  const kinds = FAULTS.map((kind) => `${kind} ${episodes.filter(({ fault }) => fault === kind).length}`)
  const ends = ENDS.map((how) => `${how} ${episodes.filter(({ last }) => last?.how === how).length}`)
  const sizes = heap.map(({ bytes }) => bytes)
  const inMb = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(2)
  console.log(
    `\n${table([
      ['took', `${(tookMs / 60_000).toFixed(1)} min, Chromium ${chromium}, --seed ${seed}`],
      ['what went wrong', [...kinds, `hidden ${episodes.filter(({ hidden }) => hidden).length}`].join(', ')],
      ['how pages ended', ends.join(', ')],
      ['events submitted', `${submitted.size}`],
      [
        '  sent',
        `${sent.length} in ${posts.length} requests, ${sent.length - new Set(sent).size} of them again`,
      ],
      [
        'JS heap behind a collection',
        `${inMb(Math.min(...sizes))} to ${inMb(Math.max(...sizes))} MB in ${sizes.length} looks`,
      ],
      ['lines of the client in the console', `${warnings.length}`],
    ])}\n`,
  )
  const rows = findings.map(({ what, found, wanted, good }) => [good ? 'ok' : 'NOT', what, found, wanted])
  console.log(table([['', 'what', 'found', 'wanted'], ...rows]))
  for (const text of [...new Set([...record.complaints, ...warnings])]) console.log(text)
  return findings.every(({ good }) => good) ? 0 : 1
}
