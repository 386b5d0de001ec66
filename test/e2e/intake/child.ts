import { fileURLToPath } from 'node:url'
import { startChild } from '../../support/child.ts'

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url))

/** `rivulet` as a process of its own, ended with the test at the latest. */
export function rivulet(
  args: readonly string[],
  { cwd, env }: { cwd?: string; env?: { readonly [name: string]: string } } = {},
) {
  const started = startChild(process.execPath, [CLI, ...args], {
    ...(cwd ? { cwd } : {}),
    env: { ...process.env, ...env },
  })
  started.child.stdin.end()
  /** Resolves to the URL of an intake, once it says that it listens. */
  const listening = () => started.said(/http:\/\/[\w.[\]:]+:\d+/)
  return { ...started, listening }
}
