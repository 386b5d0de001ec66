// `npm run demo`: the shop, the intake and its console on this machine. `--check` visits the shop as well.
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startIntake } from 'rivulet/intake'
import { check } from './check.mjs'
import { serve } from './server.mjs'

const HELP = `npm run demo -- [options]

Starts the local intake and a small shop that sends its events there, and prints both addresses.

  --check      also visit the shop with a real Chromium, wait until the intake has stored what the
               visitors did, print one line a stream, and exit: 0, or 1 saying what is missing
  --port PORT  port of the intake, another one where it is taken (default 8192; 0: any free one)
  --help       this text
`

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const streamsFile = here('streams.json')

const options = readOptions(process.argv.slice(2))
if (options.help) console.log(HELP)
else process.exit(await run(options)) // a browser that was interrupted must not keep it running

function readOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        port: { type: 'string', default: '8192' },
      },
    })
    const port = Number(values.port)
    if (!/^\d+$/.test(values.port) || port > 65535) {
      throw new Error(`--port takes a number from 0 to 65535, not "${values.port}"`)
    }
    return { ...values, port }
  } catch (error) {
    const [what] = error.message.split(/\.?(\n|$)/)
    console.error(`demo: ${what}. See npm run demo -- --help`)
    process.exit(2)
  }
}

/** Runs until the check is done, or until somebody stops it; gives the exit code. */
async function run(options) {
  const stopped = new Promise((resolve) => {
    process.once('SIGINT', () => resolve('SIGINT'))
    process.once('SIGTERM', () => resolve('SIGTERM'))
  })
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-demo-'))
  const data = join(folder, 'data')
  // What is changed in the console is changed in this copy.
  const streams = join(folder, 'streams.json')
  try {
    await copyFile(streamsFile, streams)
    const demo = await start({ data, streams, port: options.port })
    try {
      console.log(`Shop     ${demo.shop}/`)
      console.log(`Console  ${demo.intake}/`)
      console.log(`Events   ${data} (removed on exit)`)
      if (!options.check) {
        console.log('\nCtrl-C ends it.')
        await stopped
        return 0
      }
      const { streams } = JSON.parse(await readFile(streamsFile, 'utf8'))
      const done = check({ shop: demo.shop, data, streams: Object.keys(streams) }).then(report)
      return await Promise.race([done, stopped.then(() => 130)])
    } finally {
      await demo.close()
    }
  } catch (error) {
    console.error(`demo: ${error.message}`)
    return 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Prints what a check has found, and gives the exit code. */
function report({ stored, wrong }) {
  for (const line of stored) console.log(line)
  for (const line of wrong) console.error(`demo: ${line}`)
  return wrong.length === 0 ? 0 : 1
}

async function start({ data, streams, port }) {
  const intake = await startIntakeNear(port, {
    data,
    schemas: [here('schemas')],
    streams,
    host: '127.0.0.1',
  })
  const shop = await serve({
    folders: { '/': here('site'), '/script-tag/': here('../script-tag'), '/rivulet/': here('../../dist') },
    texts: { '/config.js': `export const intake = ${JSON.stringify(intake.url)}\n` },
    intake: intake.url,
  })
  return {
    intake: intake.url,
    shop: shop.url,
    async close() {
      await shop.close()
      await intake.close()
    },
  }
}

async function startIntakeNear(port, options) {
  try {
    return await startIntake({ ...options, port })
  } catch (error) {
    if (!isPortTaken(error)) throw error
    console.log(`Port ${port} is taken, so the intake listens on another.`)
    return startIntake({ ...options, port: 0 })
  }
}

function isPortTaken(error) {
  return error.code === 'EADDRINUSE' || error.cause?.code === 'EADDRINUSE'
}
