import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { FaultyIntake } from 'rivulet/testing'
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
  const child = spawn(node ?? process.execPath, ['--input-type=module', '--eval', source], {
    cwd: ROOT,
    stdio: 'pipe',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text))
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    ...output,
    /** In ms, from `leave()` on. */
    endedAfter: Number(/ended after (\d+)/.exec(output.stdout)?.[1]),
  }))
  return { child, output, ended, said: (word: string) => said(word) }

  /** Resolves when the program has written the word. */
  async function said(word: string): Promise<void> {
    while (!output.stdout.includes(word)) {
      await Promise.race([once(child.stdout, 'data'), ended])
      if (child.exitCode !== null || child.signalCode) break
    }
    if (!output.stdout.includes(word)) throw new Error(`ended without "${word}": ${output.stderr}`)
  }
}
