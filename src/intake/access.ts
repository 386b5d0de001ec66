import { createHash, scryptSync, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isLoopback, subscriberOf } from './address.ts'
import { type Answer, problem, tooMany } from './answer.ts'
import { IntakeError } from './intake-error.ts'
import { createRateLimit } from './rate-limit.ts'

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

/** Shorter ones can be guessed. */
const SHORTEST_TOKEN = 16
const A_MONTH = 30 * 24 * 3600
// Wrong tokens of one address: ten at once, then one in five seconds.
const WRONG_TOKENS = { burst: 10, perSecond: 0.2 }
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
  if (token !== undefined && token.length < SHORTEST_TOKEN)
    throw new IntakeError(
      `the token is shorter than ${SHORTEST_TOKEN} characters, so that it can be guessed; make one with: openssl rand -hex 16`,
    )
  // Tells nothing of the token, and is the same after a restart.
  const secret = token === undefined ? '' : scryptSync(token, 'rivulet console', 32).toString('base64url')
  // Cookies are shared by the ports of a host, and so by its intakes.
  const cookie = `rivulet-${createHash('sha256').update(secret).digest('hex').slice(0, 8)}`
  const allowed = new Set(allowHosts.map((name) => name.toLowerCase()))
  const wrongTokens = createRateLimit(WRONG_TOKENS)

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
    if (bearer !== undefined) return refusalOfToken(request, bearer)
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
    const refusal = refusalOfToken(request, typeof given === 'string' ? given : '')
    if (refusal) return refusal
    const secure = String(request.headers.origin).startsWith('https:') ? '; Secure' : ''
    const flags = `Path=/; Max-Age=${A_MONTH}; HttpOnly; SameSite=Strict${secure}`
    return { status: 204, headers: { 'set-cookie': `${cookie}=${secret}; ${flags}` } }
  }

  function refusalOfToken(request: IncomingMessage, given: string): Answer | undefined {
    const address = subscriberOf(request.socket.remoteAddress ?? '')
    const wait = wrongTokens.wait(address)
    if (wait > 0) return tooMany('too many wrong tokens came from this address; wait', wait)
    if (isEqual(given, token!)) return undefined
    wrongTokens.take(address)
    return unauthorized(`the token is wrong; it is the one given to the intake by ${TOKEN_FROM}`)
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

function unauthorized(detail: string): Answer {
  const { headers, ...refusal } = problem(401, 'UnauthorizedError', detail)
  return { ...refusal, headers: { ...headers, 'www-authenticate': 'Bearer' } }
}

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

const bearerOf = ({ headers }: IncomingMessage) => /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]

const cookiesOf = ({ headers }: IncomingMessage, name: string) =>
  (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .flatMap((pair) => (pair.startsWith(`${name}=`) ? [pair.slice(name.length + 1)] : []))

/** In constant time, whatever the lengths. */
const isEqual = (a: string, b: string) => timingSafeEqual(digestOf(a), digestOf(b))
const digestOf = (text: string) => createHash('sha256').update(text).digest()
