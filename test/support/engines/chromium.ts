import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chromium as playwright, type Page } from 'playwright'
import { findChromium, QUIET } from '../chromium.mjs'
import { inTime } from './deadline.ts'
import { type Engine, type EngineBrowser, PLAIN_HOST, type Tab } from './engine.ts'
import { agent, startFromWithin } from './from-within.ts'
import { findRenderer, killTree, printed } from './processes.ts'

/** Chromium, driven by playwright, but started here: so it has its cache of pages, hides tabs, and can be killed. */
export const chromium: Engine = { name: 'chromium', start: startDriven }

/** Chromium as a person has it, with no debugger attached: only so does it prerender pages. */
export const undrivenChromium: Engine = {
  name: 'chromium',
  agent,
  start: (profile) =>
    startFromWithin(async ({ url }) =>
      spawn(await findChromium(), [...switches(profile), '--disable-popup-blocking', url], {
        stdio: 'ignore',
      }),
    ),
}

const switches = (profile: string) => [
  '--headless',
  ...QUIET,
  `--user-data-dir=${profile}`,
  `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`,
]

async function startDriven(profile: string): Promise<EngineBrowser> {
  const child = spawn(
    await findChromium(),
    [...switches(profile), '--remote-debugging-port=0', 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const closed = once(child, 'close')
  const [, address = ''] = await printed(child.stderr, /DevTools listening on (ws:\S+)/)
  const browser = await playwright.connectOverCDP(address, { noDefaults: true })
  const [context] = browser.contexts()
  if (!context) throw new Error('this Chromium has no default context')

  return {
    open: async (url) => {
      const page = await inTime('a tab opens', context.newPage())
      await inTime(`the page goes to ${url}`, page.goto(url))
      return tabOf(page, child.pid!)
    },
    kill: async () => {
      await killTree(child.pid!)
      await closed
    },
  }
}

function tabOf(page: Page, pid: number): Tab {
  const run: Tab['run'] = <Given, Result>(fn: (given: Given) => Result | Promise<Result>, given?: Given) =>
    inTime(`the page runs ${fn}`, page.evaluate(fn as (given: unknown) => Result | Promise<Result>, given))
  return {
    run,
    goto: async (url) => void (await inTime(`the page goes to ${url}`, page.goto(url))),
    // Playwright would wait for a load.
    back: () => page.evaluate(() => history.back()).catch(() => undefined),
    close: () => inTime('the page closes', page.close()),
    renderer: () => findRenderer(pid, run),
  }
}
