import { type IncomingMessage, request as requestFrom, type ServerResponse } from 'node:http'
import { inTime } from './deadline.ts'

/** Drives tabs from within: each page asks for the next function to run, and says what it came to. */
export interface Agent {
  /** What each page begins with. */
  readonly head: string
  /** For requests below `/agent/`, and for those by a proxy. */
  handle(request: IncomingMessage, response: ServerResponse): void
  newTab(): string
  /** Leads to `target`, in a tab that goes by this name from then on. */
  startUrl(origin: string, tab: string, target: string): string
  /** Resolves when the next page of this tab has loaded. */
  loaded(tab: string): Promise<void>
  run<Given, Result>(
    tab: string,
    fn: (given: Given) => Result | Promise<Result>,
    given?: Given,
  ): Promise<Result>
}

interface Command {
  readonly source: string
  resolve(result: unknown): void
  reject(error: Error): void
}

/** A script by which a page is driven. Policies without `unsafe-eval` allow modules of the page's own origin. */
const PAGE = `(() => {
  const { fetch, XMLHttpRequest, AbortController } = window
  // A prerendered page takes over a tab, but not its name.
  const tab = window.name || sessionStorage.getItem('tab')
  let polling
  // Only so is it sure that it gets through when the page is left with the same task.
  const say = (path, body = '') => {
    const request = new XMLHttpRequest()
    request.open('POST', path, false)
    request.send(body)
  }
  const poll = async () => {
    polling = new AbortController()
    try {
      for (;;) {
        const response = await fetch('/agent/next/' + tab, { signal: polling.signal })
        const id = await response.text()
        const { run } = await import('/agent/run/' + id + '.js')
        let outcome
        try {
          outcome = { value: await run() }
        } catch (error) {
          outcome = { error: String(error) + ' ' + error.stack }
        }
        say('/agent/done/' + id, JSON.stringify(outcome))
      }
    } catch {
      // The page goes, or the test is over: nobody asks any more.
    }
  }
  // Modules have run by then. A request under way would keep the page out of the back/forward cache.
  addEventListener('DOMContentLoaded', () => {
    const begin = () => { say('/agent/loaded/' + tab); poll() }
    if (document.prerendering) document.addEventListener('prerenderingchange', begin)
    else begin()
  })
  addEventListener('pagehide', () => polling?.abort())
  addEventListener('pageshow', ({ persisted }) => { if (persisted) poll() })
})()`

/** The name of a tab outlasts its pages, as long as they are of one site. */
const START = `
  window.name = location.pathname.split('/').pop()
  sessionStorage.setItem('tab', window.name)
  location.replace(new URLSearchParams(location.search).get('to'))
`

export function createAgent(): Agent {
  const commands = new Map<number, Command>()
  const waiting = new Map<string, number[]>()
  const asking = new Map<string, ServerResponse>()
  const told = new Map<string, Command>()
  const onLoaded = new Map<string, () => void>()
  let lastTab = 0
  let lastCommand = 0

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://here')
    if (url.hostname !== 'here') return passOn(url, request, response)
    const [, , what = '', name = ''] = url.pathname.split('/')

    if (what === 'next') return wait(name, response)
    if (what === 'run') return send(response, commands.get(Number.parseInt(name, 10))?.source)
    if (what === 'done') return void finish(Number(name), request, response)
    if (what === 'loaded') {
      onLoaded.get(name)?.()
      return void response.end()
    }
    if (what === 'page.js') return send(response, PAGE)
    const script = what === 'start' ? START : PAGE
    send(response, `<!doctype html><link rel="icon" href="data:,"><script>${script}</script>`, 'text/html')
  }

  function wait(tab: string, response: ServerResponse): void {
    // It asks when it has done what it was told, so what is not done was told to a page that has gone since.
    told.get(tab)?.reject(new Error(`the page of ${tab} has gone`))
    told.delete(tab)
    asking.set(tab, response)
    response.on('close', () => {
      if (asking.get(tab) === response) asking.delete(tab)
    })
    serve(tab)
  }

  function serve(tab: string): void {
    const response = asking.get(tab)
    const id = response && waiting.get(tab)?.shift()
    if (!id) return
    asking.delete(tab)
    const command = commands.get(id)
    if (command) told.set(tab, command)
    response.end(String(id))
  }

  async function finish(id: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    response.end()
    const { value, error } = JSON.parse(Buffer.concat(chunks).toString())
    const command = commands.get(id)
    if (error) command?.reject(new Error(`in the page: ${error}`))
    else command?.resolve(value)
  }

  function run<Given, Result>(
    tab: string,
    fn: (given: Given) => Result | Promise<Result>,
    given?: Given,
  ): Promise<Result> {
    lastCommand += 1
    const id = lastCommand
    const source = `export const run = () => (${fn})(${JSON.stringify(given)})`
    const outcome = new Promise<Result>((resolve, reject) => {
      commands.set(id, { source, resolve: resolve as (result: unknown) => void, reject })
      waiting.set(tab, [...(waiting.get(tab) ?? []), id])
      serve(tab)
    })
    return inTime(`${tab} runs ${fn}`, outcome)
  }

  return {
    head: '<script src="/agent/page.js"></script>',
    handle,
    run,
    newTab: () => {
      lastTab += 1
      return `tab-${lastTab}`
    },
    startUrl: (origin, tab, target) => `${origin}/agent/start/${tab}?to=${encodeURIComponent(target)}`,
    loaded: (tab) => inTime(`${tab} loads`, new Promise((resolve) => void onLoaded.set(tab, resolve))),
  }
}

function send(response: ServerResponse, text = '', type = 'text/javascript'): void {
  response.setHeader('content-type', type)
  response.end(text)
}

/** A proxy's part: every host is this machine. */
function passOn(url: URL, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request
  const onward = requestFrom(
    { host: '127.0.0.1', port: url.port, path: url.pathname + url.search, method, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    },
  )
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}
