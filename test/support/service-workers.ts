import type { Page } from 'playwright'
import { expect } from 'vitest'
import { PATIENCE } from './visit.ts'

/** A function that stops all service workers which this page can see, as the browser does when they are idle. */
export async function serviceWorkerStop(page: Page): Promise<() => Promise<void>> {
  const devtools = await page.context().newCDPSession(page)
  const states = new Map<string, string>()
  devtools.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
    for (const { versionId, runningStatus } of versions) states.set(versionId, runningStatus)
  })
  await devtools.send('ServiceWorker.enable')
  return async () => {
    await devtools.send('ServiceWorker.stopAllWorkers')
    await expect.poll(() => new Set(states.values()), PATIENCE).toEqual(new Set(['stopped']))
  }
}
