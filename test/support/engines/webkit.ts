import { spawn } from 'node:child_process'
import type { Engine } from './engine.ts'
import { findMiniBrowser, findXvfb } from './find.mjs'
import { agent, startFromWithin } from './from-within.ts'
import { printed } from './processes.ts'

/**
 * WebKitGTK's MiniBrowser. Driven by WebDriver it would keep nothing on disk and so have nothing after a kill; so it is
 * started as a person does, and driven from within.
 */
export const webkit: Engine = {
  name: 'webkit',
  agent,
  start: (profile) =>
    startFromWithin(async ({ url, proxy }) => {
      const display = spawn(await findXvfb(), ['-displayfd', '3', '-nolisten', 'tcp'], {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      })
      const [number] = await printed(display.stdio[3] as NodeJS.ReadableStream, /^\d+(?=\n)/)
      const child = spawn(
        await findMiniBrowser(),
        [
          '--javascript-can-open-windows-automatically=true',
          `--proxy=${proxy}`,
          '--ignore-host=127.0.0.1',
          url,
        ],
        { stdio: 'ignore', env: environment(profile, `:${number}`) },
      )
      child.on('close', () => display.kill('SIGKILL'))
      return child
    }),
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
