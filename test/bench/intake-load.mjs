// What the benches of the intake have in common: an intake as a process of its own, and load on it from another.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))
const SHOP = here('../../examples/shop')

/**
 * @typedef {object} Figures
 * @property {number} perSecond events that were answered with 201
 * @property {number} p50 of the time to an answer, in ms, as `p99`
 * @property {number} p99
 * @property {{ [status: string]: number }} answers
 * @property {number} errors connections that broke, and requests without an answer
 */

/**
 * Batches of 50 events of 400 bytes, over and over, for so many seconds after a warm-up.
 *
 * @param {{ url: string, connections: number, seconds: number, warmUp?: number }} options
 * @returns {Promise<Figures>}
 */
export async function load({ url, connections, seconds, warmUp = 3 }) {
  const given = JSON.stringify({ url, connections, seconds, warmUp })
  const { stdout } = await promisify(execFile)(process.execPath, [here('intake/load.mjs'), given])
  return JSON.parse(stdout)
}

/**
 * `rivulet intake` as it is built, with the shop's streams and schemas, and a data folder that goes with it.
 *
 * @param {{ flags?: readonly string[], nodeFlags?: readonly string[] }} [options]
 */
export async function startIntake({ flags = [], nodeFlags = [] } = {}) {
  const data = await mkdtemp(join(tmpdir(), 'rivulet-bench-'))
  const shop = ['--streams', join(SHOP, 'streams.json'), '--schemas', join(SHOP, 'schemas')]
  const intake = [here('../../dist/cli.js'), 'intake', '--port', '0', '--data', data, ...shop, ...flags]
  return { ...(await startServer([...nodeFlags, ...intake], data)), data }
}

/**
 * A Node process that prints the URL at which it listens, and a folder that goes with it.
 *
 * @param {readonly string[]} args
 * @param {string} folder
 * @returns {Promise<{ url: string, pid: number, stop: () => Promise<void> }>}
 */
export function startServer(args, folder) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  return new Promise((resolve, reject) => {
    let output = ''
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)))
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0]
      if (!url || child.pid === undefined) return
      const stop = async () => {
        child.kill('SIGTERM')
        await ended
        await rm(folder, { recursive: true, force: true })
      }
      resolve({ url, pid: child.pid, stop })
    })
  })
}
