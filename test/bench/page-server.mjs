// The pages that are measured: empty ones, with dist/ and the client without storage beside them.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'

export const CLIENT = '/dist/browser.js'
export const MEMORY_CLIENT = '/memory-client.js'
/** What `rivulet generate` has written of the bench's schemas. */
export const SCHEMAS = '/schemas.js'

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url))
const DIST = new URL('../../dist/', import.meta.url)

// Isolated from other origins, where performance.now() tells 5 µs apart instead of 100.
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

/** @returns {Promise<{ url: string, close(): Promise<void> }>} */
export async function servePages() {
  const memoryClient = await bundle(here('./memory-client.ts'))
  const schemas = await generated()
  const server = createServer(async ({ url = '' }, response) => {
    const { pathname } = new URL(url, 'http://page')
    response.setHeaders(new Map(Object.entries(ISOLATED)))
    if (pathname === MEMORY_CLIENT) return script(response, memoryClient)
    if (pathname === SCHEMAS) return script(response, schemas)
    if (/^\/dist\/[\w./-]+\.js$/.test(pathname)) return script(response, await readDist(pathname))
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end('<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Bench</title>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {string | undefined} code
 */
function script(response, code) {
  response.writeHead(code === undefined ? 404 : 200, { 'content-type': 'text/javascript' })
  response.end(code)
}

/** @param {string} pathname */
function readDist(pathname) {
  return readFile(new URL(pathname.replace('/dist/', ''), DIST), 'utf8').catch(() => undefined)
}

/**
 * As rollup makes dist/: dependencies built in, down to es2020.
 *
 * @param {string} path
 */
async function bundle(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    format: 'esm',
    target: 'es2020',
    write: false,
  })
  return outputFiles[0]?.text
}

async function generated() {
  const folder = await mkdtemp(join(tmpdir(), 'rivulet-bench-schemas-'))
  try {
    const from = ['--schemas', here('./schemas'), '--streams', here('./streams.json')]
    const to = ['--out', folder, '--validator', fileURLToPath(new URL('validator.js', DIST))]
    await promisify(execFile)(process.execPath, [
      fileURLToPath(new URL('cli.js', DIST)),
      'generate',
      ...from,
      ...to,
    ])
    return await bundle(join(folder, 'streams.js'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
