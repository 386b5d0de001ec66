import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAgent } from './agent.ts'
import type { Engine, EngineBrowser, Tab } from './engine.ts'
import { findMiniBrowser, findXvfb } from './find.mjs'
import { findRenderer, killTree, printed } from './processes.ts'

const agent = createAgent()

/**
 * WebKitGTK's MiniBrowser. Driven by WebDriver it would keep nothing on disk and so have nothing after a kill; so it is
 * started as a person does, and driven from within its pages, by `agent`.
 */
export const webkit: Engine = { name: 'webkit', start, agent }

async function start(profile: string): Promise<EngineBrowser> {
  const display = spawn(await findXvfb(), ['-displayfd', '3', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const [number] = await printed(display.stdio[3] as NodeJS.ReadableStream, /^\d+(?=\n)/)
  const home = createServer(agent.handle)
  home.listen(0, '127.0.0.1')
  await once(home, 'listening')
  const url = `http://127.0.0.1:${(home.address() as AddressInfo).port}`

  const child = spawn(
    await findMiniBrowser(),
    [
      '--javascript-can-open-windows-automatically=true',
      // Other names than that of this machine are looked up by us.
      `--proxy=${url}`,
      '--ignore-host=127.0.0.1',
      agent.startUrl(url, 'home', '/agent/home'),
    ],
    { stdio: 'ignore', env: environment(profile, `:${number}`) },
  )
  const closed = once(child, 'close')
  await agent.loaded('home')

  return {
    open: async (target) => {
      const name = agent.newTab()
      const start = agent.startUrl(new URL(target).origin, name, target)
      await agent.run('home', (start) => void window.open(start, '_blank', 'noopener'), start)
      await agent.loaded(name)
      return tabOf(name, child)
    },
    kill: async () => {
      await killTree(child.pid!)
      await closed
      display.kill('SIGKILL')
      home.close()
      home.closeAllConnections()
    },
  }
}

function tabOf(name: string, child: ChildProcess): Tab {
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
      const { kill } = await findRenderer(child.pid!, run)
      return {
        kill: async () => {
          gone = true
          await kill()
        },
      }
    },
  }
}

/** All that it writes goes into the profile; nothing of the desktop is asked for. */
function environment(profile: string, display: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    DISPLAY: display,
    HOME: profile,
    XDG_DATA_HOME: `${profile}/data`,
    XDG_CACHE_HOME: `${profile}/cache`,
    XDG_CONFIG_HOME: `${profile}/config`,
    XDG_RUNTIME_DIR: profile,
    GSETTINGS_BACKEND: 'memory',
    NO_AT_BRIDGE: '1',
    LIBGL_ALWAYS_SOFTWARE: '1',
    // As root there is no sandbox; the pages are ours.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    WEBKIT_DISABLE_DMABUF_RENDERER: '1',
  }
}
