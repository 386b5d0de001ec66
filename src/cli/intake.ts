import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type LogLine, startIntake } from '../intake/intake.ts'

interface IntakeFlags {
  port: number
  host: string
  data: string
  schemas?: string[]
  streams: string
  token?: string
  allowHost?: string[]
  rateLimit: number
  json?: true
}

const EXPLANATION = `
At / is the console: what comes in, its quality, questions in SQL, and the stream config, which it writes to the file of
--streams, as a new revision with author and reason. On 127.0.0.1 whoever uses this machine may use it. With --host
beyond it, it stays closed until there is a token; events and the config for clients are there for all.

--token shows in the machine's list of processes; RIVULET_TOKEN does not. The intake speaks no TLS: beyond a network that
you trust, put it behind a proxy that does, and give --allow-host the name by which the proxy is asked.

--rate-limit leaves 127.0.0.1 out. Behind a proxy on another machine all requests come from one address: set 0, and let
the proxy limit them.

Examples:
  rivulet intake --schemas ./schemas --streams ./streams.json --data ./rivulet-data
  RIVULET_TOKEN=... rivulet intake --host 0.0.0.0 --allow-host intake.example.org`

/** `rivulet intake`: runs the local intake until it is interrupted. */
export function addIntakeCommand(program: Command): void {
  program
    .command('intake')
    .description(
      'run a local intake: validates events as EventGate does, stores them, and has a console where they are seen and steered',
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
    .addOption(
      new Option('--token <token>', 'what the console asks for, 16 characters or more (default: none)').env(
        'RIVULET_TOKEN',
      ),
    )
    .option('--allow-host <names...>', 'further names by which the console may be asked for')
    .option(
      '--rate-limit <number>',
      'requests with events a second that one address may send, in bursts ten times as many; 0 is no limit',
      rate,
      200,
    )
    .option('--json', 'write each line as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run({
  port,
  host,
  data,
  streams,
  token,
  allowHost,
  rateLimit,
  json,
  schemas = existsSync('schemas') ? ['schemas'] : [],
}: IntakeFlags) {
  const log = ({ level, message }: LogLine) => {
    const line = json
      ? JSON.stringify({ time: new Date().toISOString(), level, message })
      : `rivulet intake: ${message}`
    process.stderr.write(`${line}\n`)
  }
  delete process.env.RIVULET_TOKEN // which no process that is started from here needs to have
  const intake = await startIntake({
    port,
    host,
    data,
    streams,
    schemas,
    token,
    allowHosts: allowHost,
    rateLimit,
    log,
  })
  const addresses = {
    url: intake.url,
    events: `${intake.url}/v1/events`,
    stream_configs: `${intake.url}/v1/stream-configs`,
    console: `${intake.url}/`,
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

const inWords = (addresses: { [K in 'console' | 'events' | 'stream_configs' | 'data']: string }) =>
  `The intake listens.
  console         ${addresses.console}
  events          ${addresses.events}
  stream configs  ${addresses.stream_configs}
  data            ${addresses.data}
`

function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('Give a whole number from 0 to 65535.')
}

function rate(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a number of requests a second, or 0.')
}
