import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url))

/** `rivulet` as a process of its own, ended with the test at the latest. */
export function rivulet(
  args: readonly string[],
  { cwd, env }: { cwd?: string; env?: { readonly [name: string]: string } } = {},
) {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text))
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...output }))
  return { child, output, ended, listening: () => listening(child, output, ended) }
}

/** The URL of an intake, once it says that it listens. */
async function listening(
  child: ChildProcess,
  output: { stdout: string; stderr: string },
  ended: Promise<unknown>,
): Promise<string> {
  for (;;) {
    const url = /http:\/\/[\w.[\]:]+:\d+/.exec(output.stdout)?.[0]
    if (url) return url
    await Promise.race([once(child.stdout!, 'data'), ended])
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${output.stderr}`)
  }
}
