import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { FaultyIntake } from 'rivulet/testing'
import { startChild } from '../../support/child.ts'
import { openFaultyIntake } from '../../support/faulty-intake.ts'

// From here, `rivulet` is the package itself.
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Its one stream is in force from the start. */
export const STREAM_CONFIGS = { streams: { 'job.done': {} } }

/** An intake that is closed with the test. */
export function openIntake(): Promise<FaultyIntake> {
  return openFaultyIntake({ streamConfigs: STREAM_CONFIGS })
}

/** A server that takes requests and never answers. */
export async function openSilentServer() {
  const methods: (string | undefined)[] = []
  const server = createServer((request) => methods.push(request.method)).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close().closeAllConnections())
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard: async (method: string) => {
      while (!methods.includes(method)) await once(server, 'request')
    },
  }
}

export interface ProgramOptions {
  /** Of `createClient`, beside the URL of the intake. */
  readonly options?: object
  /** Default: this Node. */
  readonly node?: string
}

/**
 * A program as its user writes it, in a process of its own, ended with the test at the latest. It has a client `events`,
 * and `createClient` for more. When it ends, it says how many ms have passed since `leave()`.
 */
export function runProgram(intakeUrl: string, code: string, { options, node }: ProgramOptions = {}) {
  const given = JSON.stringify({ intakeUrl, streamConfigs: STREAM_CONFIGS, ...options })
  const source = `
    import { createClient } from 'rivulet'
    let left
    const leave = () => { left = performance.now() }
    const options = ${given}
    process.on('exit', () => { if (left) console.log('ended after', Math.round(performance.now() - left)) })
    const events = createClient(options)
    ${code}
  `
  const { child, output, ended, said } = startChild(
    node ?? process.execPath,
    ['--input-type=module', '--eval', source],
    { cwd: ROOT },
  )
  return {
    child,
    output,
    ended: ended.then((end) => ({
      ...end,
      /** In ms, from `leave()` on. */
      endedAfter: Number(/ended after (\d+)/.exec(end.stdout)?.[1]),
    })),
    said: (word: string) => said(new RegExp(word)),
  }
}
