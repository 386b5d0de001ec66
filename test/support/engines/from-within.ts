import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAgent } from './agent.ts'
import type { EngineBrowser, Tab } from './engine.ts'
import { findRenderer, killTree } from './processes.ts'

/** Starts the browser's process with a page that waits for orders. */
export type Launch = (start: {
  readonly url: string
  /** A proxy to which every host is this machine. */
  readonly proxy: string
}) => Promise<ChildProcess>

export const agent = createAgent()

/** A browser that is driven from within its pages: nothing is attached to it that would change what it does. */
export async function startFromWithin(launch: Launch): Promise<EngineBrowser> {
  const server = createServer(agent.handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const home = agent.newTab()
  const child = await launch({ url: agent.startUrl(origin, home, '/agent/home'), proxy: origin })
  const closed = once(child, 'close')
  await agent.loaded(home)

  return {
    open: async (url) => {
      const tab = agent.newTab()
      const start = agent.startUrl(new URL(url).origin, tab, url)
      await agent.run(home, (start) => void window.open(start, '_blank', 'noopener'), start)
      await agent.loaded(tab)
      return tabOf(tab, child.pid!)
    },
    kill: async () => {
      await killTree(child.pid!)
      await closed
      server.close()
      server.closeAllConnections()
    },
  }
}

function tabOf(name: string, browser: number): Tab {
  const run: Tab['run'] = <Given, Result>(fn: (given: Given) => Result | Promise<Result>, given?: Given) =>
    agent.run(name, fn as (given: unknown) => Result | Promise<Result>, given)
  let gone = false
  return {
    run,
    goto: async (url) => {
      const loaded = agent.loaded(name)
      await run((url) => {
        location.href = url
      }, url)
      await loaded
    },
    back: () => run(() => history.back()),
    close: async () => {
      if (gone) return
      gone = true
      // Behind this task, for the page has to say first that it has run.
      await run(() => void setTimeout(() => window.close()))
    },
    renderer: async () => {
      const { kill } = await findRenderer(browser, run)
      return {
        kill: async () => {
          gone = true
          await kill()
        },
      }
    },
  }
}
