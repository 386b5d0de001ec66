import type { IncomingMessage } from 'node:http'
import type { Answer } from './answer.ts'

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

/** All, where neither origins nor tokens are named. */
export function createProducers(_: {
  readonly allowOrigins?: readonly string[] | undefined
  readonly tokens?: readonly string[] | undefined
}): Producers {
  return { refusalOf: () => undefined, corsFor: () => CORS }
}
