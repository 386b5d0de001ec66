import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { startIntake } from 'rivulet/intake'
import { serve } from '../../../examples/shop/server.mjs'

export const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url))
const DIST = fileURLToPath(new URL('../../../dist/', import.meta.url))

/** A folder that is gone when the test is over, whatever came of it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-examples-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The intake of the examples, in a folder of its own. Schema folders that are given come before the shop's. */
export async function startShopIntake({
  schemas = [],
  streams = join(EXAMPLES, 'shop/streams.json'),
}: {
  schemas?: readonly string[]
  streams?: string
} = {}): Promise<{ url: string; data: string }> {
  const data = await temporaryFolder()
  const intake = await startIntake({
    data,
    schemas: [...schemas, join(EXAMPLES, 'shop/schemas')],
    streams,
    port: 0,
  })
  onTestFinished(() => intake.close())
  return { url: intake.url, data }
}

/** The demo's web server, for the shop and the page with the script tag. */
export async function serveExamples(intake: string): Promise<string> {
  const server = await serve({
    folders: {
      '/': join(EXAMPLES, 'shop/site'),
      '/script-tag/': join(EXAMPLES, 'script-tag'),
      '/rivulet/': DIST,
    },
    texts: { '/config.js': `export const intake = ${JSON.stringify(intake)}\n` },
    intake,
  })
  onTestFinished(() => server.close())
  return server.url
}

/** A running program: what it has printed so far, and how it ends. */
export interface Program {
  output(): string
  errors(): string
  interrupt(): void
  readonly exitCode: Promise<number | null>
}

export function runNode(...args: readonly string[]): Program {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => {
    child.kill()
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  return {
    output: () => output,
    errors: () => errors,
    interrupt: () => void child.kill('SIGINT'),
    exitCode: new Promise((resolve) => child.on('close', resolve)),
  }
}
