import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext } from 'playwright'
import { onTestFinished } from 'vitest'
import { findChromium } from './chromium.mjs'

/** A Chromium as a person has it: a tab behind another one is hidden, a profile is on disk, and it can be killed. */
export interface OwnChromium {
  readonly context: BrowserContext
  /** Ends it at once, with SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
}

/** A folder for a profile, removed when the test ends. */
export async function profileFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-profile-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  return folder
}

/** Starts one that ends with the test. Playwright's own launch would keep each page visible and hide its process. */
export async function startOwnChromium(profile: string): Promise<OwnChromium> {
  const args = [
    '--headless',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--disable-quic',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ]
  const child = spawn(await findChromium(), [...args, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const closed = once(child, 'close')
  const kill = async () => {
    child.kill('SIGKILL')
    await closed
  }
  onTestFinished(kill)

  const browser = await chromium.connectOverCDP(await addressIn(child.stderr), { noDefaults: true })
  const [context] = browser.contexts()
  if (!context) throw new Error('this Chromium has no default context')
  return { context, kill }
}

async function addressIn(output: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of output) {
    text += chunk
    const [, address] = /DevTools listening on (ws:\S+)/.exec(text) ?? []
    if (address) return address
  }
  throw new Error(`Chromium did not start: ${text}`)
}
