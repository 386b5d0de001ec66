import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectBidi } from './bidi.ts'
import { type Engine, type EngineBrowser, PLAIN_HOST, type Tab } from './engine.ts'
import { findFirefox } from './find.mjs'
import { findRenderer, killTree, printed } from './processes.ts'

/** Firefox, by WebDriver BiDi, which it speaks itself. What is quiet for automation is set by it for such a start. */
export const firefox: Engine = { name: 'firefox', start }

const PREFERENCES = {
  // A profile whose browser was killed would begin with its old tabs, or with a question.
  'browser.sessionstore.resume_from_crash': false,
  'toolkit.startup.max_resumed_crashes': -1,
  'browser.tabs.unloadOnLowMemory': false,
  // A process for each tab of a site, so that one can be killed without the others.
  'dom.ipc.processCount.webIsolated': 100,
  'network.dns.localDomains': PLAIN_HOST,
}

async function start(profile: string): Promise<EngineBrowser> {
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  )
  await writeFile(join(profile, 'user.js'), lines.join(''))
  const child = spawn(
    await findFirefox(),
    ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0', 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: '1' } },
  )
  const closed = once(child, 'close')
  const [, address] = await printed(child.stderr, /WebDriver BiDi listening on (ws:\S+)/)
  const send = await connectBidi(`${address}/session`)
  await send('session.new', { capabilities: {} })

  return {
    open: async (url) => {
      const { context } = await send<{ context: string }>('browsingContext.create', { type: 'tab' })
      await send('browsingContext.navigate', { context, url, wait: 'complete' })
      return tabOf(context)
    },
    kill: async () => {
      await killTree(child.pid!)
      await closed
    },
  }

  function tabOf(context: string): Tab {
    const run: Tab['run'] = async <Given, Result>(
      fn: (given: Given) => Result | Promise<Result>,
      given?: Given,
    ): Promise<Result> => {
      const { result, exceptionDetails } = await send<Returned>('script.callFunction', {
        functionDeclaration: `async (given) => JSON.stringify(await (${fn})(JSON.parse(given)))`,
        arguments: [{ type: 'string', value: JSON.stringify(given ?? null) }],
        awaitPromise: true,
        target: { context },
      })
      if (exceptionDetails) throw new Error(`in the page: ${exceptionDetails.text}`)
      return result?.value === undefined ? (undefined as Result) : JSON.parse(result.value)
    }
    return {
      run,
      goto: (url) => send('browsingContext.navigate', { context, url, wait: 'complete' }),
      back: () => send('browsingContext.traverseHistory', { context, delta: -1 }),
      close: () => send('browsingContext.close', { context }),
      renderer: () => findRenderer(child.pid!, run),
    }
  }
}

/** What a function in the page came to: a text, since it answers in JSON. */
interface Returned {
  readonly result?: { readonly value?: string }
  readonly exceptionDetails?: { readonly text: string }
}
