import { type ChildProcessWithoutNullStreams, spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

export interface Child {
  readonly child: ChildProcessWithoutNullStreams
  /** What it has written so far. */
  readonly output: { readonly stdout: string; readonly stderr: string }
  readonly ended: Promise<Ended>
  /** Resolves to the first match in what it writes to stdout; rejects where it ends without. */
  said(pattern: RegExp): Promise<string>
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A program in a process of its own, ended with the test at the latest. */
export function startChild(program: string, args: readonly string[], options: SpawnOptions = {}): Child {
  const child = spawn(program, args, { ...options, stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text))
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, ...output }))
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })

  async function said(pattern: RegExp): Promise<string> {
    for (;;) {
      const isLast = hasEnded
      const found = pattern.exec(output.stdout)?.[0]
      if (found) return found
      if (isLast) throw new Error(`ended without ${pattern}: ${output.stderr}`)
      await Promise.race([once(child.stdout, 'data'), ended])
    }
  }
  return { child, output, ended, said }
}
