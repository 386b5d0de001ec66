import { createHash, scryptSync } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isLoopback } from './address.ts'
import { type Answer, problem } from './answer.ts'
import { bearerOf, createTokens, isEqual, unauthorized } from './tokens.ts'

/** Who may see and use the console. Each refusal is an answer; undefined lets the request pass. */
export interface Access {
  /** Why nothing of the console is for this request: a host that is not ours, another site, or no token is set. */
  refusalOf(request: IncomingMessage): Answer | undefined
  /** Why the request may not read what the console shows. */
  refusalOfRead(request: IncomingMessage): Answer | undefined
  /** Why the request may not change anything: it is not the console's own page that asks (CSRF). */
  refusalOfWrite(request: IncomingMessage): Answer | undefined
  /** Gives the token's cookie for the token. */
  signIn(request: IncomingMessage, token: unknown): Answer
}

const A_MONTH = 30 * 24 * 3600
const OF_PROXIES = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']

/** Where the token comes from, in words. */
export const TOKEN_FROM = '--token or the environment variable RIVULET_TOKEN'

/** Throws an IntakeError where the token is too short. */
export function createAccess({
  token,
  allowHosts = [],
  listeningOn,
}: {
  token?: string | undefined
  /** Names by which the console may be asked for, beside those that it has by itself. */
  allowHosts?: readonly string[]
  /** The name that was listened on, and the address that it led to; known once it listens. */
  listeningOn: () => { readonly name: string; readonly address: string }
}): Access {
  const tokens = createTokens(token === undefined ? [] : [token], {
    whatItIs: `the one given to the intake by ${TOKEN_FROM}`,
  })
  // Tells nothing of the token, and is the same after a restart.
  const secret = token === undefined ? '' : scryptSync(token, 'rivulet console', 32).toString('base64url')
  // Cookies are shared by the ports of a host, and so by its intakes.
  const cookie = `rivulet-${createHash('sha256').update(secret).digest('hex').slice(0, 8)}`
  const allowed = new Set(allowHosts.map((name) => name.toLowerCase()))

  return { refusalOf, refusalOfRead, refusalOfWrite, signIn }

  function refusalOf(request: IncomingMessage): Answer | undefined {
    const host = hostOf(request)
    if (!isOurs(host)) return unknownHost(host)
    if (token === undefined && !isOpen(request, host)) return CLOSED
    return undefined
  }

  function refusalOfRead(request: IncomingMessage): Answer | undefined {
    const site = request.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      return problem(403, 'ForbiddenError', 'another site asks; only the console itself may')
    if (token === undefined) return undefined
    const bearer = bearerOf(request)
    if (bearer !== undefined) return tokens.refusalOf(request, bearer)
    if (cookiesOf(request, cookie).some((value) => isEqual(value, secret))) return undefined
    return unauthorized('sign in on the page, or send "Authorization: Bearer" with the token')
  }

  function refusalOfWrite(request: IncomingMessage): Answer | undefined {
    const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
    if (type !== 'application/json')
      return problem(415, 'UnsupportedMediaTypeError', 'send it as application/json')
    const site = request.headers['sec-fetch-site']
    const { origin } = request.headers
    const isOwn = site === undefined ? isOriginOf(request, origin) : site === 'same-origin'
    // No browser sends a token by itself, so such a request is a program's own.
    const isProgram = site === undefined && origin === undefined && bearerOf(request) !== undefined
    if (isOwn || isProgram) return undefined
    return problem(
      403,
      'ForbiddenError',
      'the request does not come from the console; a program sends "Authorization: Bearer" with the token, or as "Origin" the address of this intake',
    )
  }

  function signIn(request: IncomingMessage, given: unknown): Answer {
    if (token === undefined) return { status: 204 }
    const refusal = tokens.refusalOf(request, typeof given === 'string' ? given : '')
    if (refusal) return refusal
    const secure = String(request.headers.origin).startsWith('https:') ? '; Secure' : ''
    const flags = `Path=/; Max-Age=${A_MONTH}; HttpOnly; SameSite=Strict${secure}`
    return { status: 204, headers: { 'set-cookie': `${cookie}=${secret}; ${flags}` } }
  }

  /** Against DNS rebinding: a site whose name comes to lead here still asks by that name. */
  function isOurs(host: string): boolean {
    const { name, address } = listeningOn()
    if (allowed.has(host) || host === 'localhost') return true
    return isLoopback(address) ? isLoopback(host) : isIP(host) !== 0 || host === name.toLowerCase()
  }

  /** Whether only this machine can have asked, so that no token is needed. */
  function isOpen({ headers }: IncomingMessage, host: string): boolean {
    const isOwn = isLoopback(listeningOn().address) && (host === 'localhost' || isLoopback(host))
    return isOwn && !OF_PROXIES.some((name) => headers[name] !== undefined)
  }
}

const CLOSED = problem(
  403,
  'ForbiddenError',
  `the console is closed, since this intake is reached from beyond its machine and has no token; start it with ${TOKEN_FROM}`,
)

const unknownHost = (host: string) =>
  problem(
    403,
    'ForbiddenError',
    `the console does not go by the name "${host}"; use the address at which the intake listens, or start it with --allow-host NAME`,
  )

/** The name or address in the `Host` header, without port and brackets; empty where there is none. */
function hostOf({ headers }: IncomingMessage): string {
  return nameIn(`http://${headers.host}`) ?? ''
}

function nameIn(url: string): string | undefined {
  try {
    return new URL(url).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  } catch {
    return undefined // no name is one of ours
  }
}

/** Whatever the scheme: behind a proxy that speaks TLS it is another. */
const isOriginOf = ({ headers }: IncomingMessage, origin: string | undefined) =>
  origin !== undefined && /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, '') === headers.host

const cookiesOf = ({ headers }: IncomingMessage, name: string) =>
  (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .flatMap((pair) => (pair.startsWith(`${name}=`) ? [pair.slice(name.length + 1)] : []))
