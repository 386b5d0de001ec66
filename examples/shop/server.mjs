// The demo's web server: files of some folders, under the strictest policy that the pages can live with.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
}

/**
 * What a page of the shop may do: load its own scripts, styles and images, send its form to itself, and talk to
 * the intake. No inline script, no eval, and no text that becomes markup or script on the way (Trusted Types).
 *
 * @param {string} intake origin of the intake
 */
export function contentSecurityPolicy(intake) {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src ${intake}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}

/**
 * Serves folders on 127.0.0.1.
 *
 * @param {object} options
 * @param {Record<string, string>} options.folders folder by path prefix, the longest prefix that fits; `/` is one
 * @param {Record<string, string>} [options.texts] contents by path, served in place of the file of that path
 * @param {string} options.intake origin of the intake
 * @param {number} [options.port] default 0: any free one
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function serve({ folders, texts = {}, intake, port = 0 }) {
  const headers = {
    'content-security-policy': contentSecurityPolicy(intake),
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      // The visitor went away in the middle of a file, or the file cannot be read.
      response.destroy(error)
    })
  })

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async function answer(request, response) {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, 405, 'Only GET and HEAD.', { allow: 'GET, HEAD' })
    }
    const path = pathOf(request.url ?? '/')
    if (!path) return refuse(response, 400, 'This is no path.')

    const file = fileFor(path, folders)
    const type = TYPES[extname(file)]
    const text = texts[path]
    if (text !== undefined) return response.writeHead(200, { ...headers, 'content-type': type }).end(text)

    const size = type && (await sizeOf(file))
    if (size === undefined) return refuse(response, 404, 'There is no such page here.')

    response.writeHead(200, { ...headers, 'content-type': type, 'content-length': size })
    if (request.method === 'HEAD') return response.end()
    return pipeline(createReadStream(file), response)
  }

  /**
   * @param {import('node:http').ServerResponse} response
   * @param {number} status
   * @param {string} text
   * @param {Record<string, string>} [more] headers
   */
  function refuse(response, status, text, more = {}) {
    response.writeHead(status, { ...headers, ...more, 'content-type': 'text/plain; charset=utf-8' }).end(text)
  }

  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(undefined))
  })
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/**
 * The path of a request, decoded, `/` standing for its index page. Undefined where it is none: malformed, or one
 * that would climb out of its folder.
 *
 * @param {string} url
 * @returns {string | undefined}
 */
export function pathOf(url) {
  // Not `new URL`, which resolves `..` away and leaves `%2e%2e%2f` standing.
  const [raw = ''] = url.split(/[?#]/)
  const path = decoded(raw)
  if (!path?.startsWith('/') || path.includes('\0') || path.includes('\\')) return undefined
  if (path.split('/').includes('..')) return undefined
  return path.endsWith('/') ? `${path}index.html` : path
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined // a lone % or half a character
  }
}

/**
 * @param {string} path
 * @param {Record<string, string>} folders
 */
function fileFor(path, folders) {
  const [prefix = '/'] = Object.keys(folders)
    .filter((start) => path.startsWith(start))
    .sort((a, b) => b.length - a.length)
  const folder = folders[prefix] ?? ''
  const file = join(folder, path.slice(prefix.length))
  // `pathOf` has seen to it already; what decides about the disk looks for itself.
  if (!file.startsWith(join(folder, sep))) throw new Error(`${path} lies outside of ${folder}`)
  return file
}

/**
 * @param {string} file
 * @returns {Promise<number | undefined>} undefined where there is no such file
 */
async function sizeOf(file) {
  const found = await stat(file).catch(() => undefined)
  return found?.isFile() ? found.size : undefined
}
