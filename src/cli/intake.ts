import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type KafkaOptions, type LogLine, startIntake } from '../intake/intake.ts'

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
  dedupeIds: number
  keep?: number
  allowOrigin?: string[]
  producerToken?: string[]
  sink: 'file' | 'kafka'
  brokers?: string[]
  kafkaTls?: true
  kafkaUser?: string
  kafkaPassword?: string
  kafkaTopicPrefix?: string
  config?: string
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
    .option('--config <file>', 'settings by the names of these flags, YAML or JSON; see below')
    .addOption(flag('--port <number>', 'the port to listen on; 0 takes a free one', portNumber).default(8192))
    .addOption(flag('--host <name>', 'the address to listen on').default('127.0.0.1'))
    .addOption(
      flag('--data <folder>', 'where events are stored, a folder a stream and a file a day').default(
        './rivulet-data',
      ),
    )
    .addOption(
      flag(
        '--schemas <folders...>',
        'schema folders, searched in this order (default: "./schemas", if it is there)',
      ),
    )
    .addOption(
      flag('--streams <file>', 'the stream config, JSON or YAML; its changes are followed').default(
        './streams.json',
      ),
    )
    .addOption(flag('--sink <kind>', 'where events go').choices(['file', 'kafka']).default('file'))
    .addOption(flag('--brokers <addresses...>', 'Kafka brokers, host:port each'))
    .addOption(flag('--kafka-tls', 'speak TLS with the brokers'))
    .addOption(flag('--kafka-user <name>', 'sign in at the brokers by SASL, SCRAM-SHA-512'))
    .addOption(flag('--kafka-password <password>', 'the password of that user'))
    .addOption(
      flag('--kafka-topic-prefix <prefix>', "which of a stream's topics to write to (default: the first)"),
    )
    .addOption(
      flag('--keep <time>', 'remove stored events that are older, such as 30d (default: never)', days),
    )
    .addOption(
      flag(
        '--dedupe-ids <number>',
        'of so many ids, the newest, it is known whether they are stored',
        count,
      ).default(4_000_000),
    )
    .addOption(flag('--token <token>', 'what the console asks for, 16 characters or more (default: none)'))
    .addOption(flag('--allow-host <names...>', 'further names by which the console may be asked for'))
    .addOption(flag('--allow-origin <origins...>', 'web origins whose pages may post events (default: all)'))
    .addOption(
      flag(
        '--producer-token <tokens...>',
        'who posts from no page needs one of these, as a Bearer token (default: none)',
      ),
    )
    .addOption(
      flag(
        '--rate-limit <number>',
        'requests with events a second that one address may send, in bursts ten times as many; 0 is no limit',
        rate,
      ).default(200),
    )
    .addOption(flag('--body-limit <bytes>', 'the largest body that is taken', count).default(102_400))
    .addOption(flag('--batch-limit <number>', 'the most events of one body', count).default(10_000))
    .addOption(flag('--connection-limit <number>', 'open connections at most', count).default(10_000))
    .addOption(
      flag('--address-connection-limit <number>', 'open connections of one address', count).default(1_000),
    )
    .addOption(
      flag(
        '--memory-limit <bytes>',
        'bytes that are taken and not stored yet; above it requests are answered 503',
        count,
      ).default(64 * 1024 * 1024),
    )
    .option('--json', 'write each line as a JSON object')
    .addHelpText('after', EXPLANATION)
    .action(run)
}

async function run(flags: IntakeFlags) {
  const { data, json, schemas = existsSync('schemas') ? ['schemas'] : [] } = flags
  const log = ({ level, message }: LogLine) => {
    const line = json
      ? JSON.stringify({ time: new Date().toISOString(), level, message })
      : `rivulet intake: ${message}`
    process.stderr.write(`${line}\n`)
  }
  delete process.env.RIVULET_TOKEN // which no process that is started from here needs to have
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
    dedupeIds: flags.dedupeIds,
    keepDays: flags.keep,
    allowOrigins: flags.allowOrigin,
    producerTokens: flags.producerToken,
    kafka: kafkaIn(flags),
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

/** Each can be set by the environment too: `--rate-limit` by `RIVULET_RATE_LIMIT`, lists with commas. */
function flag<T>(flags: string, description: string, parse?: (text: string) => T): Option {
  const option = new Option(flags, description)
  option.env(`RIVULET_${option.name().replace(/-/g, '_').toUpperCase()}`)
  return parse ? option.argParser(parse) : option
}

function kafkaIn({
  sink,
  brokers,
  kafkaTls,
  kafkaUser,
  kafkaPassword,
  kafkaTopicPrefix,
}: IntakeFlags): KafkaOptions | undefined {
  if (sink !== 'kafka') return undefined
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

function days(text: string): number {
  const [, number] = /^(\d{1,5})d$/.exec(text) ?? []
  if (Number(number) > 0) return Number(number)
  throw new InvalidArgumentError('Give whole days, such as 30d.')
}
