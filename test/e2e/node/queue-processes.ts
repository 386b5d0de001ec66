import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, vi } from 'vitest'
import type { FaultyIntake } from 'rivulet/testing'
import { openFaultyIntake } from '../../support/faulty-intake.ts'

const PROGRAM = fileURLToPath(new URL('./queue-process.mjs', import.meta.url))
const STREAMS = { streams: { 'shop.click': {} } }

/** A folder for a queue, and an intake. */
export async function startLab() {
  const base = await mkdtemp(join(tmpdir(), 'rivulet-queue-'))
  onTestFinished(() => rm(base, { recursive: true, force: true, maxRetries: 5 }))
  const intake = await openFaultyIntake({ streamConfigs: STREAMS })
  const queueDir = join(base, 'queue')
  const folder = join(queueDir, 'rivulet-1')

  async function files(which = /./): Promise<string[]> {
    const names = await readdir(folder).catch(() => [])
    return names.filter((name) => which.test(name)).map((name) => join(folder, name))
  }
  return {
    intake,
    queueDir,
    folder,
    start: (more: StartOptions = {}) => start({ intake, queueDir, ...more }),
    files,
    /** What is written in its logs. */
    logged: async () =>
      (await Promise.all((await files(/\.log$/)).map((path) => readFile(path, 'utf8').catch(() => '')))).join(
        '',
      ),
    bytes: async () => {
      const sizes = await Promise.all((await files()).map((path) => stat(path).catch(() => ({ size: 0 }))))
      return sizes.reduce((sum, { size }) => sum + size, 0)
    },
  }
}

export interface StartOptions {
  readonly options?: object
  /** How it ends by itself. */
  readonly plan?: string
  readonly cwd?: string
  /** In KiB: no file of this process gets longer. */
  readonly longestFile?: number
}

type Message =
  | { readonly submitted: string; readonly at: number }
  | { readonly id: string; readonly kind: string }
  | { readonly did: string }

/** Ended with the test at the latest. */
async function start({
  intake,
  queueDir,
  options = {},
  plan,
  cwd,
  longestFile,
}: StartOptions & { intake: FaultyIntake; queueDir: string }) {
  const { intakeUrl } = intake
  const setting = JSON.stringify({
    options: { intakeUrl, streamConfigs: STREAMS, queueDir, ...options },
    plan,
  })
  const child: ChildProcess = fork(PROGRAM, [setting], {
    silent: true,
    ...(cwd ? { cwd } : {}),
    ...(longestFile
      ? { execPath: 'bash', execArgv: ['-c', `ulimit -f ${longestFile}; exec ${process.execPath} "$0" "$@"`] }
      : {}),
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const submitted = new Map<string, number>()
  const outcomes = new Map<string, string>()
  let errors = ''
  const answers: unknown[] = []
  child.stderr!.setEncoding('utf8').on('data', (text) => (errors += text))
  child.on('message', (message: Message) => {
    if ('submitted' in message) submitted.set(message.submitted, message.at)
    else if ('kind' in message) outcomes.set(message.id, message.kind)
    else answers.push(message)
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  if (!plan)
    await vi.waitFor(() => expect(answers, errors).toContainEqual({ ready: true }), { timeout: 20_000 })
  return {
    child,
    ended,
    submitted,
    outcomes,
    errors: () => errors,
    tell: (message: { do: string; [name: string]: unknown }) => void child.send(message),
    /** Resolves once it has done it. */
    ask: async (message: { do: string; [name: string]: unknown }) => {
      const before = answers.length
      child.send(message)
      await vi.waitFor(() => expect(answers.slice(before)).toContainEqual({ did: message.do }), {
        timeout: 40_000,
      })
    },
    kill: async (signal: NodeJS.Signals = 'SIGKILL') => {
      child.kill(signal)
      await ended
    },
  }
}

export type QueueProcess = Awaited<ReturnType<typeof start>>

/** Of each client instance, the numbers of the events that have arrived, in order. */
export function numbersOf(intake: FaultyIntake): number[][] {
  const numbers = new Map<string, number[]>()
  for (const { meta } of intake.events()) {
    if (meta.stream !== 'shop.click') continue
    const { id, seq } = meta.producer!
    numbers.set(id, [...(numbers.get(id) ?? []), seq!])
  }
  return [...numbers.values()].map((of) => of.sort((a, b) => a - b))
}
