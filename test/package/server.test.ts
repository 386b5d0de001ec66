import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ROOT } from './tarball.ts'

// What browsers load, on a server that renders pages: a bundler may choose it there, and so may who imports it by its path.

const ENTRIES = [
  ...['browser', 'webview', 'config-push', 'curation', 'debug', 'fetch-later', 'redact', 'validator'].map(
    (name) => `${name}.js`,
  ),
  ...(await readdir(join(ROOT, 'dist/collectors')))
    .filter((name) => name.endsWith('.js'))
    .map((name) => `collectors/${name}`),
]

/** What only browsers have. Node's own globals that are not JavaScript's are watched as well. */
const OF_BROWSERS = [
  ...['window', 'self', 'document', 'location', 'navigator', 'history', 'screen', 'origin', 'localStorage'],
  ...['sessionStorage', 'indexedDB', 'addEventListener', 'matchMedia', 'XMLHttpRequest', 'EventSource'],
  ...[
    'PerformanceObserver',
    'MutationObserver',
    'requestAnimationFrame',
    'requestIdleCallback',
    'fetchLater',
  ],
]

describe('imported in Node', () => {
  test.each(ENTRIES)('%s looks at no global and makes none', async (entry) => {
    expect(await touchedBy(entry)).toEqual([])
  })

  test('script.js makes its own, and looks at no other', async () => {
    expect(await touchedBy('script.js')).toEqual(['made rivulet'])
  })

  test('what looks at a global is noticed', async () => {
    const looking = 'data:text/javascript,globalThis.made = typeof document + typeof setTimeout'

    expect(await touchedBy(looking)).toEqual(['document', 'made made', 'setTimeout'])
  })
})

/** The globals that a file in dist/, or a URL, looks at and makes while it is imported. */
function touchedBy(file: string): Promise<string[]> {
  return inNode(
    ([file, names]) => `
      import { runInNewContext } from 'node:vm'
      const ofJavaScript = runInNewContext('Object.getOwnPropertyNames(globalThis)')
      const names = [...Object.getOwnPropertyNames(globalThis), ...${names}]
        .filter((name) => name !== 'globalThis' && !ofJavaScript.includes(name))
      // All looked at before any is watched, since Node makes some with the help of others, at their first use.
      const values = names.map((name) => globalThis[name])
      const touched = new Set()
      for (const [index, name] of names.entries()) {
        const get = () => (touched.add(name), values[index])
        Object.defineProperty(globalThis, name, { configurable: true, get })
      }
      const watched = Object.getOwnPropertyNames(globalThis)
      await import(${file})
      const looked = [...touched]
      const made = Object.getOwnPropertyNames(globalThis).filter((name) => !watched.includes(name))
      const { log } = console
      log(JSON.stringify([...looked, ...made.map((name) => 'made ' + name)].sort()))
    `,
    [file.includes(':') ? file : join(ROOT, 'dist', file), OF_BROWSERS],
  )
}

describe('the build for browsers, in Node', () => {
  test.each(['browser', 'webview'])(
    '%s counts what is submitted as `no-page`, tells of it, and asks for nothing',
    async (entry) => {
      const found = await inNode(
        ([file]) => `
        import { createClient } from ${file}
        const asked = []
        for (const name of ['fetch', 'setTimeout', 'setInterval', 'BroadcastChannel', 'localStorage'])
          Object.defineProperty(globalThis, name, { get: () => void asked.push(name) })
        const outcomes = []
        const events = createClient({
          intakeUrl: '/v1/events',
          streamConfigUrl: '/streams.json',
          streamConfigs: { streams: { 'shop.view': {}, 'shop.click': {}, 'rivulet.ledger': {} } },
          onOutcome: (outcome) => void outcomes.push(outcome),
        })
        const ids = ['shop.view', 'shop.view', 'shop.click'].map((stream) => events.submit(stream, {}))
        events.setConsent('denied')
        events.setConsent('granted')
        const left = await events.flush()
        const { goes, reason } = events.explain('shop.view')
        const inSample = events.isInSample('shop.view')
        await events.close()
        const timers = process.getActiveResourcesInfo().filter((kind) => /Timeout|Immediate|Port/.test(kind))
        console.log(JSON.stringify(
          { asked, ids, outcomes, left, goes, reason, inSample, ledger: events.ledger(), timers },
        ))
      `,
        [join(ROOT, `dist/${entry}.js`)],
      )

      expect(found).toEqual({
        asked: [],
        ids: found.outcomes.map(({ id }: { id: string }) => id),
        outcomes: ['shop.view', 'shop.view', 'shop.click'].map((stream) => ({
          ...{ kind: 'dropped', reason: 'no-page', stream },
          id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        })),
        left: 0,
        goes: false,
        reason: 'no-page',
        inSample: false,
        ledger: {
          'shop.view': { submitted: 2, 'no-page': 2 },
          'shop.click': { submitted: 1, 'no-page': 1 },
        },
        timers: [],
      })
    },
  )

  test.each(['granted', 'pending', 'denied'])(
    'with consent %s, says nothing on the console, whatever the host gives',
    async (consent) => {
      const { printed } = await inNode(
        ([file, consent]) => `
        import { createClient } from ${file}
        const fail = () => { throw new Error('as the host would') }
        const { log } = console
        const printed = []
        for (const name of ['log', 'info', 'warn', 'error', 'debug']) console[name] = (...words) => printed.push(words)
        const events = createClient({
          intakeUrl: '/v1/events',
          consent: ${consent},
          streamConfigs: { streams: 'none' },
          ...{ context: fail, beforeQueue: fail, debug: fail, onOutcome: fail },
        })
        events.submit('shop.view', { a: 1n })
        events.submit('shop.view')
        await events.close()
        log(JSON.stringify({ printed }))
      `,
        [join(ROOT, 'dist/browser.js'), consent],
      )

      expect(printed).toEqual([])
    },
  )

  test('takes what is made for its options: debug switch, config push, net, curation', async () => {
    const { ledger } = await inNode(
      ([browser, debug, push, net, curation]) => `
        import { createClient } from ${browser}
        import { createDebugSwitch } from ${debug}
        import { createConfigPush } from ${push}
        import { createFetchLaterNet } from ${net}
        import { curate } from ${curation}
        const events = createClient({
          intakeUrl: '/v1/events',
          streamConfigs: { streams: { 'shop.view': {} } },
          debug: createDebugSwitch(),
          configPush: createConfigPush('/live'),
          net: createFetchLaterNet(),
          curate,
        })
        events.submit('shop.view')
        await events.close()
        console.log(JSON.stringify({ ledger: events.ledger() }))
      `,
      ['browser', 'debug', 'config-push', 'fetch-later', 'curation'].map((name) =>
        join(ROOT, `dist/${name}.js`),
      ),
    )

    expect(ledger).toEqual({ 'shop.view': { submitted: 1, 'no-page': 1 } })
  })

  test('a wrong option throws there as in a page', async () => {
    const { message } = await inNode(
      ([file]) => `
        import { createClient } from ${file}
        try { createClient({ intakeUrl: 'ftp://a' }) }
        catch ({ message }) { console.log(JSON.stringify({ message })) }
      `,
      [join(ROOT, 'dist/browser.js')],
    )

    expect(message).toContain('intakeUrl is ftp://a')
  })

  test('a thousand clients, one for each request, are gone with their requests', async () => {
    const { alive } = await inNode(
      ([file]) => `
        import { createClient } from ${file}
        const streamConfigs = { streams: { 'shop.view': {} } }
        const clients = []
        const render = () => {
          const events = createClient({ intakeUrl: '/v1/events', streamConfigs })
          events.submit('shop.view', { path: '/' })
          clients.push(new WeakRef(events))
        }
        for (let request = 0; request < 1000; request++) render()
        // Within one task a WeakRef keeps what it was made of.
        await new Promise(setImmediate)
        gc()
        console.log(JSON.stringify({ alive: clients.filter((client) => client.deref()).length }))
      `,
      [join(ROOT, 'dist/browser.js')],
    )

    expect(alive).toBe(0)
  })
})

/**
 * Runs a module in a process of its own, and returns what it prints as JSON; what it is given comes as source text. The
 * process has to end by itself, and to keep its error output empty.
 */
async function inNode(source: (given: readonly string[]) => string, given: readonly unknown[]) {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-server-'))
  try {
    // A file, since what is given on the command line has all of Node's modules as globals.
    const file = join(folder, 'run.mjs')
    await writeFile(file, source(given.map((value) => JSON.stringify(value))))
    // A timer that held the process would do so for a minute, or five.
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--expose-gc', file], {
      timeout: 20_000,
    })
    expect(stderr).toBe('')
    return JSON.parse(stdout)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
