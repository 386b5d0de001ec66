import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'

export const ROOT = resolve(import.meta.dirname, '../../..')

/** A program of node_modules. */
export const tool = (path: string) => join(ROOT, 'node_modules', path)

interface Run {
  readonly code: number
  readonly stdout: string
  readonly output: string
}

/** Runs a script in Node to its end, or ends it with the test. */
export function runNode(
  args: readonly string[],
  { cwd = ROOT, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Run> {
  // What vitest has set for its own workers is not meant for others.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$)/.test(name),
  )
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...args],
      {
        cwd,
        env: { ...Object.fromEntries(inherited), NO_COLOR: '1', FORCE_COLOR: '0', ...env },
        maxBuffer: 2 ** 26,
      },
      (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, output: `${stdout}${stderr}` }),
    )
    onTestFinished(() => void child.kill())
  })
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return port
}
