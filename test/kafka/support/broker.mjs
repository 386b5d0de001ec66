// A real Kafka broker, single and in KRaft mode, on free ports and in a folder of its own.
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const STARTED_WITHIN = 60_000

/**
 * @typedef {object} Broker
 * @property {string} address `host:port`
 * @property {string} securedAddress The same, by TLS and with a password, where that was asked for.
 * @property {() => Promise<void>} kill At once, as `kill -9` does; its folder stays.
 * @property {() => Promise<void>} start Again, in the same folder and on the same port.
 * @property {() => void} freeze It keeps its connections, and answers nothing.
 * @property {() => void} thaw
 * @property {() => Promise<void>} remove It and its folder.
 */

/**
 * Starts a broker, and resolves once it listens. With the process that started it, it goes too.
 *
 * @param {object} options
 * @param {string} options.classPath
 * @param {{ [name: string]: string | number }} [options.properties]
 * @param {{ certificate: string, key: string, user: string, password: string }} [options.secured]
 * @param {readonly string[]} [options.javaFlags]
 * @returns {Promise<Broker>}
 */
export async function startBroker({
  classPath,
  properties = {},
  secured,
  javaFlags = ['-XX:TieredStopAtLevel=1'],
}) {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-kafka-'))
  const [port, controllerPort, securedPort] = await freePorts(3)
  const address = `127.0.0.1:${port}`
  const securedAddress = `localhost:${securedPort}`
  const config = join(folder, 'server.properties')
  const java = ['-Xmx256m', '-XX:+UseSerialGC', ...javaFlags, '-cp', classPath]
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child
  let said = ''
  const onExit = () => {
    child?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.on('exit', onExit)

  try {
    await writeFile(
      config,
      asProperties({
        'process.roles': 'broker,controller',
        'node.id': 1,
        'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
        'controller.listener.names': 'CONTROLLER',
        'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL',
        listeners: [
          `PLAINTEXT://${address}`,
          `CONTROLLER://127.0.0.1:${controllerPort}`,
          ...(secured ? [`SASL_SSL://${securedAddress}`] : []),
        ].join(','),
        ...(secured && {
          'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
          'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config':
            'org.apache.kafka.common.security.scram.ScramLoginModule required;',
          'ssl.keystore.type': 'PEM',
          'ssl.keystore.certificate.chain': secured.certificate.replace(/\n/g, '\\n'),
          'ssl.keystore.key': secured.key.replace(/\n/g, '\\n'),
        }),
        'log.dirs': join(folder, 'data'),
        'num.partitions': 3,
        // Within it after a kill, the broker is not let in again.
        'broker.session.timeout.ms': 1_000,
        'broker.heartbeat.interval.ms': 200,
        'offsets.topic.replication.factor': 1,
        'transaction.state.log.replication.factor': 1,
        'transaction.state.log.min.isr': 1,
        ...properties,
      }),
    )
    const id = randomBytes(16).toString('base64url')
    const users = secured
      ? ['--add-scram', `SCRAM-SHA-512=[name=${secured.user},password=${secured.password}]`]
      : []
    const format = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', config, ...users]
    await promisify(execFile)('java', [...java, ...format])
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    address,
    securedAddress,
    kill,
    start,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    remove,
  }

  async function start() {
    said = ''
    const started = spawn('java', [...java, 'kafka.Kafka', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
    })
    child = started
    for (const output of [started.stdout, started.stderr])
      output.on('data', (text) => {
        said = (said + text).slice(-4_000)
      })
    const deadline = Date.now() + STARTED_WITHIN
    while (!(await answers(Number(port)))) {
      if (started.exitCode !== null || Date.now() > deadline)
        throw new Error(`the Kafka broker did not start: ${said}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async function kill() {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async function remove() {
    await kill()
    process.removeListener('exit', onExit)
    await rm(folder, { recursive: true, force: true })
  }
}

/** @param {{ [name: string]: string | number }} properties */
function asProperties(properties) {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** @param {number} port */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

/** @param {number} count */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port)
  await Promise.all(servers.map((server) => promisify(server.close.bind(server))()))
  return ports
}
