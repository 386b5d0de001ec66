import type { IncomingMessage } from 'node:http'
import { type Answer, problem } from './answer.ts'
import { IntakeError } from './intake-error.ts'
import { bearerOf, createTokens, unauthorized } from './tokens.ts'

/** Who may post events. */
export interface Producers {
  /** Why the request may post none; undefined lets it pass. */
  refusalOf(request: IncomingMessage): Answer | undefined
  /** The headers by which a browser lets the request's page read the answer. */
  corsFor(request: IncomingMessage): { readonly [name: string]: string }
}

/** EventGate's, and `retry-after`, which a browser would otherwise hide from the client. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'accept, x-requested-with, content-type',
  'access-control-allow-methods': 'post',
  'access-control-expose-headers': 'etag, retry-after',
}

/**
 * All, where neither origins nor tokens are named. Pages are known by their `Origin`, others by a token; with tokens and
 * no origins, no page may post. Throws an IntakeError where an origin is none, or a token is too short.
 */
export function createProducers({
  allowOrigins,
  tokens = [],
}: {
  readonly allowOrigins?: readonly string[] | undefined
  readonly tokens?: readonly string[] | undefined
}): Producers {
  if (tokens.some((token) => /[^!-~]/.test(token)))
    throw new IntakeError(
      'the producer token has characters that no header takes; make one with: openssl rand -hex 16',
    )
  const secrets = createTokens(tokens, {
    kind: 'producer token',
    whatItIs:
      'one of those given to the intake by --producer-token or the environment variable RIVULET_PRODUCER_TOKEN',
  })
  if (!allowOrigins && tokens.length === 0) return { refusalOf: () => undefined, corsFor: () => CORS }
  const tests = (allowOrigins ?? []).map(originTest)
  const isAllowed = (origin: string) => tests.some((test) => test(origin))

  return {
    refusalOf(request) {
      const { origin } = request.headers
      const given = tokens.length > 0 ? bearerOf(request) : undefined
      if (given !== undefined) return secrets.refusalOf(request, given)
      if (origin !== undefined) return isAllowed(origin) ? undefined : forbidden(origin)
      return tokens.length > 0 ? NO_TOKEN : undefined
    },
    corsFor({ method, headers: { origin } }) {
      // What is read is there for all. A page that may not post is to read why, too: it says nothing of anyone.
      if (method === 'GET' || method === 'HEAD' || origin === undefined || !isAllowed(origin))
        return { ...CORS, vary: 'Origin' }
      return { ...CORS, 'access-control-allow-origin': origin, vary: 'Origin' }
    },
  }
}

const NO_TOKEN = unauthorized(
  'what is posted from no page needs a token here; send "Authorization: Bearer" with one of the intake\'s --producer-token',
)

const forbidden = (origin: string) =>
  problem(
    403,
    'ForbiddenError',
    `pages of ${origin} may not post events here; start the intake with --allow-origin ${origin}`,
  )

/** Whether an `Origin` is one that an entry of the list names. */
function originTest(entry: string): (origin: string) => boolean {
  if (entry === '*') return () => true
  // Of sandboxed frames and `file:` pages.
  if (entry === 'null' || entry === 'file://') return (origin) => origin === entry
  const [, scheme, wildcard = '', host] = /^([a-z][a-z0-9+.-]*:\/\/)(\*\.)?([^/?#@*\s]+)$/i.exec(entry) ?? []
  const exact = scheme && host ? originOf(`${scheme}${host}`) : undefined
  if (exact === undefined || (wildcard !== '' && !hasDot(exact)))
    throw new IntakeError(
      `--allow-origin ${entry}: that is no origin; write it as https://example.org, with its port where it has one and without a path, as https://*.example.org for all below it, or as null`,
    )
  if (wildcard === '') return (origin) => origin === exact
  const [ownScheme, ownHost] = exact.split('//') as [string, string]
  return (origin) => origin.startsWith(`${ownScheme}//`) && origin.endsWith(`.${ownHost}`)
}

/** As browsers write it: in lower case, without the scheme's own port. */
function originOf(url: string): string | undefined {
  try {
    const { origin, protocol, host } = new URL(url)
    return origin === 'null' ? `${protocol}//${host.toLowerCase()}` : origin
  } catch {
    return undefined // told as no origin
  }
}

/** A whole country's or kind's names are nobody's own. */
const hasDot = (origin: string) => origin.includes('.') || /:\/\/localhost(:|$)/.test(origin)
