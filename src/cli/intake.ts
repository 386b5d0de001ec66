import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { type LogLine, startIntake } from '../intake/intake.ts'

interface IntakeFlags {
  port: number
  host: string
  data: string
  schemas?: string[]
  streams: string
  json?: true
}

const EXAMPLE = `
Example:
  rivulet intake --schemas ./schemas --streams ./streams.json --data ./rivulet-data`

/** `rivulet intake`: runs the local intake until it is interrupted. */
export function addIntakeCommand(program: Command): void {
  program
    .command('intake')
    .description(
      'run a local intake: validates events as EventGate does, stores them, and shows them on a page as they come in',
    )
    .option('--port <number>', 'the port to listen on; 0 takes a free one', portNumber, 8192)
    .option('--host <name>', 'the address to listen on', '127.0.0.1')
    .option(
      '--data <folder>',
      'where events are stored, a folder a stream and a file a day',
      './rivulet-data',
    )
    .option(
      '--schemas <folders...>',
      'schema folders, searched in this order (default: "./schemas", if it is there)',
    )
    .option('--streams <file>', 'the stream config, JSON or YAML; its changes are followed', './streams.json')
    .option('--json', 'write each line as a JSON object')
    .addHelpText('after', EXAMPLE)
    .action(run)
}

async function run({
  port,
  host,
  data,
  streams,
  json,
  schemas = existsSync('schemas') ? ['schemas'] : [],
}: IntakeFlags) {
  const log = ({ level, message }: LogLine) => {
    const line = json
      ? JSON.stringify({ time: new Date().toISOString(), level, message })
      : `rivulet intake: ${message}`
    process.stderr.write(`${line}\n`)
  }
  const intake = await startIntake({ port, host, data, streams, schemas, log })
  const addresses = {
    url: intake.url,
    events: `${intake.url}/v1/events`,
    stream_configs: `${intake.url}/v1/stream-configs`,
    live_page: `${intake.url}/`,
    data: resolve(data),
  }
  process.stdout.write(json ? `${JSON.stringify({ listening: addresses })}\n` : inWords(addresses))

  // A second signal ends the process at once, since by then nothing listens for it any more.
  const stop = () => {
    for (const signal of SIGNALS) process.removeListener(signal, stop)
    void intake.close()
  }
  for (const signal of SIGNALS) process.on(signal, stop)
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

const inWords = (addresses: { [K in 'events' | 'stream_configs' | 'live_page' | 'data']: string }) =>
  `The intake listens.
  live page       ${addresses.live_page}
  events          ${addresses.events}
  stream configs  ${addresses.stream_configs}
  data            ${addresses.data}
`

function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('Give a whole number from 0 to 65535.')
}
