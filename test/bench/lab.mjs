import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startIntake } from 'rivulet/intake'
import { launchChromium } from '../support/chromium.mjs'
import { DATA, STREAM } from './event.mjs'
import { CLIENT, servePages } from './page-server.mjs'

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))

/**
 * What the functions that run in a page are given.
 *
 * @typedef {object} Setting
 * @property {string} clientUrl of a module that exports `createClient`
 * @property {string} stream
 * @property {typeof DATA} data what to submit
 * @property {import('rivulet').ClientOptions} options for `createClient`: the config is known at the start
 */

/**
 * A new visitor on an empty page, and an intake of their own.
 *
 * @typedef {object} Visit
 * @property {import('playwright').Page} page
 * @property {string} intakeUrl origin of the intake
 * @property {(options?: { clientUrl?: string, intakeUrl?: string }) => Setting} setting
 * @property {() => number} stored events in the intake
 */

/** @typedef {Awaited<ReturnType<typeof openLab>>} Lab */

/** A real Chromium and a server of empty pages. */
export async function openLab() {
  const pages = await servePages()
  const browser = await launchChromium()
  const { streams, ...top } = JSON.parse(await readFile(here('./streams.json'), 'utf8'))

  return {
    browser,
    visit,
    async close() {
      await browser.close()
      await pages.close()
    },
  }

  /**
   * @template Result
   * @param {(visit: Visit) => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  async function visit(work) {
    const data = await mkdtemp(join(tmpdir(), 'rivulet-bench-'))
    const intake = await startIntake({
      data,
      schemas: [here('./schemas')],
      streams: here('./streams.json'),
      port: 0,
    })
    const context = await browser.newContext()
    try {
      const page = await context.newPage()
      await page.goto(pages.url)
      const isolated = await page.evaluate(() => crossOriginIsolated)
      if (!isolated) throw new Error('the page is not isolated, so its clock is too coarse to measure by')
      return await work({
        page,
        intakeUrl: intake.url,
        stored: () => intake.counts().streams[STREAM]?.stored ?? 0,
        setting: ({ clientUrl = CLIENT, intakeUrl = intake.url } = {}) => ({
          clientUrl,
          stream: STREAM,
          data: DATA,
          options: {
            intakeUrl: `${intakeUrl}/v1/events`,
            streamConfigs: { ...top, streams },
            schemas: { [STREAM]: { $schema: '/bench/action/1.0.0' } },
          },
        }),
      })
    } finally {
      await context.close()
      await intake.close()
      await rm(data, { recursive: true, force: true })
    }
  }
}

/**
 * Waits until as many events are stored, and resolves to how many are: fewer where `within` ms were not enough.
 *
 * @param {Visit} visit
 * @param {number} count
 */
export async function untilStored({ stored }, count, within = 30_000) {
  const deadline = Date.now() + within
  while (stored() < count && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
  return stored()
}
