import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright'
import { onTestFinished } from 'vitest'
import { launchUnguarded } from './chromium.mjs'

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

/** Starts one that ends with the test. */
export async function startOwnChromium(profile: string): Promise<OwnChromium> {
  const chromium = await launchUnguarded(profile)
  onTestFinished(chromium.kill)
  return chromium
}
