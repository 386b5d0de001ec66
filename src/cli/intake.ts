import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type KafkaOptions, type LogLine, startIntake } from '../intake/intake.ts'
import { packageVersion } from '../intake/package-files.ts'
import { aligned } from './aligned.ts'
import { resolveSettings, type Setting, settingsInForce } from './settings.ts'

interface IntakeFlags {
  port: number
  host: string
  data: string
  schemas?: string[]
  streams: string
  token?: string
  allowHost?: string[]
  rateLimit: number
  bodyLimit: number
  batchLimit: number
  connectionLimit: number
  addressConnectionLimit: number
  memoryLimit: number
  drain: number
  dedupeIds: number
  keep?: number
  allowOrigin?: string[]
  producerToken?: string[]
  sink: 'file' | 'kafka'
  brokers?: string[]
  kafkaTls?: boolean
  kafkaUser?: string
  kafkaPassword?: string
  kafkaTopicPrefix?: string
  config?: string
  json?: boolean
  printConfig?: true
}

const EXPLANATION = `
At / is the console: what comes in, its quality, questions in SQL, and the stream config, which it writes to the file of
--streams, as a new revision with author and reason. On 127.0.0.1 whoever uses this machine may use it. With --host
beyond it, it stays closed until there is a token; events and the config for clients are there for all.

Each setting is what its flag says, else its environment variable, else the file of --config, else its default. The
variable of --rate-limit is RIVULET_RATE_LIMIT, and so on; lists have commas there, and what is on or off is 1 or 0. In
the file, YAML or JSON, the setting is rate-limit: 50, and paths are relative to the file. --print-config shows what is
in force, and what says so.

--token shows in the machine's list of processes; RIVULET_TOKEN does not. A secret may also lie in a file, which
RIVULET_TOKEN_FILE names (and RIVULET_PRODUCER_TOKEN_FILE, RIVULET_KAFKA_PASSWORD_FILE). The intake speaks no TLS: beyond
a network that you trust, put it behind a proxy that does, and give --allow-host the name by which the proxy is asked.

--rate-limit leaves 127.0.0.1 out. Behind a proxy on another machine all requests come from one address: set 0, and let
the proxy limit them.

For machines there are /healthz, /readyz and, for Prometheus and for who may use the console, /metrics. SIGTERM stops the
intake, which answers and stores what it has taken; with --drain it goes on for some time before, while /readyz says 503.

Examples:
  rivulet intake --schemas ./schemas --streams ./streams.json --data ./rivulet-data
  RIVULET_TOKEN=... rivulet intake --host 0.0.0.0 --allow-host intake.example.org
  rivulet intake --config ./rivulet.yaml`

/** `rivulet intake`: runs the local intake until it is interrupted. */
export function addIntakeCommand(program: Command): void {
  program
    .command('intake')
    .description(
      'run a local intake: validates events as EventGate does, stores them, and has a console where they are seen and steered',
    )
    .optionsGroup('Options:')
    .option('--config <file>', 'the settings in a file, YAML or JSON; see below')
    .option('--print-config', 'print each setting, and what says so, and end')
    .option('--json', 'write each line as a JSON object')
    .helpOption('-h, --help', 'display help for command')

    .optionsGroup('Address:')
    .option('--port <number>', 'the port to listen on; 0 takes a free one', portNumber, 8192)
    .option('--host <name>', 'the address to listen on', '127.0.0.1')

    .optionsGroup('Schemas and streams:')
    .option(
      '--schemas <folders...>',
      'schema folders, searched in this order (default: "./schemas", if it is there)',
    )
    .option('--streams <file>', 'the stream config, JSON or YAML; its changes are followed', './streams.json')

    .optionsGroup('Storage:')
    .option(
      '--data <folder>',
      'where events are stored, a folder a stream and a file a day',
      './rivulet-data',
    )
    .option(
      '--keep <time>',
      'remove stored events that are older, in whole UTC days, such as 30d (default: never)',
      days,
    )
    .option(
      '--dedupe-ids <number>',
      'of so many ids, the newest, it is known whether they are stored',
      idCount,
      4_000_000,
    )
    .addOption(new Option('--sink <kind>', 'where events go').choices(['file', 'kafka']).default('file'))
    .option('--brokers <addresses...>', 'Kafka brokers, host:port each')
    .option('--kafka-tls', 'speak TLS with the brokers')
    .option('--kafka-user <name>', 'sign in at the brokers by SASL, SCRAM-SHA-512')
    .option('--kafka-password <password>', 'the password of that user')
    .option('--kafka-topic-prefix <prefix>', "which of a stream's topics to write to (default: the first)")

    .optionsGroup('Access:')
    .option('--token <token>', 'what the console asks for, 16 characters or more (default: none)')
    .option('--allow-host <names...>', 'further names by which the console may be asked for')
    .option(
      '--allow-origin <origins...>',
      'web origins whose pages may post events, * for all (default: all; with --producer-token none)',
    )
    .option(
      '--producer-token <tokens...>',
      'who posts from no page of --allow-origin needs one of these, as a Bearer token (default: none)',
    )

    .optionsGroup('Limits:')
    .option(
      '--rate-limit <number>',
      'requests with events a second that one address may send, in bursts ten times as many; 0 is no limit',
      rate,
      200,
    )
    .option('--body-limit <bytes>', 'the largest body that is taken', count, 102_400)
    .option('--batch-limit <number>', 'the most events of one body', count, 10_000)
    .option('--connection-limit <number>', 'open connections at most', count, 10_000)
    .option('--address-connection-limit <number>', 'open connections of one address', count, 1_000)
    .option(
      '--memory-limit <bytes>',
      'bytes that are taken and not stored yet; above it requests are answered 503',
      count,
      64 * 1024 * 1024,
    )
    .option(
      '--drain <seconds>',
      'take requests for so long after SIGTERM, while /readyz sends a load balancer elsewhere',
      seconds,
      0,
    )
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run(_: IntakeFlags, command: Command) {
  resolveSettings(command, process.env)
  const flags = command.opts<IntakeFlags>()
  const settings = settingsInForce(command)
  if (flags.printConfig) return print(settings, flags)

  const { data, schemas = existsSync('schemas') ? ['schemas'] : [] } = flags
  const log = flags.json ? logAsJson : logInWords
  const intake = await startIntake({
    port: flags.port,
    host: flags.host,
    data,
    streams: flags.streams,
    schemas,
    token: flags.token,
    allowHosts: flags.allowHost,
    rateLimit: flags.rateLimit,
    maxBodyBytes: flags.bodyLimit,
    maxBatchEvents: flags.batchLimit,
    maxConnections: flags.connectionLimit,
    maxConnectionsEach: flags.addressConnectionLimit,
    maxWaitingBytes: flags.memoryLimit,
    drainSeconds: flags.drain,
    dedupeIds: flags.dedupeIds,
    keepDays: flags.keep,
    allowOrigins: flags.allowOrigin,
    producerTokens: flags.producerToken,
    kafka: kafkaIn(flags, command.getOptionValueSource('sink') !== 'default'),
    log,
  })
  // A second signal ends the process at once, since by then nothing listens for it any more.
  const stop = () => {
    for (const signal of SIGNALS) process.removeListener(signal, stop)
    void intake.close()
  }
  for (const signal of SIGNALS) process.on(signal, stop)

  log(startLine(settings, intake.url))
  const addresses = {
    url: intake.url,
    events: `${intake.url}/v1/events`,
    stream_configs: `${intake.url}/v1/stream-configs`,
    console: `${intake.url}/`,
    data: resolve(data),
  }
  process.stdout.write(
    flags.json ? `${JSON.stringify({ listening: addresses })}\n` : addressesInWords(addresses),
  )
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

const MOST_IDS = 100_000_000

const addressesInWords = (addresses: { [K in 'console' | 'events' | 'stream_configs' | 'data']: string }) =>
  `The intake listens.
  console         ${addresses.console}
  events          ${addresses.events}
  stream configs  ${addresses.stream_configs}
  data            ${addresses.data}
`

function logInWords({ message }: LogLine): void {
  process.stderr.write(`rivulet intake: ${message}\n`)
}

function logAsJson({ level, message, fields }: LogLine): void {
  const line = { time: new Date().toISOString(), level, message, ...fields }
  process.stderr.write(`${JSON.stringify(line)}\n`)
}

function startLine(settings: readonly Setting[], url: string): LogLine {
  const version = packageVersion()
  const given = settings.filter(({ source }) => source !== 'default')
  const inWords = given.map((setting) => `${setting.name} ${valueInWords(setting)} (${setting.source})`)
  return {
    level: 'info',
    message: `version ${version} is started, with ${inWords.join(', ') || 'its defaults'}`,
    fields: {
      version,
      node: process.version,
      pid: process.pid,
      url,
      settings: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    },
  }
}

function print(settings: readonly Setting[], { json }: IntakeFlags): void {
  const rows = settings.map((setting) => [setting.name, valueInWords(setting), setting.source])
  process.stdout.write(json ? `${JSON.stringify({ settings })}\n` : `${aligned(rows, 3).join('\n')}\n`)
}

const valueInWords = ({ value }: Setting) => (value === undefined ? '-' : [value].flat().join(','))

/** Brokers alone are a slip: events would go to files. */
function kafkaIn(
  { sink, brokers, kafkaTls, kafkaUser, kafkaPassword, kafkaTopicPrefix }: IntakeFlags,
  isSinkGiven: boolean,
): KafkaOptions | undefined {
  if (sink !== 'kafka') {
    if (brokers && !isSinkGiven) throw new InvalidArgumentError('--brokers needs --sink kafka')
    return undefined
  }
  if (!brokers?.length) throw new InvalidArgumentError('--sink kafka needs --brokers, host:port each')
  return { brokers, tls: kafkaTls, user: kafkaUser, password: kafkaPassword, topicPrefix: kafkaTopicPrefix }
}

function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('Give a whole number from 0 to 65535.')
}

function rate(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a number of requests a second, or 0.')
}

function count(text: string): number {
  if (/^\d{1,15}$/.test(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('Give a whole number, 1 or more.')
}

function idCount(text: string): number {
  const ids = count(text)
  if (ids <= MOST_IDS) return ids
  throw new InvalidArgumentError(`Give ${MOST_IDS} at most, which take 3 GB of memory.`)
}

function seconds(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give whole seconds, such as 10, or 0.')
}

function days(text: string): number {
  const [, number] = /^(\d{1,5})d$/.exec(text) ?? []
  if (Number(number) > 0) return Number(number)
  throw new InvalidArgumentError('Give whole days, such as 30d.')
}
