import type { Browser, Page } from 'playwright'
import { expect } from 'vitest'
import { type ConsolePage, openConsole } from './console-page.ts'

/** Opens the page Live of an intake of its own; both end with the test. */
export function openLivePage(browser: Browser): Promise<ConsolePage> {
  return openConsole(browser, { at: '#/live' })
}

/** The summaries of the rows, as they read from the top, once there are as many as these. */
export async function expectSummaries(page: Page, summaries: readonly string[]): Promise<void> {
  const fields = page.locator('#events > li .fields')
  await expect
    .poll(async () => (await fields.allInnerTexts()).map(plain), { timeout: 15_000 })
    .toEqual(summaries)
}

const plain = (text: string): string => text.replace(/\s+/g, ' ').trim()
