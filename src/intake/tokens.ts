import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { subscriberOf } from './address.ts'
import { type Answer, problem, tooMany } from './answer.ts'
import { IntakeError } from './intake-error.ts'
import { createRateLimit } from './rate-limit.ts'

/** Secrets by which requests are told from others. */
export interface Tokens {
  /** Why a request does not pass with what it has given. An address that gives wrong ones has to wait between them. */
  refusalOf(request: IncomingMessage, given: string): Answer | undefined
}

/** Shorter ones can be guessed. */
const SHORTEST_TOKEN = 16
// Wrong tokens of one address: ten at once, then one in five seconds.
const WRONG_TOKENS = { burst: 10, perSecond: 0.2 }

/** Throws an IntakeError where one of the tokens is too short. */
export function createTokens(
  tokens: readonly string[],
  { kind = 'token', whatItIs }: { readonly kind?: string; readonly whatItIs: string },
): Tokens {
  if (tokens.some(({ length }) => length < SHORTEST_TOKEN))
    throw new IntakeError(
      `the ${kind} is shorter than ${SHORTEST_TOKEN} characters, so that it can be guessed; make one with: openssl rand -hex 16`,
    )
  const wrongTokens = createRateLimit(WRONG_TOKENS)

  return {
    refusalOf(request, given) {
      const address = subscriberOf(request.socket.remoteAddress ?? '')
      const wait = wrongTokens.wait(address)
      if (wait > 0) return tooMany('too many wrong tokens came from this address; wait', wait)
      // Each is looked at, so that the time does not tell which one it was.
      if (tokens.filter((token) => isEqual(given, token)).length > 0) return undefined
      wrongTokens.take(address)
      return unauthorized(`the token is wrong; it is ${whatItIs}`)
    },
  }
}

export function unauthorized(detail: string): Answer {
  const { headers, ...refusal } = problem(401, 'UnauthorizedError', detail)
  return { ...refusal, headers: { ...headers, 'www-authenticate': 'Bearer' } }
}

/** The token of `Authorization: Bearer`. */
export const bearerOf = ({ headers }: IncomingMessage) =>
  /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]

/** In constant time, whatever the lengths. */
export const isEqual = (a: string, b: string) => timingSafeEqual(digestOf(a), digestOf(b))
const digestOf = (text: string) => createHash('sha256').update(text).digest()
