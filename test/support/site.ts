import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url))

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.map': 'application/json' }

/** Files by path, as text; what a site serves beside the pages and the built package. */
export type Files = Readonly<Record<string, string>>

interface SiteOptions {
  /** Of everything it serves. */
  readonly headers?: Readonly<Record<string, string>>
  /** HTML that each page begins with. */
  readonly head?: string
  /** Told of each request's path; what it returns is waited for. */
  readonly onRequest?: (path: string) => Promise<void> | void
  /** Takes the requests below `/agent/`. */
  readonly agent?: RequestListener | undefined
}

/**
 * Serves pages on a free port until the test ends, and returns its address. `/rivulet/…` is the built package, a path
 * in `files` that file, any other path without a dot a page with its path as title, which runs `/page.js` unless the
 * path begins with `/plain`.
 */
export async function serveSite(
  files: Files,
  { headers = {}, head = '', onRequest, agent }: SiteOptions = {},
): Promise<string> {
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    if (agent && path.startsWith('/agent/')) return agent(request, response)
    await onRequest?.(path)
    const text = await textAt(path, files, head)
    if (text === undefined) return void response.writeHead(404).end()
    response.writeHead(200, {
      'content-type': TYPES[extname(path)] ?? 'text/html; charset=utf-8',
      ...headers,
    })
    response.end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function textAt(path: string, files: Files, head: string): Promise<string | undefined> {
  if (path in files) return files[path]
  if (path.startsWith('/rivulet/')) return readFile(join(DIST, path.slice('/rivulet/'.length)), 'utf8')
  if (path.includes('.')) return undefined
  const script = path.startsWith('/plain') ? '' : '<script type="module" src="/page.js"></script>'
  return `<!doctype html><html lang="en"><title>${path}</title><link rel="icon" href="data:,">${head}${script}<h1>${path}</h1>`
}
